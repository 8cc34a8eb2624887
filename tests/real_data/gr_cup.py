"""Results, analysis and raw laps of a club race -> canonical rows, by hand."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

Row = Mapping[str, str]

RACE = {"meeting": "cota-2025", "race": "1"}
#: What the timing sends for a lap that it cannot count.
NO_LAP = "32768"
RESULT_COLUMNS = {
    "position": "POSITION",
    "number": "NUMBER",
    "status": "STATUS",
    "laps_completed": "LAPS",
    "total_time": "TOTAL_TIME",
    "gap": "GAP_FIRST",
    "fastest_lap": "FL_TIME",
}


def cars(rows: Iterable[Row]) -> list[str]:
    """Give the key of each row's car: the second car of a number is `3-2`."""
    seen: Counter[str] = Counter()
    keys = []
    for row in rows:
        number = row["NUMBER"]
        seen[number] += 1
        keys.append(number if seen[number] == 1 else f"{number}-{seen[number]}")
    return keys


def entrants_of_results(rows: Iterable[Row]) -> Iterator[Row]:
    """Give an entrant a row."""
    listed = list(rows)
    for key, row in zip(cars(listed), listed, strict=True):
        cells = {ours: row[theirs] for ours, theirs in RESULT_COLUMNS.items()}
        yield {**RACE, "entrant": key, **cells, "gap": cells["gap"].strip("-")}


def laps_of_analysis(rows: Iterable[Row], *, keys: Iterable[str]) -> Iterator[Row]:
    """Give a lap a row, of the cars that are given beside them."""
    for key, row in zip(keys, rows, strict=True):
        yield {
            **RACE,
            "entrant": key,
            "lap": row["LAP_NUMBER"],
            "time": row["LAP_TIME"],
        }


def cars_of_analysis(rows: Iterable[Row]) -> Iterator[str]:
    """Give the key of each row's car: where laps begin again, another car does."""
    cars_of: Counter[str] = Counter()
    last: dict[str, int] = {}
    for row in rows:
        number, lap = row["NUMBER"], int(row["LAP_NUMBER"])
        if lap <= last.get(number, lap):
            cars_of[number] += 1
        last[number] = lap
        yield number if cars_of[number] <= 1 else f"{number}-{cars_of[number]}"


def laps_of_raw(rows: Iterable[Row]) -> Iterator[Row]:
    """Give a lap a row; no lap number and no time are empty cells."""
    for row in rows:
        yield {
            "meeting": row["meta_event"],
            "race": row["meta_session"],
            "entrant": row["vehicle_id"],
            "lap": "" if row["lap"] == NO_LAP else row["lap"],
            "time_ms": "" if row["value"] == "0" else row["value"],
        }
