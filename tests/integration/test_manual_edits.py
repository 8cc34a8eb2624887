"""What a person states: edits and choices, through the whole pipeline."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imports import actions
from imports.errors import EditRefused, IngestDisabled
from imports.flags import Flag
from imports.models import Conflict, ImportRun, SourceFile
from imports.pipeline import choice, manual
from imports.pipeline.in_force import rows_in_force
from imports.pipeline.manual import ManualRow
from races.models import Entrant, Lap, Meeting, PitStop, Race, Team
from tests.conftest import SOURCE, Ingest

pytestmark = pytest.mark.django_db

LAPS = "meeting,race,entrant,lap,time,position"
ANN_1 = {"meeting_key": "ash", "race_key": "1", "key": "ann", "number": 1}

WriteCsv = Callable[..., Path]


@pytest.fixture
def judge(db: None) -> User:
    return User.objects.create_user("judge")


@pytest.fixture
def first(ingest: Ingest, write_csv: WriteCsv) -> Path:
    """Give the file of two laps and their entrant, imported."""
    path = write_csv("first.csv", LAPS, "ash,1,ann,1,62.5,1", "ash,1,ann,2,61.25,1")
    entrants = write_csv(
        "entrants.csv",
        "meeting,race,entrant,name,team,position,points",
        "ash,1,ann,Ann,red,1,12.5",
        "ash,1,bob,Bob,red,2,8",
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


def edit(*rows: ManualRow, by: User | None = None) -> ImportRun:
    run = actions.apply_edit(rows, source=SOURCE, by=by, note="seen on video")
    assert run.state == "succeeded", choice.why_not(run)
    return run


def edited_lap(**values: object) -> ManualRow:
    return ManualRow(kind="lap", values=values, **ANN_1)


def settle(side: str, *conflicts: Conflict, by: User | None = None) -> choice.Settled:
    return actions.settle_conflicts(conflicts, side=side, by=by, note="tape")


def test_edit_is_a_file_above_all_others(first: Path, judge: User) -> None:
    run = edit(edited_lap(time_ms=62_499), by=judge)

    file = SourceFile.objects.get(kind="manual")
    assert (run.kind, run.trigger, run.requested_by) == ("edit", "admin", judge)
    assert (file.priority, file.registered_by) == (65_535, judge)
    assert file.name.startswith("edit-by-judge-")
    assert file.imported_at is not None
    assert lap().time_ms == 62_499
    assert lap().version == file.version


def test_edit_changes_only_the_columns_it_states(first: Path) -> None:
    edit(edited_lap(time_ms=62_499))

    assert lap().position == 1
    assert lap(2).time_ms == 61_250


def test_null_sets_a_value_to_unknown(first: Path) -> None:
    edit(edited_lap(position=None))

    assert lap().position is None
    assert lap().time_ms == 62_500


@pytest.mark.parametrize("writer", ["merge", "orm"])
def test_files_do_not_undo_an_edit(
    ingest: Ingest, write_csv: WriteCsv, first: Path, writer: str
) -> None:
    edit(edited_lap(time_ms=62_499))

    ingest(first, force=True, writer=writer)
    ingest(write_csv("third.csv", LAPS, "ash,1,ann,1,70,2"), writer=writer)
    ingest(
        write_csv("fourth.csv", LAPS, "ash,1,ann,1,71,3"),
        writer=writer,
        statement={"priority": 65_534},
    )

    assert lap().time_ms == 62_499
    # What the edit does not state follows the files.
    assert lap().position == 3


def test_edits_in_one_millisecond_are_two_versions_in_order(first: Path) -> None:
    moment = timezone.now().replace(microsecond=1_000)

    with patch("imports.pipeline.manual.timezone.now", return_value=moment):
        for time_ms in (1_000, 9_000, 5_000, 2_000):
            edit(edited_lap(time_ms=time_ms))
            assert lap().time_ms == time_ms

    files = SourceFile.objects.filter(kind="manual").order_by("version")
    observed = [file.observed_at - moment for file in files]
    assert observed == [dt.timedelta(milliseconds=n) for n in range(4)]


def test_laps_that_state_different_columns_are_files_of_their_own(first: Path) -> None:
    run = edit(
        edited_lap(time_ms=62_499),
        ManualRow(kind="lap", values={"position": 2}, **{**ANN_1, "number": 2}),
        ManualRow(
            kind="entrant",
            values={"name": "Ann Lee"},
            meeting_key="ash",
            race_key="1",
            key="ann",
        ),
    )

    columns = run.run_files.order_by("number").values_list("lap_columns", flat=True)
    assert list(columns) == [0, 4, 1]
    assert (lap().time_ms, lap().position) == (62_499, 1)
    assert (lap(2).time_ms, lap(2).position) == (61_250, 2)
    assert Entrant.objects.get(key="ann").name == "Ann Lee"


def test_edit_of_an_entrant_names_another_team(ingest: Ingest, first: Path) -> None:
    Team.objects.create(source=SOURCE, key="blue", name="Blue")

    values = {"team": "blue", "points": Decimal("13.5"), "position": None}
    edit(
        ManualRow(
            kind="entrant", values=values, meeting_key="ash", race_key="1", key="ann"
        )
    )

    ann = Entrant.objects.get(key="ann")
    assert (ann.team.name, ann.points, ann.position) == ("Blue", Decimal("13.5"), None)
    assert ann.name == "Ann"


def test_edit_of_a_meeting_a_race_and_a_stop(
    ingest: Ingest, write_csv: WriteCsv, first: Path
) -> None:
    ingest(
        write_csv("s.csv", "meeting,race,entrant,stop,duration", "ash,1,ann,1,25.012")
    )
    start = dt.datetime(2024, 5, 1, 12, 30, tzinfo=dt.UTC)

    edit(
        ManualRow(
            kind="meeting",
            values={"start_date": dt.date(2024, 5, 1), "attributes.url": "x"},
            meeting_key="ash",
        ),
        ManualRow(
            kind="race",
            values={"scheduled_start": start},
            meeting_key="ash",
            race_key="1",
        ),
        ManualRow(kind="pit_stop", values={"duration_ms": 1}, **ANN_1),
    )

    meeting = Meeting.objects.get()
    assert meeting.start_date == dt.date(2024, 5, 1)
    assert meeting.attributes == {"url": "x"}
    assert Race.objects.get().scheduled_start == start
    assert PitStop.objects.get().duration_ms == 1


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (edited_lap(weight=3), "A lap has no weight"),
        (edited_lap(), "Nothing is stated"),
        (ManualRow("pit_stop", {"attributes.x": 1}, **ANN_1), "has no attributes.x"),
        (ManualRow("team", {"name": "a\0b"}, key="red"), "NUL"),
    ],
)
def test_edit_that_cannot_be_written_is_refused(
    first: Path, row: ManualRow, says: str
) -> None:
    with pytest.raises(EditRefused, match=says):
        edit(row)

    assert not ImportRun.objects.filter(kind="edit").exists()


def test_edit_without_rows_is_refused(db: None) -> None:
    with pytest.raises(EditRefused, match="Nothing was changed"):
        edit()


def test_edit_is_refused_while_ingestion_is_off(first: Path) -> None:
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="", by=None)

    with pytest.raises(IngestDisabled):
        edit(edited_lap(time_ms=1))

    assert not SourceFile.objects.filter(kind="manual").exists()


def test_what_an_edit_overrules_is_on_record(first: Path, judge: User) -> None:
    edit(edited_lap(time_ms=62_499), by=judge)

    overruled = Conflict.objects.get()
    assert (overruled.rule, overruled.state) == ("manual", "settled")
    assert overruled.fields == {"time_ms": [62_500, 62_499]}
    assert overruled.settled_by == judge
    assert overruled.note == "seen on video"
    assert overruled.settled_file == SourceFile.objects.get(kind="manual")


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


def test_files_of_an_edit_are_read_again_without_a_reader(first: Path) -> None:
    edit(edited_lap(time_ms=62_499))
    file = SourceFile.objects.get(kind="manual")

    with patch("imports.pipeline.stage.Sandbox", side_effect=AssertionError):
        run = actions.start_run(
            [actions.Registered(file=file, name=file.name)],
            order=actions.Order(trigger="command", force=True),
        )
        actions.work_run(run, lanes=[actions.Lane(name="test")])

    run.refresh_from_db()
    assert (run.state, run.rows["unchanged"]) == ("succeeded", 1)


def test_rows_are_grouped_the_same_in_any_order() -> None:
    rows = [edited_lap(time_ms=1), edited_lap(position=2), edited_lap(in_pit=True)]

    columns = [
        [sorted(row.values) for group in manual.groups_of(given) for row in group]
        for given in (rows, rows[::-1])
    ]

    assert columns[0] == columns[1] == [["in_pit"], ["position"], ["time_ms"]]
