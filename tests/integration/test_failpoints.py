"""Every failpoint stands where an import comes by."""

import pytest

from imports import failpoints
from imports.failpoints import NAMES


class Seen(dict[str, object]):
    """Notes which failpoints were asked about; none is armed."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __contains__(self, name: object) -> bool:
        self.names.append(str(name))
        return False


@pytest.mark.django_db
def test_import_comes_by_every_failpoint(ingest, write_csv, monkeypatch):
    laps = write_csv(
        "laps.csv", "meeting,race,entrant,lap,time_ms", "ashford,1,7,1,60000"
    )
    seen = Seen()
    monkeypatch.setattr(failpoints, "_armed", seen)

    assert ingest(laps).state == "succeeded"

    assert set(seen.names) == set(NAMES)
