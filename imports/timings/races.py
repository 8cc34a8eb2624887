"""What races cost: queries, connections, windows that they came near, and the slowest."""

from dataclasses import dataclass

from django.db.models import QuerySet

from imports import conf
from imports.models import RaceCheckpoint, StageTiming
from imports.pipeline import session, windows
from imports.timings.query import ask
from imports.timings.window import Window

#: The page names so many of the slowest.
SLOWEST = 10
#: And so many names of applications that are connected.
NAMES_SHOWN = 10


@dataclass(frozen=True)
class Costs:
    """What one race asked of the database; None where it was not kept."""

    queries_p50: float | None
    queries_p95: float | None
    queries_max: int | None
    connections_p95: float | None
    connections_max: int | None
    write_near: int
    write_over: int
    race_near: int
    race_over: int


@dataclass(frozen=True)
class Connections:
    """Who is connected to the database now."""

    lanes: int
    ceiling: int
    by_name: list[tuple[str, int]]


def costs(window: Window) -> Costs:
    """Give what the races of a window cost."""
    [row] = ask(
        "costs_of_races",
        since=window.since,
        until=window.until,
        near=windows.NEAR,
        write=conf.get("WINDOW_WRITE_MS"),
        race=conf.get("WINDOW_RACE_MS"),
    )
    p50, p95 = row.pop("queries") or (None, None)
    return Costs(queries_p50=p50, queries_p95=p95, **row)


def connections() -> Connections:
    """Give the connections of lanes now, and of everybody by application name."""
    named = ask("connections_by_name", limit=NAMES_SHOWN)
    return Connections(
        lanes=session.lane_connections(),
        ceiling=conf.get("DB_POOL_MAX"),
        by_name=[(row["name"], row["connections"]) for row in named],
    )


def slowest_races(window: Window) -> list[RaceCheckpoint]:
    """Give the races that took longest, the slowest first."""
    bounds = {"since": window.since, "until": window.until}
    ids = [row["id"] for row in ask("slowest_races", limit=SLOWEST, **bounds)]
    rows = RaceCheckpoint.objects.filter(pk__in=ids)
    return list(rows.select_related("race__meeting").order_by("-total_ms", "pk"))


def slowest_files(window: Window) -> QuerySet[StageTiming]:
    """Give the files that took longest to read and stage, the slowest first."""
    staged = StageTiming.objects.filter(
        stage="stage", started_at__gte=window.since, started_at__lt=window.until
    )
    return staged.order_by("-seconds", "pk")[:SLOWEST]


def last_finished() -> RaceCheckpoint | None:
    """Give the race that was written last, whenever that was."""
    done = RaceCheckpoint.objects.filter(finished_at__isnull=False)
    return done.order_by("-finished_at").first()
