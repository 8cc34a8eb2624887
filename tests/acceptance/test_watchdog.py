"""Real clusters under their watchdogs, broken; `make faults` plays more, for figures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imports.models import WorkerHeartbeat
from tests.faults import play
from tests.faults.play import Figures, Stage
from tests.faults.runs import amiss, queue_runs, wait_for_end

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stage(environment: dict[str, str], tmp_path: Path, settings: Any) -> Stage:
    # As its processes have it: who sweeps beside them must agree on who is dead.
    settings.IMPORTS_LEASE_SECONDS = 6
    return Stage(environment, folder=tmp_path)


@pytest.mark.parametrize(
    "fault",
    [play.wedge, play.dead_sentinel, play.dead_watchdog, play.changed_key, play.poison],
    ids=lambda fault: fault.__name__,
)
def test_queue_recovers_by_itself(
    stage: Stage, fault: Callable[[Stage], Figures]
) -> None:
    assert fault(stage)


def test_two_clusters_and_two_commands_claim_each_race_once(stage: Stage) -> None:
    assert play.two_clusters(stage)


def test_worker_that_is_told_to_stop_ends_its_task(stage: Stage) -> None:
    watched = stage.watched().wait_until_up()
    try:
        below = watched.below
        runs = queue_runs(stage.folder, 2)
        wait_for_end(runs)

        assert watched.stop() == 0

        assert not any(map(play.is_alive, below))
        assert WorkerHeartbeat.objects.get().state == "stopped"
        assert not amiss(runs)
    finally:
        watched.end()
