"""SourceFiles -> staged rows and Rejections, through the sandboxed reader.

Memory stays flat: what the child sends goes to COPY as it comes. A file that cannot
be read is rejected with its reason; the other files of the run go on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from django.db import OperationalError, connection
from django.db.models import QuerySet
from psycopg import sql

from imports import conf
from imports.errors import (
    FileRejected,
    ParserCrashed,
    ReaderFailed,
    TooManyRejected,
)
from imports.failpoints import failpoint
from imports.models import ColumnMapping, ImportRun, Rejection, RunFile, SourceFile
from imports.pipeline import corrections, manifest, manual
from imports.pipeline.staging_tables import StagingTables
from imports.pipeline.stopwatch import Stopwatch
from imports.readers.sandbox.frames import Message
from imports.readers.sandbox.limits import Limits
from imports.readers.sandbox.parent import Request, Sandbox
from races.models import LapColumn

#: What a sound reader's rows never are: no such column, no such value.
REFUSED_BY_COPY = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.DuplicateColumn,
)
#: Has the reader read a file into the tables; gives what it tells of it.
Read = Callable[..., dict[str, Any]]
#: Gives a transaction that commits only where the run is still its preparer's.
Fence = Callable[[], AbstractContextManager[None]]


def stage_files(
    run: ImportRun,
    *,
    watch: Stopwatch,
    fence: Fence,
    heed_stop: Callable[[], None] = lambda: None,
) -> None:
    """Stage the files of the run, without those that an earlier owner staged whole.

    What `heed_stop` raises before a file ends it there: the next owner goes on.
    """
    tables = StagingTables(run.pk, run.epoch)
    if not _take_on(run, tables=tables, fence=fence):
        with fence():
            staged = run.run_files.filter(state=RunFile.State.STAGED)
            staged.update(state=RunFile.State.WAITING)
        tables.create()
    waiting = run.run_files.filter(state=RunFile.State.WAITING).order_by("number")
    if not waiting.exists():
        return
    # Once, so that what is saved meanwhile splits no run.
    mappings = _mappings_of(run)
    # What a person states needs no reader.
    needs_child = waiting.exclude(source_file__kind=SourceFile.Kind.MANUAL).exists()
    with Sandbox(_limits()) if needs_child else nullcontext() as sandbox:
        for file in waiting.select_related("source_file"):
            heed_stop()
            size = file.source_file.size_bytes
            with watch.timing("stage", subject=file.name, size_bytes=size) as timing:
                _stage_file(
                    file,
                    tables=tables,
                    read=partial(_read_file, sandbox=sandbox, mappings=mappings),
                    fence=fence,
                )
                timing.rows = file.laps_staged + file.records_staged
            failpoint("mid_stage")
    tables.analyze()


def _limits() -> Limits:
    """Give the limits of the child that reads, as the settings say."""
    names = [field.name for field in fields(Limits)]
    return Limits(**{name: conf.get(f"READER_{name.upper()}") for name in names})


def is_whole(run_id: int, *, tables: StagingTables) -> bool:
    """Whether the tables hold every row that was staged from each file of the run."""
    staged = RunFile.objects.filter(run_id=run_id, state=RunFile.State.STAGED)
    expected = {
        number: (laps, records)
        for number, laps, records in staged.values_list(
            "number", "laps_staged", "records_staged"
        )
        if laps or records
    }
    return tables.do_stand and tables.counts() == expected


def _take_on(run: ImportRun, *, tables: StagingTables, fence: Fence) -> bool:
    """Take over what the owner before has staged; False where it is not whole files."""
    before = StagingTables(run.pk, run.epoch - 1)
    if not before.do_stand:
        return False
    try:
        # Before it is counted: nobody else knows the new name.
        with fence():
            before.rename_to(tables)
    except OperationalError as error:
        if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise
        # Its owner is frozen amid a file.
        return False
    if is_whole(run.pk, tables=tables):
        return True
    tables.drop()
    return False


def _stage_file(
    file: RunFile, *, tables: StagingTables, read: Read, fence: Fence
) -> None:
    file.laps_staged = file.records_staged = 0
    try:
        with manifest.local_path(file.source_file) as path:
            if file.source_file.kind == SourceFile.Kind.MANUAL:
                result = manual.stage(file, path, tables=tables)
            else:
                result = read(file, path, tables=tables)
                _check_share(file, result)
            lap_columns = _lap_column_bits(result["lap_columns"])
    except FileRejected as error:
        _unstage(file, tables=tables)
        with fence():
            _refuse(file, error)
    else:
        with fence():
            _record(file, result, lap_columns=lap_columns)


def _check_share(file: RunFile, result: dict[str, Any]) -> None:
    """Refuse a file of which more rows are refused than its run allows."""
    allowed = file.run.options.get("max_rejected_percent")
    read, refused = result["rows_read"], result["rows_rejected"]
    if allowed is None or refused * 100 <= read * allowed:
        return
    first = "".join(
        f"The first is row {kept['row_number']}: {kept['message']} "
        for kept in result["rejections"][:1]
    )
    raise TooManyRejected(
        f"{refused:,} of {read:,} rows are refused, more than {allowed:g} %: nothing of "
        f"the file is taken in. {first}Correct the file, or allow more."
    )


def _read_file(
    file: RunFile,
    path: Path,
    *,
    tables: StagingTables,
    sandbox: Sandbox | None,
    mappings: Mapping[str, Any],
) -> dict[str, Any]:
    assert sandbox
    request = Request(
        path=path,
        file_number=file.number,
        rejections_per_code=conf.get("REJECTIONS_PER_CODE"),
        refused_rows=corrections.refused_rows(file.source_file),
        refused_tables=corrections.refused_tables(file.source_file),
        name=file.name,
        said=file.source_file.said,
        mappings=mappings,
    )
    with closing(sandbox.read(request)) as messages:
        return _copy_streams(messages, file=file, tables=tables)


def _mappings_of(run: ImportRun) -> dict[str, Any]:
    """Give the mapping that the run asks for, and those that know files by header."""
    asked = run.options.get("mapping")
    active = ColumnMapping.objects.filter(is_active=True).order_by("name")
    return {
        "asked": ColumnMapping.objects.get(pk=asked).spec if asked else None,
        "known": list(active.values_list("spec", flat=True)),
    }


def _copy_streams(
    messages: Iterator[Message], *, file: RunFile, tables: StagingTables
) -> dict[str, Any]:
    """COPY each stream of the file to its table; give the closing result."""
    for message in messages:
        if message.letter == "R":
            return dict(message.header)
        kind = message.header["kind"]
        copied = _copy_stream(messages, message, table=tables.table_of(kind))
        if kind == "lap":
            file.laps_staged += copied
        else:
            file.records_staged += copied
    raise ReaderFailed


def _lap_column_bits(names: Iterable[str]) -> int:
    """Give the bits of `LapColumn`; a sound reader names no others."""
    try:
        return sum({LapColumn[name.upper()] for name in names})
    except KeyError as error:
        raise ParserCrashed(
            f"The reader states laps with a column that they do not have ({error}). "
            "Nothing of the file was taken in; check it and send it again."
        ) from None


def _copy_stream(messages: Iterator[Message], opening: Message, *, table: str) -> int:
    """COPY one stream; leaving the block by an exception takes nothing in."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, opening.header["columns"])),
    )
    try:
        with connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                for data in _data(messages):
                    copy.write(data)
                    failpoint("mid_copy")
            return int(cursor.rowcount)
    except REFUSED_BY_COPY as error:
        reason = str(error).strip().splitlines()[0]
        raise ParserCrashed(
            f"The database cannot take what the reader made of this file ({reason}). "
            "Nothing of it was taken in; check the file and send it again."
        ) from error


