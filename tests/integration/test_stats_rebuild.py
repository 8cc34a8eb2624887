"""Stats and warnings are worked out anew, and are those that an import gives."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from imports import invariants
from races.models import Lap
from stats.models import EntrantStats, RaceStats, RaceWarning
from tests import state
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db(transaction=True)

LAPS = "meeting,race,entrant,lap,time"
DERIVED = (EntrantStats, RaceStats, RaceWarning)


def import_two_races(ingest: Ingest, write_csv: Any, *, source: str = "test") -> None:
    rows = [
        f"spa,{race},{n},{lap},1:0{lap}.000"
        for race in "12"
        for n in "78"
        for lap in (1, 2, 4)
    ]
    path: Path = write_csv(f"{source}.csv", LAPS, *rows)
    ingest(path, source=source)


def derived() -> list[Any]:
    return [state.rows(model) for model in DERIVED]


def test_rebuild_gives_what_the_import_gave(ingest: Ingest, write_csv: Any) -> None:
    import_two_races(ingest, write_csv)
    before = derived()
    assert RaceWarning.objects.filter(code="lap_numbers_missing").exists() or before[2]
    RaceWarning.objects.all().delete()
    RaceStats.objects.update(missing_laps=99)
    EntrantStats.objects.all().delete()

    call_command("stats_rebuild")

    assert derived() == before


def test_rebuild_mends_what_verify_complains_of(ingest: Ingest, write_csv: Any) -> None:
    import_two_races(ingest, write_csv)
    RaceStats.objects.update(missing_laps=99)
    [finding] = invariants.violated()
    assert "stats_rebuild" in finding.invariant.remedy

    call_command("stats_rebuild")

    assert invariants.violated() == []


def test_rebuild_of_a_source_leaves_others(
    ingest: Ingest, write_csv: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    import_two_races(ingest, write_csv)
    import_two_races(ingest, write_csv, source="other")
    RaceStats.objects.update(laps=99)

    call_command("stats_rebuild", "--source", "other")

    assert "2 races" in capsys.readouterr().out
    assert RaceStats.objects.filter(laps=99).count() == 2
    call_command("stats_rebuild")
    assert Lap.objects.count() == 24


def test_rebuild_of_an_unknown_source_is_refused() -> None:
    with pytest.raises(CommandError, match="no meeting of the source"):
        call_command("stats_rebuild", "--source", "nobody")
