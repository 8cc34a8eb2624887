"""Races to plant faults in, imported."""

from itertools import count
from pathlib import Path

import pytest

from imports.models import ImportRun
from tests.conftest import Ingest
from tests.integration.domain.worlds import Bring, World, bring_races


@pytest.fixture
def bring(ingest: Ingest, tmp_path: Path) -> Bring:
    """Give a function that imports whole races, each time in newer files."""
    days = count(1)

    def files(**worlds: World) -> ImportRun:
        return bring_races(ingest, tmp_path, day=next(days), worlds=worlds)

    return files
