"""What the page of a run shows: a bounded number of rows and queries, however large."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, Count, Max, Q, Sum, Value, When
from django.utils import timezone

from imports import conf, flags
from imports.admin.badges import run_badge
from imports.admin.gantt import draw
from imports.admin.rejected_rows import DOWNLOADS_SHOWN, with_rejects
from imports.flags import Flag
from imports.models import COUNTS, ImportRun, RaceCheckpoint
from imports.pipeline import windows
from imports.pipeline.revert.runs import standing_revert
from imports.report import Percentile
from imports.timings.run import batches_of, parts_of
from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact

#: The page shows so many; the lists that it links to have them all.
RACES_SHOWN = 50
FILES_SHOWN = 100
REJECTIONS_SHOWN = 20
TIMINGS_SHOWN = 100
#: A queued run that waits for longer has probably no worker.
PATIENCE_SECONDS = 10

Race = RaceCheckpoint.State


def run_facts(run: ImportRun) -> list[Fact]:
    """Give the summary of a run."""
    return [
        ("State", run_badge(run)),
        ("By", _who(run)),
        ("Source", run.source),
        ("Asked for", run.created_at),
        ("Started", run.started_at),
        ("Finished", run.finished_at),
        ("Took" if run.is_final else "Takes so far", cells.duration(run.duration)),
        ("Conflicts between files", run.conflicts if run.is_final else None),
        ("Removed by complete files", run.removed if run.is_final else None),
        *_reverts(run),
    ]


def _reverts(run: ImportRun) -> list[Fact]:
    """Name the run that this one puts back, and the one that put this one back."""
    found: list[Fact] = []
    if run.reverts:
        found.append(("Reverts", cells.link(run.reverts, f"Run {run.reverts_id}")))
    if run.is_final and (revert := standing_revert(run)):
        found.append(("Reverted by", cells.link(revert, f"Run {revert.pk}")))
    return found


def run_tables(run: ImportRun) -> dict[str, Any]:
    """Give the rows below the summary."""
    races, laps = _race_figures(run), run.lap_counts
    gantt = draw(parts_of(run, now=timezone.now()))
    return {
        "is_running": not run.is_final,
        "is_unattended": _is_unattended(run),
        "races": races,
        "settled": races["done"] + races["failed"] + races["cancelled"],
        "laps_a_second": _laps_a_second(run),
        "counts": [(name, run.rows.get(name), getattr(laps, name)) for name in COUNTS],
        "files": run.run_files.select_related("source_file").order_by("number")[
            :FILES_SHOWN
        ],
        "checkpoints": _judged(_troubled_first(run)[:RACES_SHOWN]),
        "batches": batches_of(run),
        "gantt": gantt,
        # A run that was gone on with has begun again since.
        "waited": gantt.since - run.created_at if gantt else None,
        "rejects": with_rejects(run.run_files.order_by("number"))[:DOWNLOADS_SHOWN],
        "rejections": run.rejections.select_related(
            "source_file", "corrected_by"
        ).order_by("pk")[:REJECTIONS_SHOWN],
        "rejection_codes": run.rejections.values_list("code")
        .annotate(number=Count("pk"))
        .order_by("-number"),
        "timings": run.timings.order_by("pk")[:TIMINGS_SHOWN],
        "options": _options(run),
    }


def _who(run: ImportRun) -> str:
    by = run.requested_by.get_username() if run.requested_by else "the system"
    return f"{by}, {run.trigger}"


def _race_figures(run: ImportRun) -> dict[str, Any]:
    done = Q(state=Race.DONE)
    return run.checkpoints.aggregate(
        total=Count("pk"),
        done=Count("pk", filter=done),
        failed=Count("pk", filter=Q(state=Race.FAILED)),
        cancelled=Count("pk", filter=Q(state=Race.CANCELLED)),
        near=Count("pk", filter=_from(windows.NEAR) & ~_over()),
        over=Count("pk", filter=_over()),
        laps=Sum("laps_staged", default=0),
        laps_done=Sum("laps_staged", filter=done, default=0),
        p50_ms=Percentile("total_ms", share=0.5),
        p95_ms=Percentile("total_ms", share=0.95),
        max_ms=Max("total_ms"),
    )


def _from(share: float) -> Q:
    """Keep the races that took a share of one of their windows, or more."""
    return Q(write_ms__gte=share * conf.get("WINDOW_WRITE_MS")) | Q(
        total_ms__gte=share * conf.get("WINDOW_RACE_MS")
    )


def _over() -> Q:
    return Q(write_ms__gt=conf.get("WINDOW_WRITE_MS")) | Q(
        total_ms__gt=conf.get("WINDOW_RACE_MS")
    )


def _judged(races: Iterable[RaceCheckpoint]) -> list[RaceCheckpoint]:
    """Say of each race which of its windows it came near."""
    judged = list(races)
    for race in judged:
        race.nearness = windows.judge_race(  # type: ignore[attr-defined]
            write_ms=race.write_ms, total_ms=race.total_ms
        )
    return judged


def _troubled_first(run: ImportRun) -> Any:
    """Give the races: those that failed first, then those in work, then the rest."""
    rank = Case(
        When(state=Race.FAILED, then=Value(0)),
        When(state=Race.CLAIMED, then=Value(1)),
        default=Value(2),
    )
    return run.checkpoints.select_related("race__meeting", "race__stats").order_by(
        rank, "number"
    )


def _laps_a_second(run: ImportRun) -> int | None:
    duration = run.duration
    if not run.is_final or not duration or not run.lap_counts.read:
        return None
    return round(run.lap_counts.read / max(duration.total_seconds(), 0.001))


def _is_unattended(run: ImportRun) -> bool:
    if run.state != ImportRun.State.QUEUED or run.is_paused:
        return False
    waits_since = run.queued_at or run.created_at
    return (timezone.now() - waits_since).total_seconds() > PATIENCE_SECONDS


def _options(run: ImportRun) -> list[tuple[str, str, str]]:
    """Give name, value and effect of what the run keeps to."""
    effects = {flag.value: kind.effect for flag, kind in flags.FLAGS.items()}
    effects["asked"] = "What was asked, of what shrank to fit memory_budget_mb."
    effects["rollouts"] = "Changes that some of its races try."
    effects["force"] = "Read files again that were imported before."
    effects["dry_run"] = "Stop after the plan, until a person confirms it."
    effects["mapping"] = "Read files that have its columns by this mapping."
    effects["max_rejected_percent"] = (
        "Refuse a file whole if a greater share of its rows is refused."
    )
    effects["left_out"] = "Files that were asked for and could not be taken in."
    order = [*(flag.value for flag in Flag), "force", "dry_run"]
    known = [name for name in order if name in run.options]
    others = [name for name in run.options if name not in order]
    return [
        (name, _shown(run.options[name]), effects.get(name, ""))
        for name in [*known, *others]
    ]


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return "; ".join(_shown_item(item) for item in value)
    return cells.show(value)


def _shown_item(item: dict[str, Any]) -> str:
    if "rollout" in item:
        return f"{item['flag']} = {item['value']} (rollout {item['rollout']})"
    return str(item.get("message", item))
