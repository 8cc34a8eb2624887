"""States as words with a dot: what is not all well is never green."""

from django.utils.safestring import SafeString

from imports.models import Alert, AlertDelivery, ImportRun, RaceCheckpoint, RunFile
from ingestion_site.lib import cells

Run = ImportRun.State

RUN_TONES = {
    Run.QUEUED: "idle",
    Run.STAGING: "busy",
    Run.PLANNED: "busy",
    Run.WRITING: "busy",
    Run.SUCCEEDED: "good",
    Run.PARTIAL: "warn",
    Run.FAILED: "bad",
    Run.CANCELLED: "idle",
}
RACE_TONES = {
    RaceCheckpoint.State.WAITING: "idle",
    RaceCheckpoint.State.CLAIMED: "busy",
    RaceCheckpoint.State.DONE: "good",
    RaceCheckpoint.State.FAILED: "bad",
    RaceCheckpoint.State.CANCELLED: "idle",
}
FILE_TONES = {
    RunFile.State.WAITING: "idle",
    RunFile.State.STAGED: "good",
    RunFile.State.DUPLICATE: "idle",
    RunFile.State.REJECTED: "bad",
}
DELIVERY_TONES = {
    AlertDelivery.State.WAITING: "busy",
    AlertDelivery.State.SENT: "good",
    AlertDelivery.State.GIVEN_UP: "bad",
    AlertDelivery.State.WITHDRAWN: "idle",
}


def run_badge(run: ImportRun) -> SafeString:
    """Give the state of a run; success with refused rows is a state of its own."""
    if run.is_cancel_requested and not run.is_final:
        return cells.badge("cancelling", "warn")
    if run.is_held_up:
        return cells.badge(f"paused ({run.state})", "warn")
    if run.is_plan:
        return cells.badge("planned, to be confirmed", "warn")
    if run.state == Run.SUCCEEDED and run.row_counts.rejected:
        return cells.badge("succeeded with rejects", "warn")
    return cells.badge(run.state, RUN_TONES[Run(run.state)])


def race_badge(race: RaceCheckpoint) -> SafeString:
    """Give the state of a race of a run."""
    return cells.badge(race.state, RACE_TONES[RaceCheckpoint.State(race.state)])


def file_badge(file: RunFile) -> SafeString:
    """Give the state of a file of a run; a file with refused rows is not all well."""
    if file.state == RunFile.State.STAGED and file.rows_rejected:
        return cells.badge("staged with rejects", "warn")
    return cells.badge(file.state, FILE_TONES[RunFile.State(file.state)])


def alert_badge(alert: Alert) -> SafeString:
    """Give how bad an alert is, and whether it is over; one that is known is calmer."""
    if alert.state == Alert.State.CLOSED:
        return cells.badge(f"{alert.severity}, closed", "idle")
    is_critical = alert.severity == Alert.Severity.CRITICAL
    return cells.badge(
        f"{alert.severity}, {alert.state}", "bad" if is_critical else "warn"
    )


def delivery_badge(delivery: AlertDelivery) -> SafeString:
    """Give what became of a message."""
    return cells.badge(
        delivery.state, DELIVERY_TONES[AlertDelivery.State(delivery.state)]
    )
