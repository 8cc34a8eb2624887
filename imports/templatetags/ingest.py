"""What pages of the admin say of ingestion: states, the kill switch, the last runs."""

from django import template
from django.db.models import QuerySet

from imports import flags
from imports.admin.badges import file_badge, race_badge, run_badge
from imports.admin.rejection import short_cells
from imports.errors import FlagInvalid
from imports.flags import Flag
from imports.models import FeatureFlag, ImportRun

RUNS_SHOWN = 5

register = template.Library()
register.filter("run_badge", run_badge)
register.filter("race_badge", race_badge)
register.filter("file_badge", file_badge)
register.filter("short_cells", short_cells)


@register.inclusion_tag("admin/imports/kill_switch.html")
def kill_switch() -> dict[str, object]:
    """Give a banner while ingestion is off; nothing while it is on."""
    try:
        if flags.is_ingest_enabled():
            return {"is_off": False}
    except FlagInvalid:
        # Then no run starts either: the banner leads to the mending.
        pass
    row = FeatureFlag.objects.filter(name=Flag.INGEST_ENABLED)
    return {"is_off": True, "flag": row.select_related("changed_by").first()}


@register.simple_tag
def latest_runs() -> QuerySet[ImportRun]:
    """Give the newest runs, for the front page."""
    runs = ImportRun.objects.with_race_counts().select_related("requested_by")
    return runs.order_by("-created_at", "-pk")[:RUNS_SHOWN]
