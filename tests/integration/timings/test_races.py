"""What races cost, over time and by the way in which they were written."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imports.flags import Flag
from imports.models import FlagChange, ImportRun, RaceCheckpoint, StageTiming
from imports.pipeline.session import LANE
from imports.timings import options, races
from imports.timings.marks import flag_marks
from imports.timings.page import measure
from imports.timings.rates import rate_of_all, rates_over_time
from imports.timings.window import Window
from tests.integration.timings.conftest import HOUR, NOON, Race, after

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.unverified(reason="checkpoints are written by hand"),
]


def union(spans: list[tuple[float, float]]) -> float:
    """Give how long at least one of the spans lasted, the slow way: by hundredths."""
    return (
        len({tick for a, b in spans for tick in range(round(a * 100), round(b * 100))})
        / 100
    )


def some_spans(seed: int) -> list[tuple[float, float]]:
    """Give spans that overlap, hold one another and have gaps between them."""
    chance = random.Random(seed)
    starts = [chance.randrange(0, 30_000) / 100 for _ in range(40)]
    return [(start, start + chance.choice((1, 5, 40)) / 4) for start in starts]


@pytest.mark.parametrize("seed", range(5))
def test_time_in_which_several_lanes_worked_counts_once(race: Race, seed: int) -> None:
    spans = some_spans(seed)
    for since, until in spans:
        race(since, until - since)

    steps = rates_over_time(HOUR)
    [way], _ = options.by_lanes(HOUR)

    worked = union(spans)
    assert sum(step.seconds for step in steps) == pytest.approx(worked)
    assert rate_of_all(steps) == pytest.approx(40 * 1010 / worked)
    assert way.laps_a_second == pytest.approx(40 * 1000 / worked)


def test_steps_are_of_the_window(race: Race) -> None:
    race(10, 10)
    race(3500, 50)
    race(3500, 200)

    steps = rates_over_time(HOUR)

    assert [step.at for step in steps] == [NOON, after(59 * 60)]
    assert [step.rate for step in steps] == [pytest.approx(101), pytest.approx(20.2)]


def test_costs_are_those_of_the_races_that_have_them(race: Race) -> None:
    for n in range(1, 6):
        race(n, 0.1, queries=10 * n, connections=n)
    race(6, 0.1)

    costs = races.costs(HOUR)

    assert (costs.queries_p50, costs.queries_max) == (30, 50)
    assert costs.queries_p95 == pytest.approx(48)
    assert costs.connections_p95 == pytest.approx(4.8)
    assert costs.connections_max == 5


def test_windows_are_counted_near_or_over(race: Race) -> None:
    # Of 300 ms of writing, which is three quarters of each, and 2 s of all.
    for seconds in (0.1, 0.319, 0.33, 0.399, 0.5, 1.7, 2.5):
        race(0, seconds)

    costs = races.costs(HOUR)

    assert (costs.write_near, costs.write_over) == (2, 3)
    assert (costs.race_near, costs.race_over) == (1, 1)


def test_batch_is_five_races_that_were_claimed_one_after_another(race: Race) -> None:
    for n in range(5):
        race(n, 2)
    # From 100 to 112.5 s, near; the first to be claimed ends last.
    race(100, 12.5)
    for n in range(4):
        race(101 + n, 1)
    # The last of a run may be smaller.
    race(200, 16)

    _, batches = options.by_lanes(HOUR)

    assert batches == options.Batches(judged=3, near=1, over=1)


def test_limits_of_windows_are_settings(race: Race, settings: Any) -> None:
    settings.IMPORTS_WINDOW_WRITE_MS = 10
    settings.IMPORTS_WINDOW_BATCH_MS = 10
    race(0, 1)

    closeness = {line.name: line for line in measure(HOUR).closeness}

    assert closeness["Write of a race"].over == 1
    assert closeness["A batch of five races"].over == 1
    assert closeness["One race"].over == 0


def test_race_counts_by_its_own_options_over_those_of_its_run(
    make_run: Callable[..., ImportRun], race: Race
) -> None:
    orm = make_run(writer="orm", batch_rows=1000)
    race(0, 1)
    race(1, 2)
    race(2, 1, options={"batch_rows": 9000})
    race(3, 4, run=orm)
    race(4, 1, run=orm, options={"writer": "merge", "batch_rows": 5000})
    timed = ("fetch_ms", "transform_ms", "write_ms", "total_ms")
    race(5, 1, run=orm, state="failed", **dict.fromkeys(timed))

    ways = {way.names: way for way in options.by_writer(HOUR)}

    merge, orm_way = ways["merge", 5000], ways["orm", 1000]
    assert set(ways) == {("merge", 5000), ("merge", 9000), ("orm", 1000)}
    assert (merge.races, merge.failed, merge.error_share) == (3, 0, 0)
    # 1,000 laps each, three quarters of the time is writing.
    assert merge.p50 == pytest.approx(750)
    assert merge.laps_a_second == pytest.approx(3000 / (0.75 * 4))
    assert (orm_way.races, orm_way.failed, orm_way.error_share) == (1, 1, 0.5)
    assert orm_way.p95 == pytest.approx(3000)


def test_races_count_by_the_lanes_of_their_run(
    make_run: Callable[..., ImportRun], race: Race
) -> None:
    wide = make_run(concurrency=4)
    race(0, 2)
    for _ in range(4):
        race(0, 2, run=wide)

    ways, _ = options.by_lanes(HOUR)

    assert [(way.names, way.races) for way in ways] == [((1,), 1), ((4,), 4)]
    assert [way.laps_a_second for way in ways] == [
        pytest.approx(500),
        pytest.approx(2000),
    ]


def test_run_that_says_nothing_of_its_options_counts_too(race: Race) -> None:
    ImportRun.objects.update(options={})
    race(0, 1)

    assert [way.names for way in options.by_writer(HOUR)] == [(None, None)]
    ways, batches = options.by_lanes(HOUR)
    assert [way.names for way in ways] == [(None,)]
    assert batches.judged == 1


def test_slowest_are_named_slowest_first(race: Race, run: ImportRun) -> None:
    slowest = [race(n, 10 - n / 2) for n in range(races.SLOWEST + 2)]
    race(-3000, 100)
    for seconds in (1, 3, 2):
        StageTiming.objects.create(
            run=run, stage="stage", subject="a", seconds=seconds, started_at=after(1)
        )

    assert races.slowest_races(HOUR) == slowest[: races.SLOWEST]
    assert [file.seconds for file in races.slowest_files(HOUR)] == [3, 2, 1]


def test_connections_are_counted_by_application(db: None, settings: Any) -> None:
    settings.IMPORTS_DB_POOL_MAX = 7
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, true)", [LANE])

        found = races.connections()

    assert (found.lanes, found.ceiling) == (1, 7)
    assert (LANE, 1) in found.by_name


def test_flag_that_changed_in_the_window_is_a_mark(admin_user: User) -> None:
    for flag, seconds in ((Flag.WRITER, 60), (Flag.BATCH_ROWS, -60)):
        FlagChange.objects.create(
            flag=flag,
            before="merge",
            after="orm",
            reason="to see",
            who="admin",
            changed_at=after(seconds),
        )

    [mark] = flag_marks(HOUR)

    assert (mark.at, mark.flag, mark.change) == (after(60), "writer", "→ orm")
    assert (mark.by, mark.reason) == ("admin", "to see")


def test_mark_of_a_rollout_says_that_it_is_one() -> None:
    FlagChange.objects.create(
        flag="writer",
        kind=FlagChange.Kind.ROLLED_BACK,
        before="orm",
        after="merge",
        changed_at=after(60),
    )

    [mark] = flag_marks(HOUR)

    assert (mark.change, mark.by) == ("→ merge (rolled back)", "the system")


def test_measures_cost_the_same_queries_for_more_races(
    race: Race, make_run: Callable[..., ImportRun]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            measure(HOUR)
        return len(captured)

    race(0, 1)
    few = queries()
    for n in range(30):
        race(n, 1, run=make_run(concurrency=n + 1, batch_rows=n + 100))

    assert queries() == few
    assert few <= 20


RACE_STATEMENTS = (
    "timings_of_races",
    "waits_of_runs",
    "costs_of_races",
    "rates_over_time",
    "races_by_writer",
    "races_by_lanes",
    "slowest_races",
)


def test_wide_rows_of_races_are_not_read_for_measures(race: Race) -> None:
    race(0, 1)
    leave_only_the_index_of_measures()

    with CaptureQueriesContext(connection) as captured:
        measure(HOUR)

    asked = [
        query["sql"]
        for query in captured
        if "FROM imports_racecheckpoint" in query["sql"]
    ]
    assert len(asked) == len(RACE_STATEMENTS)
    for statement in asked:
        plan = explained(statement)
        scans = [
            line for line in plan.splitlines() if "on imports_racecheckpoint" in line
        ]
        assert scans
        assert all("Index Only Scan" in scan for scan in scans), plan


def leave_only_the_index_of_measures() -> None:
    """Let the planner have no other choice, whatever it knows of the tables' sizes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
            "SET CONSTRAINTS ALL IMMEDIATE;"
            "ALTER TABLE imports_racecheckpoint"
            " DROP CONSTRAINT racecheckpoint_one_per_run_and_race"
        )
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE indrelid = 'imports_racecheckpoint'::regclass AND NOT indisprimary"
        )
        others = {name for (name,) in cursor.fetchall()} - {"racecheckpoint_finished"}
        cursor.execute(f"DROP INDEX {', '.join(others)}")


def explained(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + statement)
        return "\n".join(row[0] for row in cursor.fetchall())


def test_window_of_the_future_is_empty(race: Race) -> None:
    race(0, 1)

    later = measure(Window(NOON + timedelta(days=1), NOON + timedelta(days=2)))

    assert later.is_empty
    assert RaceCheckpoint.objects.exists()
