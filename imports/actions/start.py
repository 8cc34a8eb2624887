"""Make runs: of files, or to put another run back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from imports import doorbell, flags
from imports.actions.files import Registered
from imports.actions.inbox import LeftOut
from imports.actions.rollouts import rollouts_of_new_run
from imports.errors import (
    IngestDisabled,
    NothingToImport,
    StatementInvalid,
)
from imports.failpoints import failpoint
from imports.flags import Flag, FlagValue
from imports.models import ColumnMapping, ImportRun, RunFile
from imports.pipeline.revert.runs import new_revert, refuse_unless_revertable

log = structlog.get_logger(__name__)


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
    #: How files are read that have its columns, whatever else knows them.
    mapping: ColumnMapping | None = None
    #: A file of which a greater share of the rows is refused is refused whole; None:
    #: the good rows of any file are taken in.
    max_rejected_percent: float | None = None
    #: Why, in the words of who asks.
    note: str = ""
    #: Files that were asked for and not taken in; the run tells of them.
    left_out: Sequence[LeftOut] = ()


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
    percent = order.max_rejected_percent
    if percent is not None and not 0 <= percent <= 100:
        raise StatementInvalid(
            f"At most {percent:g} % of rows refused: it must be from 0 to 100.",
            field="max_rejected_percent",
        )
    with transaction.atomic():
        run = ImportRun.objects.create(
            source=sources.pop(),
            kind=order.kind,
            trigger=order.trigger,
            requested_by=order.by,
            created_at=timezone.now(),
            options=_options(order),
        )
        _add_files(run, files, force=order.force)
        if in_queue:
            doorbell.ring_for_run(run.pk)
    failpoint("after_run_created")
    return run


def _options(order: Order) -> dict[str, Any]:
    """Give what the run keeps to: flags and options as they are now."""
    in_force, asked = flags.fit(flags.current() | order.options)
    rollouts = rollouts_of_new_run(in_force, chosen=order.options)
    percent = order.max_rejected_percent
    return {
        **{flag.value: value for flag, value in in_force.items()},
        "force": order.force,
        "dry_run": order.dry_run,
        **({"asked": {f.value: v for f, v in asked.items()}} if asked else {}),
        **({"rollouts": rollouts} if rollouts else {}),
        **({"mapping": order.mapping.pk} if order.mapping else {}),
        **({} if percent is None else {"max_rejected_percent": percent}),
        **({"note": order.note} if order.note else {}),
        **_left_out(order),
    }


def _left_out(order: Order) -> dict[str, Any]:
    if not order.left_out:
        return {}
    return {"left_out": [left.as_dict() for left in order.left_out]}


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
