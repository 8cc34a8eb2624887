"""The program of docs/ follows a real server over HTTP while imports run."""

import base64
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework.test import APIClient

from imports import actions
from imports.actions import BatchOptions
from imports.models import ImportRun
from tests.acceptance.conftest import PATIENCE_SECONDS, PROJECT
from tests.conftest import Ingest
from tests.integration.api.follower import key_of, whole

RESOURCES = ["meetings", "races", "entrants", "laps"]
LAPS = "meeting,race,entrant,lap,time"

pytestmark = pytest.mark.django_db(transaction=True)

Row = dict[str, Any]


@pytest.fixture
def follower(port: int, tmp_path: Path) -> Iterator[Path]:
    """Start the program; give the folder of its copy and of what it prints."""
    get_user_model().objects.create_user("reader", password="secret")
    credentials = base64.b64encode(b"reader:secret").decode()
    environment = {
        **os.environ,
        "SCRUTINEER_AUTHORIZATION": f"Basic {credentials}",
        "SECONDS": "0.05",
    }
    script, copy = PROJECT / "docs" / "follow_changes.py", tmp_path / "copy.json"
    with (tmp_path / "told").open("w") as told:
        process = subprocess.Popen(
            [sys.executable, script, f"http://127.0.0.1:{port}", copy, *RESOURCES],
            stdout=told,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        yield tmp_path
        is_ended = process.poll() is not None
        process.terminate()
        process.wait()
    assert not is_ended, (tmp_path / "told").read_text()


def import_this_and_that(ingest: Ingest, write_csv: Callable[..., Path]) -> None:
    """Import files about the same races, whole and in part; take some of it back."""
    chance = random.Random(3)
    for number in range(6):
        rows = [
            f"ash,{race},{entrant},{lap},{chance.randrange(60, 64)}"
            for race in ("heat", "final", "practice")
            for entrant in ("ann", "bob", "cid")
            for lap in range(1, 6)
            if chance.random() < 0.6
        ]
        statement = {
            "is_complete": number % 3 == 1,
            "observed_at": timezone.now(),
        }
        run = ingest(
            write_csv(f"{number}.csv", LAPS, *rows), lanes=2, statement=statement
        )
        if number in {2, 5}:
            revert = actions.start_revert(run, trigger="command", by=None)
            actions.work_run(revert, options=BatchOptions(name="revert"))
    assert not ImportRun.objects.exclude(state="succeeded").exists()


def table() -> dict[str, Row]:
    """Give what the API shows now, by key as the program writes it."""
    client = APIClient()
    client.force_authenticate(get_user_model().objects.get())
    rows = {}
    for resource in RESOURCES:
        for key, row in whole(client, resource).items():
            name = " ".join(map(str, (resource, *key)))
            rows[name] = json.loads(json.dumps(row, default=str))
    return rows


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.1)


def test_program_misses_and_repeats_nothing_while_imports_run(
    follower: Path, ingest: Ingest, write_csv: Callable[..., Path], quick_reader: None
) -> None:
    copy = follower / "copy.json"
    wait_until(copy.exists)

    import_this_and_that(ingest, write_csv)

    wanted = json.loads(json.dumps(table()))
    wait_until(lambda: json.loads(copy.read_text())["rows"].keys() == wanted.keys())
    wait_until(lambda: json.loads(copy.read_text())["rows"] == wanted)
    assert repeated((follower / "told").read_text()) == []


def repeated(told: str) -> list[Row]:
    """Give the rows that were told again though they had not changed."""
    last: dict[Any, Row | None] = {}
    found = []
    for line in told.splitlines():
        resource, row = json.loads(line)
        if resource == "removals":
            last[(row["resource"], *row["key"])] = None
            continue
        key = (resource, *key_of(row))
        found += [row] if last.get(key) == row else []
        last[key] = row
    return found
