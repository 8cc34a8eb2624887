"""Conflicts -> what a page shows of them: a line a field, both sides, what is in force.

A fixed number of queries a page, however many conflicts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from imports.models import Conflict, SourceFile
from imports.pipeline.choice import KINDS_OF_RACES
from imports.pipeline.in_force import InForce, is_same, rows_in_force
from imports.pipeline.registers.decide import NEVER
from ingestion_site.lib import cells
from races.models import Race

Files = dict[tuple[str, UUID], SourceFile]

#: What settled a conflict, for people.
RULES = {
    Conflict.Rule.NEWEST: "newer version",
    Conflict.Rule.LAST_ROW: "last row of the file",
    Conflict.Rule.HOLD: "what was stored stays",
    Conflict.Rule.MANUAL: "a person's value",
}
STATES = {
    Conflict.State.OPEN: ("open", "warn"),
    Conflict.State.RULED: ("ruled", "idle"),
    Conflict.State.SETTLED: ("settled", "good"),
}


@dataclass(frozen=True)
class Line:
    """One column of which the sides say different things."""

    column: str
    older: SafeString
    newer: SafeString
    #: Newer minus older, where they are numbers.
    difference: str
    now: SafeString
    #: The file that decides the column now.
    now_file: str
    #: older, newer, or empty where another value is in force.
    in_force: str


@dataclass(frozen=True)
class Shown:
    """A conflict as a page shows it."""

    conflict: Conflict
    now: InForce
    older_file: str
    newer_file: str
    lines: list[Line]

    @property
    def title(self) -> str:
        """The row without its place: lap 5, entrant, team red."""
        c = self.conflict
        kind = c.kind.replace("_", " ")
        if c.kind in ("lap", "pit_stop"):
            return f"{kind} {c.number}".capitalize()
        return kind.capitalize()

    @property
    def is_gone(self) -> bool:
        """Whether a person is asked to choose for a row that is not stored."""
        return self.conflict.state == Conflict.State.OPEN and self.now.row is None

    @property
    def headline(self) -> str:
        """The row with its place, in plain words: lap 3 of 7, ashford/1."""
        c = self.conflict
        race = "/".join(key for key in (c.meeting_key, c.race_key) if key)
        if c.kind in ("lap", "pit_stop"):
            return f"{self.title} of {c.key}, {race}"
        return f"{self.title} {', '.join(part for part in (c.key, race) if part)}"

    @property
    def places(self) -> list[str]:
        """The race and the entrant, or the shared row, as links."""
        c = self.conflict
        if c.kind not in KINDS_OF_RACES:
            row: Any = self.now.row
            return [cells.link(row) if row else c.key or c.meeting_key]
        race = race_link(c.race) if c.race else f"{c.meeting_key}/{c.race_key} (gone)"
        entrant = cells.link(self.now.entrant) if self.now.entrant else c.key
        return [race, entrant] if c.key else [race]

    @property
    def place(self) -> SafeString:
        """The same in one line."""
        return format_html_join(" · ", "{}", ((place,) for place in self.places))


def show(conflicts: Iterable[Conflict]) -> list[Shown]:
    """Give what a page shows of each conflict."""
    given = list(conflicts)
    in_force = rows_in_force(given)
    files = files_of(given, in_force.values())
    return [_shown(c, in_force[c.pk], files=files) for c in given]


def state_badge(conflict: Conflict) -> SafeString:
    """Give the state of a conflict; of one that a person settled, also the side."""
    word, tone = STATES[Conflict.State(conflict.state)]
    if conflict.chosen:
        word = f"{word}: {conflict.chosen}"
    return cells.badge(word, tone)


def race_link(race: Race) -> str:
    """Give a link to a race, by its meeting and name."""
    return cells.link(race, str(race))


def value(column: str, given: Any) -> SafeString:
    """Give a value as a reader expects it; of times the milliseconds on hover."""
    if given is None:
        return format_html('<span class="quiet">{}</span>', "unknown")
    if column.endswith("_ms") and isinstance(given, int):
        return format_html(
            '<span title="{} ms">{}</span>', f"{given:,}", cells.lap_time(given)
        )
    if isinstance(given, bool):
        return format_html("{}", "yes" if given else "no")
    if column == "points":
        return format_html("{}", cells.decimal(Decimal(given)))
    return format_html("{}", given)


def difference(column: str, older: Any, newer: Any) -> str:
    """Give by how much the newer side is more: +0.312 s, -1."""
    numbers = [_number(older), _number(newer)]
    if None in numbers:
        return ""
    by = numbers[1] - numbers[0]  # type: ignore[operator]
    if column.endswith("_ms"):
        return f"{by / 1000:+,.3f} s"
    return f"{by:+,g}"


def file_link(files: Files, source: str, version: UUID | None) -> str:
    """Give a link to the file of a version."""
    if version is None or version == NEVER:
        return cells.UNKNOWN
    file = files.get((source, version))
    if file is None:
        return "unknown file"
    text = f"\N{PENCIL} {file.name}" if file.kind == "manual" else file.name
    return cells.link(file, text)


def files_of(conflicts: Iterable[Conflict], rows: Iterable[InForce] = ()) -> Files:
    """Find the files of both sides, and of what is in force, in one query."""
    versions: set[UUID] = {v for row in rows for v in row.versions.values()}
    sources = set()
    for conflict in conflicts:
        sources.add(conflict.source)
        versions |= {conflict.older_version, conflict.newer_version}
    found = SourceFile.objects.filter(source__in=sources, version__in=versions)
    return {
        (file.source, file.version): file
        for file in found.only("source", "version", "name", "kind", "sha256")
    }


def _number(given: Any) -> float | int | None:
    if isinstance(given, bool):
        return None
    if isinstance(given, int | float):
        return given
    try:
        # Points come as text, so that none of their digits is lost.
        return float(given)
    except (TypeError, ValueError):
        return None


def _shown(conflict: Conflict, now: InForce, *, files: Files) -> Shown:
    source = conflict.source
    return Shown(
        conflict=conflict,
        now=now,
        older_file=file_link(files, source, conflict.older_version),
        newer_file=file_link(files, source, conflict.newer_version),
        lines=[
            _line(conflict, column, now=now, files=files) for column in conflict.fields
        ],
    )


def _line(conflict: Conflict, column: str, *, now: InForce, files: Files) -> Line:
    older, newer = conflict.fields[column]
    held = now.values.get(column)
    in_force = ""
    if now.row is not None:
        for side, said in (("older", older), ("newer", newer)):
            if is_same(conflict.kind, column, said, held):
                in_force = side
    return Line(
        column=column,
        older=value(column, older),
        newer=value(column, newer),
        difference=difference(column, older, newer),
        now=value(column, held) if now.row else format_html("{}", "not stored"),
        now_file=file_link(files, conflict.source, now.versions.get(column)),
        in_force=in_force,
    )
