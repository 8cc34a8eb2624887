"""What pages of the admin say of ingestion: states, the kill switch, the last runs."""

from django import template
from django.db.models import Case, QuerySet, Value, When

from imports import flags
from imports.admin.badges import file_badge, race_badge, run_badge
from imports.admin.conflict import marked
from imports.admin.conflict_lines import Shown, show, state_badge
from imports.admin.rejection import short_cells
from imports.admin.rollout import lines as rollout_lines
from imports.admin.rollout import words as rollout_words
from imports.admin.run_strip import Strip, draw_last_runs
from imports.flags import Flag
from imports.models import Alert, FeatureFlag, ImportRun

RUNS_SHOWN = 5
#: The page of a run shows so many conflicts; the list that it links to has them all.
CONFLICTS_SHOWN = 20

register = template.Library()
register.filter("run_badge", run_badge)
register.filter("race_badge", race_badge)
register.filter("file_badge", file_badge)
register.filter("short_cells", short_cells)
register.filter("conflict_badge", state_badge)
register.filter("side", marked)
register.filter("rollout_words", rollout_words)
register.filter("rollout_rows", rollout_lines)


@register.inclusion_tag("admin/imports/kill_switch.html")
def kill_switch() -> dict[str, object]:
    """Give a banner while ingestion is off; nothing while it is on."""
    if flags.is_ingest_enabled():
        return {"is_off": False}
    row = FeatureFlag.objects.filter(name=Flag.INGEST_ENABLED)
    return {"is_off": True, "flag": row.select_related("changed_by").first()}


@register.inclusion_tag("admin/imports/open_alerts.html")
def open_alerts() -> dict[str, object]:
    """Give a banner while alerts are open; nothing while none is."""
    rows = Alert.objects.filter(state=Alert.State.OPEN).order_by("severity", "-pk")
    critical = rows.filter(severity=Alert.Severity.CRITICAL).count()
    return {"number": rows.count(), "critical": critical, "first": rows.first()}


@register.simple_tag
def latest_runs() -> QuerySet[ImportRun]:
    """Give the newest runs, for the front page."""
    runs = ImportRun.objects.with_race_counts().select_related("requested_by")
    return runs.order_by("-created_at", "-pk")[:RUNS_SHOWN]


@register.inclusion_tag("admin/imports/importrun/strip.html")
def last_runs() -> dict[str, Strip | None]:
    """Draw how long the last runs took."""
    return {"strip": draw_last_runs()}


@register.simple_tag
def conflicts_of(run: ImportRun) -> list[Shown]:
    """Give the first conflicts that the run met, those that are open on top."""
    rows = run.conflict_rows.select_related("race__meeting")
    is_open = Case(When(state="open", then=Value(0)), default=Value(1))
    return show(rows.order_by(is_open, "pk")[:CONFLICTS_SHOWN])
