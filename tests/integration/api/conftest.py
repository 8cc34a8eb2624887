"""The 2022 season over HTTP: imported once a module, left as it was by each test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models import F
from django.test import TestCase, override_settings
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from imports import actions
from imports.actions import BatchOptions, Order
from imports.models import Conflict, Counts, ImportRun, Rejection, SourceFile
from imports.pipeline.manifest import Statement
from races.models import Entrant, Lap, Meeting, PitStop, Race
from stats.models import StatSnapshot
from stats.refresh import refresh_race
from stats.snapshots import atomic_upsert_snapshot
from tests.conftest import SAMPLE, SOURCE

Get = Callable[..., Response]


@pytest.fixture(scope="module")
def imported_season(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[None]:
    """Import the sample season in a transaction that the end of the module undoes.

    Only through `season`: it asks for `db`, without which there is no test database.
    """
    with django_db_blocker.unblock():
        atomics = TestCase._enter_atomics()
        with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files")):
            files = actions.register_paths(
                sorted(SAMPLE.glob("*.csv*")), statement=Statement(source=SOURCE)
            )
            order = Order(trigger=ImportRun.Trigger.COMMAND)
            run = actions.start_run(files, order=order)
            actions.work_run(run, options=BatchOptions(name="test"))
        yield
        TestCase._rollback_atomics(atomics)


@pytest.fixture
def season(imported_season: None, db: None) -> None:
    """Give the season to a test; `db` undoes what the test adds to it."""


@pytest.fixture
def bahrain(season: None) -> Race:
    """Give the first race of the season."""
    return Race.objects.get(meeting__key="1074", key="race")


@pytest.fixture
def rejections(season: None) -> list[Rejection]:
    """Give three refused rows of two files."""
    run = ImportRun.objects.get()
    first, second = SourceFile.objects.order_by("pk")[:2]
    _count_refused(run, {first: 2, second: 1})
    return Rejection.objects.bulk_create(
        Rejection(
            run=run,
            source_file=file,
            row_number=row,
            code=code,
            message="No.",
            original={"lap": "x"},
        )
        for file, row, code in [
            (first, 2, "not_a_number"),
            (first, 3, "missing"),
            (second, 2, "missing"),
        ]
    )


def _count_refused(run: ImportRun, refused: dict[SourceFile, int]) -> None:
    """Count rows as read and refused, of the files and in the run's totals."""
    for file, rows in refused.items():
        run.run_files.filter(source_file=file).update(
            rows_read=F("rows_read") + rows, rows_rejected=rows
        )
    more = Counts(read=3, rejected=3)
    run.rows = (run.row_counts + more).as_dict()
    run.save(update_fields=["rows"])


@pytest.fixture
def conflicts(season: None, bahrain: Race) -> list[Conflict]:
    """Give an open conflict on a lap and one on a team that a person has settled."""
    run = ImportRun.objects.get()
    run.checkpoints.filter(race=bahrain).update(conflicts=1)
    run.shared_rows["conflicts"] = 1
    run.conflicts = 2
    run.save(update_fields=["shared_rows", "conflicts"])
    older, newer = SourceFile.objects.order_by("version")[:2]
    sides = {
        "source": SOURCE,
        "run": run,
        "older_version": older.version,
        "newer_version": newer.version,
        "in_force": "newer",
        "rule": "newest",
    }
    return Conflict.objects.bulk_create(
        [
            Conflict(
                race=bahrain,
                kind="lap",
                meeting_key="1074",
                race_key="race",
                key="844",
                number=5,
                newer_row=7,
                fields={"time_ms": [97_000, 97_500], "in_pit": [None, True]},
                state="open",
                **sides,
            ),
            Conflict(
                kind="team",
                key="6",
                fields={"name": ["Ferrari", "Scuderia"]},
                state="settled",
                chosen="older",
                settled_at=timezone.now(),
                note="As on the car.",
                **sides,
            ),
        ]
    )


@pytest.fixture
def implied_lap(season: None) -> Lap:
    """Give a lap of which nothing is known, nor of what it belongs to."""
    meeting = Meeting.objects.create(source=SOURCE, key="ghost")
    race = Race.objects.create(meeting=meeting, key="ghost")
    entrant = Entrant.objects.create(race=race, key="ghost")
    PitStop.objects.create(entrant=entrant, number=1)
    lap = Lap.objects.create(entrant=entrant, number=1)
    refresh_race(race.pk)
    return lap


@pytest.fixture
def snapshot(db: None) -> StatSnapshot:
    """Give a document."""
    return atomic_upsert_snapshot("f1/2022", "season_summary", {"races": 47})


@pytest.fixture
def client() -> APIClient:
    """Give a client of a user who may all; no user is stored, as in no query."""
    client = APIClient()
    client.force_authenticate(get_user_model()(username="reader", is_superuser=True))
    return client


@pytest.fixture
def get(client: APIClient) -> Get:
    """Give a function that reads a resource of the API: its name, its parameters."""

    def read(resource: str, **parameters: Any) -> Response:
        return client.get(f"/api/v1/{resource}/", parameters)

    return read
