"""What a person chooses between the sides of conflicts, through the whole pipeline."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imports import actions
from imports.models import Conflict, ImportRun, SourceFile
from imports.pipeline import choice
from imports.pipeline.in_force import rows_in_force
from races.models import Lap, Race, Team
from tests.conftest import SOURCE, Ingest

pytestmark = pytest.mark.django_db

LAPS = "meeting,race,entrant,lap,time,position"

WriteCsv = Callable[..., Path]


@pytest.fixture
def judge(db: None) -> User:
    return User.objects.create_user("judge")


@pytest.fixture
def first(ingest: Ingest, write_csv: WriteCsv) -> Path:
    """Give the file of two laps, imported, their entrant beside them."""
    path = write_csv("first.csv", LAPS, "ash,1,ann,1,62.5,1", "ash,1,ann,2,61.25,1")
    entrants = write_csv(
        "entrants.csv", "meeting,race,entrant,team,points", "ash,1,ann,red,12.5"
    )
    ingest(path, entrants)
    return path


@pytest.fixture
def conflict(ingest: Ingest, write_csv: WriteCsv, first: Path) -> Conflict:
    """Give the one conflict: the later file says 1:03.000 of lap 1."""
    ingest(write_csv("second.csv", LAPS, "ash,1,ann,1,63.0,1"))
    return Conflict.objects.get()


def lap(number: int = 1) -> Lap:
    return Lap.objects.get(entrant__key="ann", number=number)


def settle(side: str, *conflicts: Conflict, by: User | None = None) -> choice.Settled:
    return actions.settle_conflicts(conflicts, side=side, by=by, note="tape")


@pytest.mark.parametrize(("side", "time_ms"), [("older", 62_500), ("newer", 63_000)])
def test_chosen_side_is_in_force_and_on_record(
    conflict: Conflict, judge: User, side: str, time_ms: int
) -> None:
    settled = settle(side, conflict, by=judge)

    conflict.refresh_from_db()
    assert (settled.count, settled.refused) == (1, [])
    assert lap().time_ms == time_ms
    assert (conflict.state, conflict.chosen) == ("settled", side)
    assert (conflict.settled_by, conflict.note) == (judge, "tape")
    assert conflict.settled_file == SourceFile.objects.get(version=lap().version)


def test_choice_states_only_what_differs(conflict: Conflict) -> None:
    settle("older", conflict)

    version = SourceFile.objects.get(kind="manual").version
    assert (lap().version, lap().columns) == (version, 1)


def test_choice_can_be_taken_back(conflict: Conflict) -> None:
    for side, time_ms in (("older", 62_500), ("newer", 63_000), ("older", 62_500)):
        settle(side, conflict)
        assert lap().time_ms == time_ms

    conflict.refresh_from_db()
    assert conflict.chosen == "older"
    assert Conflict.objects.count() == 1


def test_choice_holds_against_the_same_files_and_newer_ones(
    ingest: Ingest, write_csv: WriteCsv, conflict: Conflict, first: Path
) -> None:
    settle("older", conflict)

    ingest(first, first.with_name("second.csv"), force=True)
    ingest(write_csv("same.csv", LAPS, "ash,1,ann,1,63.0,1", "ash,1,ann,2,61.25,1"))

    assert lap().time_ms == 62_500
    assert not Conflict.objects.filter(state="open").exists()


def test_new_value_after_a_choice_is_an_open_conflict(
    ingest: Ingest, write_csv: WriteCsv, conflict: Conflict
) -> None:
    settle("older", conflict)

    ingest(write_csv("new.csv", LAPS, "ash,1,ann,1,64.0,1"))

    opened = Conflict.objects.get(state="open")
    assert opened.fields == {"time_ms": [64_000, 62_500]}
    settle("older", opened)
    assert lap().time_ms == 64_000


def test_conflict_of_a_race_that_is_gone_is_refused(conflict: Conflict) -> None:
    Race.objects.get().delete()
    conflict.refresh_from_db()

    settled = settle("older", conflict)

    conflict.refresh_from_db()
    assert conflict.state == "ruled"
    assert settled.count == 0
    [reason] = settled.refused
    assert reason.startswith("The race of the conflict on lap 1 ash/1/ann is gone.")


def test_conflict_of_a_lap_that_is_gone_is_refused(conflict: Conflict) -> None:
    lap().delete()

    settled = settle("older", conflict)

    assert "no longer stored" in settled.refused[0]
    assert not Lap.objects.filter(number=1).exists()


def test_sides_of_one_row_that_contradict_are_refused(
    ingest: Ingest, write_csv: WriteCsv, conflict: Conflict
) -> None:
    ingest(write_csv("third.csv", LAPS, "ash,1,ann,1,64.0,1"))

    settled = settle("older", *Conflict.objects.all())

    assert "Settle them one at a time" in settled.refused[0]
    assert settled.runs == []


def test_choice_that_came_between_stays_on_record(
    conflict: Conflict, judge: User
) -> None:
    settle("older", conflict)
    before = SourceFile.objects.get(kind="manual")
    settle("newer", conflict)
    run = ImportRun.objects.filter(kind="edit").earliest("pk")

    late = choice.choose([conflict], side="older").by_source[SOURCE]
    marked = choice.mark_settled(late, run=run, side="older", note="late")

    conflict.refresh_from_db()
    assert marked == 0
    assert conflict.chosen == "newer"
    assert conflict.settled_file.version > before.version


def test_choice_between_values_that_are_gone_is_not_on_record(
    conflict: Conflict,
) -> None:
    stale = Conflict.objects.get()
    Conflict.objects.update(fields={"time_ms": [62_500, 99_000]})

    settled = settle("newer", stale)

    conflict.refresh_from_db()
    assert (settled.count, settled.overtaken) == (0, 1)
    assert conflict.state == "ruled"


def test_choice_whose_run_fails_is_not_on_record(conflict: Conflict) -> None:
    Conflict.objects.update(fields={"time_ms": [-1, 63_000]})

    settled = settle("older", Conflict.objects.get())

    conflict.refresh_from_db()
    assert (settled.count, conflict.state) == (0, "ruled")
    assert "The database refused a row" in settled.refused[0]
    assert lap().time_ms == 63_000


def test_conflicts_of_two_sources_are_two_runs(
    ingest: Ingest, write_csv: WriteCsv, conflict: Conflict, first: Path
) -> None:
    ingest(first, source="other")
    ingest(first.with_name("second.csv"), source="other")

    settled = settle("older", *Conflict.objects.all())

    assert sorted(run.source for run in settled.runs) == ["other", SOURCE]
    assert settled.count == 2


def test_conflict_on_a_team_is_settled(ingest: Ingest, write_csv: WriteCsv) -> None:
    ingest(write_csv("a.csv", "team,name", "red,Red"))
    ingest(write_csv("b.csv", "team,name", "red,Rosso"))
    conflict = Conflict.objects.get()

    settled = settle("older", conflict)

    assert settled.refused == []
    assert Team.objects.get().name == "Red"


def many_laps(ingest: Ingest, write_csv: WriteCsv, number: int) -> list[Conflict]:
    for name, ms in (("old", 0), ("new", 500)):
        rows = (
            f"m{number},{n % 4},e{n % 10},{n},{60 + n}.{ms:03},1"
            for n in range(1, number + 1)
        )
        ingest(write_csv(f"{name}{number}.csv", LAPS, *rows))
    return list(Conflict.objects.filter(state="ruled"))


def test_many_conflicts_cost_the_queries_of_few(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    counts = []
    for number in (40, 200):
        conflicts = many_laps(ingest, write_csv, number)
        with CaptureQueriesContext(connection) as queries:
            settled = settle("older", *conflicts)
        counts.append(len(queries))
        assert settled.count == number

    assert counts[0] == counts[1]


def test_row_in_force_is_found_for_every_kind(
    ingest: Ingest, write_csv: WriteCsv, conflict: Conflict
) -> None:
    run = conflict.run
    rows = [
        ("lap", "ash", "1", "ann", 1, {"time_ms": 63_000}),
        ("entrant", "ash", "1", "ann", 0, {"team": "red", "points": "12.500"}),
        ("race", "ash", "1", "", 0, {"kind": None}),
        ("meeting", "ash", "", "", 0, {"name": None}),
        ("team", "", "", "red", 0, {"name": None}),
    ]
    conflicts = [
        Conflict(
            pk=number,
            source=SOURCE,
            run=run,
            race=conflict.race if race else None,
            kind=kind,
            meeting_key=meeting,
            race_key=race,
            key=key,
            number=of,
            fields={},
        )
        for number, (kind, meeting, race, key, of, _) in enumerate(rows)
    ]

    found = rows_in_force(conflicts)

    for number, (_, _, _, _, _, values) in enumerate(rows):
        now = found[number]
        assert {column: now.values[column] for column in values} == values
