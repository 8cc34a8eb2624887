"""Runs over HTTP: started, stopped, paused, gone on with, confirmed, reverted."""

import pytest
from django_q.models import OrmQ

from imports import tasks
from imports.models import ImportRun, RaceCheckpoint, SourceFile
from races.models import Lap
from tests.integration.api.senders import (
    HEADER,
    LAPS,
    RUNS,
    assert_refused,
    client_of,
    laps,
    operator,
    send,
)

pytestmark = pytest.mark.django_db

STEPS = ["cancel", "pause", "continue", "retry", "confirm", "revert"]
#: What the admin asks of who does it.
PERMISSIONS = dict.fromkeys(STEPS, "imports.change_importrun") | {
    "confirm": "imports.add_sourcefile"
}


@pytest.fixture
def client():
    return operator()


@pytest.fixture
def file(client):
    send(client, laps())
    return SourceFile.objects.get()


def start(client, **said):
    return client.post(RUNS, said, format="json")


def step(client, run, name, **said):
    return client.post(f"{RUNS}{run.pk}/{name}/", said or None, format="json")


def work(run):
    """Do what a worker of the queue does."""
    tasks.work(run.pk)
    run.refresh_from_db()


@pytest.fixture
def run(client, file):
    """Give a run that waits for a worker."""
    start(client, files=[file.pk])
    return ImportRun.objects.get()


@pytest.fixture
def done(run, quick_reader):
    work(run)
    assert run.state == "succeeded"
    return run


@pytest.fixture
def plan(client, file, quick_reader):
    start(client, files=[file.pk], dry_run=True)
    run = ImportRun.objects.get()
    work(run)
    assert run.is_plan
    return run


