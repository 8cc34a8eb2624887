"""Who works on which race, and what is committed: claims, leases, fenced marks.

Every function is one statement, so that it commits by itself, except `record_done`
and `settle_unchanged`, which belong to a transaction of the conductor's.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from imports import conf
from imports.errors import ImportsError, LeaseLost
from imports.models import ImportRun, RaceCheckpoint
from imports.pipeline import session
from imports.pipeline.plan import PlannedRace
from imports.pipeline.preview import Plan
from imports.pipeline.registers.decide import NEVER
from imports.pipeline.registers.staged import StagedRun
from imports.pipeline.stopwatch import Laptimer
from imports.pipeline.write.race import RaceKey, RaceResult
from imports.sql import statement

State = RaceCheckpoint.State


@dataclass(frozen=True)
class Claim:
    """A race that this lane holds, until its lease ends; `epoch` is the fence."""

    id: int
    number: int
    source: str
    meeting_key: str
    race_key: str
    laps_staged: int
    records_staged: int
    epoch: int
    attempts: int
    #: Of a race whose plan a person has confirmed: what it was computed against.
    basis: str
    #: Values of flags that it is written with where they are not the run's, and its
    #: arm in each rollout: see `arms`.
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> RaceKey:
        """The race, as its writer knows it."""
        return RaceKey(
            self.id,
            self.meeting_key,
            self.race_key,
            self.laps_staged,
            self.records_staged,
        )

    @property
    def name(self) -> str:
        """The race, for people."""
        return f"{self.meeting_key}/{self.race_key}"


def open_races(run: ImportRun, races: Iterable[PlannedRace]) -> None:
    """Make a checkpoint of every planned race; those that stand are kept."""
    planned = list(races)
    with connection.cursor() as cursor:
        cursor.execute(
            statement("open_checkpoints"),
            {
                "run": run.pk,
                "source": run.source,
                "numbers": [race.number for race in planned],
                "meeting_keys": [race.meeting_key for race in planned],
                "race_keys": [race.race_key for race in planned],
                "laps": [race.laps for race in planned],
                "records": [race.records for race in planned],
            },
        )


def keep_plan(race: RaceCheckpoint, plan: Plan) -> None:
    """Set what would become of a race that is planned; `save_plans` saves it."""
    race.rows, race.laps = plan.rows.as_dict(), plan.laps.as_dict()
    race.conflicts, race.removed = plan.conflicts, plan.removed


def save_plans(races: Sequence[RaceCheckpoint]) -> None:
    """Save planned races."""
    columns = ["rows", "laps", "conflicts", "removed", "basis"]
    RaceCheckpoint.objects.bulk_update(races, columns, batch_size=500)


def clear_plans(run_id: int) -> None:
    """Forget the counts of races that were planned and are to be written."""
    planned = RaceCheckpoint.objects.filter(run_id=run_id, state=State.WAITING)
    planned.update(rows={}, laps={}, conflicts=0, removed=0)


def settle_unchanged(run: StagedRun, *, first: int, last: int) -> int:
    """Mark the races done that the store holds just as staged; give how many.

    Of the races from one number to another. Like `record_done` it belongs to a
    transaction of the conductor's.
    """
    numbers = {"run": run.run_id, "first": first, "last": last}
    run.tables.rows("join_whole_tables")
    run.tables.rows("lock_races", **numbers)
    [lap_columns] = run.lap_columns
    files = run.file_arrays()
    return run.tables.execute(
        "settle_unchanged_races",
        **numbers,
        never=NEVER,
        complete=run.complete_laps,
        lap_columns=int(lap_columns),
        file_numbers=files["file_numbers"],
        versions=files["versions"],
    )


def claim_races(
    run_id: int,
    *,
    owner: str,
    races: int,
    numbers: Collection[int] | None = None,
) -> list[Claim]:
    """Take the next open races of the run; none where none is left, or it is stopped.

    The first of them is begun with it; the others are by `begin_claimed`. Where
    `numbers` are given, no other race is taken.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            statement("claim_races"),
            {
                "run": run_id,
                "owner": owner,
                "lanes": session.LANE,
                "numbers": None if numbers is None else list(numbers),
                "races": races,
                "lease_seconds": conf.get("LEASE_SECONDS"),
                "max_attempts": conf.get("MAX_ATTEMPTS"),
            },
        )
        claims = [Claim(*row) for row in cursor.fetchall()]
    return sorted(claims, key=lambda claim: claim.number)


def claim_race(run_id: int, *, owner: str) -> Claim | None:
    """Take the next open race of the run; None where none is left, or it is stopped."""
    return next(iter(claim_races(run_id, owner=owner, races=1)), None)


