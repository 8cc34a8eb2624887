"""Run a layout over a table: good rows out through the pipe, bad rows to the log.

Each kind of row is one lazy query that streams; nothing holds the whole file. What
several queries ask for is worked out once, into a file of scratch.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

import polars as pl

from imports.layouts.cells import OURS, Cell, clean
from imports.layouts.layout import KEYS, CanonicalTable, Layout
from imports.readers import figures as figures_of
from imports.readers.figures import Figures
from imports.readers.rejects import RejectionLog
from imports.readers.sandbox.frames import StreamWriter
from imports.readers.table import ROW_NUMBER, Table

#: The number of the first cell that is wrong; null in a good row.
PROBLEM = f"{OURS}problem"
IS_BAD = pl.col(PROBLEM).is_not_null()
LAP = f"{OURS}lap"
RECORD_COLUMNS = ["file_number", "row_number", "kind", *KEYS, "payload"]
REJECTION_BATCH_ROWS = 10_000
#: The file in scratch that holds the rows of one table, worked out.
KEPT = "rows.arrow"


@dataclass(frozen=True)
class Place:
    """Where rows stand: the run's number of the file, and rows of it before the table."""

    file_number: int
    rows_before: int = 0


@dataclass(frozen=True)
class Sent:
    """What was sent: lap columns stated, rows corrected, and what was counted."""

    lap_columns: list[str]
    corrected_rows: list[int]
    figures: Figures


def lap_columns(tables: tuple[CanonicalTable, ...]) -> list[str]:
    """Give the columns that laps of these tables state."""
    laps = next((table for table in tables if table.kind == "lap"), None)
    return [cell.name for cell in laps.values] if laps else []


def send(
    table: Table,
    *,
    layout: Layout,
    tables: tuple[CanonicalTable, ...],
    place: Place,
    pipe: IO[bytes],
    log: RejectionLog,
    scratch: Path,
) -> Sent:
    """Send the canonical rows of a table."""
    tables, values = _evaluated_once(tables)
    cells = _checked_cells(tables)
    if table.first_row:
        cells.insert(0, (table.first_row, table.first_row.is_wrong))
    rows = _with_problems(table, layout=layout, values=values, cells=cells)
    refused = rows.filter(IS_BAD)
    if layout.prepare or table.first_row or len(tables) > 1:
        rows = _kept(rows, tables=tables, cells=cells, path=scratch / KEPT)
        refused = table.rows.join(
            rows.filter(IS_BAD), on=ROW_NUMBER, maintain_order="left"
        )
    good = rows.filter(~IS_BAD)
    figures = figures_of.count(rows, tables=tables, is_bad=IS_BAD, number=ROW_NUMBER)
    counted = Figures()
    if laps := [t for t in tables if t.kind == "lap"]:
        frame = _laps(good, laps, place=place)
        counted = _sink([frame], figures, kind="lap", pipe=pipe)
    if records := [t for t in tables if t.kind != "lap"]:
        frames = [_records(good, table, place=place) for table in records]
        counted = _sink(frames, figures, kind="record", pipe=pipe)
    if counted.bad:
        _log_rejections(
            refused, table=table, cells=cells, nulls=layout.null_markers, log=log
        )
    return Sent(
        lap_columns=lap_columns(tables),
        corrected_rows=_corrected_rows(rows, table.first_row),
        figures=counted,
    )


def _evaluated_once(
    tables: tuple[CanonicalTable, ...],
) -> tuple[tuple[CanonicalTable, ...], list[pl.Expr]]:
    """Give the tables with cells that read a column, and those columns.

    A value is asked for when its row is checked and when it is sent, and a key by every
    table; polars would work it out anew each time, and plan it for longer than that.
    """
    values: dict[int, pl.Expr] = {}

    def read(cell: Cell) -> Cell:
        if not cell.source:
            return cell
        name = f"{OURS}value {len(values)}"
        column = values.setdefault(id(cell), cell.value.alias(name))
        return cell.with_value(pl.col(column.meta.output_name()))

    evaluated = tuple(
        replace(
            table,
            keys=tuple(map(read, table.keys)),
            values=tuple(map(read, table.values)),
        )
        for table in tables
    )
    return evaluated, list(values.values())