class TestStart:
    def test_run_is_queued_and_rung_for(self, client, file):
        response = start(
            client,
            files=[file.pk],
            force=True,
            concurrency=3,
            writer="orm",
            batch_rows=200,
            max_rejected_percent=2.5,
            note="Because.",
        )

        run = ImportRun.objects.get()
        assert response.status_code == 202, response.content
        assert response["Location"] == f"http://testserver{RUNS}{run.pk}/"
        assert response["Retry-After"] == "2"
        told = response.json()
        assert (told["id"], told["state"], told["trigger"]) == (run.pk, "queued", "api")
        assert (told["requested_by"], len(told["files"])) == ("operator", 1)
        options = {
            "force": True,
            "writer": "orm",
            "batch_rows": 200,
            "concurrency": 3,
            "max_rejected_percent": 2.5,
            "note": "Because.",
        }
        assert options.items() <= run.options.items()
        assert OrmQ.objects.count() == 1

    def test_run_of_a_source_takes_what_is_not_in_nor_on_its_way(self, client, done):
        send(client, laps("new.csv", LAPS + "ash,1,ann,3,61000\n"))
        send(client, laps("other.csv", LAPS + "\n"), source="other")

        first = start(client, source="club")
        second = start(client, source="club")

        assert [file["name"] for file in first.json()["files"]] == ["new.csv"]
        assert_refused(second, status=409, kind="nothing_to_import", names="club")

    @pytest.mark.parametrize(
        ("said", "kind", "names"),
        [
            ({}, "invalid_body", "either files"),
            ({"files": [1], "source": "club"}, "invalid_body", "either files"),
            ({"files": []}, "invalid_body", "files"),
            ({"files": ["1"]}, "invalid_body", "files"),
            ({"files": [True]}, "invalid_body", "files"),
            ({"files": [1.5]}, "invalid_body", "files"),
            ({"files": 1}, "invalid_body", "files"),
            ({"files": {"1": 1}}, "invalid_body", "files"),
            ({"files": [None]}, "invalid_body", "files"),
            ({"files": list(range(1, 1002))}, "invalid_body", "files"),
            ({"files": [2**63]}, "invalid_body", "files"),
            ({"files": [10**400]}, "invalid_body", "files"),
            ({"files": [2**62]}, "no_such_file", "no file 4611686018427387904"),
            ({"source": "a\x00"}, "invalid_body", "source: "),
            ({"source": "Club"}, "invalid_body", "source: "),
            ({"source": 5}, "invalid_body", "source: "),
            ({"source": "club", "force": "true"}, "invalid_body", "force: "),
            ({"source": "club", "dry_run": 1}, "invalid_body", "dry_run: "),
            ({"source": "club", "concurrency": 0}, "invalid_body", "concurrency: "),
            ({"source": "club", "writer": "psql"}, "invalid_body", "writer: "),
            ({"source": "club", "writer": ["orm"]}, "invalid_body", "writer: "),
            ({"source": "club", "note": "a\x00b"}, "invalid_body", "note: "),
            ({"source": "club", "note": "x" * 301}, "invalid_body", "note: "),
            ({"source": "club", "note": 5}, "invalid_body", "note: "),
            ({"source": "club", "mapping": 77}, "no_such_mapping", "no mapping 77"),
            (
                {"source": "club", "max_rejected_percent": 10**400},
                "invalid_body",
                "max_rejected_percent: ",
            ),
            ({"source": "club", "colour": 1}, "invalid_body", "Unknown: colour"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, client, said, kind, names):
        response = start(client, **said)

        status = 400 if kind == "invalid_body" else 422
        assert_refused(response, status=status, kind=kind, names=names)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b"5",
            b"{",
            b'{"source": NaN}',
            b'{"source": "club", "source": "club"}',
            b'{"source": "\\ud800"}',
            b'{"max_rejected_percent": 1e999, "source": "club"}',
            b"[" * 100_000,
            b"\xff\xfe",
            b"9" * 5_000,
        ],
    )
    def test_body_that_is_no_object_is_refused(self, client, body):
        response = client.generic("POST", RUNS, body, content_type="application/json")

        assert response.status_code == 400, response.content
        assert set(response.json()) >= {"type", "detail", "hint"}

    def test_other_types_and_long_bodies_are_refused(self, client, settings):
        form = client.post(RUNS, {"source": "club"}, format="multipart")
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
        long = start(client, source="club", note="x" * 100)

        assert_refused(form, status=415, kind="unsupported_media_type")
        assert_refused(long, status=413, kind="too_large")

    def test_files_of_two_sources_are_two_runs(self, client, file):
        other = send(client, laps(), source="other").json()["files"][0]["id"]

        response = start(client, files=[file.pk, other])

        assert_refused(response, status=409, kind="nothing_to_import", names="sources")

    def test_parameters_are_refused(self, client, file):
        response = client.post(f"{RUNS}?x=1", {"files": [file.pk]}, format="json")

        assert_refused(response, status=400, kind="unknown_parameter")

    def test_kill_switch_refuses(self, client, file, monkeypatch):
        monkeypatch.setattr("imports.flags.is_ingest_enabled", lambda: False)

        assert_refused(
            start(client, files=[file.pk]), status=409, kind="ingest_disabled"
        )


