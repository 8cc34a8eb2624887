"""Probes: each says the truth, touches what it must and nothing more."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from imports.models import FeatureFlag
from tests.integration.alerts.conftest import ago, make_races, make_run

PROBES = ["/livez", "/readyz", "/healthz/worker", "/metrics"]


def idle(**values: Any) -> Any:
    waits = {"created_at": ago(minutes=10), "claimed_at": None, "started_at": None}
    return make_run("queued", **{**waits, **values})


@contextmanager
def database_at_nobody(*, is_silent: bool = False) -> Iterator[None]:
    """Let the database be where nobody answers, or somebody who never says a word."""
    with socket.socket() as held, pytest.MonkeyPatch.context() as patch:
        held.bind(("127.0.0.1", 0))
        if is_silent:
            held.listen()
        parameters = connection.get_connection_params()
        parameters |= {"host": "127.0.0.1", "port": str(held.getsockname()[1])}
        patch.setattr(connection, "get_connection_params", parameters.copy)
        yield


@pytest.mark.django_db
@pytest.mark.parametrize("path", PROBES)
def test_probe_answers_without_a_login_and_is_never_kept(
    path: str, client: Client
) -> None:
    for method in (client.get, client.head):
        response = method(path)

        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        assert "set-cookie" not in response.headers
    assert client.post(path).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("path", PROBES)
def test_probe_is_not_sent_to_https(path: str, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|healthz/worker|metrics)$"]

    assert Client().get(path).status_code == 200
    assert Client().get("/admin/").status_code == 301


def test_livez_touches_nothing(client: Client) -> None:
    # Without a mark for the database, touching it fails the test.
    assert client.get("/livez").json() == {"status": "ok"}


@pytest.mark.django_db(transaction=True)
def test_readyz_says_what_it_looked_at(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["checks"] == {
        "database": "ok",
        "migrations": "ok",
        "storage": "ok",
    }


@pytest.mark.parametrize("is_silent", [False, True])
@pytest.mark.django_db
def test_readyz_is_red_where_the_database_does_not_answer(
    is_silent: bool, client: Client
) -> None:
    with database_at_nobody(is_silent=is_silent):
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["failing"] == ["database", "migrations"]
    assert "127.0.0.1" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_readyz_is_red_while_migrations_are_not_applied(client: Client) -> None:
    applied = MigrationRecorder(connection).migration_qs
    last = applied.filter(app="imports").latest("pk")
    name = last.name
    applied.filter(pk=last.pk).update(name="0000_older")
    try:
        response = client.get("/readyz")
    finally:
        applied.filter(pk=last.pk).update(name=name)

    assert response.status_code == 503
    assert response.json()["failing"] == ["migrations"]
    assert "1 not applied: run manage.py migrate" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_readyz_is_red_where_no_file_can_be_kept(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "full").write_text("")
    settings.MEDIA_ROOT = tmp_path / "full"

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["failing"] == ["storage"]
    assert str(tmp_path) not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_readyz_leaves_no_file(client: Client, settings: Any) -> None:
    client.get("/readyz")

    assert [p for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file()] == []


@pytest.mark.django_db
def test_worker_is_red_where_a_run_waits_and_nobody_takes_it(client: Client) -> None:
    idle()

    response = client.get("/healthz/worker")

    assert response.status_code == 503
    said = response.json()
    assert said["runs_waiting"] == 1
    assert said["nobody_works_since"] == said["waiting_since"]
    assert "make worker" in said["message"]


@pytest.mark.django_db
@pytest.mark.unverified(reason="runs and races of a made-up history")
def test_worker_is_green_while_lanes_take_races(client: Client) -> None:
    idle()
    busy = make_run("writing", claimed_at=ago(minutes=9))
    make_races(busy, 1, finished_at=ago(minutes=2))
    make_races(busy, 1, state="waiting", finished_at=None, claimed_at=None)

    assert client.get("/healthz/worker").status_code == 200
    busy.checkpoints.update(claimed_at=ago(minutes=8))
    busy.checkpoints.filter(state="done").update(finished_at=ago(minutes=4))

    response = client.get("/healthz/worker")

    assert response.status_code == 503
    assert response.json()["runs_waiting"] == 2


@pytest.mark.django_db
def test_worker_is_green_where_nothing_waits_for_it(client: Client) -> None:
    make_run("succeeded")
    idle(created_at=ago(minutes=2))
    idle(is_cancel_requested=True)
    make_run("planned", options={"dry_run": True}, claimed_at=ago(days=1))

    response = client.get("/healthz/worker")

    assert response.status_code == 200
    assert response.json()["runs_waiting"] == 1


@pytest.mark.django_db
def test_worker_is_green_while_the_kill_switch_is_off(client: Client) -> None:
    idle()
    FeatureFlag.objects.create(name="ingest_enabled", value="off")

    response = client.get("/healthz/worker")

    assert response.status_code == 200
    assert response.json()["ingestion"] is False


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/healthz/worker", "/metrics"])
def test_probe_that_needs_the_database_says_that_it_is_away(
    path: str, client: Client
) -> None:
    connection.close()
    with database_at_nobody():
        response = client.get(path)

    assert response.status_code == 503
    assert "database does not answer" in response.content.decode()
    assert "127.0.0.1" not in response.content.decode()
