"""Mappings that two people save at once: both are kept, one is in force."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imports.actions import mappings
from imports.models import ColumnMapping
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db(transaction=True)


def spec(name: str) -> dict[str, Any]:
    """Give a mapping of meetings; all of them have one header."""
    return {
        "name": name,
        "kind": "meeting",
        "header": ["Event", "Year"],
        "columns": [{"column": "Event", "to": "meeting"}],
    }


@pytest.mark.parametrize("names", [("club", "club"), ("club", "other")])
def test_two_who_save_at_once_are_no_error(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, str]
) -> None:
    both = Barrier(2, timeout=1)

    class Clock:
        @staticmethod
        def now() -> datetime:
            # Just before the row is made: the other may have come as far, or waits.
            with suppress(BrokenBarrierError):
                both.wait()
            return timezone.now()

    monkeypatch.setattr(mappings, "timezone", Clock)

    def save(which: int) -> ColumnMapping:
        try:
            markers = {"null_markers": ["-" * which]}
            return mappings.save_mapping(spec(names[which]) | markers, by=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        saved = list(threads.map(save, range(2)))

    assert len({mapping.pk for mapping in saved}) == 2
    assert ColumnMapping.objects.filter(is_active=True).count() == 1


def test_mappings_are_asked_for_once_a_run_not_once_a_file(
    ingest: Ingest, write_csv: Callable[..., Path]
) -> None:
    header = "meeting,race,entrant,lap,time"
    files = [write_csv(f"{n}.csv", header, f"m,{n},7,1,62.5") for n in range(3)]

    with CaptureQueriesContext(connection) as queries:
        run = ingest(*files)

    asked = [q for q in queries if "imports_columnmapping" in q["sql"]]
    assert run.laps["inserted"] == 3
    assert len(asked) == 1
