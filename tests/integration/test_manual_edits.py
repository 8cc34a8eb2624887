"""What a person states of rows, through the whole pipeline."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from imports import actions
from imports.actions import BatchOptions
from imports.errors import EditRefused, IngestDisabled
from imports.flags import Flag
from imports.models import Conflict, ImportRun, SourceFile
from imports.pipeline import choice, manual
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


def lap(number: int = 1) -> Lap:
    return Lap.objects.get(entrant__key="ann", number=number)


def edit(*rows: ManualRow, by: User | None = None) -> ImportRun:
    run = actions.apply_edit(rows, source=SOURCE, by=by, note="seen on video")
    assert run.state == "succeeded", choice.why_not(run)
    return run


def edited_lap(**values: object) -> ManualRow:
    return ManualRow(kind="lap", values=values, **ANN_1)


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
    Team.objects.create(source=SOURCE, key="blue")

    values = {"team": "blue", "points": Decimal("13.5"), "position": None}
    edit(
        ManualRow(
            kind="entrant", values=values, meeting_key="ash", race_key="1", key="ann"
        )
    )

    ann = Entrant.objects.get(key="ann")
    assert (ann.team.key, ann.points, ann.position) == ("blue", Decimal("13.5"), None)
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


def test_files_of_an_edit_are_read_again_without_a_reader(first: Path) -> None:
    edit(edited_lap(time_ms=62_499))
    file = SourceFile.objects.get(kind="manual")

    with patch("imports.pipeline.stage.Sandbox", side_effect=AssertionError):
        run = actions.start_run(
            [actions.Registered(file=file, name=file.name)],
            order=actions.Order(trigger="command", force=True),
        )
        actions.work_run(run, options=BatchOptions(name="test"))

    run.refresh_from_db()
    assert (run.state, run.rows["unchanged"]) == ("succeeded", 1)


def test_rows_are_grouped_the_same_in_any_order() -> None:
    rows = [edited_lap(time_ms=1), edited_lap(position=2), edited_lap(in_pit=True)]

    columns = [
        [sorted(row.values) for group in manual.groups_of(given) for row in group]
        for given in (rows, rows[::-1])
    ]

    assert columns[0] == columns[1] == [["in_pit"], ["position"], ["time_ms"]]
