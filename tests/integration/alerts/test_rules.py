"""Each rule: what breaks it opens an alert with its figures; what does not, does not."""

from typing import Any

import pytest
from django.db import connection, transaction

from imports import actions
from imports.alerts import resources
from imports.alerts.rule import OTHERS
from imports.alerts.rules import RULES
from imports.models import FailedAttempt, FeatureFlag, ImportRun, Pulse
from imports.pipeline import run as conductor
from imports.pipeline import session, transactions
from races.models import Race
from stats.models import RaceStats
from tests.conftest import Ingest
from tests.integration.alerts.conftest import (
    ago,
    found,
    make_races,
    make_run,
    open_ones,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.unverified(reason="runs and races of a made-up history"),
]


def fail_attempts(run: ImportRun, number: int, **values: Any) -> None:
    races = list(run.checkpoints.order_by("number")[:number])
    values = {"failed_at": ago(minutes=1), "error_code": "retry_later", **values}
    FailedAttempt.objects.bulk_create(
        FailedAttempt(run=run, checkpoint=race, **values) for race in races
    )


def test_nothing_breaks_a_rule_where_nothing_happened() -> None:
    evaluation = actions.evaluate_alerts(at_once=True)

    assert evaluation is not None
    assert evaluation.found == {rule.name: [] for rule in RULES}


@pytest.mark.parametrize(
    ("sqlstate", "minutes", "broken"),
    [("23505", 1, True), ("40P01", 1, False), ("23505", 16, False)],
)
def test_duplicate_keys(sqlstate: str, minutes: int, broken: bool) -> None:
    run = make_run()
    make_races(run, 1)
    fail_attempts(run, 1, sqlstate=sqlstate, failed_at=ago(minutes=minutes))

    findings = found("duplicate_keys")

    assert bool(findings) is broken
    if broken:
        [alert] = open_ones("duplicate_keys")
        assert alert.severity == "critical"
        assert "1 duplicate-key error in" in alert.message
        assert f"run {run.pk}" in alert.message


