"""What a run's lanes take of memory, and how its flags shrink to fit a budget.

A rough model on the safe side, of what `tests/benchmarks/bench_memory.py` measures.
It knows nothing of the machine, and of other runs beside this one.
"""

from collections.abc import Mapping

from imports.flags.kinds import FLAGS, Flag, FlagValue

#: A lane: a worker's process of its own with what Django and the readers load.
LANE_MB = 100.0
#: A lap of the batch that the orm writer is about to send.
BATCH_ROW_KB = 6.0
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
