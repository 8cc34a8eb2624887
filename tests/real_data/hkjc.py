"""Result and sectional files of one race day -> canonical rows, by hand."""

import re
from collections.abc import Iterable, Iterator, Mapping

Row = Mapping[str, str]

UNKNOWN = ("", "---")
HORSE_CODE = re.compile(r"\((\w+)\)\s*$")
PLACE = re.compile(r"\d+")
SECTIONS = range(1, 7)
ENTRANT_COLUMNS = ("meeting", "race", "entrant", "name", "number", "position")


def entrants_of_results(rows: Iterable[Row]) -> Iterator[Row]:
    """Give an entrant a row: what is no place, such as WV, is a status."""
    for row in rows:
        place = PLACE.match(row["place"])
        yield {
            **_entrant(row),
            "competitor": horse_of(row),
            "team": _known(row["trainer"]),
            "position": place.group() if place else "",
            "status": "" if place else _known(row["place"]),
            "total_time": _known(row["finish_time"]),
            "gap": _known(row["lbw"]),
        }


def entrants_of_sectionals(rows: Iterable[Row]) -> Iterator[Row]:
    """Give an entrant a row."""
    for row in rows:
        place = PLACE.match(row["finish_pos"])
        yield {
            **_entrant(row),
            "position": place.group() if place else "",
            "total_time": _known(row["finish_time"]),
        }


def laps_of_sectionals(rows: Iterable[Row]) -> Iterator[Row]:
    """Give a lap for each section that has a time."""
    for row in rows:
        for section in SECTIONS:
            cell = _known(row.get(f"sec{section}_time") or "")
            if not cell:
                continue
            yield {
                "meeting": _meeting(row),
                "race": row["race_no"],
                "entrant": horse_of(row),
                "lap": str(section),
                # The times of its halves stand behind the section's own.
                "time": cell.split()[0],
                "position": _known(row[f"sec{section}_running_pos"]),
            }


def horse_of(row: Row) -> str:
    """Give the code of the horse, which stands behind its name."""
    found = HORSE_CODE.search(row["horse_name"])
    return found.group(1) if found else row["horse_name"]


def _entrant(row: Row) -> dict[str, str]:
    return {
        "meeting": _meeting(row),
        "race": row["race_no"],
        "entrant": horse_of(row),
        "name": row["horse_name"],
        "number": row["horse_no"],
    }


def _meeting(row: Row) -> str:
    return f"{row['date']} {row['venue']}"


def _known(cell: str) -> str:
    return "" if cell in UNKNOWN else cell
