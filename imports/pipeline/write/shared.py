"""Write what many races share: venues, teams, competitors, meetings.

Once a run, before its races and in one short transaction, so that no race waits for
another over a row of these. What is only referred to becomes an implied row.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from imports.models import Counts
from imports.pipeline.write.records import (
    NO_REFERENCES,
    References,
    candidates_by_key,
    write_records,
)
from imports.pipeline.write.staged import StagedRecord, StagedRecords, StagedRun
from imports.pipeline.write.tally import Tally
from imports.sql import statement
from races.models import Competitor, Meeting, Team, Venue

#: Any of the four models: each has a source and a key.
Shared = type[Any]

#: Model, kind of its records, kind of the records that refer to it.
REFERRED: tuple[tuple[Shared, str, str], ...] = (
    (Venue, "venue", "meeting"),
    (Team, "team", "entrant"),
    (Competitor, "competitor", "entrant"),
)


def write_shared(run: StagedRun) -> tuple[Counts, int]:
    """Write the shared rows of a run; give their counts and conflicts."""
    records = StagedRecords(run.tables.rows("staged_shared_records"))
    tally = Tally()
    for model, kind, referrer in REFERRED:
        mentioned = run.tables.column("staged_references", kind=referrer, column=kind)
        _write(model, records[kind], mentioned=mentioned, run=run, tally=tally)
    meetings = records["meeting"]
    venues = ids_by_key(Venue, meetings, column="venue", source=run.source)
    _write(
        Meeting,
        meetings,
        mentioned=run.tables.column("staged_meeting_keys"),
        references={"venue": venues},
        run=run,
        tally=tally,
    )
    return tally.counts, tally.conflicts


def ids_by_key(
    model: Shared, records: Iterable[StagedRecord], *, column: str, source: str
) -> dict[str, int]:
    """Give the ids of the shared rows that the records refer to in a column."""
    keys = {r.payload[column] for r in records if r.payload.get(column) is not None}
    if not keys:
        return {}
    found = model._default_manager.filter(source=source, key__in=keys)
    return dict(found.values_list("key", "id"))


def _write(
    model: Shared,
    records: list[StagedRecord],
    *,
    mentioned: list[str],
    run: StagedRun,
    tally: Tally,
    references: References = NO_REFERENCES,
) -> None:
    candidates = candidates_by_key(
        model,
        records,
        key=lambda r: r.meeting_key if model is Meeting else r.key,
        files=run.files,
        references=references,
    )
    stored = model._default_manager.filter(source=run.source, key__in=candidates)
    rows = write_records(
        model,
        candidates,
        stored={row.key: row for row in stored} if candidates else {},
        new=lambda key: model(source=run.source, key=key),
        tally=tally,
    )
    keys = [key for key in mentioned if key not in rows]
    if keys:
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                statement("imply_shared", table=table),
                {"source": run.source, "keys": keys},
            )
