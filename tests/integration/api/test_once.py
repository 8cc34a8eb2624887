"""Idempotency-Key: done once, answered alike, whoever comes twice and when."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from imports import actions
from imports.api import keyed
from imports.models import ImportRun, KeptAnswer, SourceFile
from tests.integration.api.senders import (
    LAPS,
    RUNS,
    assert_refused,
    client_of,
    laps,
    operator,
    send,
)

KEY = {"Idempotency-Key": "6f1c"}


@pytest.fixture
def client(db):
    return operator()


@pytest.fixture
def file(client):
    send(client, laps())
    return SourceFile.objects.get()


def start(client, *, headers=KEY, **said):
    return client.post(RUNS, said, format="json", headers=headers)


def test_same_request_gives_the_same_answer_and_one_run(client, file):
    first = start(client, files=[file.pk])
    actions.cancel_runs(ImportRun.objects.all(), by=None)

    second = start(client, files=[file.pk])

    assert ImportRun.objects.count() == OrmQ.objects.count() == 1
    assert (second.status_code, second.content) == (202, first.content)
    assert second["Location"] == first["Location"]
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first


def test_same_key_with_another_request_is_refused(client, file):
    start(client, files=[file.pk])

    other = start(client, files=[file.pk], force=True)
    upload = send(client, laps("new.csv", LAPS + "\n"), headers=KEY)

    for response in (other, upload):
        assert_refused(
            response, status=422, kind="idempotency_key_reused", names="6f1c"
        )
    assert ImportRun.objects.count() == SourceFile.objects.count() == 1


def test_keys_are_of_their_user(client, file):
    start(client, files=[file.pk])

    start(client_of("other", "add_sourcefile"), files=[file.pk], force=True)

    assert ImportRun.objects.count() == 2


def test_without_a_key_each_request_is_one(client, file):
    for _ in range(2):
        start(client, headers=None, files=[file.pk], force=True)

    assert ImportRun.objects.count() == 2
    assert not KeptAnswer.objects.exists()


def test_upload_is_answered_alike_and_its_run_made_once(client):
    answers = [
        send(client, laps(), headers=KEY, **{"import": "true"}) for _ in range(2)
    ]

    assert answers[0].content == answers[1].content
    assert answers[1].json()["files"][0]["is_known"] is False
    assert ImportRun.objects.count() == 1


def test_upload_of_other_bytes_under_the_key_is_refused(client):
    send(client, laps(), headers=KEY)

    response = send(client, laps("laps.csv", LAPS + "\n"), headers=KEY)

    assert_refused(response, status=422, kind="idempotency_key_reused")
    assert SourceFile.objects.count() == 1


def test_refusals_are_not_kept(client, file, monkeypatch):
    monkeypatch.setattr("imports.flags.is_ingest_enabled", lambda: False)
    refused = start(client, files=[file.pk])
    monkeypatch.undo()

    assert refused.status_code == 409
    assert start(client, files=[file.pk]).status_code == 202


def test_failure_after_the_run_was_made_leaves_neither_run_nor_key(
    client, file, monkeypatch
):
    def fail(*_args, **_options):
        raise RuntimeError("cut off")

    client.raise_request_exception = False
    monkeypatch.setattr("imports.api.runs.run_response", fail)
    response = start(client, files=[file.pk])
    monkeypatch.undo()

    assert response.status_code == 500
    assert not ImportRun.objects.exists()
    assert not OrmQ.objects.exists()
    assert start(client, files=[file.pk]).status_code == 202


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "a\tb"])
def test_key_that_is_none_is_refused(client, file, key):
    response = start(client, headers={"Idempotency-Key": key}, files=[file.pk])

    assert_refused(
        response, status=400, kind="invalid_parameter", names="Idempotency-Key: "
    )
    assert not ImportRun.objects.exists()


def test_old_answers_are_forgotten_by_the_sweep(client, file):
    start(client, files=[file.pk])
    start(client, headers={"Idempotency-Key": "new"}, files=[file.pk])
    old = timezone.now() - timedelta(hours=24, seconds=1)
    KeptAnswer.objects.filter(key="6f1c").update(created_at=old)

    actions.sweep()

    assert [kept.key for kept in KeptAnswer.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_makes_the_run(monkeypatch):
    client = operator()
    send(client, laps())
    file = SourceFile.objects.get()
    both = threading.Barrier(2)
    ready = keyed.respond_once
    answers = []

    def together(asked, do):
        both.wait(30)
        return ready(asked, do)

    def ask():
        try:
            answers.append(start(operator(), files=[file.pk]))
        finally:
            connection.close()

    monkeypatch.setattr("imports.api.runs.respond_once", together)
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    assert ImportRun.objects.count() == OrmQ.objects.count() == 1
