"""How tables of FastF1 name meeting, race and times -> keys, and cells in our forms.

A table of one session names neither; one of a season names the season, the round or the
event, and perhaps the session, in columns that each exporter calls his own way.
"""

from dataclasses import dataclass

import polars as pl

from imports.layouts import cells, f1_sessions
from imports.layouts.cells import Cell, clean, constant, said, text
from imports.layouts.layout import CanonicalTable

#: What a column may be called, in lower case and without `_`.
SEASON = ("season", "year")
ROUND = ("round", "roundnumber")
EVENT = ("eventname", "event", "racename", "grandprix", "gp")
SESSION = ("session", "sessionname", "sessiontype")
#: How pandas writes that there is nothing.
NULLS = ("", "NaT", "NaN", "nan", "None", "<NA>")


@dataclass(frozen=True)
class Columns:
    """The columns of one table; `race` is the race of tables that never name it."""

    columns: frozenset[str]
    race: str = ""

    def called(self, names: tuple[str, ...]) -> str:
        """Give the column that has one of these names; empty where there is none."""
        by_name = {c.lower().replace("_", ""): c for c in sorted(self.columns)}
        return next((by_name[name] for name in names if name in by_name), "")

    @property
    def says_meeting(self) -> bool:
        """Whether the table names the meeting: by its season, and round or event."""
        names = self.called(ROUND) or self.called(EVENT)
        return bool(self.called(SEASON) and names)

    @property
    def meeting(self) -> tuple[Cell, ...]:
        """The key of the meeting: `2024-1`, or `2024 Bahrain Grand Prix`."""
        season, round_ = self.called(SEASON), self.called(ROUND)
        if not self.says_meeting:
            return (said("meeting_key", "meeting"),)
        if round_:
            return f1_sessions.season_round(season, round_)
        year = cells.whole("season_key", season, lowest=1850, highest=2099).required()
        event = cells.key("meeting_key", self.called(EVENT))
        key = pl.concat_str(
            year.value.cast(pl.String), event.value, separator=" ", ignore_nulls=True
        )
        named = pl.when(event.value.is_not_null()).then(key)
        return year, event.with_value(cells.storable(named, max_chars=200))

    @property
    def keys(self) -> tuple[Cell, ...]:
        """The keys of the race."""
        if self.race:
            return (*self.meeting, constant("race_key", self.race))
        if session := self.called(SESSION):
            return (*self.meeting, f1_sessions.race_key(session))
        return (*self.meeting, said("race_key", "race"))

    @property
    def named(self) -> frozenset[str]:
        """What of meeting and race the columns name."""
        says = {"meeting"} if self.says_meeting else set()
        return frozenset(says | ({"race"} if self.called(SESSION) else set()))

    def around(self) -> tuple[CanonicalTable, ...]:
        """Give the meeting and the race, where the columns name them."""
        tables = []
        if self.says_meeting:
            values = self._meeting_values()
            tables.append(_once("meeting", keys=self.meeting, values=values))
        if session := self.called(SESSION):
            values = f1_sessions.race_values(session)
            tables.append(_once("race", keys=self.keys, values=values))
        return tuple(tables)

    def _meeting_values(self) -> tuple[Cell, ...]:
        round_, event = self.called(ROUND), self.called(EVENT)
        return (
            constant("discipline", "f1"),
            cells.small("season", self.called(SEASON)),
            *([cells.small("round", round_)] if round_ else []),
            *([text("name", event)] if event else []),
        )


def _once(
    kind: str, *, keys: tuple[Cell, ...], values: tuple[Cell, ...]
) -> CanonicalTable:
    return CanonicalTable(kind=kind, keys=keys, values=values, is_distinct=True)


def in_our_forms(rows: pl.LazyFrame, times: tuple[str, ...]) -> pl.LazyFrame:
    """Write times as clocks: pandas puts `0 days ` before and zeros behind them."""
    held = set(rows.collect_schema().names())
    return rows.with_columns(
        pl.col(clean(time))
        .str.strip_prefix("0 days ")
        .str.replace(r"(\.[0-9]{3})0+$", "${1}")
        for time in times
        if clean(time) in held
    )


def session_columns(rows: pl.LazyFrame) -> tuple[str, ...]:
    """Give the cleaned columns that tell the sessions of a table apart."""
    mark = clean("")
    held = [n.removeprefix(mark) for n in rows.collect_schema() if n.startswith(mark)]
    table = Columns(frozenset(held))
    named = (table.called(names) for names in (SEASON, ROUND, EVENT, SESSION))
    return tuple(clean(name) for name in named if name)
