"""Runs that are put back: what goes, what stays and is named, and who may not."""

from typing import Any

import pytest

from imports import actions
from imports.actions import apply_edit
from imports.models import Conflict, ImportRun, LapRevision, SourceFile
from imports.pipeline import run as conductor
from imports.pipeline.lane import Lane
from imports.pipeline.manual import ManualRow
from imports.pipeline.revert.preview import Outcome, outcome_of, preview
from imports.pipeline.revert.runs import is_revertable
from races.models import Entrant, Lap, Meeting, PitStop, Race, Team, Venue
from stats.models import RaceStats
from tests import state
from tests.integration.revert.conftest import LAPS, NEW, NEWER, OLD, revert

pytestmark = pytest.mark.django_db


def complete(statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "is_complete": True}


def named(outcome: Outcome) -> list[tuple[str, str, int, int]]:
    return [(s["kind"], s["key"], s["number"], s["run"]) for s in outcome.stays]


def assert_goes_back_and_forth(
    run: ImportRun, before: dict[str, Any], *, fates: dict[str, int]
) -> None:
    after = state.tables()
    foreseen = preview(run)
    first = revert(run)
    assert dict(foreseen.fates) == fates
    assert outcome_of(first).fates == foreseen.fates
    assert state.tables() == before
    second = revert(first)
    assert state.tables() == after
    revert(second)
    assert state.tables() == before


def test_first_run_goes_without_a_trace(first: ImportRun) -> None:
    before: dict[str, Any] = {name: [] for name in state.tables()}

    # Three laps, two entrants, the race and its meeting.
    assert_goes_back_and_forth(first, before, fates={"removed": 7})

    assert not RaceStats.objects.exists()
    assert list(first.checkpoints.values_list("race_id", flat=True)) == [None]


def test_values_and_versions_go_back(bring, first, writer) -> None:
    before = state.tables()
    rows = ["ash,1,7,1,59000", "ash,1,7,2,61000", "ash,1,9,1,63000"]
    run = bring(LAPS, *rows, statement=NEW, writer=writer)

    # One lap changed, one only in its version; a lap and its entrant are new.
    assert_goes_back_and_forth(run, before, fates={"updated": 2, "removed": 2})


def test_complete_file_goes_back_with_what_it_removed_and_its_floor(
    bring, first, writer
) -> None:
    before = state.tables()
    rows = ["ash,1,7,1,60000", "ash,1,8,1,62500"]
    run = bring(LAPS, *rows, statement=complete(NEW), writer=writer)
    assert Lap.objects.count() == 2

    assert_goes_back_and_forth(run, before, fates={"inserted": 1, "updated": 1})


def test_stop_that_was_changed_before_it_was_removed_goes_back_and_forth(
    bring, writer
) -> None:
    header = "meeting,race,entrant,stop,duration_ms"
    both = ["ash,1,7,1,5000", "ash,1,8,1,5000"]
    bring(header, *both, statement=OLD, writer=writer)
    bring(header, "ash,1,8,1,6000", statement=NEW, writer=writer)
    before = state.tables()
    run = bring(header, "ash,1,7,1,5000", statement=complete(NEWER), writer=writer)
    assert PitStop.objects.count() == 1

    assert_goes_back_and_forth(run, before, fates={"inserted": 1, "updated": 1})


def test_lap_that_was_changed_before_it_was_removed_goes_back_and_forth(
    bring, first, writer
) -> None:
    bring(LAPS, "ash,1,7,2,60500", statement=NEW, writer=writer)
    before = state.tables()
    rows = ["ash,1,7,1,60000", "ash,1,8,1,62000"]
    run = bring(LAPS, *rows, statement=complete(NEWER), writer=writer)
    assert Lap.objects.count() == 2

    assert_goes_back_and_forth(run, before, fates={"inserted": 1})


def test_floor_that_was_raised_without_a_lap_goes_back(bring, first, writer) -> None:
    before = state.tables()
    rows = ["ash,1,7,1,60000", "ash,1,7,2,61000", "ash,1,8,1,62000"]
    run = bring(LAPS, *rows, statement=complete(NEW), writer=writer)
    assert not LapRevision.objects.exists()
    after = Race.objects.get()

    assert_goes_back_and_forth(run, before, fates={})

    assert after.laps_floor > Race.objects.get().laps_floor


def test_mixed_columns_go_back(bring, first, writer) -> None:
    before = state.tables()
    header = "meeting,race,entrant,lap,position"
    run = bring(header, "ash,1,7,1,1", "ash,1,8,1,2", statement=NEW, writer=writer)

    assert_goes_back_and_forth(run, before, fates={"updated": 2})