class TestSteps:
    @pytest.mark.parametrize("name", STEPS)
    def test_who_lacks_the_permission_is_refused(self, run, name):
        others = {"add_sourcefile", "change_importrun", "change_conflict"}
        needed = PERMISSIONS[name].removeprefix("imports.")

        response = step(client_of("other", *(others - {needed})), run, name)

        assert_refused(
            response, status=403, kind="permission_denied", names=PERMISSIONS[name]
        )

    @pytest.mark.parametrize("name", STEPS)
    def test_nothing_is_said_in_the_body(self, client, run, name):
        response = step(client, run, name, note="x")

        assert_refused(response, status=400, kind="invalid_body", names="Unknown: note")
        assert client.get(f"{RUNS}{run.pk}/{name}/").status_code == 405

    @pytest.mark.parametrize("name", STEPS)
    @pytest.mark.parametrize("pk", ["0", "x", "9" * 30])
    def test_run_that_is_not_there_is_not_found(self, client, name, pk):
        response = client.post(f"{RUNS}{pk}/{name}/")

        assert_refused(response, status=404, kind="not_found")

    def test_run_is_paused_continued_and_cancelled(self, client, run):
        paused = step(client, run, "pause")
        again = step(client, run, "pause")
        on = step(client, run, "continue")
        on_again = step(client, run, "continue")
        cancelled = step(client, run, "cancel")
        over = step(client, run, "cancel")

        assert (paused.status_code, paused.json()["is_paused"]) == (202, True)
        assert_refused(again, status=409, kind="run_not_pausable", names="already")
        assert (on.status_code, on.json()["is_paused"]) == (202, False)
        assert_refused(on_again, status=409, kind="run_not_pausable")
        assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
        assert "operator" in cancelled.json()["message"]
        assert "Retry-After" not in cancelled
        assert_refused(over, status=409, kind="run_is_over", names="revert")

    def test_cancelled_run_is_tried_again(self, client, run, quick_reader):
        step(client, run, "cancel")

        response = step(client, run, "retry")
        work(run)

        assert (response.status_code, response.json()["state"]) == (202, "queued")
        assert run.state == "succeeded"
        refused = step(client, run, "retry")
        assert_refused(refused, status=409, kind="run_not_resumable", names="succeeded")

    def test_plan_is_looked_at_and_confirmed(self, client, plan):
        assert client.get(f"{RUNS}{plan.pk}/plan/").status_code == 200
        assert not Lap.objects.exists()

        response = step(client, plan, "confirm")
        work(plan)

        assert response.status_code == 202
        assert (plan.state, Lap.objects.count()) == ("succeeded", 2)
        refused = step(client, plan, "confirm")
        assert_refused(refused, status=409, kind="run_not_resumable")

    def test_plan_that_has_moved_is_planned_again(self, client, plan):
        other = send(client, laps("new.csv", f"{HEADER}\nash,1,ann,1,1000\n"))
        start(client, files=[other.json()["files"][0]["id"]])
        work(ImportRun.objects.latest("pk"))

        response = step(client, plan, "confirm")
        work(plan)

        assert_refused(response, status=409, kind="plan_outdated", names="confirm")
        assert plan.is_plan

    def test_plan_is_discarded(self, client, plan):
        response = step(client, plan, "cancel")

        assert response.json()["state"] == "cancelled"

    def test_run_is_reverted_by_a_run_of_its_own(self, client, done):
        response = step(client, done, "revert")
        revert = ImportRun.objects.latest("pk")
        work(revert)

        assert (response.status_code, response.json()["id"]) == (202, revert.pk)
        assert response["Location"].endswith(f"{RUNS}{revert.pk}/")
        assert (revert.kind, revert.trigger, revert.reverts) == ("revert", "api", done)
        assert revert.requested_by.username == "operator"
        assert not Lap.objects.exists()
        refused = step(client, done, "revert")
        assert_refused(refused, status=409, kind="run_not_revertable", names="reverted")


class TestStatus:
    def test_races_tell_where_they_stand(self, client, done):
        page = client.get(f"{RUNS}{done.pk}/races/").json()

        [race] = page["results"]
        assert page["next"] is None
        assert (race["meeting"], race["key"], race["state"]) == ("ash", "1", "done")
        assert (race["attempts"], race["error_code"], race["message"]) == (1, "", "")
        assert race["laps"]["inserted"] == 2
        assert race["total_ms"] > 0
        assert race["race"] == RaceCheckpoint.objects.get().race_id

    def test_races_are_filtered_and_walked(self, client, done):
        RaceCheckpoint.objects.create(
            run=done,
            number=2,
            source="club",
            meeting_key="ash",
            race_key="2",
            state="failed",
            finished_at=done.finished_at,
            error_code="race_refused",
            message="No.",
        )
        url = f"{RUNS}{done.pk}/races/"

        failed = client.get(url, {"state": "failed"}).json()["results"]
        first = client.get(url, {"page_size": 1}).json()
        second = client.get(first["next"]).json()

        assert [race["error_code"] for race in failed] == ["race_refused"]
        seen = [*first["results"], *second["results"]]
        assert [race["key"] for race in seen] == ["1", "2"]
        assert client.get(url, {"colour": "red"}).status_code == 400
        assert client.get(f"{RUNS}{10**30}/races/").status_code == 404
        RaceCheckpoint.objects.filter(number=2).delete()

    def test_run_that_is_not_over_says_when_to_look_again(self, client, run):
        assert client.get(f"{RUNS}{run.pk}/")["Retry-After"] == "2"
        step(client, run, "cancel")
        assert "Retry-After" not in client.get(f"{RUNS}{run.pk}/")