def _checked_cells(
    tables: tuple[CanonicalTable, ...],
) -> list[tuple[Cell, pl.Expr]]:
    """Give each cell that can be wrong once, with when it is."""
    found: list[tuple[Cell, pl.Expr]] = []
    # Where a row has to be right in any case, it need not be asked again.
    anyway = {
        c.value.meta.output_name()
        for t in tables
        if t.where is None
        for c in t.cells
        if c.source
    }
    for table in tables:
        for cell in table.cells:
            if not (cell.code or cell.is_required):
                continue
            if table.where is None:
                found.append((cell, cell.is_wrong))
            elif cell.value.meta.output_name() not in anyway:
                found.append((cell, cell.is_wrong & table.where))
    return found


def _with_problems(
    table: Table,
    *,
    layout: Layout,
    values: list[pl.Expr],
    cells: list[tuple[Cell, pl.Expr]],
) -> pl.LazyFrame:
    cleaned = [
        _cleaned(column, layout.null_markers).alias(clean(column))
        for column in table.columns
    ]
    rows = table.rows.with_columns(cleaned)
    if layout.prepare:
        rows = layout.prepare(rows)
    number = pl.coalesce(
        pl.lit(None, dtype=pl.Int32),
        *(pl.when(wrong).then(pl.lit(i)) for i, (_, wrong) in enumerate(cells)),
    )
    return rows.with_columns(values).with_columns(number.alias(PROBLEM))


def _kept(
    rows: pl.LazyFrame,
    *,
    tables: tuple[CanonicalTable, ...],
    cells: list[tuple[Cell, pl.Expr]],
    path: Path,
) -> pl.LazyFrame:
    """Work the rows out once, for several queries, and give what these ask for.

    The file's own columns are left out: on disk they would be all of it once more.
    What only tells a slip is null in good rows.
    """
    asked = [cell.value for table in tables for cell in table.cells]
    asked += [table.where for table in tables if table.where is not None]
    asked += [cell.value for cell, _ in cells]
    told = [slip.when for cell, _ in cells for slip in cell.slips]
    kept = {ROW_NUMBER, PROBLEM, *_columns_of(asked)}
    of_slips = [
        pl.when(IS_BAD).then(pl.col(name)).alias(name)
        for name in sorted(_columns_of(told) - kept)
    ]
    # The rows of an earlier table may still be mapped into memory.
    path.unlink(missing_ok=True)
    rows.select(*sorted(kept), *of_slips).sink_ipc(path, compression="lz4")
    return pl.scan_ipc(path)


def _columns_of(expressions: list[pl.Expr]) -> set[str]:
    return {name for each in expressions for name in each.meta.root_names()}


def _cleaned(column: str, null_markers: tuple[str, ...]) -> pl.Expr:
    trimmed = pl.col(column).str.strip_chars()
    return pl.when(~trimmed.is_in(list(null_markers))).then(trimmed)


def _laps(
    good: pl.LazyFrame, tables: list[CanonicalTable], *, place: Place
) -> pl.LazyFrame:
    """Give the laps that the lines state: one each, or one each and table."""
    number = _numbers(place)
    first, *others = tables
    if not others:
        return _stating(good, first).select(*number, *_lap_cells(first))
    stated = pl.concat_list(_stated_lap(table) for table in tables)
    laps = good.select(*number, stated.alias(LAP)).explode(LAP)
    return laps.filter(pl.col(LAP).is_not_null()).unnest(LAP)


def _numbers(place: Place) -> list[pl.Expr]:
    return [
        pl.lit(place.file_number).alias("file_number"),
        (pl.col(ROW_NUMBER) + place.rows_before).alias("row_number"),
    ]


def _stated_lap(table: CanonicalTable) -> pl.Expr:
    lap = pl.struct(_lap_cells(table))
    return lap if table.where is None else pl.when(table.where).then(lap)


def _lap_cells(table: CanonicalTable) -> list[pl.Expr]:
    meeting, race, entrant, number = (
        next(cell.value for cell in table.keys if cell.name == name) for name in KEYS
    )
    return [
        meeting.alias("meeting_key"),
        race.alias("race_key"),
        entrant.alias("entrant_key"),
        number.cast(pl.Int64).alias("number"),
        *(cell.value.alias(cell.name) for cell in table.values),
    ]


