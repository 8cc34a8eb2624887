"""Domain checks warn of what does not fit together, and of nothing else.

Each fault is planted in one race of two that are alike; it is warned of there and not
in the other, and no more once a newer file has mended it.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from imports.models import ImportRun
from races.models import Entrant, Lap, Race
from stats.models import EntrantStats, RaceStats, RaceWarning
from stats.refresh import refresh_race
from stats.warning_texts import MEANINGS, TEXTS, example_text
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db

Code = RaceWarning.Code
Row = dict[str, Any]
RESULT = ("number", "position", "laps_completed", "total_time_ms")
LAP = ("time_ms", "elapsed_ms", "sector1_ms", "sector2_ms", "sector3_ms", "in_pit")
LAP = (*LAP, "is_deleted")
LAPS = 5


@dataclass
class World:
    """A race of three with five laps each, of 60 s and a little more every lap."""

    kind: str = "race"
    results: dict[str, Row] = field(default_factory=lambda: {e: {} for e in "abc"})
    laps: dict[tuple[str, int], Row] = field(
        default_factory=lambda: {
            (entrant, lap): {"time_ms": 60_000 + 10 * lap}
            for entrant in "abc"
            for lap in range(1, LAPS + 1)
        }
    )

    def slow_lap(self, lap: int, time_ms: int, *entrants: str) -> None:
        for entrant in entrants:
            self.laps[entrant, lap]["time_ms"] = time_ms


Change = Callable[[World], Any]


@dataclass(frozen=True)
class Case:
    """How both races are, what is wrong in one, and the warning that tells it."""

    code: str
    plant: Change
    example: Row
    text: str
    setup: Change = lambda world: None
    cases: int = 1


def results(**values: Any) -> Change:
    return lambda world: [row.update(values) for row in world.results.values()]


def laps(**values: Any) -> Change:
    return lambda world: [row.update(values) for row in world.laps.values()]


def clocks(world: World) -> None:
    for (_, lap), row in world.laps.items():
        row["elapsed_ms"] = lap * 61_000


def b(lap: int | None, **facts: Any) -> Row:
    return {"entrants": ["b"], "lap": lap, **facts}


TOTAL = {"laps_completed": LAPS, "total_time_ms": 300_150}
CASES = {
    "sum too far from the published total": Case(
        Code.LAPS_DO_NOT_SUM,
        lambda world: world.results["b"].update(total_time_ms=300_154),
        b(None, laps=5, sum_ms=300_150, published_ms=300_154),
        "5 laps sum to 5:00.150, the result says 5:00.154: 0.004 s more",
        # 5 laps x 0.5 ms + 1 ms: 3 ms is rounding, 4 ms is not.
        results(**TOTAL | {"total_time_ms": 300_153}),
    ),
    "fewer laps than the result says": Case(
        Code.LAPS_DIFFER_FROM_RESULT,
        lambda world: world.results["b"].update(laps_completed=6),
        b(None, held=5, published=6),
        "5 laps held, 1 fewer than the 6 of the result",
        results(position=1, laps_completed=LAPS),
    ),
    "more laps than the result says": Case(
        Code.LAPS_DIFFER_FROM_RESULT,
        lambda world: world.results["b"].update(laps_completed=3),
        b(None, held=5, published=3),
        "5 laps held, 2 more than the 3 of the result",
        results(position=1, laps_completed=LAPS),
    ),
    "lap numbers missing in between": Case(
        Code.LAP_NUMBERS_MISSING,
        lambda world: [world.laps.pop(("b", lap)) for lap in (2, 3)],
        b(2, last_lap=3),
        "laps 2 to 3 are missing",
        # To start at lap 2 and to end early is no gap.
        lambda world: [world.laps.pop(place) for place in (("a", 1), ("c", 5))],
    ),
    "lap of about twice the median": Case(
        Code.LAP_MAY_BE_TWO,
        lambda world: world.slow_lap(4, 120_060, "b"),
        b(4, time_ms=120_060, median_ms=60_030),
        "2:00.060, 2.00 x the median 1:00.030; may be two laps",
    ),
    "lap of more than 5 times the usual": Case(
        Code.LAP_VERY_LONG,
        lambda world: world.slow_lap(4, 300_151, "b"),
        b(4, time_ms=300_151, race_median_ms=60_030),
        "5:00.151, 5.0 x the race's 1:00.030",
        lambda world: world.slow_lap(4, 300_150, "b"),
    ),
    "lap below 30 % of the median": Case(
        Code.LAP_VERY_SHORT,
        lambda world: world.slow_lap(4, 18_005, "b"),
        b(4, time_ms=18_005, median_ms=60_020),
        "0:18.005, 0.30 x the median 1:00.020; may be a passing that was none",
        lambda world: world.slow_lap(4, 18_006, "b"),
    ),
    "lap time of zero": Case(
        Code.LAP_TIME_ZERO,
        lambda world: world.slow_lap(4, 0, "b"),
        b(4),
        "the time is zero",
    ),
    "sectors that do not sum": Case(
        Code.SECTORS_DO_NOT_SUM,
        lambda world: world.laps["b", 4].update(sector3_ms=20_003),
        b(4, sectors_ms=60_003, time_ms=60_000),
        "sectors sum to 1:00.003, the lap took 1:00.000: 0.003 s less",
        # Four roundings of half a millisecond.
        laps(time_ms=60_000, sector1_ms=20_000, sector2_ms=20_000, sector3_ms=20_002),
    ),
    "clock that goes back": Case(
        Code.ELAPSED_GOES_DOWN,
        lambda world: world.laps["b", 4].update(elapsed_ms=182_999),
        b(4, elapsed_ms=182_999, before_ms=183_000),
        "3:02.999 since the start, 3:03.000 at the lap before",
        clocks,
    ),
    "one number twice": Case(
        Code.NUMBER_TWICE,
        lambda world: [world.results[e].update(number="8") for e in "cb"],
        {"entrants": ["b", "c"], "lap": None, "number": "8"},
        "2 entrants have number 8",
        # Text: these are three.
        lambda world: [
            world.results[e].update(number=n)
            for e, n in zip("abc", ("7", "07", "007"), strict=True)
        ],
    ),
}


def _csv(path: Path, columns: tuple[str, ...], rows: dict[Any, Row]) -> Path:
    lines = [",".join(("meeting", "race", *columns))]
    for place, row in rows.items():
        cells = (*place, *(row.get(column, "") for column in columns[len(place) - 2 :]))
        lines.append(",".join(map(str, cells)))
    path.write_text("\n".join(lines) + "\n")
    return path


Bring = Callable[..., ImportRun]


@pytest.fixture
def bring(ingest: Ingest, tmp_path: Path) -> Bring:
    """Give a function that imports whole races, each time in newer, complete files."""
    days: Iterator[int] = count(1)

    def files(**worlds: World) -> ImportRun:
        day = next(days)
        kinds = {("m", r): {"kind": w.kind} for r, w in worlds.items()}
        entrants = {
            ("m", race, e): row
            for race, w in worlds.items()
            for e, row in w.results.items()
        }
        driven = {
            ("m", race, *place): row
            for race, w in worlds.items()
            for place, row in w.laps.items()
        }
        written = [
            _csv(tmp_path / f"{name}{day}.csv", columns, rows)
            for name, columns, rows in (
                ("races", ("kind",), kinds),
                ("entrants", ("entrant", *RESULT), entrants),
                ("laps", ("entrant", "lap", *LAP), driven),
            )
            if rows
        ]
        observed = datetime(2024, 5, day, tzinfo=UTC)
        run = ingest(*written, statement={"observed_at": observed, "is_complete": True})
        assert run.state == "succeeded", run.message
        return run

    return files


def made(*changes: Change, kind: str = "race") -> World:
    world = World(kind=kind)
    for change in changes:
        change(world)
    return world


def found(race: str = "bad") -> dict[str, tuple[int, list[Row]]]:
    warnings = RaceWarning.objects.filter(race__key=race).order_by("code")
    return {w.code: (w.count, w.examples) for w in warnings}


def stats(race: str = "bad") -> RaceStats:
    return RaceStats.objects.get(race__key=race)


@pytest.mark.parametrize("name", CASES)
def test_fault_is_warned_of_where_it_is_and_until_it_is_mended(
    bring: Bring, name: str
) -> None:
    case = CASES[name]

    bring(bad=made(case.setup, case.plant), clean=made(case.setup))

    assert found() == {case.code: (1, [case.example])}
    assert found("clean") == {}
    assert (stats().warning_count, stats("clean").warning_count) == (1, 0)
    assert example_text(case.code, case.example) == case.text

    bring(bad=made(case.setup))

    assert found() == {}
    assert stats().warning_count == 0


def test_every_code_has_a_case_and_texts() -> None:
    codes = set(Code.values)

    assert {case.code for case in CASES.values()} == codes
    assert set(MEANINGS) == set(TEXTS) == codes


def two(lap: int = 4, *entrants: str) -> Change:
    return lambda world: world.slow_lap(lap, 120_060, *entrants)


#: What looks like a fault and is none.
SOUND: dict[str, World] = {
    "half of the others slow too": made(
        two(4, "b"), lambda w: w.slow_lap(4, 80_000, "c")
    ),
    "all stopped": made(lambda world: world.slow_lap(4, 900_000, *"abc")),
    "lap that ends in the pit": made(
        two(4, "b"), lambda w: w.laps["b", 4].update(in_pit="true")
    ),
    "slow lap of a practice": made(two(4, "b"), kind="practice"),
    "slow lap of a qualifying": made(two(4, "b"), kind="qualifying"),
    "1.79 times the median": made(lambda world: world.slow_lap(4, 107_400, "b")),
    "2.21 times the median": made(lambda world: world.slow_lap(4, 132_700, "b")),
    "two laps of which one is slow": made(
        lambda world: [world.laps.pop(("b", lap)) for lap in (3, 4, 5)],
        lambda world: world.slow_lap(2, 1_600_000, *"abc"),
    ),
    "lap zero": made(
        lambda world: world.laps.update({("b", 0): {"time_ms": 0, "elapsed_ms": 9}})
    ),
    "struck out lap": made(
        results(position=1, laps_completed=LAPS),
        lambda w: w.laps["b", 4].update(is_deleted="true", time_ms=0, elapsed_ms=1),
        lambda w: w.laps["b", 5].update(sector1_ms=1, sector2_ms=1),
    ),
    "struck out lap that the result does not count": made(
        results(position=1, laps_completed=LAPS, total_time_ms=300_150),
        lambda w: w.laps["b", 4].update(is_deleted="true"),
        lambda w: w.results["b"].update(laps_completed=4, total_time_ms=240_110),
    ),
    "retired": made(
        results(position=1, laps_completed=LAPS),
        lambda w: w.results["b"].update(laps_completed=4, position=""),
    ),
    "a total whose laps are not all there": made(
        results(laps_completed=6, total_time_ms=999_000)
    ),
    "a lap without a time": made(
        results(**TOTAL), lambda w: w.laps["b", 4].update(time_ms="")
    ),
    "clock that stands, and one that a lap lacks": made(
        lambda world: [
            world.laps["b", lap].update(elapsed_ms=ms)
            for lap, ms in ((1, 61_000), (2, 61_000), (4, 250_000), (5, 250_001))
        ]
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_may_be_true_is_not_warned_of(bring: Bring, name: str) -> None:
    bring(bad=SOUND[name])

    assert found() == {}


def test_clock_is_compared_with_the_last_lap_that_has_one(bring: Bring) -> None:
    world = made(clocks, lambda w: w.laps["b", 3].update(elapsed_ms=""))
    world.laps["b", 4]["elapsed_ms"] = 121_999

    bring(bad=world)

    assert found() == {
        Code.ELAPSED_GOES_DOWN: (1, [b(4, elapsed_ms=121_999, before_ms=122_000)])
    }


def test_lap_with_a_pit_stop_may_be_slow(
    bring: Bring, ingest: Ingest, write_csv: Callable[..., Path]
) -> None:
    bring(bad=made(two(4, "b"), two(2, "c")))
    assert found()[Code.LAP_MAY_BE_TWO][0] == 2

    stops = ("m,bad,b,1,3", "m,bad,c,1,4")
    ingest(write_csv("stops.csv", "meeting,race,entrant,stop,lap", *stops))

    # The stop of lap 3 slows laps 3 and 4; that of lap 4 has nothing to do with 2.
    [example] = found()[Code.LAP_MAY_BE_TWO][1]
    assert (example["entrants"], example["lap"]) == (["c"], 2)


def test_lone_entrant_has_no_others_to_compare_with(bring: Bring) -> None:
    world = made(two(4, "b"))
    world.laps = {place: row for place, row in world.laps.items() if place[0] == "b"}

    bring(bad=world)

    assert list(found()) == [Code.LAP_MAY_BE_TWO]


def test_withdrawn_entrant_shares_no_number_and_misses_no_lap(bring: Bring) -> None:
    result = results(position=1, laps_completed=7)
    bring(bad=made(result, lambda w: w.results["b"].update(number="7")))
    listed = made(result, lambda w: w.results["a"].update(number="7"))
    del listed.results["b"]

    bring(bad=listed)

    assert Entrant.objects.get(key="b").is_withdrawn
    [example, other] = found()[Code.LAPS_DIFFER_FROM_RESULT][1]
    assert (example["entrants"], other["entrants"]) == (["a"], ["c"])
    assert set(found()) == {Code.LAPS_DIFFER_FROM_RESULT}
    assert (stats().expected_laps, stats().missing_laps) == (14, 4)


def test_time_of_zero_is_kept_and_counts_in_no_figure(bring: Bring) -> None:
    bring(bad=made(lambda w: w.slow_lap(4, 0, "b")))

    figures = EntrantStats.objects.get(entrant__key="b")
    assert Lap.objects.get(entrant__key="b", number=4).time_ms == 0
    assert (figures.laps, figures.timed_laps, figures.total_ms) == (5, 4, 240_110)
    assert (figures.best_ms, figures.best_lap) == (60_010, 1)
    assert (figures.mean_ms, figures.median_ms) == (60_027.5, 60_025)
    assert figures.stddev_ms == pytest.approx(17.078, abs=0.001)
    assert stats().fastest_lap_ms == 60_010


def test_surplus_of_one_entrant_hides_no_lack_of_another(bring: Bring) -> None:
    world = made(results(laps_completed=LAPS))
    world.laps["a", 6] = {"time_ms": 60_060}
    del world.laps["b", 5]

    bring(bad=world)

    assert (stats().laps, stats().expected_laps, stats().missing_laps) == (15, 15, 1)


def test_struck_out_lap_is_not_missing(bring: Bring) -> None:
    struck = made(results(laps_completed=LAPS))
    struck.laps["b", 5]["is_deleted"] = "true"

    bring(bad=struck)

    assert (stats().laps, stats().missing_laps) == (14, 0)


def test_race_without_laps_misses_all_of_them_and_warns_of_none(bring: Bring) -> None:
    world = made(results(position=1, laps_completed=LAPS))
    world.laps = {}

    bring(bad=world)

    assert (stats().laps, stats().missing_laps) == (0, 15)
    assert found() == {}


def test_race_without_results_knows_of_no_missing_laps(bring: Bring) -> None:
    bring(bad=made())

    assert stats().missing_laps is None


def test_the_first_twenty_are_kept_and_all_are_counted(bring: Bring) -> None:
    entrants = [f"e{n:02}" for n in range(30)]
    random.Random(5).shuffle(entrants)
    world = World(results={entrant: {} for entrant in entrants}, laps={})
    world.laps = {(e, lap): {"time_ms": 0} for e in entrants for lap in (2, 1)}

    bring(bad=world)

    [(number, examples)] = found().values()
    assert number == stats().warning_count == 60
    places = [(*example["entrants"], example["lap"]) for example in examples]
    assert places == [(f"e{n:02}", lap) for n in range(10) for lap in (1, 2)]


@pytest.mark.unverified(reason="rows are written by hand in another order")
def test_order_of_rows_and_ids_decides_nothing(bring: Bring) -> None:
    world = made(
        clocks,
        two(4, "a"),
        results(number="9"),
        laps(sector1_ms=1, sector2_ms=2, sector3_ms=3),
        lambda w: w.laps["c", 3].update(elapsed_ms=1),
        lambda w: w.laps.pop(("b", 2)),
    )
    bring(bad=world)
    race = Race.objects.get()
    before = found()

    twin = Race.objects.create(meeting=race.meeting, key="twin", kind=race.kind)
    for entrant in race.entrants.order_by("-key"):
        rows = list(entrant.laps.order_by("-number"))
        entrant.pk, entrant.race = None, twin
        entrant.save()
        for lap in rows:
            lap.entrant_id = entrant.pk
        Lap.objects.bulk_create(rows)
    refresh_race(twin.pk)

    assert len(before) == 5
    assert found("twin") == before
    refresh_race(twin.pk)
    assert found("twin") == before


def test_largest_values_break_no_check(bring: Bring) -> None:
    most = 24 * 3_600_000 - 1
    top = 2**31 - 1
    world = made(
        laps(time_ms=most, sector1_ms=most, sector2_ms=most, sector3_ms=most),
        results(position=1, laps_completed=top, total_time_ms=top),
    )
    world.laps["b", top] = {"time_ms": 1, "elapsed_ms": top}

    bring(bad=world)

    assert found()[Code.SECTORS_DO_NOT_SUM][0] == 15
    assert found()[Code.LAP_NUMBERS_MISSING][1] == [b(6, last_lap=top - 1)]
