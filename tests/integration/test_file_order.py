"""Whatever the order of the season's files, in one run or in many: the same tables."""

import gzip
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from races.models import Entrant, Meeting, Race
from tests import state
from tests.conftest import SAMPLE, Ingest

FILES = sorted(path.name for path in SAMPLE.glob("*.csv*"))
BAHRAIN, IMOLA = "1074", "1077"


@pytest.fixture
def two_meetings(tmp_path: Path) -> dict[str, Path]:
    """Cut the sample to two meetings, one with a sprint."""
    cut = {}
    for name in FILES:
        data = (SAMPLE / name).read_bytes()
        text = (gzip.decompress(data) if name.endswith("gz") else data).decode()
        header, *lines = text.splitlines()
        key = header.split(",").index("raceId") if "raceId" in header else None
        kept = [
            line
            for line in lines
            if key is None or line.split(",")[key] in (BAHRAIN, IMOLA)
        ]
        cut[name] = tmp_path / name.removesuffix(".gz")
        cut[name].write_text("\n".join([header, *kept]) + "\n")
    return cut


def _import_in(order: list[str], files: dict[str, Path], ingest: Ingest) -> None:
    """Import each file by itself, observed as late as its place in the alphabet."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    for name in order:
        observed = start + timedelta(hours=FILES.index(name))
        run = ingest(files[name], statement={"observed_at": observed})
        assert run.state == "succeeded"


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_files_gives_the_same_tables(two_meetings, ingest, seed):
    order = random.Random(seed).sample(FILES, len(FILES))
    _import_in(order, two_meetings, ingest)
    shuffled = state.tables()
    state.clear()

    start = datetime(2024, 1, 1, tzinfo=UTC)
    for name in FILES:
        observed = start + timedelta(hours=FILES.index(name))
        ingest(two_meetings[name], statement={"observed_at": observed}, force=True)

    assert state.tables() == shuffled


@pytest.mark.django_db
def test_laps_alone_make_what_they_mention(two_meetings, ingest):
    _import_in(["lap_times.csv.gz"], two_meetings, ingest)

    assert Meeting.objects.count() == 2
    assert set(Race.objects.values_list("kind", flat=True)) == {"race"}
    assert all(entrant.is_implied for entrant in Entrant.objects.all())


@pytest.mark.django_db
def test_drivers_last_name_the_entrants(two_meetings, ingest):
    _import_in(["results.csv", "drivers.csv"], two_meetings, ingest)

    winner = Entrant.objects.with_names().get(race__meeting__key=BAHRAIN, position=1)

    assert winner.display_name == "Charles Leclerc"