def _records(
    good: pl.LazyFrame, table: CanonicalTable, *, place: Place
) -> pl.LazyFrame:
    keys = {cell.name: cell.value for cell in table.keys}
    frame = _stating(good, table).select(
        *_numbers(place),
        pl.lit(table.kind).alias("kind"),
        *(keys.get(name, pl.lit(None)).alias(name) for name in KEYS),
        _payload(table.values).alias("payload"),
    )
    if not table.is_distinct:
        return frame
    same = [name for name in RECORD_COLUMNS if name != "row_number"]
    return frame.group_by(same).agg(pl.col("row_number").max()).select(RECORD_COLUMNS)


def _payload(values: tuple[Cell, ...]) -> pl.Expr:
    """Give the values as the text of one JSON object."""
    own = [cell.value.alias(cell.name) for cell in values if not cell.is_object]
    payload = pl.struct(own).struct.json_encode() if own else pl.lit("{}")
    for cell in values:
        if cell.is_object:
            payload = _joined(payload, cell.value)
    return payload


def _joined(first: pl.Expr, second: pl.Expr) -> pl.Expr:
    """Join two JSON objects without a name in common; the second may be null."""
    return (
        pl.when(second.is_null() | (second == "{}"))
        .then(first)
        .when(first == "{}")
        .then(second)
        .otherwise(first.str.head(-1) + "," + second.str.slice(1))
    )


def _stating(good: pl.LazyFrame, table: CanonicalTable) -> pl.LazyFrame:
    return good if table.where is None else good.filter(table.where)


def _sink(
    frames: list[pl.LazyFrame], figures: pl.LazyFrame, *, kind: str, pipe: IO[bytes]
) -> Figures:
    """Stream frames of the same columns out; give what is counted beside."""
    columns = frames[0].collect_schema().names()
    out = StreamWriter(pipe, kind=kind, columns=columns)
    # Polars asks for no more than write().
    target = cast(IO[bytes], out)
    first, *others = frames
    sunk = first.sink_csv(target, include_header=False, lazy=True)
    [_, counted] = pl.collect_all([sunk, figures])
    for frame in others:
        frame.sink_csv(target, include_header=False)
    out.finish()
    return Figures(*counted.row(0))


def _corrected_rows(rows: pl.LazyFrame, first_row: Cell | None) -> list[int]:
    """Give the rows of the first file of which every line here is good."""
    if first_row is None:
        return []
    by_number = rows.group_by(first_row.value.alias("number"))
    is_good = pl.col(PROBLEM).is_null().all().alias("is_good")
    good = by_number.agg(is_good).filter(pl.col("is_good")).drop_nulls("number")
    return good.sort("number").collect()["number"].to_list()


def _log_rejections(
    refused: pl.LazyFrame,
    *,
    table: Table,
    cells: list[tuple[Cell, pl.Expr]],
    nulls: tuple[str, ...],
    log: RejectionLog,
) -> None:
    first = table.first_row
    held = [*table.columns, *([first.source] if first else [])]
    bad = refused.select(
        ROW_NUMBER,
        PROBLEM,
        pl.struct(held).alias("held"),
        (first.value if first else pl.lit(None)).alias("first_row"),
        _slip(cells).alias("slip"),
    )
    for batch in bad.collect_batches(chunk_size=REJECTION_BATCH_ROWS):
        for row_number, problem, line, first_row, slip in batch.iter_rows():
            cell = cells[problem][0].named_by(slip)
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


def _slip(cells: list[tuple[Cell, pl.Expr]]) -> pl.Expr:
    """Number the slip of the wrong cell that fits; null where its own code does."""
    return pl.coalesce(
        pl.lit(None, dtype=pl.Int32),
        *(
            pl.when((pl.col(PROBLEM) == number) & slip.when).then(pl.lit(at))
            for number, (cell, _) in enumerate(cells)
            for at, slip in enumerate(cell.slips)
        ),
    )


def _whereabouts(first_row: int | None) -> str:
    """Say which row of the corrected file it was, where that is known."""
    return f" It was row {first_row} of the file that it corrects." if first_row else ""


def _missing(cell: Cell) -> str:
    return f"{cell.source} is empty; it must hold {cell.expected}."


def _mistaken(cell: Cell, raw: str) -> str:
    shown = raw if len(raw) <= 80 else raw[:80] + "…"
    return f"{cell.source} is {shown!r}, not {cell.expected}."
