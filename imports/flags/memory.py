"""What a run's lanes take of memory, and how its flags shrink to fit a budget.

Measured by `python -m tests.benchmarks.bench_memory` (CPython 3.11, x86-64), one race in
a process of its own, in MB above the process before the lane began:

    writer  laps    batch_rows  process  all laps new  every lap changes
    merge    1,000       5,000       75           0.0                0.1
    merge   20,000       5,000       78           0.0                0.0
    orm      1,000       5,000       80           2.2                3.0
    orm     20,000         100      101          24.3               67.4
    orm     20,000       5,000      105          28.0               68.8
    orm     20,000      20,000      110          40.6               75.4

So a process takes some 80 MB, a lap of the race that orm decides 1 to 3.4 KB whatever
batch_rows is, a lap of its batch 0.8 KB. The model is on the safe side: each lane in a
process of its own (threads of one command share theirs), with a race of 20,000 laps in
which all change. It knows nothing of the machine, of other runs beside this one and of
the reader's process, which has bounds of its own.
"""

from collections.abc import Mapping

from imports.flags.kinds import FLAGS, Flag, FlagValue

#: A worker's process, and a race of 20,000 laps decided in it.
LANE_MB = 150.0
#: A lap of the batch that the orm writer is about to send.
BATCH_ROW_KB = 1.0
#: Below this a batch only gets slower: rather one lane less.
SMALL_BATCH_ROWS = 500


def needed_mb(*, lanes: int, batch_rows: int) -> float:
    """Give the memory that lanes take together."""
    return lanes * (LANE_MB + batch_rows * BATCH_ROW_KB / 1024)


def fit(
    values: Mapping[Flag, FlagValue],
) -> tuple[dict[Flag, FlagValue], dict[Flag, FlagValue]]:
    """Shrink batch_rows, then concurrency, to fit memory_budget_mb.

    Gives the values in force, and of those that shrank what was asked.
    """
    budget = int(values[Flag.MEMORY_BUDGET_MB])
    lanes = int(values[Flag.CONCURRENCY])
    rows = int(values[Flag.BATCH_ROWS])
    least = min(rows, SMALL_BATCH_ROWS)
    while lanes > 1 and needed_mb(lanes=lanes, batch_rows=least) > budget:
        lanes -= 1
    left = (budget / lanes - LANE_MB) * 1024 / BATCH_ROW_KB
    rows = max(FLAGS[Flag.BATCH_ROWS].lowest, min(rows, int(left)))
    fitting: dict[Flag, FlagValue] = {Flag.CONCURRENCY: lanes, Flag.BATCH_ROWS: rows}
    asked = {f: values[f] for f, value in fitting.items() if values[f] != value}
    return {**values, **fitting}, asked
