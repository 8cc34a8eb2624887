"""What sources of Formula 1 call a session -> the key, kind and name of our race.

One session has one key in all of them: `race`, `sprint`, `qualifying`, `fp1` to `fp3`.
What is not listed (`Q1`, `SQ2`, `Day 1`) keeps its name, in lower case.
"""

from dataclasses import replace

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import Cell, clean, constant

KEY_BY_CODE = {
    "r": "race",
    "s": "sprint",
    "sr": "sprint",
    "sprint race": "sprint",
    "q": "qualifying",
    **{f"practice {n}": f"fp{n}" for n in (1, 2, 3)},
    "sprint qualifying": "sq",
    "sprint shootout": "ss",
}
NAME_BY_KEY = {
    "race": "Race",
    "sprint": "Sprint",
    "qualifying": "Qualifying",
    **{f"fp{n}": f"Practice {n}" for n in (1, 2, 3)},
    "sq": "Sprint Qualifying",
    "ss": "Sprint Shootout",
}
#: Parts of a qualifying (Q1, SQ3), and qualifyings of other rules (QA, QB, QO, PQ).
QUALIFYING = r"^(?:qualifying|s?q[1-3abo]?|pq|ss)$"
PRACTICE = r"^(?:fp[1-3]|practice.*)$"


def kind_of(key: str) -> str:
    """Give the kind of one of the keys in `NAME_BY_KEY`."""
    if key.startswith("fp"):
        return "practice"
    return key if key in ("race", "sprint") else "qualifying"


def race_key(source: str) -> Cell:
    """Give the key of the race that a column names."""
    cell = cells.key("race_key", source)
    code = cell.value.str.to_lowercase()
    return replace(cell, value=code.replace(KEY_BY_CODE))


def race_values(source: str) -> tuple[Cell, ...]:
    """Give the kind and the name of the race that a column names."""
    key = race_key(source).value
    kind = (
        pl.when(key.is_in(["race", "sprint"]))
        .then(key)
        .when(key.str.contains(QUALIFYING))
        .then(pl.lit("qualifying"))
        .when(key.str.contains(PRACTICE))
        .then(pl.lit("practice"))
    )
    name = key.replace_strict(
        NAME_BY_KEY, default=pl.col(clean(source)), return_dtype=pl.String
    )
    return (
        constant("kind", None).with_value(kind),
        constant("name", None).with_value(cells.storable(name, max_chars=200)),
    )


def season_round(season: str, round_column: str) -> tuple[Cell, Cell]:
    """Give a check of the season, and the meeting's key of it: `2023-18`."""
    year = cells.whole("season_key", season, lowest=1850, highest=2099).required()
    number = cells.small("meeting_key", round_column, lowest=1).required()
    key = year.value.cast(pl.String) + "-" + number.value.cast(pl.String)
    # With a season that is none, the row is wrong for its season.
    either = pl.coalesce(key, number.value.cast(pl.String))
    return year, number.with_value(either)
