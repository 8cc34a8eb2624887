"""What tests of plans do: upload a file to be planned, look, confirm, discard."""

import re
from datetime import UTC, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from imports import tasks
from imports.models import ImportRun, RaceCheckpoint
from tests.conftest import SOURCE

HEADER = "meeting,race,entrant,lap,time_ms"
EARLY = {"observed_at": datetime(2024, 5, 1, tzinfo=UTC)}


def upload(client: Client, name: str, *rows: str, **values: Any) -> ImportRun:
    """Upload a file to be planned, through the form, and let a worker plan it."""
    file = SimpleUploadedFile(name, ("\n".join(rows) + "\n").encode())
    form = {"source": SOURCE, "dry_run": "on", "files": [file], **values}
    response = client.post(
        reverse("admin:imports_sourcefile_upload"), form, follow=True
    )
    assert response.status_code == 200
    assert "nothing is written before the plan is confirmed" in text(response)
    run = ImportRun.objects.latest("pk")
    work(run)
    assert run.is_plan, run.message
    return run


def work(run: ImportRun) -> None:
    """Do what a worker of the queue does."""
    tasks.work(run.pk)
    run.refresh_from_db()


def text(response: Any) -> str:
    """Give what a reader sees of a page: no marks, no line breaks."""
    page = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", page)


def run_url(run: ImportRun) -> str:
    return reverse("admin:imports_importrun_change", args=[run.pk])


def plan_url(row: RaceCheckpoint) -> str:
    return reverse("admin:imports_racecheckpoint_plan", args=[row.pk])


def confirm(client: Client, run: ImportRun) -> Any:
    url = reverse("admin:imports_importrun_confirm", args=[run.pk])
    response = client.post(url, follow=True)
    run.refresh_from_db()
    return response


def discard(client: Client, run: ImportRun) -> Any:
    url = reverse("admin:imports_importrun_discard", args=[run.pk])
    response = client.post(url, follow=True)
    run.refresh_from_db()
    return response


def race(run: ImportRun, key: str = "1") -> RaceCheckpoint:
    return run.checkpoints.get(race_key=key)
