"""The settings of this app, with their defaults: `IMPORTS_<NAME>` in settings."""

from typing import Any

from django.conf import settings

DEFAULTS: dict[str, Any] = {
    # Where a file belongs when nobody says.
    "DEFAULT_SOURCE": "local",
    "DEFAULT_PRIORITY": 100,
    # Whose defaults flags have: development or production.
    "FLAG_PROFILE": "production",
    # Connections that lanes may take together.
    "DB_POOL_MAX": 10,
    # A lane that has not finished a race by then has lost it to another lane.
    "LEASE_SECONDS": 90,
    # A lane waits so long for a server that is away.
    "RECONNECT_SECONDS": 30,
    # A race is tried so often before it counts as failed.
    "MAX_ATTEMPTS": 3,
    # Below the lease, so that a stuck statement ends before another lane starts.
    "STATEMENT_TIMEOUT_SECONDS": 60,
    "LOCK_TIMEOUT_SECONDS": 30,
    # An export may take so long, however slowly its client reads.
    "EXPORT_SECONDS": 600,
    # A task of the queue stops after this, between files or races, and rings again;
    # well below Q_CLUSTER["timeout"].
    "LANE_SECONDS": 120,
    # Milliseconds in which a race should be written and be done, and a batch of five
    # races be done: who comes near is warned of. See pipeline/windows.py.
    "WINDOW_WRITE_MS": 300,
    "WINDOW_RACE_MS": 2_000,
    "WINDOW_BATCH_MS": 15_000,
    # Alerts: the thresholds and their bounds are told by alerts/limits.py.
    "ALERT_WINDOW_MINUTES": 15,
    "ALERT_DUPLICATE_KEYS": 0,
    "ALERT_WRITE_ERROR_PERCENT": 1,
    "ALERT_RACES": 20,
    "ALERT_WRITE_MS_PER_1000_LAPS": 50,
    "ALERT_RACE_LAPS": 500,
    "ALERT_THROUGHPUT_PERCENT": 80,
    "ALERT_RUN_LAPS": 5_000,
    "ALERT_BASELINE_DAYS": 7,
    "ALERT_BASELINE_RUNS": 5,
    "ALERT_CONNECTIONS_PERCENT": 80,
    "ALERT_MEMORY_PERCENT": 80,
    "ALERT_UNWORKED_SECONDS": 180,
    "ALERT_MISSING_LAPS": 0,
    "ALERT_FAILED_RACES": 0,
    "ALERT_FAILED_HOURS": 24,
    "ALERT_DATABASE_SECONDS": 20,
    "ALERT_HOLD_MINUTES": 5,
    "ALERT_QUIET_MINUTES": 10,
    "ALERT_REMIND_HOURS": 24,
    "ALERT_EVERY_SECONDS": 10,
    "ALERT_ATTEMPTS": 10,
    "ALERT_SEND_SECONDS": 10,
    # Whom alerts are told: see alerts/channels.py.
    "ALERT_EMAILS": [],
    "ALERT_WEBHOOK_URL": "",
    "ALERT_WEBHOOK_SECRET": "",
    # Where it is remembered that the database is away; empty: in each process.
    "OUTAGE_FILE": "",
    # Who may read /metrics; empty: this machine alone.
    "METRICS_TOKEN": "",
    # Then everybody seems to come from this machine.
    "IS_BEHIND_PROXY": False,
    # A queue cluster that gives no sign of life for so long is killed and started again.
    "WATCHDOG_SECONDS": 60,
    # So often the watchdog looks what dead workers left.
    "WATCH_SECONDS": 15,
    # A cluster that is told to stop may end its tasks for so long; then it is killed.
    "STOP_SECONDS": 300,
    # A dry run that nobody has confirmed by then is cancelled.
    "PLAN_HOURS": 24,
    # What a request with an Idempotency-Key was answered is said again for so long.
    "ANSWER_HOURS": 24,
    # What one request may bring to the API, all its files together.
    "UPLOAD_BYTES": 2 * 1024**3 + 1024**2,
    # Rejections kept in full, a file and code.
    "REJECTIONS_PER_CODE": 1_000,
    # Where tests end a process: see failpoints.py. Nothing, anywhere else.
    "FAILPOINT": "",
    # A file longer than this is refused at the door.
    "MAX_FILE_BYTES": 2 * 1024**3,
    # What the child that reads a file may use: see readers/sandbox/limits.py.
    "READER_MEMORY_BYTES": 1024**3,
    "READER_CPU_SECONDS": 600,
    "READER_WALL_SECONDS": 300,
    "READER_OPEN_FILES": 128,
    "READER_SCRATCH_BYTES": 5 * 1024**3,
    "READER_OUTPUT_BYTES": 8 * 1024**3,
    "READER_OUTPUT_RATIO": 1_000,
    # What a packed file may hold.
    "READER_UNPACKED_BYTES": 2 * 1024**3,
    "READER_UNPACKED_RATIO": 200,
    "READER_UNPACKED_MEMBERS": 1_000,
}


def get(name: str) -> Any:
    """Give the setting in force, read at the time of use."""
    return getattr(settings, f"IMPORTS_{name}", DEFAULTS[name])
