"""An entrant that stands in two tables of one file is one row of both, no conflict."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from imports.models import Conflict, ImportRun
from races.models import Entrant, Lap, Meeting, Race
from tests.conftest import Ingest
from tests.unit.layouts.test_nztab import FIRST, RACE, ROBIN
from tests.unit.readers.liverc_pages import page

pytestmark = pytest.mark.django_db

WRITERS = ("merge", "orm")
SCRATCHED = ROBIN | {"entrant_id": "e-2", "horse_id": 72, "is_scratched": True}
Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_text(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write_text


def counts(run: ImportRun) -> dict[str, int]:
    assert run.state == "succeeded", run.message
    assert run.row_counts.is_balanced
    assert not Conflict.objects.exists()
    return {name: count for name, count in run.rows.items() if count}


@pytest.mark.parametrize("writer", WRITERS)
def test_event_merges_runners_and_results(
    ingest: Ingest, write: Write, writer: str
) -> None:
    data = {"race": RACE, "runners": [ROBIN, SCRATCHED], "results": [FIRST]}

    run = ingest(write("event.json", json.dumps({"data": data})), writer=writer)

    # The second statement of the first runner repeats its key, not its columns.
    assert counts(run) == {"read": 7, "inserted": 6, "duplicates": 1}
    robin, scratched = Entrant.objects.order_by("key")
    assert (robin.position, robin.total_time_ms, robin.status) == (1, 106_730, None)
    assert robin.attributes["jockey"] == "A. Archer"
    assert (scratched.position, scratched.status) == (None, "scratched")


@pytest.mark.parametrize("writer", WRITERS)
def test_page_merges_results_and_grid(
    ingest: Ingest, write: Write, writer: str
) -> None:
    run = ingest(write("race.html", page()), writer=writer)

    # Meeting, race, three drivers and their entrants stand in both tables.
    assert counts(run) == {"read": 27, "inserted": 19, "duplicates": 1 + 1 + 3 + 3}
    assert (Meeting.objects.count(), Race.objects.count()) == (1, 1)
    assert Lap.objects.count() == 10
    grids = dict(Entrant.objects.values_list("key", "grid"))
    assert grids == {"101": 2, "102": 1, "103": 3, "DORA ZED": None}
    first = Entrant.objects.get(key="101")
    assert (first.position, first.laps_completed) == (1, 4)
    assert first.total_time_ms == 153_110
    assert not Entrant.objects.filter(is_withdrawn=True).exists()


def test_page_again_changes_nothing(ingest: Ingest, write: Write) -> None:
    path = write("race.html", page())
    ingest(path)

    again = ingest(path, force=True)

    assert again.row_counts.written == 0
