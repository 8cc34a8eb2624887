"""Hong Kong race days: results.csv and sectional_times.csv, one line a horse in a race.

A meeting is a date and a racecourse (`2025-01-01 沙田`), which English files name
`ST`, `Sha Tin`, `HV` or `Happy Valley`: the same key. A race is its number. A horse is
the code behind its name, `中環精英 (J042)` is `J042`: names are shared and change. A
horse without a code is its name.

A section is a lap: several times in its cell are the section's own and those of its
parts. A section without a time is no lap. Elapsed times are stated where the sections
add up to the finish time. What laps have no column for is kept of the entrant: parts,
margins, and the running position of a section that has no time.
"""

import re
from dataclasses import replace

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import OURS, Cell, clean, constant, forms, moments, text
from imports.layouts.layout import CanonicalTable, Layout

NULLS = ("", "-", "--", "---")

#: What English files call the racecourses.
VENUES = {
    "ST": "沙田",
    "SHA TIN": "沙田",
    "HV": "跑馬地",
    "HAPPY VALLEY": "跑馬地",
}
#: The special incidents of the official results. W codes differ in who withdrew the
#: horse, and when: the code itself is kept beside.
STATUS_BY_CODE = {
    **dict.fromkeys(("WV", "WV-A", "WX", "WX-A", "WXNR", "WR"), "withdrawn"),
    **dict.fromkeys(("DISQ", "DQ"), "disqualified"),
    "DNF": "did not finish",
    "FE": "fell",
    "PU": "pulled up",
    "UR": "unseated rider",
    "TNP": "took no part",
    "TO": "tailed off",
    "VOID": "void",
}
#: A horse's code: letters of its year, then its number. `(IRE)` is a country.
#: Chinese text may have full-width brackets.
HORSE = r"^(.*\S)\s*[(\uff08]([A-Z]{1,3}[0-9]{2,4})[)\uff09]$"
SECTION = re.compile(r"sec([1-9][0-9]?)_(time|margin|running_pos)")
#: The time of a section, and those of its parts.
SPLITS = r"^([0-9:.]+)((?:\s+[0-9:.]+)*)$"
#: Whether the sections add up to the finish time.
IS_EXACT = f"{OURS}is exact"


def _venue(column: str) -> pl.Expr:
    raw = pl.col(clean(column))
    return pl.coalesce(
        raw.str.to_uppercase().replace_strict(
            VENUES, default=None, return_dtype=pl.String
        ),
        raw,
    )


def _meeting() -> Cell:
    """Give date and racecourse; what is wrong with the latter, its own cell says."""
    date = moments.date(pl.col(clean("date")))
    key = date + " " + _venue("venue").fill_null("")
    return replace(
        cells.date("meeting_key", "date").required(),
        value=cells.storable(key, max_chars=200),
    )


def _horse() -> Cell:
    raw = pl.col(clean("horse_name"))
    key = cells.key("key", "horse_name")
    code = raw.str.extract(HORSE, 2)
    return key.with_value(pl.coalesce(code, key.value))


def _name() -> Cell:
    cell = text("name", "horse_name")
    return cell.with_value(
        pl.coalesce(cell.value.str.extract(HORSE, 1), cell.value),
    )


MEETING = _meeting()
RACE = cells.key("race_key", "race_no")
HORSE_KEY = _horse()


def _held(columns: frozenset[str], *wanted: Cell) -> tuple[Cell, ...]:
    """Give the cells whose columns the file has."""
    return tuple(cell for cell in wanted if not cell.source or cell.source in columns)


def _meeting_table(columns: frozenset[str]) -> CanonicalTable:
    venue = text("venue", "venue", max_chars=180).required()
    return CanonicalTable(
        kind="meeting",
        keys=(MEETING,),
        values=(
            cells.date("start_date", "date"),
            venue.with_value(cells.storable(_venue("venue"), max_chars=180)),
            constant("discipline", "gallops"),
        ),
        is_distinct=True,
    )


def _race_table(columns: frozenset[str]) -> CanonicalTable:
    number = text("attributes.season_race_number", "race_meeting_no")
    return CanonicalTable(
        kind="race",
        keys=(MEETING, RACE),
        values=_held(
            columns,
            cells.whole("number", "race_no"),
            constant("kind", "race"),
            text("name", "race_name"),
            cells.whole("distance_m", "distance_m"),
            text("attributes.class", "race_class"),
            text("attributes.rating_range", "rating_range"),
            text("attributes.going", "going"),
            text("attributes.course", "course"),
            cells.whole("attributes.prize_hkd", "prize_hkd"),
            cells.number_text(number),
            text("attributes.split_times", "race_finish_time"),
            text("attributes.section_times", "sectional_times_header"),
        ),
        is_distinct=True,
    )


def _horse_table() -> CanonicalTable:
    return CanonicalTable(
        kind="competitor", keys=(HORSE_KEY,), values=(_name(),), is_distinct=True
    )


def _entrant_values(columns: frozenset[str], *, place: str) -> tuple[Cell, ...]:
    """Give what both files state of a horse in a race."""
    competitor = text("competitor", "horse_name", max_chars=200)
    return _held(
        columns,
        text("number", "horse_no", max_chars=20),
        _name(),
        competitor.with_value(HORSE_KEY.value),
        cells.place("position", place),
        cells.outcome("status", place, words=STATUS_BY_CODE),
        cells.raw("attributes.position_text", place),
        cells.duration_ms("total_time_ms", "finish_time"),
    )


