"""Write what many races share: venues, teams, competitors, meetings.

Once a run, before its races and in one short transaction, so that no race waits for
another over a row of these. What is only referred to becomes an implied row.
"""

from django.db import connection

from imports.pipeline.registers.journal import Journal, Place
from imports.pipeline.registers.shared import SHARED, Shared, decide_shared
from imports.pipeline.registers.staged import StagedRecord, StagedRecords, StagedRun
from imports.pipeline.write.keep import keep_journal
from imports.pipeline.write.records import write_records
from imports.sql import statement


def write_shared(run: StagedRun) -> Journal:
    """Write the shared rows of a run; give what became of them."""
    records = StagedRecords(run.tables.rows("staged_shared_records"))
    journal = Journal(run=run, place=Place())
    for shared in SHARED:
        _write(shared, records[shared.kind], journal=journal)
    keep_journal(journal)
    return journal


def _write(shared: Shared, records: list[StagedRecord], *, journal: Journal) -> None:
    run, model = journal.run, shared.model
    decisions, stored = decide_shared(shared, records, run=run)
    for key, decision in decisions.items():
        if shared.kind == "meeting":
            journal.add(decision, kind=shared.kind, meeting_key=key)
        else:
            journal.add(decision, kind=shared.kind, key=key)
    rows = write_records(
        model,
        decisions,
        stored=stored,
        new=lambda key: model(source=run.source, key=key),
        journal=journal,
    )
    keys = [key for key in shared.mentioned(run) if key not in rows]
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(
                statement("imply_shared", table=model._meta.db_table),
                {"source": run.source, "keys": keys},
            )
            journal.inserted[shared.kind] += [pk for (pk,) in cursor.fetchall()]
