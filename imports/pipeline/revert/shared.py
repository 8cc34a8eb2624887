"""Venues, teams, competitors and meetings of a reverted run.

What it changed is put back before the races are, since races refer to it; what it
made goes after them, where nothing refers to it any more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from imports.models import ImportRun, RaceCheckpoint, RowRevision, RunFile, SourceFile
from imports.pipeline.revert import rows
from imports.pipeline.revert.conflicts import plan_conflicts
from imports.pipeline.revert.race import Stay, counts_of
from imports.pipeline.revert.rows import MODELS, Fate, History, RowId, RowPlan, Snapshot
from imports.pipeline.revert.runs import has_changed_anything, standing_revert

#: In the order in which they are put back; a meeting refers to its venue.
KINDS = ("venue", "team", "competitor", "meeting", "conflict")

#: Rows of races whose revert is only planned: what they are to be, None is gone.
Planned = Mapping[RowId, Snapshot | None]


def plan_changed(run: ImportRun) -> list[RowPlan]:
    """Say what becomes of the shared rows that a run updated or deleted. Reads only."""
    history = History.of(_revisions(run), {}, kinds=KINDS)
    plans = [*history.decide_changed(), *plan_conflicts(run)]
    coming: set[RowId] = set()
    decided = []
    for kind in KINDS:
        of_kind = [plan for plan in plans if plan.kind == kind]
        unsupported = rows.unsupported(of_kind, coming=coming)
        for plan in of_kind:
            is_unsupported = (plan.kind, plan.row_id) in unsupported
            decided.append(replace(plan, fate=Fate.STAYS) if is_unsupported else plan)
            if decided[-1].fate == Fate.BROUGHT_BACK:
                coming.add((plan.kind, plan.row_id))
    return [_blamed(plan, run=run) for plan in decided]


def plan_inserted(
    run: ImportRun, *, by: ImportRun | None = None, planned: Planned | None = None
) -> list[RowPlan]:
    """Say what becomes of the shared rows that a run made. Reads only.

    `by` is the revert, if it is at work; `planned` are the rows that will have changed
    before.
    """
    undo = run.shared_undo or {}
    history = History.of(
        _revisions(run),
        undo.get("inserted", {}),
        kinds=KINDS,
        made_after=undo.get("made_after", 0),
    )
    after: dict[RowId, Snapshot | None] = dict(planned or {})
    user = _run_in_work(run.source, but=by)
    plans = []
    made = history.decide_inserted()
    for kind in reversed(KINDS):
        of_kind = [plan for plan in made if plan.kind == kind]
        held = _still_referred_to(kind, of_kind, after=after)
        for plan in of_kind:
            if plan.fate == Fate.REMOVED and (user or plan.row_id in held):
                plan = replace(
                    plan, fate=Fate.STAYS, run=plan.run or user, is_held=True
                )
            elif plan.fate == Fate.REMOVED:
                after[(kind, plan.row_id)] = None
            plans.append(_blamed(plan, run=run))
    return [plan for plan in plans if plan.fate != Fate.UNCHANGED]


def put_back_shared(run: ImportRun) -> None:
    """Put back what the reverted run changed, in the caller's transaction."""
    assert run.reverts is not None
    plans = plan_changed(run.reverts)
    rows.keep(plans, run_id=run.pk)
    rows.apply(plans, kinds=KINDS)
    rows.remove(plans, kinds=KINDS)
    counts = counts_of(Counter(rows.fates(plans)))
    run.shared_rows = {"rows": counts.as_dict(), "conflicts": 0, "removed": 0}
    run.shared_undo = {**rows.made_again(plans), "stays": stays_of(plans)}
    run.save(update_fields=["shared_rows", "shared_undo"])


