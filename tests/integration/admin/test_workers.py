"""Workers in the admin: who is there, who is gone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from imports.models import WorkerHeartbeat

pytestmark = pytest.mark.django_db

WORKERS = "admin:imports_workerheartbeat_changelist"
WORKER = "admin:imports_workerheartbeat_change"


def worker(**values: object) -> WorkerHeartbeat:
    now = timezone.now()
    named = {"name": "host-1", "host": "host", "started_at": now, "seen_at": now}
    return WorkerHeartbeat.objects.create(**{**named, **values})


def test_list_says_how_to_start_one(as_boss: Client) -> None:
    assert "make worker" in as_boss.get(reverse(WORKERS)).content.decode()


@pytest.mark.parametrize(
    ("state", "silent_hours", "shown"),
    [
        ("working", 0, "state-good"),
        ("working", 1, "gone (working)"),
        ("stopped", 1, "stopped"),
    ],
)
def test_worker_whose_watchdog_is_silent_is_gone(
    as_boss: Client, state: str, silent_hours: int, shown: str
) -> None:
    seen = timezone.now() - timedelta(hours=silent_hours)
    worker(state=state, seen_at=seen)

    page = as_boss.get(reverse(WORKERS)).content.decode()

    assert shown in page
    assert ("gone (" in page) == ("gone (" in shown)


def test_page_says_why_it_was_started_again(as_boss: Client) -> None:
    row = worker(restarts=2, message="No worker of it gave a sign of life for 60 s.")

    page = as_boss.get(reverse(WORKER, args=[row.pk])).content.decode()

    assert "sign of life for 60 s" in page
