"""What can be done: every door (admin, command, API, queue) enters here.

Writes across models, each in one transaction; keyword-only, `by` says who.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import structlog
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from imports import conf, doorbell, flags
from imports.errors import (
    DatabaseAway,
    ImportsError,
    IngestDisabled,
    LeaseLost,
    NothingToImport,
    RetryLater,
)
from imports.failpoints import failpoint
from imports.flags import Flag, FlagValue
from imports.models import FeatureFlag, ImportRun, RaceCheckpoint, RunFile, SourceFile
from imports.pipeline import checkpoint, manifest, ownership, plan, trouble
from imports.pipeline import sweep as sweeping
from imports.pipeline.finish import fail_run
from imports.pipeline.lane import Lane, owner_name
from imports.pipeline.manifest import Statement
from imports.pipeline.resume import refuse_unless_planned, refuse_unless_resumable
from imports.pipeline.revert.runs import new_revert, refuse_unless_revertable
from imports.pipeline.run import end_run, prepare_run, run_lane
from imports.pipeline.sweep import Swept

log = structlog.get_logger(__name__)

RaceState = RaceCheckpoint.State

INTERRUPTED = "It was interrupted. Go on with it by ingest_races --resume."
CUT_OFF = (
    "It was cut off while it was prepared. Go on with it by ingest_races --resume."
)
PLANNED_AGAIN = (
    "{moved} of its races have changed since the plan was made. It was planned again: "
    "look at it once more and confirm."
)
DIED = (
    "Its worker died while it prepared the run. Go on with it by ingest_races --resume."
)


@dataclass(frozen=True)
class Order:
    """What is asked of a run: by which door, with which options over the flags."""

    trigger: str
    by: User | None = None
    #: Read files again that were imported before.
    force: bool = False
    #: Stop after the plan, and wait for a person to confirm it.
    dry_run: bool = False
    options: dict[Flag, FlagValue] = field(default_factory=dict)
    kind: str = ImportRun.Kind.IMPORT
    #: Why, in the words of who asks.
    note: str = ""


@dataclass(frozen=True)
class Registered:
    """A file in the manifest, and what it was called this time."""

    file: SourceFile
    name: str


def register_paths(paths: Iterable[Path], *, statement: Statement) -> list[Registered]:
    """Take files from disk into the manifest."""
    found = []
    for path in paths:
        with path.open("rb") as content:
            file = manifest.register(content, name=path.name, statement=statement)
        found.append(Registered(file=file, name=path.name))
    failpoint("after_register")
    return found


def register_uploads(
    uploads: Iterable[Any], *, statement: Statement
) -> list[Registered]:
    """Take uploaded files into the manifest."""
    found = []
    for upload in uploads:
        content: IO[bytes] = upload.file
        file = manifest.register(content, name=upload.name, statement=statement)
        found.append(Registered(file=file, name=upload.name))
    return found


def start_run(
    files: Sequence[Registered], *, order: Order, in_queue: bool = False
) -> ImportRun:
    """Make a run of files of one source; in the queue, ring for a worker with it."""
    if not files:
        raise NothingToImport("There is no file to import. Name at least one.")
    sources = {registered.file.source for registered in files}
    if len(sources) > 1:
        raise NothingToImport(
            f"The files are of several sources ({', '.join(sorted(sources))}); "
            "a run takes one. Start a run for each."
        )
    if not flags.is_ingest_enabled():
        raise IngestDisabled
    in_force = flags.current() | order.options
    with transaction.atomic():
        run = ImportRun.objects.create(
            source=sources.pop(),
            kind=order.kind,
            trigger=order.trigger,
            requested_by=order.by,
            created_at=timezone.now(),
            options={
                **{flag.value: value for flag, value in in_force.items()},
                "force": order.force,
                "dry_run": order.dry_run,
                **({"note": order.note} if order.note else {}),
            },
        )
        _add_files(run, files, force=order.force)
        if in_queue:
            doorbell.ring_for_run(run.pk)
    failpoint("after_run_created")
    return run


def work_run(run: ImportRun, *, lanes: Sequence[Lane]) -> None:
    """Take a queued run to its end: one lane here, several in a thread each.

    An interrupt (Ctrl-C, SIGTERM) stops the lanes after the races in work and ends the
    run as cancelled; what was committed stays.
    """
    try:
        if not prepare(run, owner=lanes[0].owner):
            return
        _run_lanes(run, lanes)
    except KeyboardInterrupt:
        _ask_to_stop([run], message=INTERRUPTED)
        if not give_up(run, INTERRUPTED):
            stopped = [lane.owner for lane in lanes]
            checkpoint.cancel_waiting(run.pk, owners=stopped)
    trouble.patiently(lambda: end_run(run))
    if run.epoch > 1:
        # Of owners before, who may be frozen: without waiting for them.
        _drop_leaked_staging()


def prepare(run: ImportRun, *, owner: str) -> bool:
    """Claim a queued run and prepare it; False where it is not for lanes.

    Tried again where the database was away; where it cannot be done the run is ended,
    so that it is never left half prepared.
    """
    while trouble.patiently(lambda: claim_run(run, owner=owner)):
        reason = CUT_OFF
        try:
            failpoint("after_run_claimed")
            prepare_run(run)
            reason = ""
            # A plan waits for a person, not for lanes.
            return not run.is_plan
        except RetryLater as error:
            reason = "" if run.attempts < conf.get("MAX_ATTEMPTS") else str(error)
            if reason:
                raise
            trouble.drop_lost_connection()
            trouble.patiently(lambda: ownership.release(run))
            run.refresh_from_db()
        except LeaseLost:
            reason = ""
            raise
        except ImportsError as error:
            reason = str(error)
            raise
        except KeyboardInterrupt:
            reason = ""
            raise
        finally:
            # Also when a timeout ends the process. Where the server is away, the
            # sweeper does it.
            if reason:
                with suppress(DatabaseAway, *trouble.DatabaseErrors):
                    trouble.drop_lost_connection()
                    give_up(run, reason)
    return False


def _run_lanes(run: ImportRun, lanes: Sequence[Lane]) -> None:
    if len(lanes) == 1:
        run_lane(run, lane=lanes[0])
        return
    with ThreadPoolExecutor(max_workers=len(lanes)) as threads:
        working = [threads.submit(_run_lane_in_thread, run, lane) for lane in lanes]
        try:
            for lane in working:
                lane.result()
        except KeyboardInterrupt:
            # Said before the threads are waited for: no lane claims another race.
            _ask_to_stop([run], message=INTERRUPTED)
            raise


def claim_run(run: ImportRun, *, owner: str = "") -> bool:
    """Take a queued run on, to prepare it; False where another has it."""
    owner = owner or owner_name("worker")
    return ownership.claim(run, owner=owner, from_state=ImportRun.State.QUEUED)


def give_up(run: ImportRun, reason: str) -> bool:
    """End a run that cannot be prepared; False where it is not this owner's any more."""
    with suppress(LeaseLost), transaction.atomic():
        ownership.hold(run)
        run.refresh_from_db()
        _end_unprepared(run, reason)
        return True
    return False


