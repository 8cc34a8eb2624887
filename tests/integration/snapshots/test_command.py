"""`stats_snapshots` as cron calls it: what it says, and its exit codes."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError

from races.models import Meeting
from stats.models import StatSnapshot
from tests.conftest import Ingest
from tests.integration.snapshots.together import errors, together

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.unverified(reason="seasons are set by hand"),
]

COMMAND = "stats.management.commands.stats_snapshots"


@pytest.fixture
def season(ingest: Ingest, write_csv: Callable[..., Path]) -> None:
    header = "meeting,race,entrant,competitor,position,points"
    ingest(write_csv("e.csv", header, "spa,race,1,ann,1,25", "zol,race,1,ann,1,25"))
    Meeting.objects.filter(key="spa").update(season=2024)


def told(*arguments: str) -> Any:
    out = StringIO()
    call_command("stats_snapshots", *arguments, stdout=out)
    return json.loads(out.getvalue()) if "--json" in arguments else out.getvalue()


def test_command_says_what_it_wrote(season: None) -> None:
    text = told()

    assert text.startswith("3 snapshots written in ")
    assert "for want of a season: 1 of the meetings." in text
    assert StatSnapshot.objects.filter(scope="test/2024", version=1).count() == 3


def test_command_gives_an_object(season: None) -> None:
    told()
    given = told("--json", "--source=test", "--season=2024")

    assert given["written"][0] == {
        "scope": "test/2024",
        "stats_type": "competitor_standings",
        "version": 2,
    }
    assert (len(given["written"]), given["by_others"], given["refused"]) == (3, [], [])
    assert given["meetings_without_season"] == 1
    assert given["seconds"] >= 0


def test_command_without_any_meeting_writes_nothing(db: None) -> None:
    assert told().startswith("0 snapshots written")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--source=nobody"], "no meeting of the source 'nobody'"),
        (["--season=1999"], "no meeting of the season 1999"),
        (["--source=test", "--season=1999"], "source 'test' in the season 1999"),
    ],
)
def test_command_refuses_what_is_not_there(
    season: None, arguments: list[str], said: str
) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        told(*arguments)

    assert refused.value.returncode == 2


def test_document_that_cannot_be_written_is_exit_code_1(
    season: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("stats.snapshots.checks.DATA_BYTES", 400)

    with pytest.raises(SystemExit) as ended:
        call_command("stats_snapshots")

    assert ended.value.code == 1
    assert "Not written: season_summary of test/2024: data: its JSON" in (
        capsys.readouterr().out
    )
    assert StatSnapshot.objects.count() == 2


@pytest.mark.parametrize(
    ("error", "cause", "code"),
    [
        (OperationalError, psycopg.OperationalError, 75),
        (OperationalError, psycopg.errors.DeadlockDetected, 75),
        (ProgrammingError, psycopg.errors.UndefinedTable, 2),
    ],
)
def test_trouble_of_the_database_is_an_exit_code(
    db: None, monkeypatch: pytest.MonkeyPatch, error: Any, cause: Any, code: int
) -> None:
    def fail(*_: Any) -> None:
        raise error from cause()

    monkeypatch.setattr(f"{COMMAND}.refresh_snapshots", fail)

    with pytest.raises(CommandError) as refused:
        told()

    assert refused.value.returncode == code


@pytest.mark.django_db(transaction=True)
def test_commands_beside_each_other_all_end_well(season: None) -> None:
    def work(number: int) -> Any:
        return told("--json")

    done = together(work, workers=8)

    assert errors(done) == []
    for given in done:
        assert len(given["written"]) + len(given["by_others"]) == 3
        assert given["refused"] == []
    writes = sum(len(given["written"]) for given in done)
    assert sum(StatSnapshot.objects.values_list("version", flat=True)) == writes
