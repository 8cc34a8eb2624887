"""One suite over both lap writers: same tables, same counts, whatever the case."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from races.models import ZERO_VERSION, Lap, Race
from stats.models import RaceStats
from tests import state
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db

WRITERS = ("merge", "orm")
HEADER = "meeting,race,entrant,lap,time_ms,position"
EARLY = {"observed_at": "2024-05-01T12:00:00+00:00"}
LATE = {"observed_at": "2024-05-02T12:00:00+00:00"}


@dataclass(frozen=True)
class Ashford:
    """Meeting Ashford 2024-05-01, race 1: Alice (7) and Bob (007), three laps each."""

    write: Callable[..., Path]
    run: Callable[..., Any]

    def file(self, name: str, *rows: str, header: str = HEADER) -> Path:
        return self.write(name, header, *(f"ashford,1,{row}" for row in rows))


@pytest.fixture
def ashford(ingest: Ingest, write_csv: Callable[..., Path]) -> Ashford:
    def run(path: Path, when: dict[str, Any], writer: str, **options: Any) -> Any:
        moment = datetime.fromisoformat(when["observed_at"])
        statement = {**when, "observed_at": moment}
        return ingest(path, writer=writer, statement=statement, **options)

    return Ashford(write=write_csv, run=run)


LAPS = ("7,1,61000,1", "7,2,60500,1", "007,1,62000,2", "007,2,61500,2")


@pytest.mark.parametrize("writer", WRITERS)
def test_fresh_laps_are_inserted(ashford, writer):
    run = ashford.run(ashford.file("a.csv", *LAPS), EARLY, writer)

    assert run.laps["inserted"] == run.laps["read"] == 4
    assert [lap[2:5] for lap in state.laps()] == [
        ("007", 1, 62_000),
        ("007", 2, 61_500),
        ("7", 1, 61_000),
        ("7", 2, 60_500),
    ]


@pytest.mark.parametrize("writer", WRITERS)
def test_forced_rerun_rewrites_no_lap(ashford, writer):
    path = ashford.file("a.csv", *LAPS)
    ashford.run(path, EARLY, writer)
    before = _physical_rows()

    run = ashford.run(path, EARLY, writer, force=True)

    assert run.laps["unchanged"] == 4
    assert _physical_rows() == before


@pytest.mark.parametrize("writer", WRITERS)
def test_same_file_again_is_a_duplicate(ashford, writer):
    path = ashford.file("a.csv", *LAPS)
    ashford.run(path, EARLY, writer)

    run = ashford.run(path, EARLY, writer)

    assert run.state == "succeeded"
    assert run.run_files.get().state == "duplicate"
    assert run.rows["read"] == 0


@pytest.mark.parametrize("writer", WRITERS)
def test_newer_file_updates_and_is_a_conflict(ashford, writer):
    ashford.run(ashford.file("a.csv", *LAPS), EARLY, writer)

    run = ashford.run(ashford.file("b.csv", "7,1,60999,1", "7,2,60500,1"), LATE, writer)

    assert (run.laps["updated"], run.laps["unchanged"]) == (1, 1)
    assert run.conflicts == 1
    assert state.laps()[2][4] == 60_999


@pytest.mark.parametrize("writer", WRITERS)
def test_older_file_changes_nothing_and_is_a_conflict(ashford, writer):
    ashford.run(ashford.file("b.csv", "7,1,60999,1"), LATE, writer)

    run = ashford.run(ashford.file("a.csv", "7,1,61000,1", "7,3,1,1"), EARLY, writer)

    assert (run.laps["older"], run.laps["inserted"]) == (1, 1)
    assert run.conflicts == 1
    assert state.laps()[0][4] == 60_999


@pytest.mark.parametrize("writer", WRITERS)
def test_newer_equal_lap_raises_the_version(ashford, writer):
    # Without it a late file between the two would win (docs/data-flow.md, versions).
    ashford.run(ashford.file("a.csv", "7,1,61000,1"), EARLY, writer)
    newer = ashford.run(ashford.file("c.csv", "7,1,61000,1", "8,1,1,2"), LATE, writer)
    between = {"observed_at": "2024-05-01T18:00:00+00:00"}

    ashford.run(ashford.file("b.csv", "7,1,99999,1"), between, writer)

    lap = Lap.objects.get(entrant__key="7")
    assert lap.time_ms == 61_000
    assert lap.version == newer.run_files.get().source_file.version


@pytest.mark.parametrize("writer", WRITERS)
def test_duplicate_keys_keep_the_last_row_and_are_counted(ashford, writer):
    rows = ("7,1,61000,1", "7,1,61111,1", "7,1,61111,1", "7,2,60000,1")

    run = ashford.run(ashford.file("a.csv", *rows), EARLY, writer)

    assert (run.laps["inserted"], run.laps["duplicates"]) == (2, 2)
    assert run.conflicts == 1
    assert run.row_counts.is_balanced
    assert state.laps()[0][4] == 61_111


@pytest.mark.parametrize("writer", WRITERS)
def test_absent_column_is_no_opinion_and_null_is_one(ashford, writer):
    ashford.run(ashford.file("a.csv", "7,1,61000,1"), EARLY, writer)
    header = "meeting,race,entrant,lap,position,sector1_ms"

    ashford.run(ashford.file("b.csv", "7,1,,20000", header=header), LATE, writer)

    lap = Lap.objects.get()
    assert (lap.time_ms, lap.position, lap.sector1_ms) == (61_000, None, 20_000)
    assert set(lap.older) == {"time_ms"}


@pytest.mark.parametrize("writer", WRITERS)
def test_laps_below_the_floor_are_older(ashford, writer):
    # A complete file has spoken later: what an older one adds is not brought back.
    # The entrant that the older one mentions is made, so the race has stats of two.
    complete = {**LATE, "is_complete": True}
    ashford.run(ashford.file("a.csv", "7,1,61000,1"), complete, writer)

    run = ashford.run(ashford.file("b.csv", "7,2,1,1", "8,1,1,2"), EARLY, writer)

    assert (run.laps["older"], run.laps["inserted"]) == (2, 0)
    assert Lap.objects.count() == 1
    assert RaceStats.objects.get().entrants == 2


FILES = {
    "early": (EARLY, HEADER, ("7,1,61000,1", "7,2,60500,1", "007,1,62000,2")),
    "between": (
        {"observed_at": "2024-05-01T18:00:00+00:00"},
        "meeting,race,entrant,lap,time_ms,sector1_ms",
        ("7,1,61001,20000", "7,3,60000,"),
    ),
    "late": (LATE, "meeting,race,entrant,lap,position,in_pit", ("7,1,,true", "9,1,3,")),
    "late, equal": (
        {"observed_at": "2024-05-03T12:00:00+00:00"},
        HEADER,
        ("7,2,60500,1", "007,1,62000,3"),
    ),
}


@pytest.mark.parametrize("order", list(itertools.permutations(FILES)))
def test_any_order_and_writer_gives_the_same_laps(ashford, order):
    for name, writer in zip(order, itertools.cycle(WRITERS), strict=False):
        when, header, rows = FILES[name]
        ashford.run(ashford.file(f"{name}.csv", *rows, header=header), when, writer)

    assert _laps_without_versions() == [
        ("007", 1, 62_000, 3, None, None),
        ("7", 1, 61_001, None, 20_000, True),
        ("7", 2, 60_500, 1, None, None),
        ("7", 3, 60_000, None, None, None),
        ("9", 1, None, 3, None, None),
    ]


def test_both_writers_store_the_same_rows(ashford):
    stored = []
    for writer in WRITERS:
        Lap.objects.all().delete()
        for name, (when, header, rows) in FILES.items():
            path = ashford.file(f"{name}.csv", *rows, header=header)
            ashford.run(path, when, writer, force=True)
        stored.append(state.laps())

    assert stored[0] == stored[1]


def test_implied_race_and_entrants_have_the_zero_version(ashford):
    ashford.run(ashford.file("a.csv", *LAPS), EARLY, "merge")

    race = Race.objects.get()
    assert race.version == ZERO_VERSION
    assert race.is_implied
    assert {e.version for e in race.entrants.all()} == {ZERO_VERSION}


def _laps_without_versions() -> list[tuple[Any, ...]]:
    columns = ("entrant__key", "number", "time_ms", "position", "sector1_ms", "in_pit")
    return sorted(Lap.objects.values_list(*columns), key=lambda row: row[:2])


def _physical_rows() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid::text, xmin::text FROM races_lap ORDER BY 1")
        return list(cursor.fetchall())


@pytest.mark.parametrize("writer", WRITERS)
def test_unchanged_races_are_settled_at_once_and_others_are_written(ashford, writer):
    path = ashford.write(
        "a.csv", HEADER, "ashford,1,7,1,61000,1", "ashford,2,7,1,61000,1"
    )
    ashford.run(path, EARLY, writer)
    Lap.objects.filter(entrant__race__key="2").update(time_ms=1)

    run = ashford.run(path, EARLY, writer, force=True)

    assert (run.laps["unchanged"], run.laps["updated"]) == (1, 1)
    attempts = dict(run.checkpoints.values_list("race_key", "attempts"))
    assert attempts == {"1": 0, "2": 1}
    assert set(Lap.objects.values_list("time_ms", flat=True)) == {61_000}


@pytest.mark.parametrize("writer", WRITERS)
def test_forced_rerun_of_duplicates_counts_them_again(ashford, writer):
    rows = ("7,1,61000,1", "7,1,61000,1", "7,2,60000,1")
    first = ashford.run(ashford.file("a.csv", *rows), EARLY, writer)

    again = ashford.run(ashford.file("a.csv", *rows), EARLY, writer, force=True)

    assert (first.laps["inserted"], first.laps["duplicates"]) == (2, 1)
    assert (again.laps["unchanged"], again.laps["duplicates"]) == (2, 1)