def begin_claimed(claim: Claim, *, run_id: int) -> Claim | None:
    """Begin a race that was claimed with others; None where it is lost, or all stops."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement("begin_claimed_race"),
            {
                "run": run_id,
                "id": claim.id,
                "epoch": claim.epoch,
                "lease_seconds": conf.get("LEASE_SECONDS"),
            },
        )
        row = cursor.fetchone()
    return replace(claim, attempts=row[0]) if row else None


def keep_claims(claims: Iterable[Claim], *, owner: str) -> None:
    """Renew the leases of races that were claimed with others and are not begun."""
    ids = [claim.id for claim in claims]
    _execute(
        "keep_claims", ids=ids, owner=owner, lease_seconds=conf.get("LEASE_SECONDS")
    )


def hand_back_claims(claims: Iterable[Claim], *, owner: str) -> None:
    """Let races wait again that were claimed with others and are not begun."""
    _execute("hand_back_claims", ids=[claim.id for claim in claims], owner=owner)


def lock_race(claim: Claim) -> None:
    """Set the transaction's limits, lock the race, and see that it is still ours."""
    lock_race_by_key(claim.source, claim.meeting_key, claim.race_key)
    with connection.cursor() as cursor:
        cursor.execute(statement("is_held"), {"id": claim.id, "epoch": claim.epoch})
        if cursor.fetchone() is None:
            raise LeaseLost


def lock_race_by_key(source: str, meeting_key: str, race_key: str) -> None:
    """Set the transaction's limits and lock the race against whoever writes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement("begin_race"),
            {
                "lock_timeout": f"{conf.get('LOCK_TIMEOUT_SECONDS')}s",
                "statement_timeout": f"{conf.get('STATEMENT_TIMEOUT_SECONDS')}s",
                "lock": f"race:{source}:{meeting_key}:{race_key}",
            },
        )


def lock_shared_rows(source: str) -> None:
    """Lock the venues, teams, competitors and meetings of a source."""
    with connection.cursor() as cursor:
        cursor.execute(statement("lock_shared_rows"), {"lock": f"shared:{source}"})


def record_done(claim: Claim, result: RaceResult, *, timer: Laptimer) -> None:
    """Mark the race as committed, in the transaction of its rows; fenced by epoch."""
    with connection.cursor() as cursor:
        cursor.execute(
            statement("record_done"),
            {
                "id": claim.id,
                "epoch": claim.epoch,
                "race": result.race_id,
                "rows": json.dumps(result.rows.as_dict()),
                "laps": json.dumps(result.laps.as_dict()),
                "conflicts": result.conflicts,
                "removed": result.removed,
                "undo": json.dumps(result.undo),
                "message": result.notice,
                "options": json.dumps(claim.options),
                "total": timer.total_ms,
                "queries": timer.queries,
                **timer.parts,
            },
        )
        if cursor.rowcount != 1:
            raise LeaseLost


def record_failed(claim: Claim, error: ImportsError) -> None:
    """Say why an attempt failed: to be tried again, or for good."""
    tries_left = claim.attempts < conf.get("MAX_ATTEMPTS")
    again = error.is_retryable and tries_left
    _execute(
        "record_failed",
        id=claim.id,
        epoch=claim.epoch,
        state=State.WAITING if again else State.FAILED,
        error_code=error.code,
        sqlstate=error.facts.get("sqlstate") or "",
        message=str(error),
        is_retryable=error.is_retryable,
        options=json.dumps(claim.options),
    )


def hand_back(claim: Claim, error: ImportsError) -> None:
    """Let the race wait again as if this attempt had not been: it is not to blame."""
    _execute(
        "hand_back_race",
        id=claim.id,
        epoch=claim.epoch,
        error_code=error.code,
        message=str(error),
    )


def reopen_races(run_id: int) -> int:
    """Let failed, cancelled and abandoned races wait again; give how many."""
    return _execute("reopen_races", run=run_id)


def settle_open(run_id: int, *, state: str, message: str) -> None:
    """Settle all races that are not; a lane that holds one cannot commit it any more."""
    is_failed = state == State.FAILED
    _execute(
        "settle_open_races",
        run=run_id,
        state=state,
        error_code="run_failed" if is_failed else "",
        message=message if is_failed else "",
    )


def cancel_waiting(run_id: int, *, owners: Collection[str] = ()) -> int:
    """Settle the races that no lane has begun, or that lanes hold which have stopped.

    A lane that was interrupted may hold one without knowing it.
    """
    stopped = Q(state=State.CLAIMED, owner__in=owners)
    waiting = RaceCheckpoint.objects.filter(
        stopped | Q(state=State.WAITING), run_id=run_id
    )
    return waiting.update(state=State.CANCELLED, finished_at=Now(), lease_until=None)


def settle_abandoned(run_id: int) -> int:
    """Settle the races that a dead lane holds and no lane may take over."""
    return _execute(
        "settle_abandoned_races", run=run_id, max_attempts=conf.get("MAX_ATTEMPTS")
    )


def has_open_races(run_id: int) -> bool:
    """Whether a race waits or is being written."""
    open_states = Q(state=State.WAITING) | Q(state=State.CLAIMED)
    return RaceCheckpoint.objects.filter(open_states, run_id=run_id).exists()


def _execute(name: str, **parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement(name), parameters)
        return int(cursor.rowcount)
