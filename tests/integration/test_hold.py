"""Policy `hold`: what is stored stays until a person chooses; nothing is removed before."""

from datetime import UTC, datetime
from typing import Any

import pytest

from imports import actions, report
from imports.models import Conflict
from races.models import Entrant, Lap, PitStop

pytestmark = pytest.mark.django_db

EARLY = {"observed_at": datetime(2024, 5, 1, tzinfo=UTC)}
LATE = {"observed_at": datetime(2024, 5, 2, tzinfo=UTC), "is_complete": True}
LAPS = "meeting,race,entrant,lap,time_ms"
STOPS = "meeting,race,entrant,stop,lap"
ENTRANTS = "meeting,race,entrant,name"
KINDS = {
    "lap": (LAPS, ("ash,1,7,1,100", "ash,1,8,1,200"), "ash,1,7,1,101"),
    "pit_stop": (STOPS, ("ash,1,7,1,5", "ash,1,8,1,5"), "ash,1,7,1,6"),
    "entrant": (ENTRANTS, ("ash,1,7,Ann", "ash,1,8,Bob"), "ash,1,7,Anna"),
}


def in_force() -> list[Any]:
    """Give what files can say of the rows of the race."""
    return [
        sorted(Lap.objects.values_list("entrant__key", "number", "time_ms")),
        sorted(PitStop.objects.values_list("entrant__key", "number", "lap")),
        sorted(
            Entrant.objects.filter(name__isnull=False).values_list(
                "key", "name", "is_withdrawn"
            )
        ),
    ]


@pytest.fixture(params=["merge", "orm"])
def writer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("kind", KINDS)
def test_contested_row_stays_and_its_conflict_is_open(ingest, write_csv, kind, writer):
    header, rows, other = KINDS[kind]
    ingest(write_csv("v1.csv", header, *rows), statement=EARLY, writer=writer)
    before = in_force()

    run = ingest(
        write_csv("v2.csv", header, other), writer=writer, conflict_policy="hold"
    )

    assert in_force() == before
    assert (run.rows["held"], run.conflicts) == (1, 1)
    conflict = Conflict.objects.get()
    assert (conflict.state, conflict.rule, conflict.in_force) == (
        "open",
        "hold",
        "older",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_contested_complete_file_removes_nothing_until_a_person_chose(
    ingest, write_csv, kind, writer
):
    header, rows, other = KINDS[kind]
    ingest(write_csv("v1.csv", header, *rows), statement=EARLY, writer=writer)
    before = in_force()
    options = {"statement": LATE, "writer": writer, "conflict_policy": "hold"}
    path = write_csv("v2.csv", header, other)

    run = ingest(path, **options)

    assert in_force() == before
    assert run.removed == 0
    text = report.as_text(run, report.as_dict(run))
    assert "conflict_policy is hold" in text
    assert "--force" in text

    actions.settle_conflicts(Conflict.objects.all(), side="newer", by=None)
    again = ingest(path, **options, force=True)
    assert again.removed == 1
    assert report.as_dict(again)["removed"] == 1
    assert "removed, which complete files do not hold: 1" in report.as_text(
        again, report.as_dict(again)
    )
