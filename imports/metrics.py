"""The tables -> metrics for Prometheus, read at the time of the scrape.

Nothing is counted in the processes themselves, so that any of them tells of all.
A fixed number of questions, whatever the tables hold.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from imports import conf
from imports.alerts import worker_health
from imports.alerts.limits import limit
from imports.alerts.rule import rows
from imports.models import Alert, AlertDelivery, ImportRun, RaceCheckpoint
from imports.pipeline import session

NAME = "scrutineer_{}".format
WRITES_OVER_MINUTES = 60
QUANTILES = (0.5, 0.95, 0.99)


class Tables(Collector):
    """Reads the tables whenever it is collected."""

    def collect(self) -> Iterator[Metric]:
        yield from _runs()
        yield from _races()
        yield from _queue()
        yield from _connections()
        yield from _alerts()
        yield from _writes()
        yield from _pulses()

    def describe(self) -> Iterable[Metric]:
        # Without it the registry would read the tables as soon as it is made.
        return []


def _runs() -> Iterator[Metric]:
    found = rows("count_runs")
    states = Counter({str(state): 0 for state in ImportRun.State})
    ends: dict[str, float] = {}
    successes: dict[str, float] = {}
    for state, trigger, number, _, _, end in found:
        states[state] += number
        if end:
            ends[trigger] = max(end, ends.get(trigger, end))
        if end and state == ImportRun.State.SUCCEEDED:
            successes[trigger] = end
    yield _gauge("runs", "Runs by state.", states, label="state")
    about = "When the last run of each trigger ended."
    yield _gauge("last_run_end_timestamp_seconds", about, ends, label="trigger")
    about = "When the last run of each trigger that was all in ended."
    yield _gauge("last_success_timestamp_seconds", about, successes, label="trigger")
    final = [row for row in found if row[0] in ImportRun.FINAL]
    for name, about, column in (
        ("laps_written", "Laps inserted or updated by runs that are over.", 3),
        ("rows_rejected", "Rows refused by runs that are over.", 4),
    ):
        total = sum(row[column] for row in final)
        yield CounterMetricFamily(NAME(name), about, value=total)


def _races() -> Iterator[Metric]:
    states = {str(state): 0 for state in RaceCheckpoint.State}
    states |= dict(rows("count_races"))
    yield _gauge("races", "Races of runs by state.", states, label="state")
    [(conflicts,)] = rows("count_open_conflicts")
    yield _value("conflicts_open", "Conflicts that wait for a person.", conflicts)


def _queue() -> Iterator[Metric]:
    health = worker_health.look()
    [(depth,)] = rows("queue_depth")
    waiting = 0.0
    if health.waiting_since:
        waiting = max(0.0, (health.now - health.waiting_since).total_seconds())
    yield _value("queue_depth", "Doorbells that no worker has heard yet.", depth)
    yield _value("runs_waiting", "Runs that wait for a worker.", health.runs_waiting)
    yield _value("oldest_waiting_seconds", "How long the first has waited.", waiting)
    yield _value("ingestion_enabled", "0: the kill switch is off.", health.is_enabled)
    is_red = health.nobody_works_since is not None
    yield _value("worker_healthy", "What /healthz/worker says.", not is_red)


def _connections() -> Iterator[Metric]:
    used = session.lane_connections()
    yield _value("lane_connections", "Connections that lanes have now.", used)
    most = conf.get("DB_POOL_MAX")
    yield _value("lane_connections_max", "DB_POOL_MAX, their ceiling.", most)


def _alerts() -> Iterator[Metric]:
    family = GaugeMetricFamily(
        NAME("alerts"), "Alerts that are not closed.", labels=("severity", "state")
    )
    counts = {(severity, state): n for severity, state, n in rows("count_alerts")}
    for severity in Alert.Severity:
        for state in (Alert.State.OPEN, Alert.State.ACKNOWLEDGED):
            key = (str(severity), str(state))
            family.add_metric(key, counts.get(key, 0))
    yield family
    states = AlertDelivery.State
    undelivered = {str(state): 0 for state in (states.WAITING, states.GIVEN_UP)}
    undelivered |= dict(rows("count_deliveries"))
    about = "Messages of alerts that were not delivered."
    yield _gauge("alert_deliveries", about, undelivered, label="state")


def _writes() -> Iterator[Metric]:
    laps = limit("RACE_LAPS")
    [(races, found)] = rows("write_times", minutes=WRITES_OVER_MINUTES, laps=laps)
    about = f"Writing 1,000 laps over the last hour, races of {laps:,} laps and more."
    family = GaugeMetricFamily(
        NAME("write_milliseconds_per_1000_laps"), about, labels=("quantile",)
    )
    for quantile, value in zip(QUANTILES, found or (), strict=False):
        family.add_metric((str(quantile),), value)
    yield family
    yield _value("write_races", "Races that these percentiles are of.", races)


def _pulses() -> Iterator[Metric]:
    found = rows("pulses")
    seen = {role: at for role, at, _ in found}
    about = "Last sign of life of any process of a role."
    yield _gauge("heartbeat_timestamp_seconds", about, seen, label="role")
    peaks = {role: peak for role, _, peak in found if peak is not None}
    about = "Most memory that any process of a role, seen lately, ever had."
    yield _gauge("peak_memory_bytes", about, peaks, label="role")


def _gauge(name: str, about: str, values: dict[str, Any], *, label: str) -> Metric:
    family = GaugeMetricFamily(NAME(name), about, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _value(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(NAME(name), about, value=float(value))


#: Of ours alone: the default one would add figures of this one process.
REGISTRY = CollectorRegistry(auto_describe=False)
REGISTRY.register(Tables())