def test_entrants_stops_and_shared_rows_go_back(bring, first) -> None:
    before = state.tables()
    header = (
        "meeting,meeting_name,meeting_venue,race,race_name,race_scheduled_start,entrant,"
        "entrant_name,entrant_team,entrant_competitor,entrant_points,lap,time_ms"
    )
    race = "ash,Ashford,brands,1,Final,2024-05-01T12:00:00.123456Z"
    rows = [f"{race},7,Ann,red,ann,12.5,1,60000", f"{race},9,Bob,red,bob,10,1,61000"]
    results = bring(header, *rows, statement=NEW)
    between = state.tables()
    stops = bring(
        "meeting,race,entrant,stop,duration_ms", "ash,1,7,1,25000", statement=NEW
    )
    start = Race.objects.get().scheduled_start
    stated = (Venue.objects.get().pk, Team.objects.get().pk)

    first_back = revert(stops)
    assert state.tables() == between
    results_back = revert(results)
    assert state.tables() == before
    assert not Venue.objects.exists()
    revert(results_back)
    assert state.tables() == between
    assert (Venue.objects.get().pk, Team.objects.get().pk) == stated
    assert Race.objects.get().scheduled_start == start
    assert start is not None
    assert start.microsecond == 123_456
    assert outcome_of(first_back).stay == 0


def test_what_a_later_run_changed_stays_and_is_named(bring, first, writer) -> None:
    rows = ["ash,1,7,1,59000", "ash,1,7,2,58000", "ash,1,9,1,63000", "ash,1,9,2,64000"]
    second = bring(LAPS, *rows, statement=NEW, writer=writer)
    third = bring(
        LAPS, "ash,1,7,1,57000", "ash,1,9,1,62999", statement=NEWER, writer=writer
    )

    done = outcome_of(revert(second))

    # Lap 2 of 7 goes back, lap 2 of 9 goes; the rest is the third run's by now.
    assert dict(done.fates) == {"older": 3, "updated": 1, "removed": 1}
    assert sorted(named(done)) == [
        ("entrant", "9", 0, third.pk),
        ("lap", "7", 1, third.pk),
        ("lap", "9", 1, third.pk),
    ]
    kept = Lap.objects.order_by("entrant__key", "number")
    assert list(kept.values_list("entrant__key", "number", "time_ms")) == [
        ("7", 1, 57_000),
        ("7", 2, 61_000),
        ("8", 1, 62_000),
        ("9", 1, 62_999),
    ]
    assert RaceStats.objects.get().laps == 4


def test_a_later_run_that_was_reverted_is_in_nobodys_way(bring, first, writer) -> None:
    before = state.tables()
    second = bring(LAPS, "ash,1,7,1,59000", statement=NEW, writer=writer)
    third = bring(LAPS, "ash,1,7,1,58000", statement=NEWER, writer=writer)

    revert(third)
    done = outcome_of(revert(second))

    assert done.stay == 0
    assert state.tables() == before


def test_laps_that_a_later_complete_file_confirms_stay(bring, first, writer) -> None:
    second = bring(LAPS, "ash,1,7,1,59000", statement=NEW, writer=writer)
    rows = ["ash,1,7,1,59000", "ash,1,7,2,61000", "ash,1,8,1,62000"]
    third = bring(LAPS, *rows, statement=complete(NEWER), writer=writer)
    after = state.tables()

    done = outcome_of(revert(second))

    assert named(done) == [("lap", "7", 1, third.pk)]
    assert state.tables() == after


def test_race_stays_while_rows_of_later_runs_hang_on_it(bring, first) -> None:
    later = bring("meeting,race,entrant,stop,duration_ms", "ash,1,8,1,25000")

    done = outcome_of(revert(first))

    assert sorted(named(done)) == [
        ("entrant", "8", 0, later.pk),
        ("meeting", "ash", 0, later.pk),
        ("race", "1", 0, later.pk),
    ]
    assert list(Entrant.objects.values_list("key", flat=True)) == ["8"]
    assert Meeting.objects.get().key == "ash"
    assert not Lap.objects.exists()


def test_rows_that_came_anew_are_not_brought_back_twice(bring, first, writer) -> None:
    back = revert(first)
    rows = ["ash,1,7,1,60000", "ash,1,7,2,61000", "ash,1,8,1,62000"]
    again = bring(LAPS, *rows, statement=OLD, writer=writer)
    assert again.lap_counts.inserted == 3
    after = state.tables()

    done = outcome_of(revert(back))

    assert state.tables() == after
    assert done.back == 0
    assert {run for *_, run in named(done)} == {again.pk}
    assert done.stay == 7


def test_file_of_a_reverted_run_is_no_duplicate(bring, first, ingest) -> None:
    file = SourceFile.objects.get()
    moment = file.imported_at
    assert moment

    back = revert(first)
    file.refresh_from_db()
    assert file.imported_at is None
    revert(back)
    file.refresh_from_db()
    assert file.imported_at == moment


def test_file_that_an_earlier_run_brought_stays_imported(ingest, write_csv) -> None:
    path = write_csv("laps.csv", LAPS, "ash,1,7,1,60000")
    other = write_csv("more.csv", LAPS, "ash,1,7,2,60000")
    ingest(path)
    second = ingest(path, other, force=True)

    revert(second)

    imported = SourceFile.objects.exclude(imported_at=None)
    assert list(imported.values_list("name", flat=True)) == ["laps.csv"]


