"""Run a layout over a table: good rows out through the pipe, bad rows to the log.

Each kind of row is one lazy query that streams; nothing holds the whole file.
"""

from typing import IO, Any, cast

import polars as pl

from imports.layouts.cells import OURS, Cell, clean
from imports.layouts.layout import KEYS, CanonicalTable, Layout
from imports.readers.frames import StreamWriter
from imports.readers.rejects import RejectionLog
from imports.readers.table import ROW_NUMBER, Table

#: The number of the first cell that is wrong; null in a good row.
PROBLEM = f"{OURS}problem"
RECORD_COLUMNS = ["file_number", "row_number", "kind", *KEYS, "payload"]
REJECTION_BATCH_ROWS = 10_000


def send(
    table: Table,
    *,
    layout: Layout,
    file_number: int,
    pipe: IO[bytes],
    log: RejectionLog,
) -> dict[str, Any]:
    """Send the canonical rows of a table; give the lap columns that it states."""
    tables = layout.tables(frozenset(table.columns))
    cells = _checked_cells(tables)
    if table.first_row:
        cells.insert(0, (table.first_row, table.first_row.is_wrong))
    rows = _with_problems(table, layout=layout, cells=cells)
    good = rows.filter(pl.col(PROBLEM).is_null())
    # Counted on the way, so that a file without bad rows is not read once more.
    bad_rows = rows.select(pl.col(PROBLEM).is_not_null().sum())
    has_bad_rows = False
    lap_columns: list[str] = []
    for laps in (t for t in tables if t.kind == "lap"):
        lap_columns = [cell.name for cell in laps.values]
        frame = _laps(good, laps, file_number=file_number)
        has_bad_rows = _sink([frame], bad_rows, kind="lap", pipe=pipe)
    if records := [t for t in tables if t.kind != "lap"]:
        frames = [_records(good, table, file_number=file_number) for table in records]
        has_bad_rows = _sink(frames, bad_rows, kind="record", pipe=pipe)
    if has_bad_rows:
        _log_rejections(
            rows, table=table, cells=cells, nulls=layout.null_markers, log=log
        )
    corrected = _corrected_rows(rows, table.first_row) if table.first_row else []
    return {"lap_columns": lap_columns, "corrected_rows": corrected}


def _checked_cells(
    tables: tuple[CanonicalTable, ...],
) -> list[tuple[Cell, pl.Expr]]:
    """Give each cell that can be wrong once, with when it is."""
    found: list[tuple[Cell, pl.Expr]] = []
    for table in tables:
        for cell in table.cells:
            if not (cell.code or cell.is_required):
                continue
            wrong = cell.is_wrong
            if table.where is not None:
                wrong = wrong & table.where
            found.append((cell, wrong))
    return found


def _with_problems(
    table: Table, *, layout: Layout, cells: list[tuple[Cell, pl.Expr]]
) -> pl.LazyFrame:
    cleaned = [
        _cleaned(column, layout.null_markers).alias(clean(column))
        for column in table.columns
    ]
    rows = table.rows.with_columns(cleaned)
    if layout.prepare:
        rows = layout.prepare(rows)
    number = pl.coalesce(
        pl.when(wrong).then(pl.lit(i)) for i, (_, wrong) in enumerate(cells)
    )
    return rows.with_columns(number.alias(PROBLEM))


def _cleaned(column: str, null_markers: tuple[str, ...]) -> pl.Expr:
    trimmed = pl.col(column).str.strip_chars()
    return pl.when(~trimmed.is_in(list(null_markers))).then(trimmed)


def _laps(
    good: pl.LazyFrame, laps: CanonicalTable, *, file_number: int
) -> pl.LazyFrame:
    meeting, race, entrant, number = (
        next(cell.value for cell in laps.keys if cell.name == name) for name in KEYS
    )
    return _stating(good, laps).select(
        pl.lit(file_number).alias("file_number"),
        pl.col(ROW_NUMBER).alias("row_number"),
        meeting.alias("meeting_key"),
        race.alias("race_key"),
        entrant.alias("entrant_key"),
        number.alias("number"),
        *(cell.value.alias(cell.name) for cell in laps.values),
    )


