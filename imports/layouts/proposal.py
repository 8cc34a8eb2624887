"""Columns and some of their cells -> what they may be, for a person to look at.

Names that timing and racing files use are matched without case and signs; a match
whose sample cells are no such values is none. Nothing is read by a proposal alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from imports.layouts import targets
from imports.layouts.cells import clean

SIGNS = re.compile(r"[^a-z0-9]+")
#: Target -> names that columns have for it, in the order of how surely.
KEY_NAMES: dict[str, tuple[str, ...]] = {
    "meeting": ("meeting", "meetingkey", "meetingid", "event", "eventid", "eventname"),
    "race": (
        *("race", "racekey", "raceid", "raceno", "racenumber", "session", "sessionid"),
        *("heat", "heatno", "run"),
    ),
    "entrant": (
        *(
            "entrant",
            "entrantid",
            "carnumber",
            "carno",
            "car",
            "bib",
            "bibno",
            "bibnumber",
        ),
        *("startnumber", "startno", "number", "num", "no", "nr", "driverid", "horseno"),
        *("runnernumber", "transponder", "driver", "rider", "horse", "dog", "name"),
    ),
    "lap": ("lap", "lapno", "lapnumber", "lapnum", "lapnr", "runde"),
    "stop": ("stop", "stopno", "stopnumber", "pitstop"),
    "venue": ("venue", "venueid", "track", "circuit", "circuitid"),
    "team": ("team", "teamid", "constructor", "constructorid"),
    "competitor": ("competitor", "driverid", "horseid", "driver", "rider", "horse"),
}
VALUE_NAMES: dict[str, tuple[str, ...]] = {
    "time": ("laptime", "time", "laptimes", "rundenzeit"),
    "time_ms": ("laptimems", "timems", "milliseconds", "ms"),
    "position": (
        "position",
        "pos",
        "place",
        "rank",
        "finish",
        "finishposition",
        "platz",
    ),
    "name": (
        *("name", "drivername", "driver", "ridername", "rider", "horsename", "horse"),
        *("competitorname", "fullname", "dog"),
    ),
    "number": (
        *("number", "carnumber", "carno", "bib", "startnumber", "startno", "no", "nr"),
    ),
    "team": ("team", "teamname", "stable", "entrantteam", "constructor"),
    "status": ("status", "outcome", "resultstatus"),
    "grid": ("grid", "gridposition", "startposition", "startingposition"),
    "laps_completed": ("laps", "lapscompleted", "numberoflaps", "lapcount", "runden"),
    "total_time": (
        *("totaltime", "racetime", "finishtime", "elapsedtime", "elapsedtimes"),
        *("elapsed", "time", "gesamtzeit"),
    ),
    "gap": ("gap", "behind", "gapfirst", "gaptoleader", "diff", "interval", "margin"),
    "points": ("points", "pts", "punkte"),
    "fastest_lap": ("fastestlap", "bestlap", "besttime", "fastlap", "bestlaptime"),
    "elapsed_ms": ("elapsedms", "elapsed"),
    "sector1_ms": ("sector1", "s1", "sector1time", "sector1ms"),
    "sector2_ms": ("sector2", "s2", "sector2time", "sector2ms"),
    "sector3_ms": ("sector3", "s3", "sector3time", "sector3ms"),
    "in_pit": ("inpit", "pit", "pitlap"),
    "lap": ("lap", "lapno", "lapnumber"),
    "duration": ("duration", "pittime", "stoptime"),
    "time_of_day": ("timeofday", "localtime", "clock"),
    "start_date": ("date", "startdate", "racedate"),
    "scheduled_start": ("start", "starttime", "scheduledstart"),
    "distance_m": ("distance", "distancem", "metres", "meters"),
    "venue": ("venue", "track", "circuit", "location"),
    "country": ("country", "nation", "nat"),
    "season": ("season", "year"),
    "round": ("round", "roundno"),
    "discipline": ("discipline", "sport"),
}


def kind_of(columns: Sequence[str]) -> str:
    """Guess what a row of the file is, by the names of its columns."""
    names = {_plain(column) for column in columns}
    if names & set(KEY_NAMES["lap"]):
        return "lap"
    if names & set(KEY_NAMES["stop"]):
        return "pit_stop"
    of_entrants = {*KEY_NAMES["entrant"], *VALUE_NAMES["position"]}
    if names & of_entrants:
        return "entrant"
    return "race" if names & set(KEY_NAMES["race"]) else "meeting"


def propose(
    columns: Sequence[str], samples: Sequence[Sequence[str | None]], *, kind: str
) -> dict[str, tuple[str, str]]:
    """Give target and form of the columns that plainly are something."""
    cells = {column: [row[i] for row in samples] for i, column in enumerate(columns)}
    by_name = {_plain(column): column for column in reversed(columns)}
    found: dict[str, tuple[str, str]] = {}
    for target, names in _wanted(kind):
        for name in names:
            column = by_name.get(name)
            if column is None or column in found:
                continue
            form = _form_that_reads(cells[column], kind=kind, target=target)
            if form is not None:
                found[column] = (target, form)
                break
    return found


def _wanted(kind: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key in targets.KEYS_OF[kind]:
        yield key, KEY_NAMES[key]
    values = [t for t in targets.of_kind(kind).values() if t.is_value]
    # What the row is itself comes before what it describes besides.
    for target in sorted(values, key=lambda t: bool(t.parent)):
        name = target.name.removeprefix(f"{target.parent}_")
        if target.parent in ("", "entrant"):
            yield target.name, VALUE_NAMES.get(name, ())


def _form_that_reads(
    texts: Sequence[str | None], *, kind: str, target: str
) -> str | None:
    """Give the first form in which no sample is a mistake; None where there is none."""
    wanted = targets.find(kind, target)
    if wanted is None:
        return None
    if not wanted.is_value:
        return ""
    trimmed = [text.strip() or None if text else None for text in texts]
    held = pl.DataFrame({clean("held"): trimmed}, schema={clean("held"): pl.String})
    for number, form in enumerate(wanted.forms):
        wrong = [cell.is_wrong for cell in wanted.make("held", form, timezone="UTC")]
        if not held.select(pl.any_horizontal(wrong).any()).item():
            return form if number else ""
    return None


def _plain(column: str) -> str:
    return SIGNS.sub("", column.casefold())


def as_columns(proposed: Mapping[str, tuple[str, str]]) -> list[dict[str, str]]:
    """Give a proposal as the `columns` of a mapping."""
    return [
        {"column": column, "to": to, "format": form}
        for column, (to, form) in proposed.items()
    ]
