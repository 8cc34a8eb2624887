"""What can be done: every door (admin, command, API, queue) enters here.

Writes across models, each in one transaction; keyword-only, `by` says who.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from imports import conf, doorbell, flags
from imports.errors import IngestDisabled, NothingToImport
from imports.flags import Flag, FlagValue
from imports.models import FeatureFlag, ImportRun, RunFile, SourceFile
from imports.pipeline import checkpoint, manifest
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement
from imports.pipeline.run import end_run, prepare_run, run_lane

INTERRUPTED = "It was interrupted. Start it again to go on."


@dataclass(frozen=True)
class Order:
    """What is asked of a run: by which door, with which options over the flags."""

    trigger: str
    by: User | None = None
    #: Read files again that were imported before.
    force: bool = False
    options: dict[Flag, FlagValue] = field(default_factory=dict)


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
            trigger=order.trigger,
            requested_by=order.by,
            created_at=timezone.now(),
            options={
                **{flag.value: value for flag, value in in_force.items()},
                "force": order.force,
            },
        )
        _add_files(run, files, force=order.force)
        if in_queue:
            doorbell.ring_for_run(run.pk)
    return run


def work_run(run: ImportRun, *, lanes: Sequence[Lane]) -> None:
    """Take a queued run to its end: one lane here, several in a thread each.

    An interrupt (Ctrl-C, SIGTERM) stops the lanes after the races in work and ends the
    run as cancelled; what was committed stays.
    """
    if not claim_run(run):
        return
    try:
        prepare_run(run)
        _run_lanes(run, lanes)
    except KeyboardInterrupt:
        _ask_to_stop([run], message=INTERRUPTED)
        checkpoint.cancel_waiting(run.pk)
    end_run(run)


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


def claim_run(run: ImportRun) -> bool:
    """Take a queued run on; False where another has it."""
    taken = ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.QUEUED).update(
        state=ImportRun.State.STAGING, started_at=timezone.now()
    )
    return bool(taken)


def lanes_of(run: ImportRun) -> int:
    """Give how many lanes the run may have: its concurrency, below the ceiling."""
    # One connection is the caller's own.
    ceiling: int = conf.get("DB_POOL_MAX") - 1
    return max(1, min(int(run.options["concurrency"]), ceiling))


def cancel_runs(runs: Iterable[ImportRun], *, by: User | None) -> int:
    """End runs that nobody works on, ask the others to stop after the races in work.

    Gives how many were ended or asked; what is over stays as it is.
    """
    open_runs = [run for run in runs if not run.is_final]
    message = f"Cancelled by {by or 'the system'}."
    asked = _ask_to_stop(open_runs, message=message)
    # No worker holds these, and none may ever come.
    queued = ImportRun.objects.filter(
        pk__in=[run.pk for run in open_runs], state=ImportRun.State.QUEUED
    )
    queued.update(state=ImportRun.State.CANCELLED, finished_at=timezone.now())
    for run in ImportRun.objects.filter(
        pk__in=[run.pk for run in open_runs], state=ImportRun.State.WRITING
    ):
        # Its lanes may be dead; then nothing is left to wait for.
        checkpoint.cancel_waiting(run.pk)
        checkpoint.settle_abandoned(run.pk)
        end_run(run)
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
