"""Rows of a layout: what several queries ask for is worked out once, and is the same."""

import io
from pathlib import Path

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import clean
from imports.layouts.layout import CanonicalTable, Layout
from imports.readers import canonical_rows
from imports.readers.canonical_rows import Place
from imports.readers.rejects import RejectionLog
from imports.readers.table import ROW_NUMBER, Table

KEYS = (cells.key("meeting_key", "meeting"), cells.key("race_key", "race"))
TABLES = (
    CanonicalTable(kind="race", keys=KEYS, is_distinct=True),
    CanonicalTable(kind="meeting", keys=KEYS[:1], is_distinct=True),
    CanonicalTable(
        kind="entrant",
        keys=(*KEYS, cells.key("key", "car")),
        values=(cells.duration_ms("total_time_ms", "time"),),
        where=pl.col(clean("car")) != "0",
    ),
)


def table(*times: str) -> Table:
    """Give a table with a line for each time."""
    rows = pl.LazyFrame(
        {
            ROW_NUMBER: range(2, len(times) + 2),
            "meeting": ["spa"] * len(times),
            "race": ["1"] * len(times),
            "car": [str(number) for number, _ in enumerate(times, start=1)],
            "time": times,
            "note": [f"of {time}" for time in times],
        }
    )
    columns = ("meeting", "race", "car", "time", "note")
    return Table(rows=rows, columns=columns, rows_read=len(times))


def test_rows_of_several_tables_are_prepared_once(tmp_path: Path) -> None:
    prepared: list[int] = []

    def count(rows: pl.DataFrame) -> pl.DataFrame:
        prepared.append(rows.height)
        return rows

    layout = Layout(
        name="x.y",
        required=frozenset(),
        tables=lambda _: TABLES,
        prepare=lambda rows: rows.map_batches(count, streamable=False),
    )
    log = RejectionLog(per_code=10)

    canonical_rows.send(
        table("1:00.000", "-1:01.000", "soon"),
        layout=layout,
        tables=TABLES,
        place=Place(1),
        pipe=io.BytesIO(),
        log=log,
        scratch=tmp_path,
    )

    assert prepared == [3]
    assert [(told["row_number"], told["code"]) for told in log.kept] == [
        (3, "negative_time"),
        (4, "not_a_time"),
    ]
    assert [told["original"]["note"] for told in log.kept] == [
        "of -1:01.000",
        "of soon",
    ]