def test_conflicts_go_with_the_run_that_met_them_and_come_again(
    bring, first, writer
) -> None:
    run = bring(LAPS, "ash,1,7,1,59000", statement=NEW, writer=writer)
    met = Conflict.objects.values().get()

    back = revert(run)
    assert not Conflict.objects.exists()
    revert(back)

    assert Conflict.objects.values().get() == met


def test_revert_of_an_edit_opens_what_it_settled(bring, first, writer) -> None:
    bring(LAPS, "ash,1,7,1,59000", statement=NEW, conflict_policy="hold")
    bring(LAPS, "ash,1,7,2,59500", statement=NEW)
    edit = bring(LAPS, "ash,1,7,1,59000", statement={**NEWER, "priority": 65_534})
    ImportRun.objects.filter(pk=edit.pk).update(kind="edit")
    file = edit.files.get()
    settled = Conflict.objects.exclude(run=edit)
    assert settled.count() == 2
    for conflict in settled:
        conflict.state, conflict.chosen = "settled", "newer"
        conflict.settled_file, conflict.settled_at = file, file.registered_at
        conflict.save()
    before = sorted(Conflict.objects.values_list())
    edit.refresh_from_db()

    back = revert(edit)
    found = settled.order_by("pk").values_list("state", "chosen", "settled_file")
    assert list(found) == [("open", "", None), ("ruled", "", None)]
    revert(back)

    assert sorted(Conflict.objects.values_list()) == before


def test_what_a_person_settled_by_another_run_stays(bring, first, writer) -> None:
    run = bring(LAPS, "ash,1,7,1,59000", statement=NEW, writer=writer)
    other = bring(LAPS, "elm,1,7,1,59000")
    Conflict.objects.update(
        state="settled",
        chosen="newer",
        settled_file=other.files.get(),
        settled_at=run.finished_at,
    )

    revert(run)

    assert Conflict.objects.get().state == "settled"


def test_a_race_takes_two_statements_for_its_laps(
    bring, writer, django_assert_max_num_queries
) -> None:
    rows = [f"ash,1,{car},{lap},60000" for car in range(20) for lap in range(50)]
    run = bring(LAPS, *rows, writer=writer)
    made = actions.start_revert(run, trigger="command", by=None)
    assert actions.prepare(made, owner="test")

    # However many laps: 1,000 here.
    with django_assert_max_num_queries(60):
        conductor.run_lane(made, lane=Lane(name="test"))

    assert not Lap.objects.exists()
    assert made.checkpoints.get().lap_counts.read == 0


def test_columns_that_a_later_run_left_alone_go_back(bring) -> None:
    header = "meeting,race,entrant,name,status"
    bring(header, "ash,1,8,Bob,Retired", statement=OLD)
    run = bring(header, "ash,1,8,Bobby,Finished", statement=NEW)
    later = bring("meeting,race,entrant,status", "ash,1,8,Running", statement=NEWER)
    after = state.tables()

    done = revert(run)

    outcome = outcome_of(done)
    assert dict(+outcome.fates) == {"updated": 1}
    entrant = Entrant.objects.get()
    assert (entrant.name, entrant.status) == ("Bob", "Running")
    assert [(s["columns"], s["run"]) for s in outcome.stays] == [(["status"], later.pk)]
    revert(done)
    assert state.tables() == after


def test_edit_goes_back_after_a_later_file_touched_the_row(bring, ingest) -> None:
    bring("meeting,race,entrant,name", "ash,1,8,Bob", statement=OLD)
    edit = apply_edit(
        [
            ManualRow(
                kind="entrant",
                values={"name": "Bobby"},
                meeting_key="ash",
                race_key="1",
                key="8",
            )
        ],
        source="test",
        by=None,
        note="",
    )
    bring("meeting,race,entrant,name", "ash,1,8,Bob", statement=NEW)

    done = outcome_of(revert(edit))

    assert dict(+done.fates) == {"updated": 1}
    assert done.stays == []
    assert Entrant.objects.get().name == "Bob"


def test_conflicts_of_rows_that_stay_are_left_alone(bring, first, writer) -> None:
    second = bring(LAPS, "ash,1,7,1,59000", statement=NEW, writer=writer)
    bring(LAPS, "ash,1,7,1,58000", statement=NEWER, writer=writer)
    before = sorted(Conflict.objects.values_list())
    assert len(before) == 2

    done = revert(second)

    assert outcome_of(done).back == 0
    assert sorted(Conflict.objects.values_list()) == before
    assert is_revertable(second)


def test_conflicts_of_stops_that_stay_are_left_alone(bring, writer) -> None:
    header = "meeting,race,entrant,stop,duration_ms"
    bring(header, "ash,1,7,1,5000", "ash,1,8,1,5000", statement=OLD, writer=writer)
    rows = ["ash,1,7,1,6000", "ash,1,8,1,6000"]
    second = bring(header, *rows, statement=NEW, writer=writer)
    third = bring(header, "ash,1,7,1,7000", statement=NEWER, writer=writer)
    assert Conflict.objects.count() == 3

    revert(second)

    left = Conflict.objects.order_by("pk").values_list("run", "key")
    assert list(left) == [(second.pk, "7"), (third.pk, "7")]
