"""Every failpoint stands where an import comes by."""

import pytest

from imports import failpoints
from imports.failpoints import NAMES, FailpointReached
from imports.models import ImportRun
from races.models import Lap

HEADER = "meeting,race,entrant,lap,time_ms"


class Seen(dict[str, object]):
    """Notes which failpoints were asked about; none is armed."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __contains__(self, name: object) -> bool:
        self.names.append(str(name))
        return False


@pytest.mark.django_db
def test_import_comes_by_every_failpoint(ingest, write_csv, monkeypatch):
    laps = write_csv("laps.csv", HEADER, "ashford,1,7,1,60000")
    seen = Seen()
    monkeypatch.setattr(failpoints, "_armed", seen)

    assert ingest(laps).state == "succeeded"

    assert set(seen.names) == set(NAMES)


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["mid_stage", "after_copy", "after_plan"])
def test_run_cut_off_while_it_is_prepared_takes_no_file_for_imported(
    ingest, write_csv, monkeypatch, place
):
    first = write_csv("a.csv", HEADER, "ashford,1,7,1,60000")
    second = write_csv("b.csv", HEADER, "ashford,2,7,1,61000")
    with monkeypatch.context() as patched:
        patched.setattr(failpoints, "_armed", {})
        failpoints.arm(f"{place}:raise")
        with pytest.raises(FailpointReached):
            ingest(first, second)
    assert ImportRun.objects.get().state == "failed"

    run = ingest(first, second)

    assert run.state == "succeeded"
    assert Lap.objects.count() == 2
