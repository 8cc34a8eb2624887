"""The windows that writing must keep to: how near a race came to them, in words of a log.

A race must be written within IMPORTS_WINDOW_WRITE_MS, be done within
IMPORTS_WINDOW_RACE_MS, and a batch of five races within IMPORTS_WINDOW_BATCH_MS. A
batch is five races of a run that were claimed one after another, by one lane or several;
the last batch of a run may be smaller. It takes from the first claim to the last end.
Nothing is stopped here: who nears a window is warned of.
"""

from enum import StrEnum

import structlog
from django.db import connection

from imports import conf
from imports.sql import statement

log = structlog.get_logger(__name__)

#: From this share of a window on it is near.
NEAR = 0.8


class Nearness(StrEnum):
    """What is said of a duration that is not well within its window."""

    NEAR = "near"
    OVER = "over"


def judge(milliseconds: float | None, limit: float) -> Nearness | None:
    """Say how near a duration came to its limit; None where it is well within."""
    if milliseconds is None or milliseconds < NEAR * limit:
        return None
    return Nearness.OVER if milliseconds > limit else Nearness.NEAR


def judge_race(
    *, write_ms: float | None, total_ms: float | None
) -> dict[str, Nearness]:
    """Say which windows a race came near: `write`, `race`."""
    judged = {
        "write": judge(write_ms, conf.get("WINDOW_WRITE_MS")),
        "race": judge(total_ms, conf.get("WINDOW_RACE_MS")),
    }
    return {name: nearness for name, nearness in judged.items() if nearness}


def warn_of_race(*, write_ms: float, total_ms: float) -> None:
    """Log a warning for each window that a race came near; the log knows which race."""
    taken = {"write": write_ms, "race": total_ms}
    for window, nearness in judge_race(write_ms=write_ms, total_ms=total_ms).items():
        log.warning(
            f"window_{nearness}",
            window=window,
            milliseconds=round(taken[window], 1),
            limit=conf.get(f"WINDOW_{window.upper()}_MS"),
        )


def batch_walls(run_id: int) -> list[tuple[int, float]]:
    """Give the number and the milliseconds of each batch of a run."""
    with connection.cursor() as cursor:
        cursor.execute(statement("batches_of_run"), {"run": run_id})
        return [(number, milliseconds) for number, milliseconds in cursor.fetchall()]


def warn_of_batches(run_id: int) -> None:
    """Log a warning for each batch of a finished run that came near its window."""
    limit = conf.get("WINDOW_BATCH_MS")
    for number, milliseconds in batch_walls(run_id):
        if nearness := judge(milliseconds, limit):
            log.warning(
                f"window_{nearness}",
                window="batch",
                run=run_id,
                batch=number,
                milliseconds=round(milliseconds, 1),
                limit=limit,
            )
