"""The watch: it sees to alerts, survives their mistakes, tells of a database away."""

import json
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from imports import actions, conf
from imports.alerts import outage
from imports.errors import DatabaseAway
from imports.models import Alert, Pulse
from imports.pipeline import pulse
from tests.integration.alerts.conftest import Receiver, make_races, make_run

#: The module: its function has the same name.
watch = import_module("imports.actions.watch")
AWAY = OperationalError("connection to ann@db.example.org refused")
AWAY.__cause__ = psycopg.OperationalError()


@pytest.fixture
def is_told(settings: Any) -> Iterator[None]:
    settings.IMPORTS_ALERT_EMAILS = ["a@example.org"]
    yield
    outage._remembered.clear()


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the database be away."""

    def refuse(*_: Any) -> None:
        raise AWAY

    with monkeypatch.context() as patch:
        patch.setattr(watch, "sweep", refuse)
        # Away means outside of a transaction, as tests never are.
        patch.setattr(connection, "in_atomic_block", False)
        yield


def since(seconds: int) -> None:
    """Let the outage have begun so long ago."""
    file = Path(conf.get("OUTAGE_FILE"))
    known = json.loads(file.read_text())
    begun = timezone.now() - timedelta(seconds=seconds)
    file.write_text(json.dumps({**known, "since": begun.isoformat()}))


@pytest.mark.django_db
@pytest.mark.unverified(reason="a failed race of a made-up history")
def test_watch_evaluates_and_tells(is_told: None) -> None:
    make_races(make_run("partial"), 1, state="failed")

    assert not actions.watch()
    assert not actions.watch()

    assert Alert.objects.get().rule == "failed_races"
    assert [m.subject for m in mail.outbox] == [
        f"[Scrutineer] warning: failed_races {Alert.objects.get().subject}"
    ]


@pytest.mark.django_db
def test_watch_leaves_a_sign_of_life_with_its_memory() -> None:
    actions.watch()
    actions.watch()

    mine = Pulse.objects.exclude(name="alerts").get()
    assert mine.peak_memory_bytes
    assert 2**24 < mine.peak_memory_bytes <= pulse.peak_memory_bytes()
    assert "pytest" in mine.role or "__main__" in mine.role


@pytest.mark.django_db
def test_mistake_in_alerts_does_not_stop_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(watch, "evaluate_alerts", fail)

    assert not actions.watch()


def test_database_away_is_told_once_after_a_while_and_by_no_address(
    is_told: None, away: None
) -> None:
    for _ in range(2):
        with pytest.raises(OperationalError):
            actions.watch()
    assert mail.outbox == [], "a restart of the server is no outage"
    since(21)

    for _ in range(3):
        with pytest.raises(OperationalError):
            actions.watch()
    # Another process of the machine.
    outage._remembered.clear()
    assert not actions.tell_database_unreachable(AWAY)

    [message] = mail.outbox
    assert message.subject == "[Scrutineer] critical: database_unreachable"
    assert "cannot be reached (OperationalError)" in message.body
    assert "example" not in message.body


def test_away_database_is_told_again_by_the_channel_that_failed(
    is_told: None, receiver: Receiver
) -> None:
    receiver.answers = [500]

    assert actions.tell_database_unreachable(AWAY, at_once=True)
    assert actions.tell_database_unreachable(AWAY, at_once=True)
    assert not actions.tell_database_unreachable(AWAY, at_once=True)

    assert len(mail.outbox) == 1
    [first, second] = receiver.came
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert receiver.bodies[0]["data"]["severity"] == "critical"


def test_without_a_place_to_remember_the_process_remembers(
    is_told: None, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "a-file").write_text("")
    settings.IMPORTS_OUTAGE_FILE = tmp_path / "a-file" / "outage.json"

    assert actions.tell_database_unreachable(AWAY, at_once=True)
    assert not actions.tell_database_unreachable(AWAY, at_once=True)

    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_database_that_is_back_is_told_and_kept(is_told: None) -> None:
    actions.tell_database_unreachable(AWAY, at_once=True)

    actions.watch()
    actions.watch()

    alert = Alert.objects.get()
    assert (alert.rule, alert.severity, alert.state) == (
        "database_unreachable",
        "critical",
        "closed",
    )
    assert [m.subject for m in mail.outbox] == [
        "[Scrutineer] critical: database_unreachable",
        "[Scrutineer] critical: database_unreachable (over)",
    ]
    assert outage.known() is None


@pytest.mark.django_db
def test_short_outage_that_nobody_was_told_of_leaves_nothing(is_told: None) -> None:
    actions.tell_database_unreachable(AWAY)

    actions.watch()

    assert (Alert.objects.count(), mail.outbox, outage.known()) == (0, [], None)


@pytest.mark.django_db
def test_error_of_one_statement_is_no_outage(
    is_told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OperationalError(
            "canceling statement"
        ) from psycopg.errors.QueryCanceled()

    monkeypatch.setattr(watch, "sweep", fail)
    with pytest.raises(OperationalError):
        actions.watch()

    assert outage.known() is None


def run_command(*options: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("ingest_watch", *options, stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_command_ends_with_0_where_nothing_is_open() -> None:
    code, out, _ = run_command()

    assert code == 0
    assert out == "0 alerts are open. Nothing to sweep up.\n"


@pytest.mark.django_db
@pytest.mark.unverified(reason="a failed race of a made-up history")
def test_command_ends_with_1_and_names_what_is_open(is_told: None) -> None:
    make_races(make_run("partial"), 1, state="failed")
    Pulse.objects.create(name="alerts", seen_at=timezone.now())

    code, out, _ = run_command("--json")

    said = json.loads(out)
    assert code == 1
    assert [(a["rule"], a["state"]) for a in said["alerts"]] == [
        ("failed_races", "open")
    ]
    assert (said["evaluated"], said["sent"], said["not_sent"]) == (True, 1, 0)
    code, out, _ = run_command()
    assert code == 1
    assert out.startswith("warning, open: failed_races run")
    assert "1 alert is open." in out


@pytest.mark.parametrize("error", [AWAY, DatabaseAway()])
def test_command_ends_with_2_where_the_database_is_away_and_tells_at_once(
    error: Exception, is_told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(watch, "sweep", refuse)

    assert run_command()[0] == 2
    code, out, err = run_command("--json")

    assert code == 2
    assert json.loads(out)["error"] == "database_unreachable"
    assert len(mail.outbox) == 1
    assert "example" not in out + err
