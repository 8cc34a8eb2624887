"""A saved page of a LiveRC race result -> two tables: the results, and all laps.

The results stand in a table of the class `race_result`, the laps in a script of the
page, `racerLaps[driver] = {…}`. Every row also names the event and the race, as far as
the page does. No other HTML is read; what is cut off is refused as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from imports.errors import MalformedFile, UnknownFormat
from imports.readers.pages.race_laps import LapScript, read_laps
from imports.readers.pages.race_result import RaceResult, read_result
from imports.readers.table import ROW_NUMBER, BadLine, BadLines, Table

#: A race of 24 hours has some 25,000 laps, each with 300 bytes of script.
MAX_PAGE_BYTES = 16 * 1024**2
LAP_COLUMNS = ("driver_id", "driver_name", "lap", "position", "time", "pace")
#: What the script alone knows of a driver -> our name for it.
STATS = {
    "top2Consecutive": "top_2_consecutive",
    "stdDeviation": "std_deviation_fine",
    "consistency": "consistency_fine",
}


@dataclass(frozen=True)
class HtmlPart:
    """One of the tables of a page; its rows are known already."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[int, Sequence[str | None]]]
    bad_lines: BadLines = field(default_factory=BadLines)
    array: str = ""

    def read(self, *, required: frozenset[str]) -> Table:
        """Give the rows, numbered from 1 in the order of the page."""
        held = {
            name: pl.Series([cells[at] for _, cells in self.rows], dtype=pl.String)
            for at, name in enumerate(self.columns)
        }
        numbers = pl.Series([number for number, _ in self.rows], dtype=pl.Int64)
        return Table(
            rows=pl.DataFrame({ROW_NUMBER: numbers, **held}).lazy(),
            columns=self.columns,
            rows_read=len(self.rows) + len(self.bad_lines),
            bad_lines=self.bad_lines,
        )


def open_parts(path: Path, *, scratch: Path) -> list[HtmlPart]:
    """Give the results and, where there are any, the laps; refuse any other page."""
    page = _text(path)
    result = read_result(page)
    if result is None:
        raise UnknownFormat(
            "The file is an HTML page, and not the result of a race on LiveRC: it has "
            "no table of the class 'race_result'. No other page is read. Save the "
            "page of the race itself, or export its table as CSV."
        )
    laps = read_laps(page, result.scripts)
    parts = [_results(result, laps)]
    if any(driver.laps for driver in laps):
        parts.append(_laps(result, laps))
    return parts


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_PAGE_BYTES:
        raise MalformedFile(
            f"The page has {size:,} bytes, more than {MAX_PAGE_BYTES:,}: it cannot be "
            "the result of one race."
        )
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise MalformedFile(
            f"The page is not UTF-8 text (byte {error.start + 1:,}). Save it again."
        ) from None


def _results(result: RaceResult, laps: Sequence[LapScript]) -> HtmlPart:
    facts = result.facts
    width = len(result.columns)
    own = ("laps_listed", *STATS.values())
    rows: list[tuple[int, Sequence[str | None]]] = []
    bad = BadLines()
    for number, row in enumerate(result.rows, start=1):
        if len(row) != width:
            bad.append(_bad_row(number, row, width=width))
            continue
        held = dict(zip(result.columns, row, strict=True))
        driver = _script_of(held, result=result, laps=laps)
        if driver:
            held["driver_id"] = driver.driver_id
        listed = str(len(driver.laps)) if driver else None
        stats = [driver.stats.get(name) if driver else None for name in STATS]
        rows.append((number, [*held.values(), listed, *stats, *facts.values()]))
    columns = (*result.columns, *own, *facts)
    return HtmlPart("results", columns, rows, bad)


def _script_of(
    row: dict[str, str | None], *, result: RaceResult, laps: Sequence[LapScript]
) -> LapScript | None:
    """Give the driver's script: by id, or by a name that is there just once.

    A driver who did not start has no link to laps, and so no id in the table.
    """
    if driver_id := row["driver_id"]:
        return next((d for d in laps if d.driver_id == driver_id), None)
    name = row["driver"]
    named = [d for d in laps if d.name == name and not d.laps]
    at = result.columns.index("driver")
    rows = [row for row in result.rows if row[at : at + 1] == (name,)]
    return named[0] if len(named) == len(rows) == 1 else None


def _bad_row(number: int, row: Sequence[str | None], *, width: int) -> BadLine:
    return BadLine(
        number,
        "too_few_cells" if len(row) < width else "too_many_cells",
        f"The row has {len(row)} cells, the head of the table {width}.",
        " | ".join(cell or "" for cell in row),
    )


def _laps(result: RaceResult, laps: Sequence[LapScript]) -> HtmlPart:
    facts = result.facts
    laps_of_all = [(driver, lap) for driver in laps for lap in driver.laps]
    rows = [
        (number, [driver.driver_id, driver.name, *lap, *facts.values()])
        for number, (driver, lap) in enumerate(laps_of_all, start=1)
    ]
    return HtmlPart("laps", (*LAP_COLUMNS, *facts), rows)
