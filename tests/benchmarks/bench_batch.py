"""Measure five races at once: the whole batch, its longest race, its connections.

`make bench` runs it too. Each batch is a file of five races of 1,000 laps, prepared,
then written by five lanes, beside the same five races by one lane; on a PostgreSQL of
its own. Milliseconds are of this machine; the ratio and the connections hold elsewhere.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.crash.bootstrap import private_server
from tests.crash.database import PrivateServer

RACES, LAPS = 5, 1_000
REPEATS = 20


def main() -> int:
    """Run the benchmark and print an object."""
    with private_server() as server, tempfile.TemporaryDirectory() as folder:
        print(json.dumps(_measure(server, Path(folder)), indent=2))
    return 0


def _measure(server: PrivateServer, folder: Path) -> dict[str, Any]:
    batches: dict[int, list[Any]] = {1: [], RACES: []}
    connections = 0
    for repeat in range(REPEATS):
        for lanes, done in batches.items():
            batch, most = _batch(server, folder, name=f"{lanes}-{repeat}", lanes=lanes)
            done.append(batch)
            connections = max(connections, most)
    at_once, in_turn = batches[RACES], batches[1]
    return {
        "batch_ms": _spread([batch.seconds * 1000 for batch in at_once]),
        "longest_race_ms": _spread([batch.longest.total_ms for batch in at_once]),
        "in_turn_ms": _spread([batch.seconds * 1000 for batch in in_turn]),
        "at_once_by_in_turn": round(
            statistics.median(batch.seconds for batch in at_once)
            / statistics.median(batch.seconds for batch in in_turn),
            2,
        ),
        "failed": sum(len(batch.errors) for batch in at_once + in_turn),
        "most_connections": connections,
    }


def _batch(
    server: PrivateServer, folder: Path, *, name: str, lanes: int
) -> tuple[Any, int]:
    """Import five new races; give the batch and the most connections sampled."""
    from imports import actions
    from imports.actions import BatchOptions, Order, Races
    from imports.pipeline.manifest import Statement
    from imports.pipeline.run import end_run
    from tests.soak.feed import write_race
    from tests.soak.sampling import Connections

    path = write_race(folder / f"{name}.csv", meeting=name, races=RACES, laps=LAPS)
    files = actions.register_paths([path], statement=Statement(source="bench"))
    run = actions.start_run(files, order=Order(trigger="command"))
    assert actions.prepare(run, owner="bench")
    with Connections(server) as seen:
        batch = actions.process_races(
            Races(run), max_concurrency=lanes, options=BatchOptions(name="bench")
        )
    assert end_run(run)
    return batch, max(seen.counts)


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = statistics.quantiles(values, n=20, method="inclusive")
    return {
        "p50": round(statistics.median(values), 1),
        "p95": round(ordered[18], 1),
        "max": round(max(values), 1),
    }


if __name__ == "__main__":
    sys.exit(main())
