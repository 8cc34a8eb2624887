"""One file: its tables recognised one by one, read, sent, and what became of each."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import polars as pl

from imports import layouts
from imports.errors import (
    EmptyFile,
    FileRejected,
    MappingInvalid,
    MixedColumns,
    NotSaid,
    OnlyAround,
    UnknownLayout,
)
from imports.layouts import mapping
from imports.layouts.cells import said_column
from imports.layouts.layout import CanonicalTable, Layout
from imports.layouts.mapping import ColumnMapping
from imports.readers import (
    canonical_rows,
    corrections,
    documents,
    exported,
    file_names,
    verdicts,
)
from imports.readers.canonical_rows import Place
from imports.readers.corrections import Correction
from imports.readers.documents import Skipped, Unreadable
from imports.readers.rejects import RejectionLog, storable
from imports.readers.sandbox.limits import Limits
from imports.readers.table import Notice, Part, Table


@dataclass
class Reading:
    """The reading of one file: what is asked of it, and what was found so far."""

    request: Mapping[str, Any]
    pipe: IO[bytes]
    scratch: Path
    log: RejectionLog
    limits: Limits
    parts: list[dict[str, Any]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    errors: list[FileRejected] = field(default_factory=list)
    corrected_rows: list[int] = field(default_factory=list)
    lap_columns: list[str] = field(default_factory=list)
    rows_before: int = 0

    def read(self) -> dict[str, Any]:
        """Send the rows of all tables; give what became of them."""
        path, name = Path(self.request["path"]), self.request.get("name", "")
        for part in self._open_parts(path, name=name):
            self._take(part)
        if not any("layout" in part for part in self.parts):
            raise self._refusal()
        return self._result()

    def _open_parts(
        self, path: Path, *, name: str
    ) -> Iterator[Part | Unreadable | Skipped]:
        return documents.open_parts(
            path, name=name, scratch=self.scratch, limits=self.limits
        )

    def _take(self, part: Part | Unreadable | Skipped) -> None:
        """Send a table; one that cannot be read does not stop those beside it."""
        if isinstance(part, Skipped):
            self.notices.append(verdicts.of_skipped(part))
            return
        try:
            if isinstance(part, Unreadable):
                raise part.error
            tables = corrections.check(
                exported.without_guards(part),
                refused_rows=self.request.get("refused_rows"),
                tables=self.request.get("refused_tables", ()),
            )
        except FileRejected as error:
            self._refuse(part, error)
            return
        before, last = self.rows_before, self.rows_before
        for table in tables:
            # The tables that a download corrects stand among each other in it.
            self.rows_before = before
            try:
                self._send(table)
            except FileRejected as error:
                self._refuse(table, error)
            last = max(last, self.rows_before)
        self.rows_before = last

    def _refuse(self, part: Part | Unreadable, error: FileRejected) -> None:
        self.errors.append(error)
        self.parts.append(verdicts.entry_of_refused(part, error))

    def _send(self, part: Part) -> None:
        if not part.columns:
            raise verdicts.without_columns(part)
        layout = self._layout_of(part)
        if layout.is_envelope:
            raise OnlyAround(
                f"A table of {layout.name} is only what stands around the rows of "
                "another array; there is no row in it."
            )
        tables = layout.tables(self._told(part, layout=layout))
        self._check_lap_columns(tables)
        verdicts.check_names(tables)
        table = part.read(required=layout.required)
        verdicts.check_repeated(table, tables=tables, layout=layout)
        table = self._with_what_is_said(table, layout=layout, name=part.name)
        if table.rows_read == 0:
            if isinstance(part, Correction) and part.others:
                return
            raise EmptyFile(
                f"The file has the header of {layout.name} and no rows. Export it again "
                "if it should have some."
            )
        self._send_rows(part, table=table, layout=layout, tables=tables)

    def _send_rows(
        self,
        part: Part,
        *,
        table: Table,
        layout: Layout,
        tables: tuple[CanonicalTable, ...],
    ) -> None:
        refused_before = self.log.total
        self.log.begin(corrections.name_here(part), rows_before=self.rows_before)
        self.log.add_bad_lines(table.bad_lines)
        sent = canonical_rows.send(
            table,
            layout=layout,
            tables=tables,
            place=Place(self.request["file_number"], self.rows_before),
            pipe=self.pipe,
            log=self.log,
            scratch=self.scratch,
        )
        self.lap_columns = self.lap_columns or sent.lap_columns
        self.corrected_rows += sent.corrected_rows
        refused = self.log.total - refused_before
        silent = sent.figures.silent if tables else table.rows_read - refused
        self.notices += verdicts.notices_of(table, layout=layout, silent=silent)
        self.parts.append(
            {
                "name": storable(part.name),
                "layout": layout.name,
                "columns": part.columns,
                "rows_before": self.rows_before,
                "rows_read": table.rows_read,
                "rows_rejected": refused,
                "rows_silent": silent,
                "laps_stated": sent.figures.laps,
                "laps_rejected": refused if sent.lap_columns else 0,
            }
        )
        self.rows_before = max(self.rows_before + sent.figures.last, self.log.last_row)

    def _told(self, part: Part, *, layout: Layout) -> frozenset[str]:
        """Give the columns that rows are told from: of corrected ones not each."""
        columns = frozenset(part.columns)
        aside = sorted(columns & layout.whole if isinstance(part, Correction) else ())
        if aside:
            message = (
                f"{' and '.join(aside)} were left aside: they are told from all rows of "
                "a file. To change what they say, correct the file itself and bring it."
            )
            self.notices.append(Notice("needs_whole_file", message))
        return columns.difference(aside)

    def _layout_of(self, part: Part) -> Layout:
        """Give the mapping that is asked for, that knows the header, or a layout."""
        columns = frozenset(part.columns)
        # Only the one that is meant is read: there may be many, and tables too.
        specs = self._told_mappings.get("known", [])
        known = next((s for s in specs if frozenset(s["header"]) == columns), None)
        if (asked := self._asked_mapping) and asked.takes(
            columns, is_of_many=bool(part.name), has_own=known is not None
        ):
            return mapping.layout_of(asked)
        if known:
            return mapping.layout_of(_mapping_of(known))
        return layouts.recognise(part.columns, array=part.array)

    @property
    def _told_mappings(self) -> Mapping[str, Any]:
        told: Mapping[str, Any] = self.request.get("mappings", {})
        return told

    @cached_property
    def _asked_mapping(self) -> ColumnMapping | None:
        asked = self._told_mappings.get("asked")
        return _mapping_of(asked) if asked else None

    def _check_lap_columns(self, tables: tuple[CanonicalTable, ...]) -> None:
        """Refuse a second table of laps that states other columns than the first."""
        stated = canonical_rows.lap_columns(tables)
        if stated and self.lap_columns and set(stated) != set(self.lap_columns):
            raise MixedColumns

    def _with_what_is_said(self, table: Table, *, layout: Layout, name: str) -> Table:
        said = {mapping.TABLE: name, **self.request.get("said", {})}
        if pattern := said.get("name_pattern"):
            said |= self._said_by_member(name, pattern=pattern)
        unsaid = layout.unsaid(frozenset(table.columns))
        missing = sorted(what for what in unsaid if not said.get(what))
        if missing:
            raise NotSaid(verdicts.ask_for(missing, layout=layout))
        values = [
            pl.lit(said.get(what) or None, dtype=pl.String).alias(said_column(what))
            for what in sorted(unsaid | layout.may_say)
        ]
        return table.with_rows(table.rows.with_columns(values))

    def _said_by_member(self, name: str, *, pattern: str) -> dict[str, str]:
        """Give what a member's own name says, where only names have said it."""
        said = self.request["said"]
        by_file = file_names.read_name(self.request.get("name", ""), pattern=pattern)
        by_member = file_names.read_name(name, pattern=pattern)
        return {
            what: key
            for what, key in by_member.items()
            if said.get(what) == by_file.get(what)
            and len(key) <= verdicts.MAX_NAME_CHARS
        }

    def _refusal(self) -> FileRejected:
        if not self.errors:
            return EmptyFile("There is no table in the file. Export it again.")
        # An envelope says nothing of why the rows in it could not be read.
        told = [
            pair
            for pair in zip(self.errors, self.parts, strict=True)
            if not isinstance(pair[0], OnlyAround)
        ]
        first, part = (told or [(self.errors[0], self.parts[0])])[0]
        if len(told) > 1:
            first = type(first)(
                f"None of the {len(told):,} tables of the file can be read. "
                f"{part['name']}: {first}"
            )
        first.facts["parts"] = self.parts
        return first

    def _result(self) -> dict[str, Any]:
        read = [part for part in self.parts if "layout" in part]
        self.notices += [
            verdicts.of_left_aside(p)
            for p in self.parts
            if p.get("is_aside") and "samples" in p
        ]
        columns = dict.fromkeys(name for part in read for name in part["columns"])
        return {
            "layout": verdicts.layouts_of(
                dict.fromkeys(part["layout"] for part in read)
            ),
            "columns": list(columns),
            "parts": self.parts,
            "rows_read": sum(part["rows_read"] for part in read),
            "rows_rejected": self.log.total,
            "rejections": self.log.kept,
            "notices": [asdict(notice) for notice in self.notices],
            "lap_columns": self.lap_columns,
            "corrected_rows": sorted(self.corrected_rows),
        }


def _mapping_of(spec: Mapping[str, Any]) -> ColumnMapping:
    """Read a mapping that was kept; what it names may have gone since."""
    try:
        return mapping.read(spec)
    except MappingInvalid as error:
        raise UnknownLayout(
            f"The mapping {spec.get('name')} for files of this header can no longer be "
            f"read: {error} Make a new version of it."
        ) from None
