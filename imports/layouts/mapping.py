"""A person's mapping of columns -> a layout: what each column of a file is.

A mapping is a JSON object, so that it can be kept, exported and brought elsewhere:

    {"name": "club-results", "kind": "entrant",
     "header": ["Bib", "Name", "Time"],
     "columns": [{"column": "Bib", "to": "entrant"},
                 {"column": "Time", "to": "total_time"},
                 {"column": "Name", "to": "attributes.name"}],
     "fixed": {"meeting": {"said": true}, "race": {"table": true}},
     "null_markers": ["", "NA"]}

`to` is a target (`targets`), with `format` where it has several. Columns with the same
key as target are joined by a blank. What no column holds is `fixed`: a `constant`, the
name of the `table` (the sheet, the member of an archive), or `said` by the uploader.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

import polars as pl

from imports.errors import MappingInvalid
from imports.layouts import cells, targets
from imports.layouts.cells import Cell, clean
from imports.layouts.layout import SAYABLE, CanonicalTable, Layout
from imports.layouts.targets import KEYS_OF, PARENTS_OF

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
#: The name of the table, among what is said of a file.
TABLE = "table"
JOINT = " "
MAX_NULL_MARKERS = 20


@dataclass(frozen=True)
class Line:
    """A column and what it is; a column can be two things, a key and a number."""

    column: str
    to: str
    form: str = ""


@dataclass(frozen=True)
class ColumnMapping:
    """What each column of a kind of file is."""

    name: str
    kind: str
    header: tuple[str, ...]
    lines: tuple[Line, ...]
    #: Target -> {"constant": text}, {"table": true} or {"said": true}.
    fixed: Mapping[str, Mapping[str, Any]]
    null_markers: tuple[str, ...] = ("",)
    #: Of local times: an IANA name.
    timezone: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give the mapping as the JSON object that `read` takes."""
        return {
            "name": self.name,
            "kind": self.kind,
            "header": list(self.header),
            "columns": [
                {"column": line.column, "to": line.to}
                | ({"format": line.form} if line.form else {})
                for line in self.lines
            ],
            "fixed": {target: dict(fixed) for target, fixed in self.fixed.items()},
            "null_markers": list(self.null_markers),
            "timezone": self.timezone,
        }

    def fits(self, columns: frozenset[str]) -> bool:
        """Whether a table has the columns that make its keys."""
        return self._key_columns <= columns

    def takes(
        self, columns: frozenset[str], *, is_of_many: bool, has_own: bool
    ) -> bool:
        """Whether it reads a table of a run that asks for it.

        Of a file of several tables it was made for one: another it reads only if that
        has all its columns, and no mapping of its own header.
        """
        if not is_of_many or self.is_for(columns):
            return self.fits(columns)
        return not has_own and frozenset(self.header) <= columns

    def is_for(self, columns: frozenset[str]) -> bool:
        """Whether a table has just the header that was mapped."""
        return columns == frozenset(self.header)

    @property
    def _key_columns(self) -> frozenset[str]:
        keys = KEYS_OF[self.kind]
        return frozenset(line.column for line in self.lines if line.to in keys)

    def columns_of(self, target: str) -> list[str]:
        """Give the columns that are this target, in the order of the mapping."""
        return [line.column for line in self.lines if line.to == target]


