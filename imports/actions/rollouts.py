"""Roll a change of a flag out: a share of the races first, back by itself if worse."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from imports import flags
from imports.actions.alerts import close_alert, open_alert
from imports.actions.flags import put_in_force, record, refuse_while_rolled_out
from imports.actions.guard import Arm, Verdict, judge_arms
from imports.errors import RolloutRefused
from imports.flags import FLAGS, Flag, FlagValue, as_text
from imports.models import Alert, FlagChange, Rollout
from imports.pipeline import trouble
from imports.pipeline.arms import CANDIDATE, CONTROL
from imports.sql import statement

log = structlog.get_logger(__name__)

State = Rollout.State
Kind = FlagChange.Kind

#: The alert that a rollback opens; its subject is the flag.
RULE = "rollout_rolled_back"
#: Between races, a process judges this often at most.
JUDGE_SECONDS = 5
#: Judged are the newest races of a stage, which may last for weeks: so many, or so many
#: times those that an arm must have.
NEWEST_RACES, NEWEST_TIMES = 20_000, 30
CANNOT = (
    "{flag} cannot be rolled out race by race: it acts on a whole run, or its effect is "
    "not in the write time of a race. Change it in one step."
)


@dataclass(frozen=True)
class Guard:
    """How many races an arm must have to be judged, and what a candidate may cost."""

    min_races: int = 50
    max_error_points: float = 1.0
    max_p95_percent: float = 20.0


DEFAULT_GUARD = Guard()


def start_rollout(
    flag: Flag, text: str, *, guard: Guard = DEFAULT_GUARD, reason: str, by: Any
) -> Rollout:
    """Try a value on the first share of the races; RolloutRefused says why not."""
    if not FLAGS[flag].acts_per_race:
        raise RolloutRefused(CANNOT.format(flag=flag))
    candidate = as_text(flags.parse(flag, text))
    control = as_text(flags.current()[flag])
    if candidate == control:
        raise RolloutRefused(f"{flag} is {control} already: there is nothing to try.")
    now = timezone.now()
    with transaction.atomic():
        refuse_while_rolled_out(flag)
        rollout = Rollout.objects.create(
            flag=flag.value,
            candidate=candidate,
            control=control,
            min_races=guard.min_races,
            max_error_points=guard.max_error_points,
            max_p95_percent=guard.max_p95_percent,
            reason=reason,
            started_by=by,
            started_at=now,
            stage_started_at=now,
        )
        said = f"{rollout.percent} % of the races. {reason}".strip()
        _record(rollout, kind=Kind.ROLLOUT_STARTED, reason=said, by=by)
        # What the last one was rolled back for is known: a person tries again.
        close_alert(RULE, subject=flag.value)
    return rollout


def stop_rollout(rollout: Rollout, *, reason: str, by: Any) -> Rollout:
    """End a rollout; the value that is in force stays, for all races."""
    with transaction.atomic():
        rollout = _running(rollout)
        _end(rollout, state=State.STOPPED, reason=reason, by=by)
        _record(rollout, kind=Kind.ROLLOUT_STOPPED, reason=reason, by=by)
    return rollout


def promote_rollout(rollout: Rollout, *, reason: str, by: Any) -> Rollout:
    """Put the candidate in force for all races, whatever its figures say."""
    with transaction.atomic():
        rollout = _running(rollout)
        _promote(rollout, reason=reason, by=by)
    return rollout


def rollouts_of_new_run(
    values: dict[Flag, FlagValue], *, chosen: dict[Flag, FlagValue]
) -> list[dict[str, Any]]:
    """Give the running rollouts as a new run keeps them.

    A flag that the run's door has chosen is not tried on it. The candidate is held to
    the run's memory budget, as its own values are.
    """
    kept = []
    for rollout in Rollout.objects.filter(state=State.RUNNING).order_by("pk"):
        flag = Flag(rollout.flag)
        if flag in chosen:
            continue
        wanted = values | {flag: flags.parse(flag, rollout.candidate)}
        fitting, _ = flags.fit(wanted)
        facts = {"rollout": rollout.pk, "flag": flag.value, "value": fitting[flag]}
        kept.append(facts)
    return kept


def judge() -> None:
    """Judge each rollout that runs: back, on, or in force; safe beside others."""
    running: list[int] = []
    with _put_off_in_trouble():
        of_state = Rollout.objects.filter(state=State.RUNNING).order_by("pk")
        running = list(of_state.values_list("pk", flat=True))
    for pk in running:
        with _put_off_in_trouble(rollout=pk), transaction.atomic():
            _judge(pk)


class Judging:
    """Judges between races, but seldom; one for each run that is worked here."""

    def __init__(self) -> None:
        self._next = time.monotonic() + JUDGE_SECONDS

    def __call__(self) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + JUDGE_SECONDS
            judge()


def arms_of(rollout: Rollout) -> dict[str, Arm]:
    """Give the figures of the arms since the stage began, of its newest races."""
    asked: dict[str, Any] = {
        "rollout": str(rollout.pk),
        "since": rollout.stage_started_at,
        "newest": max(NEWEST_RACES, NEWEST_TIMES * rollout.min_races),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement("rollout_arms"), asked)
        found = {arm: Arm(*figures) for arm, *figures in cursor.fetchall()}
    control = found.get(CONTROL, Arm())
    if rollout.next_percent is None:
        # No race is written as before any more: the stage before says how that was.
        stages = sorted(int(stage) for stage in rollout.figures)
        before = [stage for stage in stages if stage < rollout.percent]
        control = Arm(**rollout.figures[str(before[-1])][CONTROL])
    return {CONTROL: control, CANDIDATE: found.get(CANDIDATE, Arm())}


@contextmanager
def _put_off_in_trouble(**facts: int) -> Iterator[None]:
    """Leave it as it is, whole, to be judged again soon: the caller has other work."""
    try:
        yield
    except trouble.DatabaseErrors:
        log.exception("rollout_not_judged", **facts)
        trouble.drop_lost_connection()


def _judge(pk: int) -> None:
    held = Rollout.objects.select_for_update(skip_locked=True)
    rollout = held.filter(pk=pk, state=State.RUNNING).first()
    if rollout is None:
        return
    arms = arms_of(rollout)
    verdict, why = judge_arms(arms[CONTROL], arms[CANDIDATE], guard=rollout)
    rollout.figures = {
        **rollout.figures,
        str(rollout.percent): {name: arm.as_dict() for name, arm in arms.items()},
    }
    rollout.save(update_fields=["figures"])
    if verdict is Verdict.HOLDS:
        _go_on(rollout)
    elif verdict is not Verdict.WAIT:
        _roll_back(rollout, verdict, why=why)


def _go_on(rollout: Rollout) -> None:
    if rollout.next_percent is None:
        _promote(rollout, reason="It held at every stage.", by=None)
        return
    rollout.percent, rollout.stage_started_at = rollout.next_percent, timezone.now()
    rollout.save(update_fields=["percent", "stage_started_at"])
    log.info("rollout_went_on", flag=rollout.flag, percent=rollout.percent)


def _promote(rollout: Rollout, *, reason: str, by: Any) -> None:
    _end(rollout, state=State.PASSED, reason=reason, by=by)
    put_in_force(
        Flag(rollout.flag),
        rollout.candidate,
        reason=f"Rolled out. {reason}".strip(),
        by=by,
        kind=Kind.PROMOTED,
        rollout=rollout,
    )


def _roll_back(rollout: Rollout, verdict: Verdict, *, why: str) -> None:
    reason = f"At {rollout.percent} % of the races {why}."
    _end(rollout, state=State.ROLLED_BACK, reason=reason, by=None)
    _record(rollout, kind=Kind.ROLLED_BACK, reason=reason, by=None)
    is_failing = verdict is Verdict.FAILS
    open_alert(
        RULE,
        subject=rollout.flag,
        severity=Alert.Severity.CRITICAL if is_failing else Alert.Severity.WARNING,
        message=f"{rollout.flag} = {rollout.candidate} was rolled back. {reason} Races "
        f"are written with {rollout.control} again. "
        + (
            "Look at the races that failed, and retry their runs."
            if is_failing
            else "Nothing need be done; the flag's page has the figures."
        ),
    )
    log.warning("rollout_rolled_back", flag=rollout.flag, why=reason)


def _end(rollout: Rollout, *, state: Rollout.State, reason: str, by: Any) -> None:
    rollout.state, rollout.ended_at = state, timezone.now()
    rollout.ended_reason, rollout.ended_by = reason[:500], by
    rollout.save(update_fields=["state", "ended_at", "ended_reason", "ended_by"])


def _record(rollout: Rollout, *, kind: FlagChange.Kind, reason: str, by: Any) -> None:
    values = (rollout.control, rollout.candidate)
    before, after = values if kind == Kind.ROLLOUT_STARTED else reversed(values)
    record(
        Flag(rollout.flag),
        kind=kind,
        before=before,
        after=after,
        reason=reason,
        by=by,
        rollout=rollout,
    )


def _running(rollout: Rollout) -> Rollout:
    held = Rollout.objects.select_for_update().get(pk=rollout.pk)
    if not held.is_running:
        raise RolloutRefused(
            f"This rollout of {held.flag} is over: it is {held.state}."
        )
    return held
