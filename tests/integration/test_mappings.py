"""Mappings that two people save at once: both are kept, one is in force."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from imports.actions import mappings
from imports.models import ColumnMapping

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