def test_retried_duplicate_key_is_counted_though_the_race_got_in(
    write_csv: Any, monkeypatch: pytest.MonkeyPatch, ingest: Ingest
) -> None:
    refresh, calls = transactions.refresh_race, []

    def collide_once(race_id: int) -> None:
        calls.append(race_id)
        if len(calls) == 1:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE unique_violation; END $$")
        refresh(race_id)

    monkeypatch.setattr(transactions, "refresh_race", collide_once)
    run = ingest(write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", "a,1,7,1,9"))

    assert (run.state, len(calls)) == ("succeeded", 2)
    attempt = FailedAttempt.objects.get()
    assert (attempt.run, attempt.sqlstate) == (run, "23505")
    assert found("duplicate_keys")


def test_duplicate_key_while_a_run_is_prepared_is_counted(
    write_csv: Any, monkeypatch: pytest.MonkeyPatch, ingest: Ingest
) -> None:
    plan, calls = conductor.plan_races, []

    def collide_once(run: ImportRun) -> Any:
        calls.append(run)
        if len(calls) == 1:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE unique_violation; END $$")
        return plan(run)

    monkeypatch.setattr(conductor, "plan_races", collide_once)
    run = ingest(write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", "a,1,7,1,9"))

    assert (run.state, len(calls)) == ("succeeded", 2)
    attempt = FailedAttempt.objects.get()
    assert (attempt.checkpoint, attempt.sqlstate) == (None, "23505")
    assert found("duplicate_keys")


@pytest.mark.parametrize(
    ("races", "failed", "broken"), [(100, 2, True), (100, 1, False), (19, 19, False)]
)
def test_write_errors(races: int, failed: int, broken: bool) -> None:
    run = make_run()
    make_races(run, races)
    fail_attempts(run, failed)
    fail_attempts(run, failed)

    findings = found("write_errors")

    assert bool(findings) is broken
    if broken:
        assert "2 of 100 races (2.0%)" in findings[0].message


@pytest.mark.parametrize(
    ("races", "milliseconds", "laps", "broken"),
    [
        (20, 50.1, 1_000, True),
        (20, 50.0, 1_000, False),
        (19, 90.0, 1_000, False),
        # A small race costs what a transaction costs.
        (20, 50.1, 499, False),
    ],
)
def test_slow_writes(races: int, milliseconds: float, laps: int, broken: bool) -> None:
    make_races(make_run(), races, write_ms=milliseconds, laps_staged=laps)

    findings = found("slow_writes")

    assert bool(findings) is broken
    if broken:
        assert "50.1 ms at the 95th percentile of 20 races" in findings[0].message
        assert "50 ms is allowed" in findings[0].message


def make_paced(laps_a_second: int, **values: Any) -> ImportRun:
    begun = {"started_at": ago(minutes=2), "finished_at": ago(minutes=1)}
    return make_run(laps={"read": laps_a_second * 60}, **{**begun, **values})


def make_baseline(runs: int = 5, laps_a_second: int = 1_000) -> None:
    days = {
        "created_at": ago(days=2, minutes=1),
        "started_at": ago(days=2, minutes=1),
        "finished_at": ago(days=2),
    }
    for _ in range(runs):
        make_paced(laps_a_second, **days)


@pytest.mark.parametrize(("pace", "broken"), [(790, True), (810, False)])
def test_low_throughput(pace: int, broken: bool) -> None:
    make_baseline()
    make_paced(pace)

    findings = found("low_throughput")

    assert bool(findings) is broken
    if broken:
        assert "790 laps a second (median of 1), 79%" in findings[0].message
        assert "1,000 (median of 5 runs of 7 days)" in findings[0].message


@pytest.mark.parametrize(
    "but",
    [{"laps": {"read": 4_000}}, {"kind": "revert"}, {"state": "cancelled"}],
)
def test_throughput_of_what_is_no_measure_is_not_looked_at(but: dict[str, Any]) -> None:
    make_baseline()
    run = make_paced(100)
    ImportRun.objects.filter(pk=run.pk).update(**but)

    assert found("low_throughput") == []


def test_throughput_without_a_baseline_says_nothing() -> None:
    make_baseline(runs=4)
    make_paced(100)

    assert found("low_throughput") == []


@pytest.mark.parametrize(("used", "broken"), [(9, True), (8, False)])
def test_connections(used: int, broken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "lane_connections", lambda: used)

    findings = found("connections")

    assert bool(findings) is broken
    if broken:
        assert "9 of 10 connections (90%)" in findings[0].message


@pytest.mark.parametrize(
    ("mebi", "minutes", "broken"), [(820, 1, True), (819, 1, False), (900, 20, False)]
)
def test_memory(mebi: int, minutes: int, broken: bool) -> None:
    seen = {"seen_at": ago(minutes=minutes), "role": "qcluster"}
    Pulse.objects.create(name="h-1", peak_memory_bytes=mebi * resources.MEBI, **seen)

    findings = found("memory")

    assert bool(findings) is broken
    if broken:
        assert findings[0].subject == "h-1"
        assert "qcluster h-1 has taken up to 820 MB" in findings[0].message
        assert "1,024 MB" in findings[0].message


def idle(state: str = "queued", **values: Any) -> ImportRun:
    """Give a run that waits for long already."""
    long_ago = {"created_at": ago(minutes=10), "claimed_at": None, "started_at": None}
    return make_run(state, **{**long_ago, **values})


def test_queued_runs_that_nobody_works_are_told_of_together() -> None:
    first = idle()
    idle()

    [finding] = found("unworked_runs")

    assert finding.subject == "queue"
    assert f"2 runs wait, the first is run {first.pk}" in finding.message
    assert "for 10 minutes; 180 seconds are allowed" in finding.message
    assert "make worker" in finding.message


def test_writing_run_that_nobody_works_is_told_of_alone() -> None:
    run = idle("writing", claimed_at=ago(minutes=9))
    make_races(run, 2, state="waiting", finished_at=None, claimed_at=None)

    [finding] = found("unworked_runs")

    assert finding.subject == f"run {run.pk}"
    assert "9 minutes" in finding.message


def test_run_whose_preparer_is_silent_is_told_of() -> None:
    run = idle("staging", claimed_at=ago(minutes=9), heartbeat_at=ago(minutes=5))

    assert [f.subject for f in found("unworked_runs")] == [f"run {run.pk}"]


@pytest.mark.parametrize(
    "but",
    [
        {"created_at": 0},
        {"queued_at": 0},
        {"is_cancel_requested": True},
        {"is_paused": True},
        {"state": "planned", "options": {"dry_run": True}, "claimed_at": 9},
    ],
)
def test_run_that_waits_for_nobody_or_not_for_long_is_fine(but: dict[str, Any]) -> None:
    # Days, from the moment of the test on.
    moments = {
        name: ago(days=days) for name, days in but.items() if name.endswith("_at")
    }
    run = idle()
    ImportRun.objects.filter(pk=run.pk).update(**{**but, **moments})

    assert found("unworked_runs") == []


def test_queue_behind_workers_that_work_is_fine() -> None:
    idle()
    busy = make_run("writing")
    make_races(busy, 1, finished_at=ago(minutes=1))
    make_races(busy, 1, state="waiting", finished_at=None, claimed_at=None)

    assert found("unworked_runs") == []


def test_race_that_a_lane_holds_is_worked() -> None:
    run = idle("writing", claimed_at=ago(minutes=9))
    held = {"lease_until": ago(minutes=-1), "claimed_at": ago(minutes=5)}
    make_races(run, 1, state="claimed", finished_at=None, **held)

    assert found("unworked_runs") == []


def test_nothing_waits_while_the_kill_switch_is_off() -> None:
    idle()
    FeatureFlag.objects.create(name="ingest_enabled", value="off")

    assert found("unworked_runs") == []


def test_failed_races_are_told_of_by_run_until_they_are_in() -> None:
    run = make_run("partial")
    make_races(run, 3)
    why = {"error_code": "race_refused", "message": "The database refused a row."}
    make_races(run, 1, state="failed", finished_at=ago(hours=1), **why)
    dead = {"error_code": "quarantined", "message": "Its lane died."}
    make_races(run, 1, state="failed", finished_at=ago(hours=1), **dead)

    [finding] = found("failed_races")

    assert finding.subject == f"run {run.pk}"
    assert "2 races of run" in finding.message
    assert "1 of them because their lanes kept dying" in finding.message
    assert "First ash/4: The database refused a row." in finding.message
    run.checkpoints.filter(state="failed").update(finished_at=ago(days=3))
    assert found("failed_races"), "it is told of as long as it is open"
    run.checkpoints.filter(state="failed").update(state="done")
    assert found("failed_races") == []


def test_races_that_failed_long_ago_open_nothing() -> None:
    make_races(make_run("partial"), 1, state="failed", finished_at=ago(hours=25))

    assert found("failed_races") == []


def test_many_runs_with_failed_races_are_counted_not_listed() -> None:
    for _ in range(12):
        make_races(make_run("partial"), 1, state="failed")

    findings = found("failed_races")

    assert len(findings) == 11
    assert findings[-1].subject == OTHERS
    assert "2 more runs have races that failed" in findings[-1].message


def test_run_that_failed_is_told_of() -> None:
    run = make_run("failed", message="Its worker died while it prepared the run.")
    make_run("cancelled")

    [finding] = found("failed_runs")

    assert finding.subject == f"run {run.pk}"
    assert "Its worker died" in finding.message


def test_missing_laps_are_told_of_until_they_are_brought(
    ingest: Ingest, write_csv: Any
) -> None:
    laps = write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", "a,1,7,1,60000")
    result = write_csv("r.csv", "meeting,race,entrant,laps_completed", "a,1,7,3")
    run = ingest(laps, result)
    assert RaceStats.objects.get().missing_laps == 2

    [finding] = found("missing_laps")

    assert finding.subject == f"run {run.pk}"
    assert "2 laps of 1 race that run" in finding.message
    assert "the results tell of 3" in finding.message
    assert str(Race.objects.get()) in finding.message
    run.checkpoints.update(finished_at=ago(hours=5))
    assert found("missing_laps"), "it is told of as long as it is open"
    more = ("a,1,7,2,60000", "a,1,7,3,60000")
    ingest(write_csv("more.csv", "meeting,race,entrant,lap,time_ms", *more))
    assert found("missing_laps") == []


def test_rules_say_what_they_are_for() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.about.endswith(".") for rule in RULES)