def _end_unprepared(run: ImportRun, reason: str) -> None:
    """End a run that is locked, with the races that it may have from before."""
    is_cancelled = run.is_cancel_requested
    settled = RaceState.CANCELLED if is_cancelled else RaceState.FAILED
    checkpoint.clear_plans(run.pk)
    checkpoint.settle_open(run.pk, state=settled, message=reason)
    fail_run(run, run.message if is_cancelled else reason)
    log.warning("run_given_up", run=run.pk, why=run.message)


def lanes_of(run: ImportRun) -> int:
    """Give how many lanes the run may have: its concurrency, below the ceiling."""
    # One connection is the caller's own.
    ceiling: int = conf.get("DB_POOL_MAX") - 1
    return max(1, min(int(run.options["concurrency"]), ceiling))


def resume_run(run: ImportRun, *, by: User | None, in_queue: bool = False) -> int:
    """Let an unfinished run, or one that is not all in, wait for a worker again.

    Failed and cancelled races wait again; races that are done and files that were
    refused stay as they are. Gives how many races wait again. RunNotResumable says
    why it cannot be.
    """
    if not flags.is_ingest_enabled():
        raise IngestDisabled
    with transaction.atomic():
        # Under the lock nobody claims it, ends it or sweeps it.
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        refuse_unless_resumable(run)
        races = checkpoint.reopen_races(run.pk)
        # What was planned and has moved since is planned again, for a person to see.
        run.options["dry_run"] = bool(plan.count_moved(run))
        run.state = ImportRun.State.QUEUED
        run.finished_at, run.message, run.owner = None, "", ""
        run.is_cancel_requested, run.attempts = False, 0
        run.save()
        if in_queue:
            doorbell.ring_for_run(run.pk)
    log.info("run_resumed", run=run.pk, races=races, by=str(by or "the system"))
    return races


def confirm_plan(run: ImportRun, *, by: User | None, in_queue: bool = False) -> int:
    """Let a dry run be written just as planned; gives how many of its races moved.

    Where one moved since it was planned, or shared rows did, nothing is written: the
    run is planned again, and waits once more. InputChanged where a file's stored bytes
    did.
    """
    if not flags.is_ingest_enabled():
        raise IngestDisabled
    for file in run.run_files.filter(state=RunFile.State.STAGED):
        manifest.check_stored(file.source_file)
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        refuse_unless_planned(run)
        moved = plan.count_moved(run)
        if not moved:
            checkpoint.clear_plans(run.pk)
        run.options["dry_run"] = bool(moved)
        run.state, run.owner, run.attempts = ImportRun.State.QUEUED, "", 0
        run.message = PLANNED_AGAIN.format(moved=moved) if moved else ""
        run.save()
        if in_queue:
            doorbell.ring_for_run(run.pk)
    log.info("plan_confirmed", run=run.pk, moved=moved, by=str(by or "the system"))
    return moved


