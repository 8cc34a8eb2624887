"""Rules about writing: errors, how long it takes, how much comes through."""

from imports.alerts.limits import limit
from imports.alerts.rule import Finding, Rule, many, rows
from imports.models import Alert


def _duplicate_keys() -> list[Finding]:
    minutes, most = limit("WINDOW_MINUTES"), limit("DUPLICATE_KEYS")
    [(errors, runs, run)] = rows("duplicate_keys", minutes=minutes)
    if errors <= most:
        return []
    return [
        Finding(
            f"{many(errors, 'duplicate-key error')} in the last {minutes} minutes, in "
            f"{many(runs, 'run')}, last in run {run}; {most:,} are allowed. The races are "
            "tried again and nothing is stored twice, but something writes race rows "
            "beside the lanes: look for a script or a person at work in the tables."
        )
    ]


def _write_errors() -> list[Finding]:
    minutes, allowed = limit("WINDOW_MINUTES"), limit("WRITE_ERROR_PERCENT")
    [(failed, races)] = rows("write_errors", minutes=minutes)
    if races < limit("RACES") or failed * 100 <= races * allowed:
        return []
    return [
        Finding(
            f"{failed:,} of {races:,} races ({failed / races:.1%}) had an error in the "
            f"last {minutes} minutes; {allowed} % is allowed. Look at the races with "
            "an error in the admin, by error code: where they can be tried again, the "
            "database is busy or away; where not, a file or a release is to blame."
        )
    ]


def _slow_writes() -> list[Finding]:
    minutes, most = limit("WINDOW_MINUTES"), limit("WRITE_MS_PER_1000_LAPS")
    [(races, percentiles)] = rows(
        "write_times", minutes=minutes, laps=limit("RACE_LAPS")
    )
    if races < limit("RACES") or percentiles[1] <= most:
        return []
    return [
        Finding(
            f"Writing 1,000 laps took {percentiles[1]:,.1f} ms at the 95th percentile "
            f"of {races:,} races in the last {minutes} minutes; {most:,} ms is allowed. "
            "Look at the load of the database and at what changed: a flag, a release, "
            "an index, autovacuum."
        )
    ]


def _low_throughput() -> list[Finding]:
    minutes, days = limit("WINDOW_MINUTES"), limit("BASELINE_DAYS")
    share = limit("THROUGHPUT_PERCENT")
    [(new, pace, before, baseline)] = rows(
        "throughput", minutes=minutes, days=days, laps=limit("RUN_LAPS")
    )
    if not new or before < limit("BASELINE_RUNS") or pace * 100 >= baseline * share:
        return []
    return [
        Finding(
            f"Runs that ended in the last {minutes} minutes brought {pace:,.0f} laps a "
            f"second (median of {new:,}), {pace / baseline:.0%} of the baseline of "
            f"{baseline:,.0f} (median of {before:,} runs of {days} days); {share} % is "
            "expected. Look at the timings of a slow run beside those of an older one."
        )
    ]


RULES = (
    Rule(
        "duplicate_keys",
        Alert.Severity.CRITICAL,
        "Writers met keys that another writer had just taken.",
        _duplicate_keys,
    ),
    Rule(
        "write_errors",
        Alert.Severity.CRITICAL,
        "Too great a share of races had an attempt that failed.",
        _write_errors,
    ),
    Rule(
        "slow_writes",
        Alert.Severity.WARNING,
        "The 95th percentile of writing 1,000 laps is too long.",
        _slow_writes,
    ),
    Rule(
        "low_throughput",
        Alert.Severity.WARNING,
        "Runs bring fewer laps a second than those of the days before.",
        _low_throughput,
    ),
)
