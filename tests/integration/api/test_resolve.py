"""Conflicts over HTTP: a side is chosen, or one is closed whose row is gone."""

import pytest

from imports.models import Conflict, ImportRun
from races.models import Lap
from tests.integration.api.senders import assert_refused, client_of, operator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_reader")]

HEADER = "meeting,race,entrant,lap,time_ms"


@pytest.fixture
def client():
    return operator()


@pytest.fixture
def conflict(ingest, write_csv):
    """Give the one conflict: the later file says 63,000 of lap 1."""
    ingest(write_csv("first.csv", HEADER, "ash,1,ann,1,62500"))
    ingest(write_csv("second.csv", HEADER, "ash,1,ann,1,63000"))
    return Conflict.objects.get()


def resolve(client, conflict, **said):
    url = f"/api/v1/conflicts/{conflict.pk}/resolve/"
    return client.post(url, said, format="json")


@pytest.mark.parametrize(("side", "time_ms"), [("older", 62_500), ("newer", 63_000)])
def test_side_is_put_in_force_once(client, conflict, side, time_ms):
    first = resolve(client, conflict, choose=side, note="tape")
    second = resolve(client, conflict, choose=side)

    assert first.status_code == 200, first.content
    told = first.json()
    assert (told["state"], told["chosen"], told["note"]) == ("settled", side, "tape")
    assert told["settled_by"] == "operator"
    assert (second.status_code, second.content) == (200, first.content)
    assert Lap.objects.get().time_ms == time_ms
    run = ImportRun.objects.get(kind="edit")
    assert (run.trigger, run.requested_by.username) == ("api", "operator")


def test_other_choice_than_a_persons_is_refused(client, conflict):
    resolve(client, conflict, choose="older")

    for choice in ("newer", "close"):
        response = resolve(client, conflict, choose=choice)
        assert_refused(response, status=409, kind="settled_already", names="older")
    assert Lap.objects.get().time_ms == 62_500


@pytest.mark.unverified(reason="a lap is deleted and a conflict opened by hand")
def test_conflict_whose_row_is_gone_is_closed(client, conflict):
    stored = resolve(client, conflict, choose="close")
    Lap.objects.all().delete()
    gone = resolve(client, conflict, choose="newer")
    # As a policy leaves it that waits for a person.
    Conflict.objects.update(state="open", settled_at=None)
    closed = resolve(client, conflict, choose="close", note="Over.")
    again = resolve(client, conflict, choose="close")

    assert_refused(stored, status=409, kind="row_is_stored", names="older or newer")
    assert_refused(gone, status=409, kind="not_settled", names="no longer stored")
    assert (closed.status_code, again.status_code) == (200, 200)
    told = closed.json()
    assert (told["state"], told["chosen"], told["note"]) == ("settled", "", "Over.")


def test_race_that_is_gone_is_said(client, conflict):
    Conflict.objects.update(race=None)

    response = resolve(client, conflict, choose="older")

    assert_refused(response, status=409, kind="not_settled", names="is gone")


def test_choice_that_came_too_late_is_said(client, conflict, monkeypatch):
    monkeypatch.setattr("imports.pipeline.choice.mark_settled", lambda *_, **__: 0)

    response = resolve(client, conflict, choose="older")

    assert_refused(response, status=409, kind="overtaken", names="in the meantime")


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({}, "choose: "),
        ({"choose": "best"}, "choose: "),
        ({"choose": ["older"]}, "choose: "),
        ({"choose": None}, "choose: "),
        ({"choose": "older", "note": "a\x00"}, "note: "),
        ({"choose": "older", "note": "x" * 301}, "note: "),
        ({"choose": "older", "side": "older"}, "Unknown: side"),
    ],
)
def test_what_cannot_be_meant_is_refused(client, conflict, said, names):
    response = resolve(client, conflict, **said)

    assert_refused(response, status=400, kind="invalid_body", names=names)
    assert not ImportRun.objects.filter(kind="edit").exists()


def test_who_may_not_choose_is_refused(conflict):
    client = client_of("other", "add_sourcefile", "change_importrun")

    response = resolve(client, conflict, choose="older")

    assert_refused(
        response, status=403, kind="permission_denied", names="imports.change_conflict"
    )


def test_conflict_that_is_not_there_is_not_found(client):
    for pk in ("1", "x", "9" * 30):
        response = client.post(
            f"/api/v1/conflicts/{pk}/resolve/", {"choose": "older"}, format="json"
        )
        assert_refused(response, status=404, kind="not_found")
