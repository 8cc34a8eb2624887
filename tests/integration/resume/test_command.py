"""--resume: what it takes, what it gives, what it refuses and in which words."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from imports import actions
from imports.actions import BatchOptions
from imports.errors import RunNotResumable
from imports.flags import Flag
from imports.models import ImportRun
from imports.pipeline import checkpoint
from tests.integration.resume.steps import (
    RACES,
    expire,
    write,
)


def _command(**options: Any) -> tuple[int, dict[str, Any]]:
    out = StringIO()
    try:
        call_command(
            "ingest_races", json=True, stdout=out, stderr=StringIO(), **options
        )
    except SystemExit as error:
        return int(str(error.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


@pytest.mark.django_db(transaction=True)
def test_command_resumes_a_run(run):
    write(run, races=1)

    code, result = _command(resume=run.pk)

    assert (code, result["run"], result["state"]) == (0, run.pk, "succeeded")
    assert result["races"]["succeeded"] == RACES


@pytest.mark.django_db
def test_command_leaves_a_resumed_run_to_workers(run):
    expire(run)

    code, result = _command(resume=run.pk, queue=True)

    assert (code, result["state"]) == (0, "queued")


def _owned(run: ImportRun) -> None:
    actions.claim_run(run, owner="somebody")


def _written(run: ImportRun) -> None:
    actions.prepare(run, owner="somebody")
    assert checkpoint.claim_race(run.pk, owner="somebody")


def _done(run: ImportRun) -> None:
    actions.work_run(run, options=BatchOptions(name="test"))


def _switched_off(run: ImportRun) -> None:
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="", by=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("happen", "words"),
    [
        (_owned, r"being worked on \(somebody\).*try again in \d+ s"),
        (_written, r"being worked on.*try again in \d+ s"),
        (_done, "succeeded: nothing"),
        (_switched_off, "switched off"),
    ],
)
def test_run_that_cannot_be_resumed_is_refused_in_a_sentence(start, happen, words):
    run = start()
    happen(run)
    before = ImportRun.objects.filter(pk=run.pk).values().get()

    with pytest.raises(CommandError, match=words) as caught:
        _command(resume=run.pk)

    assert caught.value.returncode == 2
    assert ImportRun.objects.filter(pk=run.pk).values().get() == before


@pytest.mark.django_db
def test_run_of_which_only_files_are_missing_is_refused(ingest, files, write_csv):
    run = ingest(*files, write_csv("notes.csv", "hello,world", "1,2"))

    with pytest.raises(RunNotResumable, match="files that cannot be read"):
        actions.resume_run(run, by=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"resume": 99_999}, "There is no run 99999"),
        ({"resume": 1, "writer": "orm", "force": True}, "leave out --writer, --force"),
        ({}, "or --resume RUN"),
    ],
)
def test_wrong_options_of_resume_are_named(options, words):
    with pytest.raises(CommandError, match=words) as caught:
        _command(**options)

    assert caught.value.returncode == 2