def _records(
    good: pl.LazyFrame, table: CanonicalTable, *, file_number: int
) -> pl.LazyFrame:
    keys = {cell.name: cell.value for cell in table.keys}
    values = [cell.value.alias(cell.name) for cell in table.values]
    payload = pl.struct(values).struct.json_encode() if values else pl.lit("{}")
    frame = _stating(good, table).select(
        pl.lit(file_number).alias("file_number"),
        pl.col(ROW_NUMBER).alias("row_number"),
        pl.lit(table.kind).alias("kind"),
        *(keys.get(name, pl.lit(None)).alias(name) for name in KEYS),
        payload.alias("payload"),
    )
    if not table.is_distinct:
        return frame
    same = [name for name in RECORD_COLUMNS if name != "row_number"]
    return frame.group_by(same).agg(pl.col("row_number").max()).select(RECORD_COLUMNS)


def _stating(good: pl.LazyFrame, table: CanonicalTable) -> pl.LazyFrame:
    return good if table.where is None else good.filter(table.where)


def _sink(
    frames: list[pl.LazyFrame], bad_rows: pl.LazyFrame, *, kind: str, pipe: IO[bytes]
) -> bool:
    """Stream frames of the same columns out; say whether there are bad rows beside."""
    columns = frames[0].collect_schema().names()
    out = StreamWriter(pipe, kind=kind, columns=columns)
    # Polars asks for no more than write().
    target = cast(IO[bytes], out)
    first, *others = frames
    sunk = first.sink_csv(target, include_header=False, lazy=True)
    [_, count] = pl.collect_all([sunk, bad_rows])
    for frame in others:
        frame.sink_csv(target, include_header=False)
    out.finish()
    return bool(count.item())


def _corrected_rows(rows: pl.LazyFrame, first_row: Cell) -> list[int]:
    """Give the rows of the first file of which every line here is good."""
    by_number = rows.group_by(first_row.value.alias("number"))
    is_good = pl.col(PROBLEM).is_null().all().alias("is_good")
    good = by_number.agg(is_good).filter(pl.col("is_good")).drop_nulls("number")
    return good.sort("number").collect()["number"].to_list()


def _log_rejections(
    rows: pl.LazyFrame,
    *,
    table: Table,
    cells: list[tuple[Cell, pl.Expr]],
    nulls: tuple[str, ...],
    log: RejectionLog,
) -> None:
    first = table.first_row
    held = [*table.columns, *([first.source] if first else [])]
    bad = rows.filter(pl.col(PROBLEM).is_not_null()).select(
        ROW_NUMBER,
        PROBLEM,
        pl.struct(held).alias("held"),
        (first.value if first else pl.lit(None)).alias("first_row"),
    )
    for batch in bad.collect_batches(chunk_size=REJECTION_BATCH_ROWS):
        for row_number, problem, line, first_row in batch.iter_rows():
            cell, _ = cells[problem]
            raw = line[cell.source] or ""
            is_empty = not raw.strip() or raw.strip() in nulls
            log.add(
                row_number=row_number,
                column=cell.source,
                code="missing_value" if is_empty else cell.code,
                message=(_missing(cell) if is_empty else _mistaken(cell, raw))
                + _whereabouts(first_row),
                original={name: line[name] for name in table.columns},
                first_row=first_row,
            )


def _whereabouts(first_row: int | None) -> str:
    """Say which row of the corrected file it was, where that is known."""
    return f" It was row {first_row} of the file that it corrects." if first_row else ""


def _missing(cell: Cell) -> str:
    return f"{cell.source} is empty; it must hold {cell.expected}."


def _mistaken(cell: Cell, raw: str) -> str:
    shown = raw if len(raw) <= 80 else raw[:80] + "…"
    return f"{cell.source} is {shown!r}, not {cell.expected}."
