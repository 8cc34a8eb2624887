"""The command, as cron and people use it: exit codes, JSON, errors that help."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from imports import actions
from imports.flags import Flag
from imports.models import ImportRun, SourceFile
from races.models import Lap

pytestmark = pytest.mark.django_db

HEADER = "meeting,race,entrant,lap,time_ms"


@pytest.fixture
def laps(write_csv) -> Path:
    return write_csv("laps.csv", HEADER, "ashford,1,7,1,61000", "ashford,1,7,2,60500")


def _ingest(*paths: Path, **options: Any) -> tuple[int, dict[str, Any]]:
    """Run the command with --json; give its exit code and its object."""
    out = StringIO()
    options = {"concurrency": "1", "json": True} | options
    try:
        call_command("ingest_races", *map(str, paths), stdout=out, **options)
    except SystemExit as error:
        return int(str(error.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_json_object_has_every_documented_key(laps):
    code, result = _ingest(laps, source="club")

    assert code == 0
    assert result["state"] == "succeeded"
    assert {"run", "files", "races", "rows", "laps", "conflicts", "seconds"} <= set(
        result
    )
    assert {"name", "sha256", "layout", "state", "rows"} <= set(result["files"][0])
    counts = {
        "read",
        "inserted",
        "updated",
        "unchanged",
        "older",
        "held",
        "duplicates",
        "rejected",
    }
    assert set(result["rows"]) == set(result["laps"]) == counts
    figures = {
        "total",
        "succeeded",
        "failed",
        "retryable",
        "max_ms",
        "p50_ms",
        "p95_ms",
    }
    assert set(result["races"]) == figures


def test_second_run_of_the_command_changes_nothing(laps):
    _ingest(laps)

    code, result = _ingest(laps)

    assert code == 0
    assert result["files"][0]["state"] == "duplicate"
    assert (result["rows"]["inserted"], result["rows"]["updated"]) == (0, 0)


def test_folders_are_walked(laps, tmp_path):
    inner = tmp_path / "inbox" / "today"
    inner.mkdir(parents=True)
    laps.rename(inner / "laps.csv")

    code, result = _ingest(tmp_path / "inbox")

    assert (code, result["laps"]["inserted"]) == (0, 2)


def test_one_bad_file_among_good_ones_is_exit_code_1(laps, write_csv):
    bad = write_csv("notes.csv", "hello,world", "1,2")

    code, result = _ingest(laps, bad)

    assert (code, result["state"]) == (1, "partial")
    assert Lap.objects.count() == 2
    error = result["files"][1]["error"]
    assert error["code"] == "unknown_layout"
    assert "hello" in error["message"]


def test_no_known_layout_at_all_is_exit_code_2(write_csv):
    code, result = _ingest(write_csv("notes.csv", "hello,world", "1,2"))

    assert (code, result["state"]) == (2, "failed")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"priority": 70_000}, "0 to 65534"),
        ({"observed_at": "yesterday"}, "yesterday"),
        ({"concurrency": "0"}, "whole number from 1 to 32"),
        ({"batch_rows": "many"}, "batch_rows"),
        ({"wait": -1.0}, "--wait -1"),
        ({"wait": float("nan")}, "--wait nan"),
        ({"wait": float("inf")}, "--wait inf"),
    ],
)
def test_bad_option_is_exit_code_2_and_says_what_is_allowed(laps, options, words):
    with pytest.raises(CommandError, match=words) as caught:
        _ingest(laps, **options)

    assert caught.value.returncode == 2
    assert not ImportRun.objects.exists()


def test_missing_path_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"gone\.csv: no such file") as caught:
        _ingest(tmp_path / "gone.csv")

    assert caught.value.returncode == 2


def test_refusal_is_a_json_object_too(tmp_path, capsys):
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("ingest_races", str(tmp_path / "gone.csv"), json=True, stdout=out)

    result = json.loads(out.getvalue())
    assert (result["run"], result["state"]) == (None, "refused")
    assert "no such file" in result["message"]


@pytest.mark.parametrize("source", ["", "A/B C", "x" * 51, "é"])
def test_source_that_is_no_name_is_refused(laps, source):
    with pytest.raises(CommandError, match="is not a name") as caught:
        _ingest(laps, source=source)

    assert caught.value.returncode == 2
    assert not SourceFile.objects.exists()


def test_hidden_files_and_folders_are_left_out(laps, tmp_path):
    inbox = tmp_path / "inbox"
    (inbox / ".git").mkdir(parents=True)
    (inbox / ".git" / "config").write_text("[core]")
    laps.rename(inbox / "laps.csv")

    code, result = _ingest(inbox)

    assert (code, len(result["files"])) == (0, 1)


def test_kill_switch_starts_nothing(laps):
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="maintenance", by=None)

    with pytest.raises(CommandError, match="switched off"):
        _ingest(laps)

    assert not ImportRun.objects.exists()


def test_priority_beats_time(laps, write_csv):
    _ingest(laps, priority=200, observed_at="2024-01-01")
    other = write_csv("other.csv", HEADER, "ashford,1,7,1,99999")

    _, result = _ingest(other, priority=100, observed_at="2024-02-01")

    assert result["laps"]["older"] == 1
    assert Lap.objects.get(number=1).time_ms == 61_000


def test_same_bytes_with_a_new_time_are_a_new_version(laps, write_csv):
    # The source says the same again, after it said something else in between.
    _ingest(laps, observed_at="2024-01-01")
    _ingest(write_csv("b.csv", HEADER, "ashford,1,7,1,99999"), observed_at="2024-01-02")

    _, result = _ingest(laps, observed_at="2024-01-03")

    assert result["laps"]["updated"] == 1
    assert Lap.objects.get(number=1).time_ms == 61_000
    assert SourceFile.objects.count() == 3


def test_queue_leaves_the_work_to_workers(laps):
    code, result = _ingest(laps, queue=True)

    assert (code, result["state"]) == (0, "queued")
    assert not Lap.objects.exists()
