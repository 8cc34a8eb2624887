"""The thresholds of alerts: each a setting `IMPORTS_ALERT_…` with bounds."""

from dataclasses import dataclass

from imports import conf


@dataclass(frozen=True)
class Limit:
    """A number that can be set, and what it may be."""

    lowest: int
    highest: int
    about: str


LIMITS: dict[str, Limit] = {
    "WINDOW_MINUTES": Limit(1, 1_440, "rules look back so far"),
    "DUPLICATE_KEYS": Limit(0, 1_000_000, "more duplicate-key errors in the window"),
    "WRITE_ERROR_PERCENT": Limit(0, 100, "a greater share of races with an error"),
    "RACES": Limit(1, 1_000_000, "races that a share or a percentile needs"),
    "WRITE_MS_PER_1000_LAPS": Limit(1, 600_000, "a longer p95 of writing 1,000 laps"),
    "RACE_LAPS": Limit(1, 1_000_000, "smaller races are left out of it"),
    "THROUGHPUT_PERCENT": Limit(1, 100, "laps a second below this share of baseline"),
    "RUN_LAPS": Limit(1, 1_000_000_000, "smaller runs are left out of it"),
    "BASELINE_DAYS": Limit(1, 90, "days that the baseline is of"),
    "BASELINE_RUNS": Limit(1, 10_000, "runs that the baseline needs"),
    "CONNECTIONS_PERCENT": Limit(1, 100, "a greater share of DB_POOL_MAX in use"),
    "MEMORY_PERCENT": Limit(1, 100, "a greater share of the budget in use"),
    "UNWORKED_SECONDS": Limit(10, 86_400, "a run waits so long and nobody works it"),
    "MISSING_LAPS": Limit(0, 1_000_000_000, "more laps are missing to a run's races"),
    "FAILED_RACES": Limit(0, 1_000_000_000, "more races of a run failed"),
    "FAILED_HOURS": Limit(1, 8_760, "failures are noticed for so long"),
    "DATABASE_SECONDS": Limit(0, 3_600, "the database may be away so long"),
    "HOLD_MINUTES": Limit(0, 1_440, "an alert closes once it is over for so long"),
    "QUIET_MINUTES": Limit(
        0, 1_440, "its end is told after so long, unless it is back"
    ),
    "REMIND_HOURS": Limit(0, 720, "told again while nobody acknowledged; 0: never"),
    "EVERY_SECONDS": Limit(0, 3_600, "rules are asked at most so often"),
    "ATTEMPTS": Limit(1, 100, "a message is tried so often"),
    "SEND_SECONDS": Limit(1, 60, "an attempt may take so long"),
}


def limit(name: str) -> int:
    """Give a threshold, within its bounds whatever was set; a check says so too."""
    bounds = LIMITS[name]
    value = int(conf.get(f"ALERT_{name}"))
    return max(bounds.lowest, min(value, bounds.highest))