def _data(messages: Iterator[Message]) -> Iterable[bytes]:
    for message in messages:
        if message.letter == "C":
            return
        yield message.data
    raise ReaderFailed


def _record(file: RunFile, result: dict[str, Any], *, lap_columns: int) -> None:
    """Keep what was read on the RunFile, its refused rows as Rejections."""
    file.state = RunFile.State.STAGED
    file.layout = file.source_file.layout = result["layout"]
    file.columns = result["columns"]
    file.parts = result.get("parts", [])
    _name_unread_parts(file)
    file.corrected_rows = result["corrected_rows"]
    file.rows_read = result["rows_read"]
    file.rows_rejected = result["rows_rejected"]
    file.lap_columns = lap_columns
    file.notices = result["notices"]
    # Those of an attempt that was cut off, or of a run that goes on.
    _rejections(file).delete()
    _judge_completeness(file)
    Rejection.objects.bulk_create(
        Rejection(run_id=file.run_id, source_file=file.source_file, **fields)
        for fields in result["rejections"]
    )
    file.save()
    file.source_file.save(update_fields=["layout"])


def _name_unread_parts(file: RunFile) -> None:
    """Say which tables of a file that was read could not be."""
    file.error_code = file.message = ""
    if unread := file.unread_parts:
        file.error_code = unread[0]["error"]
        file.message = f"{len(unread)} of its {len(file.parts)} tables are not in: " + (
            " ".join(f"{part['name']}: {part['message']}" for part in unread[:3])
        )


def _judge_completeness(file: RunFile) -> None:
    """A complete file removes what it does not hold, where all of it could be read."""
    is_declared, refused = file.source_file.is_complete, file.rows_rejected
    unread = len(file.unread_parts)
    file.is_complete = is_declared and not refused and not unread
    if is_declared and not file.is_complete:
        lacking = f"{unread:,} of its tables" if unread else f"{refused:,} of its rows"
        message = (
            f"The file is declared complete, but {lacking} were refused: "
            "what it holds is not known, so nothing is removed. Correct the file and "
            "bring it whole to remove what it does not hold."
        )
        notice = {"code": "not_complete", "message": message, "rows": refused}
        file.notices = [*file.notices, notice]


def _unstage(file: RunFile, *, tables: StagingTables) -> None:
    tables.execute("unstage_laps", file_number=file.number)
    tables.execute("unstage_records", file_number=file.number)
    file.laps_staged = file.records_staged = 0


def _rejections(file: RunFile) -> QuerySet[Rejection]:
    return Rejection.objects.filter(
        run_id=file.run_id, source_file_id=file.source_file_id
    )


def _refuse(file: RunFile, error: FileRejected) -> None:
    _rejections(file).delete()
    # What an attempt that was cut off has read of it.
    file.rows_read = file.rows_rejected = file.lap_columns = 0
    file.columns, file.corrected_rows, file.notices = [], [], []
    file.is_complete = False
    file.state = RunFile.State.REJECTED
    file.error_code = error.code
    file.message = str(error)
    file.parts = error.facts.get("parts", [])
    file.save()
