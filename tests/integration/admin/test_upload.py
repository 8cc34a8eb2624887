"""The upload page: from files in a form to a finished run."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from imports import actions, tasks
from imports.flags import Flag
from imports.models import ImportRun, SourceFile
from races.models import Lap
from tests.conftest import SAMPLE

pytestmark = pytest.mark.django_db

UPLOAD = "admin:imports_sourcefile_upload"
LAPS = b"meeting,race,entrant,lap,time\nash,1,ann,1,1:02.500\n"


def laps_file(name: str = "laps.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, LAPS)


def upload(client: Client, *files: Any, **values: Any) -> Any:
    form = {"source": "club", **values, "files": list(files)}
    return client.post(reverse(UPLOAD), form, follow=True)


@pytest.mark.django_db(transaction=True)
def test_season_is_uploaded_and_imported(as_boss: Client) -> None:
    paths = sorted(SAMPLE.glob("*.csv*"))
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in paths]

    response = upload(as_boss, *files, source="f1")

    run = ImportRun.objects.get()
    assert "9 files taken in. Run" in response.content.decode()
    assert OrmQ.objects.count() == 1
    tasks.work(run.pk)
    page = as_boss.get(response.redirect_chain[-1][0]).content.decode()
    assert '<span class="state state-good">succeeded</span>' in page
    assert "47 of 47 races settled" in page
    assert "23,529" in page
    assert Lap.objects.count() == 23_529


def test_upload_keeps_what_the_form_says(as_boss: Client, boss: User) -> None:
    upload(
        as_boss, laps_file(), priority="500", observed_at="2024-05-01T12:00", force="on"
    )

    file, run = SourceFile.objects.get(), ImportRun.objects.get()
    assert (file.source, file.priority, file.registered_by) == ("club", 500, boss)
    assert file.observed_at.isoformat() == "2024-05-01T12:00:00+00:00"
    assert (run.trigger, run.requested_by, run.state) == ("admin", boss, "queued")
    assert run.options["force"] is True


def test_upload_names_files_that_were_imported_before(as_boss: Client) -> None:
    upload(as_boss, laps_file())
    tasks.work(ImportRun.objects.get().pk)

    response = upload(as_boss, laps_file("again.csv"))

    assert "1 of them imported before: no work" in response.content.decode()


def test_upload_without_a_file_says_so(as_boss: Client) -> None:
    response = upload(as_boss)

    assert response.status_code == 200
    assert "Choose at least one file." in response.content.decode()
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source", ""),
        ("source", "x" * 51),
        ("source", "nul\x00"),
        ("source", "bell\x07bell"),
        ("priority", "-1"),
        ("priority", "65536"),
        ("priority", "high"),
        ("observed_at", "yesterday"),
        ("observed_at", "1969-12-31T23:59"),
        ("observed_at", "2100-01-01T00:00"),
    ],
)
def test_upload_refuses_a_wrong_value(field: str, value: str, as_boss: Client) -> None:
    response = upload(as_boss, laps_file(), **{field: value})

    assert response.status_code == 200
    assert response.context["form"].errors[field]
    assert not SourceFile.objects.exists()


def test_upload_is_refused_while_ingestion_is_off(as_boss: Client, boss: User) -> None:
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="Maintenance", by=boss)

    response = upload(as_boss, laps_file())

    page = response.content.decode()
    assert "Ingestion is switched off by the flag ingest_enabled." in page
    assert not SourceFile.objects.exists()
    assert not ImportRun.objects.exists()


def test_upload_shows_why_a_file_is_refused(as_boss: Client, settings: Any) -> None:
    settings.IMPORTS_MAX_FILE_BYTES = 10

    response = upload(as_boss, laps_file())

    assert "is larger than 10 bytes." in response.content.decode()
    assert not ImportRun.objects.exists()


def test_upload_escapes_a_hostile_name(as_boss: Client) -> None:
    upload(as_boss, laps_file("<img src=x onerror=alert(1)>.csv"))

    file = SourceFile.objects.get()
    url = reverse("admin:imports_sourcefile_change", args=[file.pk])
    page = as_boss.get(url).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;.csv" in page


def test_upload_needs_permission(as_clerk: Client, allow: Callable[..., None]) -> None:
    allow("view_sourcefile")
    refused = upload(as_clerk, laps_file())
    allow("view_sourcefile", "view_importrun", "add_sourcefile")

    allowed = upload(as_clerk, laps_file())

    assert refused.status_code == 403
    assert allowed.status_code == 200
    assert ImportRun.objects.count() == 1


def test_upload_needs_a_csrf_token(boss: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss)

    assert upload(client, laps_file()).status_code == 403
