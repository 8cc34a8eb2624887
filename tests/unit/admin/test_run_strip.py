"""The last runs as bars: as high as they took, in the tone of their state."""

from datetime import UTC, datetime, timedelta

from imports.admin.run_strip import HEIGHT, LOWEST, draw
from imports.models import ImportRun

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def run(pk: int, seconds: float, state: str = "succeeded") -> ImportRun:
    return ImportRun(
        pk=pk,
        state=state,
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=seconds),
    )


def test_bars_are_as_high_as_the_runs_took() -> None:
    strip = draw([run(1, 10), run(2, 20, "failed"), run(3, 0, "partial")])

    assert [bar.height for bar in strip.bars] == [HEIGHT / 2, HEIGHT, LOWEST]
    assert [bar.tone for bar in strip.bars] == ["good", "bad", "warn"]
    assert all(bar.y + bar.height == HEIGHT for bar in strip.bars)
    assert strip.bars[1].words == "Run 2: failed, 20.0 s"
    assert (strip.median, strip.longest) == (10, 20)


def test_runs_that_took_no_time_can_be_seen() -> None:
    assert [bar.height for bar in draw([run(1, 0)]).bars] == [LOWEST]


def test_plan_that_waits_for_a_person_does_not_grow() -> None:
    plan = ImportRun(pk=2, state="planned", options={"dry_run": True}, started_at=NOON)

    strip = draw([run(1, 10), plan])

    assert [bar.height for bar in strip.bars] == [HEIGHT, LOWEST]
