"""Write what many races share: venues, teams, competitors, meetings.

Once a run, before its races and in one short transaction, so that no race waits for
another over a row of these. What is only referred to becomes an implied row.
"""

from collections.abc import Iterable
from typing import TypeVar

from imports.models import Counts
from imports.pipeline.write.records import References, candidates_by_key, write_records
from imports.pipeline.write.staged import StagedRecord, StagedRecords, StagedRun
from imports.pipeline.write.tally import Tally
from races.models import Competitor, Meeting, Team, Venue

Shared = TypeVar("Shared", Venue, Team, Competitor, Meeting)


def write_shared(run: StagedRun) -> tuple[Counts, int]:
    """Write the shared rows of a run; give their counts and conflicts."""
    records = StagedRecords(run.tables.rows("staged_shared_records"), files=run.files)
    tally = Tally()
    for model, kind, referrer in (
        (Venue, "venue", "meeting"),
        (Team, "team", "entrant"),
        (Competitor, "competitor", "entrant"),
    ):
        mentioned = run.tables.column("staged_references", kind=referrer, column=kind)
        _write(
            model,
            records[kind],
            staged=records,
            mentioned=mentioned,
            run=run,
            tally=tally,
            references={},
        )
    meetings = records["meeting"]
    venues = ids_by_key(
        Venue, {r.payload["venue"] for r in meetings if r.payload.get("venue")}, run=run
    )
    _write(
        Meeting,
        meetings,
        staged=records,
        mentioned=run.tables.column("staged_meeting_keys"),
        run=run,
        tally=tally,
        references={"venue": venues},
    )
    return tally.counts, tally.conflicts


def ids_by_key(
    model: type[Shared], keys: Iterable[str], *, run: StagedRun
) -> dict[str, int]:
    """Give the ids of shared rows of the run's source."""
    wanted = set(keys)
    if not wanted:
        return {}
    found = model._default_manager.filter(source=run.source, key__in=wanted)
    return dict(found.values_list("key", "id"))


def _write(
    model: type[Shared],
    records: list[StagedRecord],
    *,
    staged: StagedRecords,
    mentioned: list[str],
    references: References,
    run: StagedRun,
    tally: Tally,
) -> None:
    candidates = candidates_by_key(
        model,
        records,
        key=lambda r: r.meeting_key if model is Meeting else r.key,
        staged=staged,
        references=references,
    )
    keys = {*candidates, *mentioned}
    if not keys:
        return
    stored = model._default_manager.filter(source=run.source, key__in=keys)
    write_records(
        model,
        candidates,
        stored={row.key: row for row in stored},
        mentioned=mentioned,
        new=lambda key: model(source=run.source, key=key),
        tally=tally,
    )