def remove_shared(run: ImportRun) -> None:
    """Delete what the reverted run made and nothing refers to; then see to its files.

    May be done again: what is gone already is no work.
    """
    assert run.reverts is not None
    if run.shared_rows is None:
        return
    plans = plan_inserted(run.reverts, by=run)
    rows.keep(plans, run_id=run.pk)
    rows.remove(plans, kinds=tuple(reversed(KINDS)))
    counted, undo = run.shared_rows, run.shared_undo
    left = stays_of(plans)
    stays = len(left) - len(undo.get("left", []))
    counted["removed"] += rows.fates(plans)[Fate.REMOVED]
    counted["rows"]["older"] += stays
    counted["rows"]["read"] += stays
    undo["left"] = left
    is_whole = not run.checkpoints.exclude(state=RaceCheckpoint.State.DONE).exists()
    if is_whole and "files" not in undo and has_changed_anything(run):
        undo["files"] = _give_files_back(run.reverts)
    run.save(update_fields=["shared_rows", "shared_undo"])


def stays_of(plans: Iterable[RowPlan]) -> list[Stay]:
    """Give the rows that stay, and which later run is why."""
    return [
        {"kind": plan.kind, "key": plan.name, "number": 0, "run": plan.run, **plan.why}
        for plan in plans
        if (plan.fate == Fate.STAYS or plan.kept) and plan.kind != "conflict"
    ]


def _revisions(run: ImportRun) -> Any:
    return RowRevision.objects.filter(run=run, checkpoint=None)


def _run_in_work(source: str, *, but: ImportRun | None) -> int | None:
    """Give a run that counts on the shared rows to stand: its races are not in yet."""
    working = ImportRun.objects.unfinished().filter(
        source=source, shared_rows__isnull=False
    )
    found = (working.exclude(pk=but.pk) if but else working).order_by("-pk")
    return found.values_list("pk", flat=True).first()


def _still_referred_to(
    kind: str, plans: list[RowPlan], *, after: Mapping[RowId, Snapshot | None]
) -> set[int]:
    going = {plan.row_id for plan in plans if plan.fate == Fate.REMOVED}
    if not going or kind == "conflict":
        return set()
    return {
        named
        for referrer, pk, column, named in _references(MODELS[kind], going)
        if (referrer, pk) not in after
        or (after[(referrer, pk)] or {}).get(column) == named
    }


def _references(model: Any, ids: set[int]) -> Iterator[tuple[str, int, str, int]]:
    """Give the rows that refer to some rows of a model: kind, id, column, the row."""
    for relation in model._meta.related_objects:
        column, referrer = relation.field.attname, relation.related_model
        found = referrer._default_manager.filter(**{f"{column}__in": ids})
        for pk, named in found.values_list("pk", column):
            yield referrer._meta.model_name, pk, column, named


def _blamed(plan: RowPlan, *, run: ImportRun) -> RowPlan:
    if plan.fate != Fate.STAYS or plan.run:
        return plan
    later = ImportRun.objects.filter(source=run.source, pk__gt=run.pk)
    named = later.exclude(kind=ImportRun.Kind.REVERT, reverts=run).order_by("pk")
    return replace(plan, run=named.values_list("pk", flat=True).first())


def _give_files_back(target: ImportRun) -> dict[str, str | None]:
    """Let the files of a reverted run be no duplicates when they come again.

    Gives when they had been imported, for the revert of the revert, which says it again.
    """
    if target.kind == ImportRun.Kind.REVERT:
        wanted = (target.shared_undo or {}).get("files", {})
    else:
        staged = target.run_files.filter(state=RunFile.State.STAGED)
        wanted = dict.fromkeys(
            str(pk) for pk in staged.values_list("source_file", flat=True)
        )
    was: dict[str, str | None] = {}
    for file in SourceFile.objects.filter(pk__in=wanted):
        moment = wanted[str(file.pk)]
        if moment is None and _is_in_otherwise(file, but=target):
            continue
        was[str(file.pk)] = file.imported_at.isoformat() if file.imported_at else None
        SourceFile.objects.filter(pk=file.pk).update(imported_at=moment)
    return was


def _is_in_otherwise(file: SourceFile, *, but: ImportRun) -> bool:
    """Whether an earlier run has brought all of the file and was not reverted.

    A later one found its rows stored already: they are not, once the run is reverted.
    """
    brought = but
    while brought.reverts:
        brought = brought.reverts
    others = ImportRun.objects.filter(
        pk__lt=brought.pk,
        run_files__source_file=file,
        run_files__state=RunFile.State.STAGED,
        state=ImportRun.State.SUCCEEDED,
    )
    return any(standing_revert(run) is None for run in others.distinct())
