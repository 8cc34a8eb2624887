"""Files over HTTP: taken in as from the upload page, known ones known, nothing lost."""

import hashlib

import pytest
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from rest_framework.test import APIClient

from imports.models import ImportRun, SourceFile
from tests.integration.api.senders import (
    FILES,
    LAPS,
    assert_refused,
    client_of,
    laps,
    operator,
    send,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return operator()


def test_file_is_taken_in_and_told(client):
    response = send(
        client,
        laps(),
        priority="7",
        observed_at="2024-05-01T12:00:00Z",
        is_complete="true",
        meeting="ash",
    )

    assert response.status_code == 201, response.content
    [told] = response.json()["files"]
    file = SourceFile.objects.get()
    assert response["Location"] == f"http://testserver{FILES}{file.pk}/"
    assert told["sha256"] == file.sha256 == hashlib.sha256(LAPS.encode()).hexdigest()
    assert (file.source, file.priority, file.is_complete) == ("club", 7, True)
    assert file.observed_at.isoformat() == "2024-05-01T12:00:00+00:00"
    assert file.said == {"meeting": "ash"}
    assert file.registered_by.username == "operator"
    assert (told["is_known"], response.json()["run"]) == (False, None)
    assert not ImportRun.objects.exists()
    assert client.get(response["Location"]).json()["id"] == file.pk


def test_same_bytes_are_the_same_file(client):
    first = send(client, laps()).json()["files"]

    second = send(client, laps("other name.csv"), laps("new.csv", LAPS + "\n"))

    assert [file["is_known"] for file in second.json()["files"]] == [True, False]
    assert second.json()["files"][0]["id"] == first[0]["id"]
    assert SourceFile.objects.count() == 2


def test_file_that_is_sent_twice_at_once_is_new_once(client):
    told = send(client, laps(), laps("again.csv")).json()["files"]

    assert told[0]["id"] == told[1]["id"]
    assert [file["is_known"] for file in told] == [False, False]


def test_import_starts_the_run_of_what_was_sent(client):
    response = send(
        client, laps(), **{"import": "true", "dry_run": "true", "note": "Why not."}
    )

    run = ImportRun.objects.get()
    assert response.status_code == 201
    assert response.json()["run"]["id"] == run.pk
    assert response["Location"] == f"http://testserver/api/v1/runs/{run.pk}/"
    assert (run.trigger, run.requested_by.username) == ("api", "operator")
    assert run.options["dry_run"] is True
    assert run.options["note"] == "Why not."
    assert run.rung_at is not None


def test_corrections_take_what_was_said_of_their_file(client):
    original = SourceFile.objects.get(
        pk=send(client, laps(), priority="9").json()["files"][0]["id"]
    )
    text = "meeting,race,entrant,lap,time_ms,reject_row_number\nash,1,ann,3,1,4\n"

    response = send(client, laps("fix.csv", text), source=None, corrects=original.pk)

    assert response.status_code == 201, response.content
    [told] = response.json()["files"]
    assert (told["corrects"], told["priority"]) == (original.pk, 9)


@pytest.mark.parametrize(
    ("said", "kind", "names"),
    [
        ({"source": "Not A Name"}, "invalid_body", "source: "),
        ({"source": None}, "invalid_body", "source: "),
        ({"source": "a\x00b"}, "invalid_body", "source: "),
        ({"priority": "65535"}, "invalid_body", "priority: "),
        ({"priority": "x"}, "invalid_body", "priority: "),
        ({"priority": ["1", "2"]}, "invalid_body", "priority: given 2 times"),
        ({"observed_at": "yesterday"}, "invalid_body", "observed_at: "),
        ({"observed_at": "1969-01-01T00:00:00Z"}, "invalid_body", "observed_at: "),
        ({"is_complete": "perhaps"}, "invalid_body", "is_complete: "),
        ({"meeting": "a\x00b"}, "invalid_body", "meeting: "),
        ({"meeting": "x" * 201}, "invalid_body", "meeting: "),
        ({"name_pattern": "{lap}.csv"}, "invalid_body", "name_pattern: "),
        ({"corrects": "1"}, "invalid_body", "Leave out source"),
        ({"corrects": "99", "source": None}, "no_such_file", "no file 99"),
        ({"colour": "red"}, "invalid_body", "Unknown: colour"),
        ({"dry_run": "true"}, "invalid_body", "import=true"),
        ({"import": "true", "mapping": "99"}, "no_such_mapping", "mapping: "),
        ({"max_rejected_percent": "101", "import": "1"}, "invalid_body", "percent: "),
        ({"file": laps()}, "invalid_body", "Unknown: file"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_kept(client, said, kind, names):
    response = send(client, laps(), **said)

    status = 400 if kind == "invalid_body" else 422
    assert_refused(response, status=status, kind=kind, names=names)
    assert not SourceFile.objects.exists()


@pytest.mark.parametrize("files", [[], ["text"], [laps(), "text"]])
def test_text_is_no_file(client, files):
    response = send(client, *files)

    assert_refused(response, status=400, kind="invalid_body", names="files: ")


def test_empty_file_is_named(client):
    response = send(client, laps(), laps("none.csv", ""))

    assert_refused(response, status=400, kind="invalid_body", names="none.csv is empty")
    assert not SourceFile.objects.exists()


def test_refused_file_is_named_with_what_was_taken_in_before(client, settings):
    settings.IMPORTS_MAX_FILE_BYTES = 100

    response = send(client, laps(), laps("big.csv", LAPS * 9))

    file = SourceFile.objects.get()
    assert_refused(
        response, status=422, kind="file_rejected", names="big.csv is larger"
    )
    assert f"laps.csv (file {file.pk})" in response.json()["detail"]


def test_body_above_the_bound_is_refused_before_it_is_read(client, settings):
    settings.IMPORTS_UPLOAD_BYTES = 200

    response = send(client, laps("big.csv", LAPS * 9))

    assert_refused(response, status=413, kind="too_large", names="at most 200")


@pytest.mark.parametrize("setting", ["NUMBER_FILES", "NUMBER_FIELDS"])
@pytest.mark.parametrize("by_session", [True, False])
def test_too_many_parts_are_refused_in_the_one_shape(settings, setting, by_session):
    setattr(settings, f"DATA_UPLOAD_MAX_{setting}", 1)
    client = operator()
    if by_session:
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(get_user_model().objects.get(username="operator"))
        # With it the form is read for the token, before the view can read it.
        client.cookies["csrftoken"] = "a" * 32

    response = send(client, laps(), laps(), priority="1", meeting="a")

    assert_refused(response, status=413, kind="too_large")


def test_session_needs_the_token_of_its_form(client):
    by_session = APIClient(enforce_csrf_checks=True)
    by_session.force_login(get_user_model().objects.get(username="operator"))

    response = send(by_session, laps())

    assert_refused(response, status=403, kind="permission_denied", names="CSRF")
    assert not SourceFile.objects.exists()


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("text/csv", b"a,b", 415),
        ("multipart/form-data", b"no boundary", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 400),
        ("", b"", 400),
    ],
)
def test_body_that_is_no_form_is_refused(client, kind, body, status):
    response = client.generic("POST", FILES, body, content_type=kind)

    assert response.status_code == status, response.content
    assert set(response.json()) >= {"type", "detail", "hint"}


def test_kill_switch_refuses_the_run_before_files_are_stored(client, monkeypatch):
    monkeypatch.setattr("imports.flags.is_ingest_enabled", lambda: False)

    response = send(client, laps(), **{"import": "true"})

    assert_refused(response, status=409, kind="ingest_disabled")
    assert not SourceFile.objects.exists()
    assert send(client, laps()).status_code == 201


def test_who_may_not_bring_files_is_refused(client):
    response = send(client_of("reader", "view_sourcefile"), laps())

    assert_refused(
        response, status=403, kind="permission_denied", names="imports.add_sourcefile"
    )
    assert send(APIClient(), laps()).status_code == 401


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\x00b.csv", "x" * 400, "é\r\n"])
def test_name_is_only_shown(client, name):
    response = send(client, laps(name))

    assert response.status_code in (201, 400)
    for file in SourceFile.objects.all():
        assert "/" not in file.name
        assert file.storage_path.endswith(file.sha256)


class TestContent:
    def test_bytes_come_back_to_be_saved_and_not_shown(self, client):
        page = "<script>alert(1)</script>"
        [told] = send(client, laps("page.html", page)).json()["files"]

        response = client.get(f"{FILES}{told['id']}/content")

        assert b"".join(response.streaming_content) == page.encode()
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"] == 'attachment; filename="page.html"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["ETag"] == f'"{told["sha256"]}"'

    def test_who_may_not_see_files_is_refused(self, client):
        [told] = send(client, laps()).json()["files"]

        response = client_of("reader").get(f"{FILES}{told['id']}/content")

        assert_refused(response, status=403, kind="permission_denied")

    def test_what_is_not_there_is_not_found(self, client):
        [told] = send(client, laps()).json()["files"]
        default_storage.delete(SourceFile.objects.get().storage_path)

        for pk in (told["id"], 10**30):
            response = client.get(f"{FILES}{pk}/content")
            assert_refused(response, status=404, kind="not_found")


def test_bytes_that_the_client_holds_are_not_sent_again(client):
    [told] = send(client, laps()).json()["files"]
    address, etag = f"{FILES}{told['id']}/content", f'"{told["sha256"]}"'

    held = client.get(address, headers={"If-None-Match": etag})
    other = client.get(address, headers={"If-Match": '"other"'})

    assert (held.status_code, held["ETag"], held.content) == (304, etag, b"")
    assert_refused(other, status=412, kind="precondition_failed")
