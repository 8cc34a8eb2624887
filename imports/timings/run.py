"""Where the time of one run went: its stages and lanes, also while it goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imports import conf
from imports.models import ImportRun, RaceCheckpoint
from imports.pipeline import windows
from imports.timings.query import ask
from imports.timings.stages import FILE_STAGES, RUN_STAGES

#: Lanes that are shown; a run that was gone on with many times has had more.
LANES_SHOWN = 40
#: More races than these are one bar a lane.
RACES_DRAWN = 400


@dataclass(frozen=True)
class Piece:
    """A piece of work: from when to when, of what kind, in words."""

    since: datetime
    until: datetime
    #: `stage`, `now` for what goes on, or the state of a race; `over` above its window.
    kind: str
    words: str = ""


@dataclass(frozen=True)
class Part:
    """A stage of a run, or a lane of it."""

    name: str
    pieces: list[Piece]
    #: Seconds of work; a stage of many files is all of them together.
    seconds: float
    rows: int | None = None
    races: int | None = None
    is_lane: bool = False


def parts_of(run: ImportRun, *, now: datetime) -> list[Part]:
    """Give the stages of a run and its lanes, in the order in which they began."""
    stages = [_stage(row) for row in ask("stages_of_run", run=run.pk)]
    lanes = ask("lanes_of_run", run=run.pk, limit=LANES_SHOWN)
    parts = [*stages, *_going_on(run, stages, now=now)]
    if lanes:
        drawn = _pieces_of_lanes(run, lanes, now=now)
        parts += [_races(lanes), *(_lane(row, drawn) for row in lanes)]
    return parts


def batches_of(run: ImportRun) -> dict[str, int]:
    """Count the batches of a run that came near their window, and those over it."""
    limits = {"near": windows.NEAR, "batch": conf.get("WINDOW_BATCH_MS")}
    return ask("closeness_of_batches", run=run.pk, **limits)[0]


def _stage(row: dict[str, Any]) -> Part:
    name = (FILE_STAGES | RUN_STAGES).get(row["stage"], row["stage"].capitalize())
    files = (
        f", {row['n']:,} files" if row["stage"] in FILE_STAGES and row["n"] > 1 else ""
    )
    piece = Piece(row["since"], row["until"], "stage", f"{row['seconds']:,.3f} s")
    return Part(
        f"{name}{files}",
        [piece],
        row["seconds"],
        rows=row["rows"] if row["stage"] in FILE_STAGES else None,
    )


def _going_on(run: ImportRun, stages: list[Part], *, now: datetime) -> list[Part]:
    """Give the stage that has not ended yet: what is measured is kept at its end."""
    is_prepared = run.state in (ImportRun.State.STAGING, ImportRun.State.PLANNED)
    if not is_prepared or run.is_plan or run.started_at is None:
        return []
    ends = [stage.pieces[-1].until for stage in stages]
    since = max([run.started_at, *ends])
    seconds = max((now - since).total_seconds(), 0.0)
    return [Part("Goes on now", [Piece(since, now, "now")], seconds)]


def _races(lanes: list[dict[str, Any]]) -> Part:
    since = min(row["since"] for row in lanes)
    until = max(row["until"] for row in lanes)
    seconds = (until - since).total_seconds()
    return Part(
        "Write its races",
        [Piece(since, until, "stage", f"{seconds:,.3f} s")],
        seconds,
        races=sum(row["races"] for row in lanes),
    )


def _lane(row: dict[str, Any], drawn: Callable[[dict[str, Any]], list[Piece]]) -> Part:
    # Behind the name stand the host and the process.
    return Part(
        row["owner"].partition("@")[0] or "unnamed",
        drawn(row),
        row["seconds"],
        races=row["races"],
        is_lane=True,
    )


def _pieces_of_lanes(
    run: ImportRun, lanes: list[dict[str, Any]], *, now: datetime
) -> Callable[[dict[str, Any]], list[Piece]]:
    """Give a function that gives the races of a lane, or one piece where they are many."""
    if sum(row["races"] for row in lanes) > RACES_DRAWN:
        return lambda row: [Piece(row["since"], row["until"], "done")]
    claimed = run.checkpoints.filter(claimed_at__isnull=False)
    pieces: dict[str, list[Piece]] = {}
    for race in claimed.order_by("claimed_at")[:RACES_DRAWN]:
        pieces.setdefault(race.owner, []).append(_piece(race, now=now))
    return lambda row: pieces.get(row["owner"], [])


def _piece(race: RaceCheckpoint, *, now: datetime) -> Piece:
    assert race.claimed_at
    judged = windows.judge_race(write_ms=race.write_ms, total_ms=race.total_ms)
    is_over = windows.Nearness.OVER in judged.values()
    took = f": {race.total_ms:,.1f} ms" if race.total_ms is not None else ""
    return Piece(
        race.claimed_at,
        race.finished_at or now,
        "over" if is_over else race.state,
        f"{race.meeting_key}/{race.race_key}, {race.state}{took}",
    )