def _result_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    own = _held(
        columns,
        cells.gap("gap", "lbw"),
        text("attributes.jockey", "jockey"),
        text("attributes.trainer", "trainer"),
        cells.number_text(text("attributes.actual_weight_lbs", "actual_wt_lbs")),
        cells.number_text(text("attributes.declared_weight_lbs", "declared_wt_lbs")),
        cells.number_text(text("attributes.draw", "draw")),
        text("attributes.running_position", "running_position"),
        cells.number_text(text("attributes.win_odds", "win_odds")),
    )
    entrant = CanonicalTable(
        kind="entrant",
        keys=(MEETING, RACE, HORSE_KEY),
        values=_entrant_values(columns, place="place") + own,
    )
    return (
        _meeting_table(columns),
        _race_table(columns),
        _horse_table(),
        entrant,
    )


def _sections(columns: frozenset[str]) -> list[int]:
    """Give the numbers of the sections that have a column of times."""
    found = (SECTION.fullmatch(name) for name in columns)
    return sorted(int(m[1]) for m in found if m and m[2] == "time")


def _prepare_sections(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Read the times once: each elapsed time asks for those of all sections."""
    mark = clean("")
    held = frozenset(n.removeprefix(mark) for n in rows.collect_schema())
    sections = _sections(held)
    rows = rows.with_columns(_first_time(n).alias(_time_of(n)) for n in sections)
    if not sections or "finish_time" not in held:
        return rows
    total = pl.sum_horizontal(_time_of(n) for n in sections)
    finish = forms.milliseconds(pl.col(clean("finish_time")))
    return rows.with_columns((total == finish).alias(IS_EXACT))


def _time_of(section: int) -> str:
    return f"{OURS}section {section}"


def _first_time(section: int) -> pl.Expr:
    raw = pl.col(clean(f"sec{section}_time"))
    first = forms.milliseconds(raw.str.extract(SPLITS, 1))
    return pl.when(first <= cells.DAY_MS).then(first)


def _section_time(section: int) -> Cell:
    return replace(
        cells.duration_ms("time_ms", f"sec{section}_time"),
        value=pl.col(_time_of(section)),
        expected="a time such as 23.55, those of its parts behind it",
    )


def _elapsed(section: int, *, sections: list[int]) -> Cell:
    """Give the time from the start, where the sections are the finish time together."""
    so_far = pl.sum_horizontal(_time_of(n) for n in sections if n <= section)
    return Cell(
        name="elapsed_ms",
        source=f"sec{section}_time",
        value=pl.when(pl.col(IS_EXACT)).then(so_far),
    )


def _section_lap(
    section: int, *, sections: list[int], columns: frozenset[str]
) -> CanonicalTable:
    time = _section_time(section)
    position = f"sec{section}_running_pos"
    is_timed = "finish_time" in columns
    return CanonicalTable(
        kind="lap",
        keys=(MEETING, RACE, HORSE_KEY, constant("number", section)),
        values=(
            time,
            _elapsed(section, sections=sections)
            if is_timed
            else constant("elapsed_ms", None),
            cells.place("position", position)
            if position in columns
            else constant("position", None),
        ),
        where=pl.col(clean(time.source)).is_not_null(),
    )


def _section_values(section: int, *, columns: frozenset[str]) -> tuple[Cell, ...]:
    """Give what a lap has no column for."""
    time, position = f"sec{section}_time", f"sec{section}_running_pos"
    parts = pl.col(clean(time)).str.extract(SPLITS, 2)
    parts = parts.str.strip_chars().str.replace_all(r"\s+", " ")
    is_timed = pl.col(clean(time)).is_not_null()
    kept = text(f"attributes.{position}", position)
    margin = text(f"attributes.sec{section}_margin", f"sec{section}_margin")
    splits = f"attributes.sec{section}_splits"
    return _held(
        columns,
        # What is wrong with the cell, the lap's time says.
        Cell(name=splits, source=time, value=pl.when(parts != "").then(parts)),
        replace(kept, value=pl.when(~is_timed).then(kept.value), no_value=is_timed),
        margin,
    )


def _sectional_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    sections = _sections(columns)
    of_sections = (_section_values(n, columns=columns) for n in sections)
    entrant = CanonicalTable(
        kind="entrant",
        keys=(MEETING, RACE, HORSE_KEY),
        values=(
            *_entrant_values(columns, place="finish_pos"),
            *(cell for values in of_sections for cell in values),
        ),
    )
    laps = [_section_lap(n, sections=sections, columns=columns) for n in sections]
    return (*laps, _meeting_table(columns), _horse_table(), entrant)


DAY = frozenset({"date", "venue", "race_no", "horse_name"})

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="hkjc.results",
        required=DAY | {"place", "horse_no", "win_odds"},
        tables=_result_tables,
        null_markers=NULLS,
        about="Results of a Hong Kong race day, one line a horse.",
    ),
    Layout(
        name="hkjc.sectional_times",
        required=DAY | {"finish_pos", "horse_no"},
        optional=frozenset(
            f"sec{n}_{what}"
            for n in (1, 2)
            for what in ("time", "margin", "running_pos")
        ),
        tables=_sectional_tables,
        prepare=_prepare_sections,
        null_markers=NULLS,
        about="Times of the sections of Hong Kong races, one line a horse.",
    ),
)
