"""A person's edit or choice -> files of kind manual -> staged rows.

Such a file is NDJSON, one line a row: kind, keys, number and `values` by column, as
staged payloads hold them; null sets a value to unknown. Its priority is above that of
any file, and a later edit has a later time, so that it stays until the next one
(docs/data-flow.md). All laps of one file state the same columns.
"""

import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from imports.errors import EditRefused, MalformedFile
from imports.models import RunFile, SourceFile
from imports.pipeline import manifest
from imports.pipeline.registers.laps import COLUMNS as LAP_COLUMNS
from imports.pipeline.registers.records import ATTRIBUTE, fields_of
from imports.pipeline.staging_tables import StagingTables
from imports.sql import statement
from races.models import Competitor, Entrant, Meeting, PitStop, Race, Team, Venue

LAYOUT = "manual"
#: The models of the kinds of rows that are not laps.
MODELS: dict[str, Any] = {
    "venue": Venue,
    "team": Team,
    "competitor": Competitor,
    "meeting": Meeting,
    "race": Race,
    "entrant": Entrant,
    "pit_stop": PitStop,
}
#: Versions count milliseconds.
TICK = timedelta(milliseconds=1)

RowKey = tuple[str, str, str, str, int]


@dataclass(frozen=True)
class ManualRow:
    """What a person states of one row; columns that are not named stay as they are."""

    kind: str
    values: Mapping[str, Any]
    meeting_key: str = ""
    race_key: str = ""
    key: str = ""
    number: int = field(default=0)

    @property
    def row_key(self) -> RowKey:
        """The row, within its source."""
        return (self.kind, self.meeting_key, self.race_key, self.key, self.number)


def register(
    rows: Iterable[ManualRow], *, source: str, by: User | None
) -> list[SourceFile]:
    """Take rows into the manifest, in files of `groups_of`, in its order.

    Belongs to a transaction: until its end no other edit of the source gets a time.
    """
    groups = groups_of(rows)
    _lock(source)
    first = _next_moment(source)
    return [
        _register(group, source=source, by=by, moment=first + number * TICK)
        for number, group in enumerate(groups)
    ]


def groups_of(rows: Iterable[ManualRow]) -> list[list[ManualRow]]:
    """Give the rows by file: all but laps in one, laps by the columns they state."""
    groups: dict[tuple[str, ...], list[ManualRow]] = defaultdict(list)
    for row in rows:
        _check(row)
        columns = tuple(sorted(row.values)) if row.kind == "lap" else ()
        groups[columns].append(row)
    if not groups:
        raise EditRefused("Nothing was changed, so there is nothing to write.")
    return [groups[columns] for columns in sorted(groups)]


def stage(file: RunFile, path: Path, *, tables: StagingTables) -> dict[str, Any]:
    """Stage the rows of a manual file; give what the reader would tell of it."""
    lines = _read(path, name=file.name)
    laps = [line for line in lines if line["kind"] == "lap"]
    given = {"file_number": file.number, "lines": json.dumps(lines)}
    file.laps_staged = tables.execute("stage_manual_laps", **given)
    file.records_staged = tables.execute("stage_manual_records", **given)
    return {
        "layout": LAYOUT,
        "columns": [],
        "rows_read": len(lines),
        "rows_rejected": 0,
        "rejections": [],
        "corrected_rows": [],
        "lap_columns": sorted(laps[0]["values"]) if laps else [],
        "notices": [],
    }


def _read(path: Path, *, name: str) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_bytes().splitlines()]
    except ValueError as error:
        raise MalformedFile(
            f"The stored copy of {name} is damaged: not every line is JSON. "
            "Make the edit again."
        ) from error


def _check(row: ManualRow) -> None:
    """Refuse what no writer could write."""
    if not row.values:
        raise EditRefused(f"Nothing is stated of the {row.kind} {row.key}.")
    known = LAP_COLUMNS if row.kind == "lap" else fields_of(MODELS[row.kind])
    unknown = [column for column in row.values if column not in known]
    if row.kind not in ("lap", "pit_stop"):
        unknown = [column for column in unknown if not column.startswith(ATTRIBUTE)]
    if unknown:
        raise EditRefused(
            f"A {row.kind.replace('_', ' ')} has no {', '.join(unknown)}: "
            f"it has {', '.join(known)}."
        )
    if "\\u0000" in _line(row):
        raise EditRefused("A value holds the character NUL, which cannot be stored.")


def _lock(source: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement("lock_manual_files"), {"lock": f"manual:{source}"})


def _next_moment(source: str) -> datetime:
    """Give now, or the first moment after the last edit of the source."""
    files = SourceFile.objects.filter(source=source, kind=SourceFile.Kind.MANUAL)
    last = files.aggregate(last=Max("observed_at"))["last"]
    now = timezone.now()
    return max(now, last + TICK) if last else now


def _register(
    rows: Sequence[ManualRow], *, source: str, by: User | None, moment: datetime
) -> SourceFile:
    content = "".join(_line(row) + "\n" for row in rows).encode()
    who = slugify(by.get_username()) if by else ""
    return manifest.register_manual(
        io.BytesIO(content),
        name=f"edit-by-{who or 'nobody'}-{moment:%Y%m%dT%H%M%S}.ndjson",
        source=source,
        observed_at=moment,
        by=by,
    )


def _line(row: ManualRow) -> str:
    return json.dumps(asdict(row), cls=DjangoJSONEncoder, ensure_ascii=False)
