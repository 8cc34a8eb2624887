"""Rules about runs: nobody works them, they failed, laps are missing to their races."""

from imports.alerts.limits import limit
from imports.alerts.rule import Finding, Rule, ago, many, others, rows
from imports.models import Alert
from races.models import Race

#: Of the first error of a run, so much stands in an alert.
MESSAGE_LENGTH = 200


def _unworked() -> list[Finding]:
    found = rows("runs_nobody_works", seconds=limit("UNWORKED_SECONDS"))
    told = [
        Finding(_unworked_message(*row), subject=row[0])
        for row in found
        if row[0] is not None
    ]
    total = found[0][-1] if found else 0
    return told + others(total, shown=len(found), what="runs that nobody works")


def _unworked_message(subject: str, runs: int, run: int, seconds: float, _: int) -> str:
    what = f"Run {run} has races to write, or is being prepared"
    if subject == "queue":
        waits = "1 run waits" if runs == 1 else f"{runs:,} runs wait"
        what = f"{waits}, the first is run {run}"
    return (
        f"{what}, and no worker has taken anything of it for {ago(seconds)}; "
        f"{limit('UNWORKED_SECONDS'):,} seconds are allowed. See that `make worker` "
        "runs, start one more, or go on with it by ingest_races --resume."
    )


def _failed_races() -> list[Finding]:
    most, hours = limit("FAILED_RACES"), limit("FAILED_HOURS")
    found = rows("failed_races", most=most, hours=hours)
    told = [
        Finding(
            f"{many(failed, 'race')} of run {run} failed, {quarantined:,} of them because "
            f"their lanes kept dying; {most:,} are allowed. First {race}: "
            f"{_short(why)} Mend what it says, then Retry failed races on the page of "
            "the run; nothing of these races was written.",
            subject=f"run {run}",
        )
        for run, failed, quarantined, race, why, _ in found
    ]
    total = found[0][-1] if found else 0
    return told + others(total, shown=len(found), what="runs have races that failed")


def _failed_runs() -> list[Finding]:
    found = rows("failed_runs", hours=limit("FAILED_HOURS"))
    told = [
        Finding(
            f"Run {run} failed and nothing of it is in. {_short(why)} Its page in the "
            "admin says what became of each file; go on with it by ingest_races "
            "--resume once that is mended.".replace("  ", " "),
            subject=f"run {run}",
        )
        for run, why, _ in found
    ]
    total = found[0][-1] if found else 0
    return told + others(total, shown=len(found), what="runs that failed")


def _missing_laps() -> list[Finding]:
    most, minutes = limit("MISSING_LAPS"), limit("WINDOW_MINUTES")
    found = rows("missing_laps", most=most, minutes=minutes)
    names = Race.objects.select_related("meeting").in_bulk([row[4] for row in found])
    told = [
        Finding(
            f"{many(missing, 'lap')} of {many(races, 'race')} that run {run} wrote are missing: "
            f"the results tell of {expected:,}. {most:,} may be. Most are missing to "
            f"{names.get(race, 'a race')}. Bring the files that hold them, or close "
            "this where there are none.",
            subject=f"run {run}",
        )
        for run, races, missing, expected, race, _ in found
    ]
    total = found[0][-1] if found else 0
    return told + others(total, shown=len(found), what="runs with missing laps")


def _short(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else ""
    return first if len(first) <= MESSAGE_LENGTH else first[: MESSAGE_LENGTH - 1] + "…"


RULES = (
    Rule(
        "unworked_runs",
        Alert.Severity.WARNING,
        "Runs wait and nobody works them.",
        _unworked,
    ),
    Rule(
        "failed_races",
        Alert.Severity.WARNING,
        "Races of a run failed for good, or were quarantined.",
        _failed_races,
    ),
    Rule(
        "failed_runs",
        Alert.Severity.WARNING,
        "A run failed and nothing of it is in.",
        _failed_runs,
    ),
    Rule(
        "missing_laps",
        Alert.Severity.WARNING,
        "Laps that the results tell of are not held, in races just written.",
        _missing_laps,
    ),
)
