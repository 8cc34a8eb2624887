"""Commands as cron gives them, as processes: beside each other, killed, told to end."""

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imports.models import ImportRun, RaceCheckpoint, SourceFile
from imports.pipeline.source_lock import SourceLock
from races.models import Lap

PATIENCE_SECONDS = 60
FILES, RACES, LAPS = 3, 8, 48
#: So slow that another can come by while races are written.
SLOW = "before_commit:sleep:0.1"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def inbox(tmp_path: Path) -> tuple[str, ...]:
    """The command of a cron, over a folder of three files with eight races each."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for file in range(FILES):
        rows = [
            f"m{file},{race},7,{lap},{60_000 + lap}"
            for race in range(RACES)
            for lap in (1, 2)
        ]
        text = "\n".join(["meeting,race,entrant,lap,time_ms", *rows])
        (folder / f"{file}.csv").write_text(text + "\n")
    return ("ingest_races", str(folder), "--source=f1", "--json")


def _wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _end(process: Any) -> tuple[int, dict[str, Any]]:
    """Wait for a command; give its exit code and its object."""
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert "Traceback" not in output
    # Among lines of the log, which are objects too.
    [line] = re.findall(r'^\{.*"left_out".*\}$', output, re.MULTILINE)
    return process.returncode, json.loads(line)


def _is_begun() -> bool:
    return ImportRun.objects.exists()


def _is_hashing() -> bool:
    return SourceFile.objects.exists()


def _is_staging() -> bool:
    return ImportRun.objects.filter(run_files__state="staged").exists()


def _is_writing() -> bool:
    return Lap.objects.exists()


def test_cron_that_overlaps_itself_leaves_and_each_race_is_written_once(
    start: Any, environment: dict[str, str], inbox: tuple[str, ...]
) -> None:
    environment["IMPORTS_FAILPOINT"] = SLOW
    first = start(*inbox, "--concurrency=1")
    _wait_for(_is_begun)

    locked = _end(start(*inbox))
    del environment["IMPORTS_FAILPOINT"]
    first.send_signal(signal.SIGKILL)
    first.wait()
    # The lock has gone with the process; what it has not written, the next one does.
    code, result = _end(start(*inbox))

    assert (locked[0], locked[1]["state"], locked[1]["run"]) == (0, "locked", None)
    assert (code, result["state"]) == (0, "succeeded")
    assert Lap.objects.count() == LAPS


def test_two_commands_of_two_lanes_write_every_race_once(
    start: Any, environment: dict[str, str], inbox: tuple[str, ...]
) -> None:
    """Beside each other by order, with the same new bytes: two runs of the same races."""
    environment["IMPORTS_FAILPOINT"] = SLOW
    both = [start(*inbox, "--beside", "--concurrency=2") for _ in range(2)]

    ends = [_end(process) for process in both]

    assert [code for code, _ in ends] == [0, 0]
    assert Lap.objects.count() == LAPS
    assert sum(result["laps"]["inserted"] for _, result in ends) == LAPS
    assert sum(result["laps"]["updated"] for _, result in ends) == 0


def test_command_and_worker_share_the_lanes_of_one_run(
    start: Any, environment: dict[str, str], inbox: tuple[str, ...]
) -> None:
    """Claims a race: one; commits a race: one. The history is the checkpoints' epochs."""
    queued = _end(start(*inbox, "--queue"))
    environment["IMPORTS_FAILPOINT"] = SLOW
    run = ImportRun.objects.get(pk=queued[1]["run"])

    processes = [start("qcluster"), start("ingest_races", f"--resume={run.pk}")]
    _wait_for(lambda: ImportRun.objects.get(pk=run.pk).is_final)
    processes[1].wait(PATIENCE_SECONDS)

    run.refresh_from_db()
    assert run.state == "succeeded"
    assert run.laps["inserted"] == Lap.objects.count() == LAPS
    claims = set(run.checkpoints.values_list("epoch", "attempts"))
    assert claims == {(1, 1)}


@pytest.mark.parametrize(
    ("place", "moment"),
    [
        ("after_register:sleep:2", _is_hashing),
        ("mid_stage:sleep:2", _is_staging),
        ("before_commit:sleep:0.2", _is_writing),
    ],
)
def test_sigterm_ends_each_phase_by_code_75_and_the_next_cron_does_the_rest(
    start: Any,
    environment: dict[str, str],
    inbox: tuple[str, ...],
    place: str,
    moment: Callable[[], bool],
) -> None:
    environment["IMPORTS_FAILPOINT"] = place
    process = start(*inbox, "--concurrency=1")
    _wait_for(moment)

    process.send_signal(signal.SIGTERM)

    code, result = _end(process)
    del environment["IMPORTS_FAILPOINT"]
    assert code == 75
    assert result["state"] in ("stopped", "cancelled")
    assert not ImportRun.objects.unfinished().exists()
    # No race was cut: those in work were ended.
    assert not RaceCheckpoint.objects.filter(error_code__gt="").exists()
    whole = sum(race.lap_counts.inserted for race in RaceCheckpoint.objects.all())
    assert Lap.objects.count() == whole < LAPS
    code, result = _end(start(*inbox))
    assert (code, result["state"]) == (0, "succeeded")
    assert Lap.objects.count() == LAPS


def test_second_signal_ends_at_once_and_cleanly(
    start: Any, environment: dict[str, str], inbox: tuple[str, ...]
) -> None:
    environment["IMPORTS_FAILPOINT"] = "after_lock:sleep:3"
    process = start(*inbox, "--concurrency=3")
    _wait_for(_is_writing)
    # Not between two races: the first signal would end it, and the second find nobody.
    _wait_for(lambda: RaceCheckpoint.objects.filter(state="claimed").count() == 3)

    process.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)

    code, result = _end(process)
    assert (code, result["state"]) == (75, "cancelled"), result
    whole = sum(race.lap_counts.inserted for race in RaceCheckpoint.objects.all())
    assert Lap.objects.count() == whole < LAPS
    assert not RaceCheckpoint.objects.filter(state="claimed").exists()


def test_frozen_command_does_not_keep_cron_away(
    start: Any, environment: dict[str, str], inbox: tuple[str, ...], settings: Any
) -> None:
    """SIGSTOP past the lease, another writes all, SIGCONT: nothing stale is committed."""
    settings.IMPORTS_LEASE_SECONDS = 1
    environment["IMPORTS_FAILPOINT"] = "after_claim:stop:3"
    frozen = start(*inbox, "--concurrency=1")
    _wait_for(lambda: os.waitpid(frozen.pid, os.WNOHANG | os.WUNTRACED)[0])
    time.sleep(1.5)
    lock = SourceLock("f1")
    assert lock.take() is None
    lock.__exit__(None, None, None)
    RaceCheckpoint.objects.filter(state="claimed").update(
        lease_until="2020-01-01T00:00Z"
    )
    del environment["IMPORTS_FAILPOINT"]
    run = ImportRun.objects.get()
    assert _end(start("ingest_races", f"--resume={run.pk}", "--json"))[0] == 0
    before = _commits()

    os.kill(frozen.pid, signal.SIGCONT)
    frozen.wait(PATIENCE_SECONDS)

    assert _commits() == before
    assert Lap.objects.count() == LAPS


def _commits() -> list[Any]:
    """Give what every commit of a race leaves: who, when, which claim, how many rows."""
    races = RaceCheckpoint.objects.order_by("pk")
    return list(races.values_list("owner", "epoch", "finished_at", "rows"))