def read(spec: Any) -> ColumnMapping:
    """Read the JSON object of a mapping; raise MappingInvalid with what is wrong."""
    try:
        mapping = ColumnMapping(
            name=str(spec["name"]),
            kind=str(spec["kind"]),
            header=tuple(map(str, spec["header"])),
            lines=tuple(
                Line(str(told["column"]), str(told["to"]), str(told.get("format", "")))
                for told in spec["columns"]
            ),
            fixed={str(t): dict(fixed) for t, fixed in spec.get("fixed", {}).items()},
            null_markers=tuple(map(str, spec.get("null_markers", [""]))),
            timezone=str(spec.get("timezone", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MappingInvalid(
            f"The mapping is no object with name, kind, header, columns and fixed "
            f"({type(error).__name__}: {error}). Export one to see its form."
        ) from None
    check(mapping)
    return mapping


def check(mapping: ColumnMapping) -> None:
    """Raise MappingInvalid where the mapping cannot be."""
    if not NAME.fullmatch(mapping.name):
        raise MappingInvalid(
            f"The name {mapping.name!r} must be small letters, digits, - and _, at "
            "most 50.",
            field="name",
        )
    if mapping.kind not in KEYS_OF:
        raise MappingInvalid(
            f"The kind {mapping.kind!r} must be one of {', '.join(KEYS_OF)}.",
            field="kind",
        )
    if len(mapping.null_markers) > MAX_NULL_MARKERS:
        raise MappingInvalid(f"At most {MAX_NULL_MARKERS} null markers.")
    if unknown := sorted({line.column for line in mapping.lines} - set(mapping.header)):
        raise MappingInvalid(f"The header has no column {', '.join(unknown)}.")
    _check_timezone(mapping)
    for line in mapping.lines:
        _check_line(mapping, line)
    _check_keys(mapping)
    _check_fixed(mapping)
    _check_values(mapping)


def layout_of(mapping: ColumnMapping) -> Layout:
    """Give the layout that reads files by the mapping."""
    return Layout(
        name=f"mapping.{mapping.name}",
        required=mapping._key_columns,
        tables=lambda columns: _tables(mapping, columns),
        null_markers=tuple({"", *mapping.null_markers}),
        says=frozenset(_said(mapping)),
        about="Mapped by hand.",
    )


def _check_timezone(mapping: ColumnMapping) -> None:
    is_needed = any(line.form == targets.LOCAL_TIME for line in mapping.lines)
    if not (is_needed or mapping.timezone):
        return
    if mapping.timezone not in available_timezones():
        raise MappingInvalid(
            f"The time zone {mapping.timezone!r} is none: local times need one such as "
            "Europe/London.",
            field="timezone",
        )


def _check_line(mapping: ColumnMapping, line: Line) -> None:
    column, to = line.column, line.to
    target = targets.find(mapping.kind, to)
    if target is None:
        raise MappingInvalid(
            f"Column {column!r}: {to!r} is nothing that rows of kind {mapping.kind} have.",
            field=column,
        )
    if line.form and line.form not in target.forms:
        raise MappingInvalid(
            f"Column {column!r}: {to} has no form {line.form!r}, only "
            f"{', '.join(target.forms) or 'one'}.",
            field=column,
        )
    columns = mapping.columns_of(to)
    if len(set(columns)) < len(columns):
        raise MappingInvalid(f"Column {column!r} is twice {to}.", field=column)
    if to not in KEYS_OF[mapping.kind] and len(columns) > 1:
        raise MappingInvalid(
            f"The columns {', '.join(map(repr, columns))} are both {to}. "
            "Leave one out, or keep it as an attribute of another name.",
            field=column,
        )


def _check_keys(mapping: ColumnMapping) -> None:
    for key in KEYS_OF[mapping.kind]:
        is_fixed = key in mapping.fixed
        if not mapping.columns_of(key) and not is_fixed:
            raise MappingInvalid(
                f"Nothing says the {key} of a row. Map a column to it, or fix it.",
                field=key,
            )
        if mapping.columns_of(key) and is_fixed:
            raise MappingInvalid(
                f"The {key} is both fixed and mapped to a column. Keep one.", field=key
            )
        if key in targets.NUMBERED and len(mapping.columns_of(key)) != 1:
            raise MappingInvalid(f"The {key} takes just one column.", field=key)


def _check_fixed(mapping: ColumnMapping) -> None:
    for name, fixed in mapping.fixed.items():
        is_key = name in KEYS_OF[mapping.kind]
        ways = [way for way in ("constant", "table", "said") if fixed.get(way)]
        if targets.find(mapping.kind, name) is None or len(ways) != 1:
            raise MappingInvalid(
                f"{name} cannot be fixed so: it takes a constant, or for a key the "
                "table's name or what the uploader says.",
                field=name,
            )
        if ways != ["constant"] and not is_key:
            raise MappingInvalid(f"{name} is no key: fix it by a constant.", field=name)
        if ways == ["said"] and name not in SAYABLE:
            raise MappingInvalid(f"An uploader does not say the {name}.", field=name)
        if ways == ["constant"]:
            _check_constant(mapping, name)


def _check_constant(mapping: ColumnMapping, name: str) -> None:
    """Refuse a text that its column could not hold; none of it is left out silently."""
    text = str(mapping.fixed[name]["constant"])
    if _constant(mapping.kind, name, text) is None:
        raise MappingInvalid(
            f"{name} cannot be fixed as {text[:80]!r}: it is no such value.", field=name
        )


def _check_values(mapping: ColumnMapping) -> None:
    """Refuse two targets for one value: a time and the same in ms."""
    stated: dict[tuple[str, str], str] = {}
    named = [(line.to, line.form) for line in mapping.lines]
    for to, form in [*named, *((name, "") for name in mapping.fixed)]:
        target = targets.find(mapping.kind, to)
        if target is None or not target.is_value:
            continue
        for cell in target.make(targets.CONSTANT, form, timezone="UTC"):
            twin = stated.setdefault((target.parent, cell.name), to)
            if twin != to:
                raise MappingInvalid(
                    f"{twin} and {to} are the same value. Keep one of them.", field=to
                )


def _said(mapping: ColumnMapping) -> set[str]:
    """Give what must be said of a file that is read by the mapping."""
    told = {name for name, fixed in mapping.fixed.items() if fixed.get("said")}
    is_named = any(fixed.get("table") for fixed in mapping.fixed.values())
    return told | ({TABLE} if is_named else set())


def _tables(
    mapping: ColumnMapping, columns: frozenset[str]
) -> tuple[CanonicalTable, ...]:
    names = KEYS_OF[mapping.kind]
    keys = tuple(_key(mapping, name) for name in names)
    own = CanonicalTable(
        kind=mapping.kind, keys=keys, values=_values(mapping, columns, parent="")
    )
    parents = [
        CanonicalTable(
            kind=parent,
            keys=keys[: names.index(parent) + 1],
            values=values,
            is_distinct=True,
        )
        for parent in PARENTS_OF[mapping.kind]
        if (values := _values(mapping, columns, parent=parent))
    ]
    return (own, *parents)


def _key(mapping: ColumnMapping, name: str) -> Cell:
    canonical = targets.canonical_key(mapping.kind, name)
    if fixed := mapping.fixed.get(name):
        if fixed.get("constant"):
            text = str(fixed["constant"])
            return cells.constant(canonical, _constant(mapping.kind, name, text))
        return cells.said(canonical, TABLE if fixed.get("table") else name)
    first, *others = mapping.columns_of(name)
    if name in targets.NUMBERED:
        return cells.whole(canonical, first, lowest=targets.NUMBERED[name]).required()
    cell = cells.key(canonical, first)
    if not others:
        return cell
    parts = [pl.col(clean(column)) for column in (first, *others)]
    joined = pl.concat_str(parts, separator=JOINT, ignore_nulls=True)
    return cell.with_value(cells.storable(joined, max_chars=200))


def _values(
    mapping: ColumnMapping, columns: frozenset[str], *, parent: str
) -> tuple[Cell, ...]:
    """Give the values of the row itself, or of the row that it describes besides."""
    found: list[Cell] = []
    for line in mapping.lines:
        target = targets.find(mapping.kind, line.to)
        is_own = target and target.is_value and target.parent == parent
        if target and is_own and line.column in columns:
            found += target.make(line.column, line.form, timezone=mapping.timezone)
    for name, fixed in mapping.fixed.items():
        target = targets.find(mapping.kind, name)
        if target and target.is_value and target.parent == parent:
            [cell, *_] = target.make(targets.CONSTANT, "")
            value = _constant(mapping.kind, name, str(fixed["constant"]))
            found.append(cells.constant(cell.name, value))
    return tuple(found)


def _constant(kind: str, name: str, text: str) -> Any:
    """Give a constant as its column would be read; null where it is no such value."""
    target = targets.find(kind, name)
    assert target
    cell = cells.key(name, targets.CONSTANT)
    if target.is_value:
        [cell, *_] = target.make(targets.CONSTANT, "")
    row = pl.DataFrame({clean(targets.CONSTANT): [text.strip() or None]})
    return row.cast(pl.String).select(cell.value).item()