def start_revert(
    run: ImportRun, *, trigger: str, by: User | None, in_queue: bool = False
) -> ImportRun:
    """Make the run that puts a run back; RunNotRevertable says why it cannot be."""
    if not flags.is_ingest_enabled():
        raise IngestDisabled
    with transaction.atomic():
        # Under the lock nobody else reverts it, or goes on with it.
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        refuse_unless_revertable(run)
        revert = new_revert(run, trigger=trigger, by=by)
        revert.save()
        if in_queue:
            doorbell.ring_for_run(revert.pk)
    log.info(
        "revert_started", run=revert.pk, reverts=run.pk, by=str(by or "the system")
    )
    return revert


def sweep() -> Swept:
    """See to what dead workers left; safe beside any number of other sweeps."""
    with transaction.atomic():
        requeued = sweeping.requeue_dead_runs()
        for run_id in requeued:
            doorbell.ring_for_run(run_id)
    with transaction.atomic():
        given_up = [run.pk for run in sweeping.hopeless_runs() if give_up(run, DIED)]
    _discard_old_plans()
    ended = [run.pk for run in sweeping.writing_runs() if _settle_and_end(run)]
    with transaction.atomic():
        rung = sweeping.unattended_runs()
        for run_id in rung:
            doorbell.ring_for_lane(run_id)
    swept = Swept(
        requeued=tuple(requeued),
        given_up=tuple(given_up),
        ended=tuple(ended),
        rung=tuple(rung),
        dropped=tuple(_drop_leaked_staging()),
    )
    if swept:
        log.warning("swept", **asdict(swept))
    return swept


def _settle_and_end(run: ImportRun) -> bool:
    """End a run of which nothing is left to write, or nothing may be."""
    if run.is_cancel_requested:
        checkpoint.cancel_waiting(run.pk)
    checkpoint.settle_abandoned(run.pk)
    return end_run(run)


def _discard_old_plans() -> None:
    """Cancel the dry runs that nobody has confirmed: their staged rows take room."""
    oldest = timezone.now() - timedelta(hours=conf.get("PLAN_HOURS"))
    cancel_runs(ImportRun.objects.plans().filter(claimed_at__lt=oldest), by=None)


def _drop_leaked_staging() -> list[str]:
    dropped = []
    with transaction.atomic():
        for table in sweeping.leaked_staging():
            # Held by an owner that is frozen: the next sweep gets it.
            with suppress(OperationalError), transaction.atomic():
                sweeping.drop_table(table)
                dropped.append(table)
    return dropped


def cancel_runs(runs: Iterable[ImportRun], *, by: User | None) -> int:
    """End runs that nobody works on, ask the others to stop after the races in work.

    Gives how many were ended or asked; what is over stays as it is.
    """
    open_runs = [run for run in runs if not run.is_final]
    message = f"Cancelled by {by or 'the system'}."
    asked = _ask_to_stop(open_runs, message=message)
    chosen = ImportRun.objects.filter(pk__in=[run.pk for run in open_runs])
    # No worker holds these, and none may ever come.
    with transaction.atomic():
        unworked = chosen.queued_or_planned().order_by("pk")
        for run in unworked.select_for_update():
            _end_unprepared(run, message)
    # Their lanes may be dead; then nothing is left to wait for.
    for run in chosen.filter(state=ImportRun.State.WRITING):
        _settle_and_end(run)
    return asked


def _ask_to_stop(runs: Iterable[ImportRun], *, message: str) -> int:
    chosen = ImportRun.objects.unfinished().filter(pk__in=[run.pk for run in runs])
    return chosen.update(is_cancel_requested=True, message=message)


def set_flag(flag: Flag, text: str, *, reason: str, by: Any) -> FeatureFlag:
    """Put a flag's value in force; FlagInvalid says what it can take."""
    flags.parse(flag, text)
    row, _ = FeatureFlag.objects.update_or_create(
        name=flag.value,
        defaults={"value": text, "reason": reason, "changed_by": by},
    )
    return row


def _add_files(run: ImportRun, files: Sequence[Registered], *, force: bool) -> None:
    seen: set[int] = set()
    for number, registered in enumerate(files, start=1):
        file = registered.file
        is_known = file.pk in seen or (file.imported_at is not None and not force)
        seen.add(file.pk)
        RunFile.objects.create(
            run=run,
            source_file=file,
            number=number,
            name=registered.name,
            state=RunFile.State.DUPLICATE if is_known else RunFile.State.WAITING,
            layout=file.layout,
        )


def _run_lane_in_thread(run: ImportRun, lane: Lane) -> None:
    try:
        run_lane(run, lane=lane)
    finally:
        # A thread has a connection of its own, which ends with it.
        connection.close()
