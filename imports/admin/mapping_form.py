"""The form that says what each column of a table is: one select a column.

What it gives is the JSON object of `layouts.mapping`; that decides whether it can be.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from imports.layouts import targets
from imports.layouts.layout import SAYABLE
from imports.layouts.targets import ATTRIBUTES, KEYS_OF, WITHOUT_ATTRIBUTES

#: Stands between a target and its form in the value of an option.
BETWEEN = "|"
LEFT_OUT = ""
#: Kinds of rows as they are called to people.
KINDS = {
    "lap": "a lap",
    "entrant": "an entrant: a line of a result or of an entry list",
    "pit_stop": "a pit stop",
    "race": "a race",
    "meeting": "a meeting",
    "competitor": "a competitor: a driver, a horse",
    "team": "a team",
    "venue": "a venue",
}
#: Ways to say a key that no column holds.
WAYS = {
    "": "a column above says it",
    "constant": "this text:",
    "table": "the name of the table (sheet, member of an archive)",
    "said": "whoever brings the file says it",
}


@dataclass(frozen=True)
class ColumnLine:
    """A column as the page shows it: what it may be, and its first cells."""

    column: str
    to: BoundField
    also: BoundField
    samples: Sequence[str | None]


@dataclass(frozen=True)
class KeyLine:
    """A key as the page shows it: how it is said where no column does."""

    key: str
    way: BoundField
    text: BoundField


class MappingForm(forms.Form):
    """What the columns of a table are."""

    name = forms.CharField(
        max_length=50,
        help_text="Small letters, digits, hyphens and underscores, such as "
        "club-results. A name that is there already gets a new version.",
    )
    null_markers = forms.CharField(
        required=False,
        label="Means nothing",
        help_text="Texts that stand for an empty cell, with commas between: NA, -, n/a",
    )

    timezone = forms.CharField(
        required=False,
        label="Time zone",
        help_text="Of local times in the file, such as Europe/London.",
    )

    def __init__(
        self,
        *,
        kind: str,
        header: Sequence[str],
        samples: Sequence[Sequence[str | None]] = (),
        data: Any = None,
        initial: Mapping[str, Any] | None = None,
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), label_suffix="")
        self.kind, self.header, self.samples = kind, header, samples
        #: What is fixed besides keys: a file of a mapping can say it, this page cannot.
        self.fixed = dict(fixed or {})
        choices = _choices(kind)
        for number, column in enumerate(header):
            named = _attribute(kind, column)
            for name in (f"to_{number}", f"also_{number}"):
                own = [*choices, *_with_present(named, self.initial.get(name))]
                self.fields[name] = forms.ChoiceField(choices=own, required=False)
        for key in KEYS_OF[kind]:
            ways = [(w, text) for w, text in WAYS.items() if _can_be(key, w)]
            self.fields[f"way_{key}"] = forms.ChoiceField(choices=ways, required=False)
            self.fields[f"text_{key}"] = forms.CharField(required=False, max_length=200)

    def column_lines(self) -> Iterator[ColumnLine]:
        """Give the columns, each with its fields and samples."""
        for number, column in enumerate(self.header):
            cells = [row[number] for row in self.samples]
            to, also = self[f"to_{number}"], self[f"also_{number}"]
            yield ColumnLine(column=column, to=to, also=also, samples=cells)

    def key_lines(self) -> Iterator[KeyLine]:
        """Give the keys that rows of the kind need."""
        for key in KEYS_OF[self.kind]:
            yield KeyLine(key=key, way=self[f"way_{key}"], text=self[f"text_{key}"])

    def spec(self) -> dict[str, Any]:
        """Give the mapping that the form says."""
        told = self.cleaned_data
        markers = [text.strip() for text in told["null_markers"].split(",")]
        return {
            "name": told["name"],
            "kind": self.kind,
            "header": list(self.header),
            "columns": list(self._lines()),
            "fixed": self.fixed | dict(self._fixed()),
            "null_markers": [text for text in markers if text],
            "timezone": told["timezone"],
        }

    def _lines(self) -> Iterator[dict[str, str]]:
        for number, column in enumerate(self.header):
            for name in (f"to_{number}", f"also_{number}"):
                to, _, form = self.cleaned_data[name].partition(BETWEEN)
                if to:
                    line = {"column": column, "to": to}
                    yield line | ({"format": form} if form else {})

    def _fixed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for key in KEYS_OF[self.kind]:
            way = self.cleaned_data[f"way_{key}"]
            if way == "constant":
                yield key, {"constant": self.cleaned_data[f"text_{key}"]}
            elif way:
                yield key, {way: True}


def initial_of(spec: Mapping[str, Any], header: Sequence[str]) -> dict[str, Any]:
    """Give what the form shows of a mapping, or of a part of one."""
    shown: dict[str, Any] = {"name": spec.get("name", "")}
    shown["timezone"] = spec.get("timezone", "")
    shown["null_markers"] = ", ".join(t for t in spec.get("null_markers", []) if t)
    for line in spec.get("columns", []):
        number = header.index(line["column"])
        form = line.get("format", "")
        value = f"{line['to']}{BETWEEN}{form}" if form else line["to"]
        free = f"to_{number}" not in shown
        shown[f"to_{number}" if free else f"also_{number}"] = value
    for key, fixed in spec.get("fixed", {}).items():
        if key not in KEYS_OF[spec["kind"]]:
            continue
        [way] = [way for way in WAYS if way and fixed.get(way)]
        shown[f"way_{key}"] = way
        shown[f"text_{key}"] = fixed.get("constant", "")
    return shown


def fixed_besides_keys(spec: Mapping[str, Any], *, kind: str) -> dict[str, Any]:
    """Give the values that a mapping fixes, which no field shows."""
    fixed = spec.get("fixed", {})
    return {name: told for name, told in fixed.items() if name not in KEYS_OF[kind]}


def _choices(kind: str) -> list[Any]:
    """Give what a column can be: keys, values in their forms, values of parents."""
    keys, groups = [], {"": []}  # type: tuple[list[Any], dict[str, list[Any]]]
    for name, target in targets.of_kind(kind).items():
        if not target.is_value:
            keys.append((name, f"{name} (key)"))
            continue
        _default, *others = target.forms
        options = groups.setdefault(target.parent, [])
        options.append((name, name))
        options += [(f"{name}{BETWEEN}{form}", f"{name}: {form}") for form in others]
    named = [
        (f"of its {parent}", options) for parent, options in groups.items() if parent
    ]
    own = (f"of the {kind.replace('_', ' ')}", groups[""])
    return [(LEFT_OUT, "left out"), ("keys", keys), own, *named]


def _attribute(kind: str, column: str) -> list[Any]:
    """Give the choice to keep a column under its own name."""
    name = re.sub(r"\W+", "_", column.casefold()).strip("_")[:100]
    if kind in WITHOUT_ATTRIBUTES or not name:
        return []
    return [(f"{ATTRIBUTES}{name}", f"kept as attribute {name}")]


def _with_present(named: list[Any], present: str | None) -> list[Any]:
    """Give the choices, and the attribute of another name that was chosen before."""
    is_offered = present in dict(named)
    if not present or is_offered or not present.startswith(ATTRIBUTES):
        return named
    name = present.removeprefix(ATTRIBUTES)
    return [*named, (present, f"kept as attribute {name}")]


def _can_be(key: str, way: str) -> bool:
    if way == "said":
        return key in SAYABLE
    return not way or key not in targets.NUMBERED
