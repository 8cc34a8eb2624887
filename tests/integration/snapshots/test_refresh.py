"""Refreshes beside each other: older figures never stand over newer ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from races.models import Entrant, Meeting
from stats.documents import refresh
from stats.documents.document import Chosen
from stats.documents.refresh import refresh_snapshots
from stats.models import StatSnapshot
from tests.conftest import Ingest
from tests.integration.snapshots.together import errors, together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.unverified(reason="points are set by hand"),
]

HEADER = "meeting,race,entrant,competitor,position,points"


@pytest.fixture(autouse=True)
def season(ingest: Ingest, write_csv: Callable[..., Path]) -> None:
    ingest(write_csv("entrants.csv", HEADER, "spa,race,1,ann,1,1"))
    Meeting.objects.update(season=2024)


def score(points: int) -> None:
    Entrant.objects.update(points=points)


def stored() -> StatSnapshot:
    return StatSnapshot.objects.get(
        scope="test/2024", stats_type="competitor_standings"
    )


def points() -> float:
    value: float = stored().data["standings"][0]["points"]
    return value


def interrupt(
    monkeypatch: pytest.MonkeyPatch, *events: Callable[[], Any]
) -> list[Callable[[], Any]]:
    """Let each event happen once, between figures and their writing, as on another
    connection; give what has not happened yet."""
    left = list(events)
    real = refresh.atomic_upsert_snapshots

    def late(batch: Any) -> Any:
        if left:
            event = left.pop(0)
            # It may refresh too: that one is not interrupted.
            kept, left[:] = left[:], []
            event()
            left[:] = kept
        return real(batch)

    monkeypatch.setattr(refresh, "atomic_upsert_snapshots", late)
    return left


def other(new_points: int) -> Callable[[], None]:
    """Give another refresh, after new points came in."""

    def work() -> None:
        score(new_points)
        refresh_snapshots(Chosen())

    return work


def test_figures_that_became_old_are_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = interrupt(monkeypatch, other(2))

    done = refresh_snapshots(Chosen())

    assert left == []
    assert points() == 2
    assert stored().version == 2
    assert done.by_others == []


def test_who_lost_twice_leaves_what_a_later_one_wrote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = interrupt(monkeypatch, other(2), other(3))

    done = refresh_snapshots(Chosen())

    assert left == []
    assert ("test/2024", "competitor_standings") in done.by_others
    assert (points(), stored().version) == (3, 2)


def test_many_refreshes_beside_a_writer_end_with_its_last_figures() -> None:
    def work(number: int) -> Any:
        if number == 0:
            for value in range(2, 40):
                with transaction.atomic():
                    score(value)
        for _ in range(3):
            refresh_snapshots(Chosen())
        return None

    assert errors(together(work, workers=10)) == []
    assert points() == 39
