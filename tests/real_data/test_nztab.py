"""A real page of NZ TAB's list of races, compared with Python's json."""

import json
from datetime import datetime

import pytest

from races.models import Meeting, Race
from tests import state

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(facts):
    """Give the file and the races in it."""
    path = facts / "nztab" / "races-list-response.json"
    return path, json.loads(path.read_text())["data"]["races"]


def test_facts_of_the_list(listed):
    _, races = listed

    assert (len(races), len({race["id"] for race in races})) == (100, 100)
    assert len({race["meeting_id"] for race in races}) == 21
    assert sum("number" not in race for race in races) == 1


def test_every_race_is_stored_as_the_list_says(listed, ingest):
    path, races = listed

    run = ingest(path)

    assert run.state == "succeeded", run.message
    assert run.row_counts.is_balanced
    assert {n: count for n, count in run.rows.items() if count} == {
        "read": 100,
        "inserted": 100,
    }
    assert (run.conflicts, run.row_counts.rejected) == (0, 0)
    assert Meeting.objects.count() == 21
    stored = {race.key: race for race in Race.objects.select_related("meeting")}
    for race in races:
        held = stored.pop(race["id"])
        assert held.meeting.key == race["meeting_id"]
        assert (held.name, held.number) == (race["name"].strip(), race.get("number"))
        assert held.scheduled_start == datetime.fromisoformat(race["advertised_start"])
        actual = datetime.fromisoformat(held.attributes["actual_start"])
        assert actual == datetime.fromisoformat(race["actual_start"])
    assert stored == {}


def test_the_same_list_again_changes_nothing(listed, ingest):
    path, _ = listed
    ingest(path)
    before = state.tables()

    again = ingest(path, force=True)

    assert again.row_counts.written == 0
    assert state.tables() == before
