"""A dry run shows what would be, writes nothing, and confirmed does just that."""

import json
import random
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command

from imports import actions, report_plan
from imports.actions import BatchOptions, Order
from imports.errors import InputChanged, RunNotResumable
from imports.flags import Flag
from imports.models import Conflict, ImportRun, LapRevision, RowRevision
from imports.pipeline.manifest import Statement
from races.models import Entrant, Lap
from tests import state
from tests.worlds import World

HEADER = "meeting,race,entrant,lap,time_ms"
EARLY = {"observed_at": datetime(2024, 5, 1, tzinfo=UTC)}
LATE = {"observed_at": datetime(2024, 5, 2, tzinfo=UTC)}
OPTIONS = BatchOptions(name="test")

pytestmark = [
    pytest.mark.django_db(transaction=True),
]


def plan(*files: Any, writer: str = "merge", **statement: Any) -> ImportRun:
    """Start a dry run of paths or of registered files, and work it."""
    if files and not isinstance(files[0], actions.Registered):
        said = Statement(source="test", **statement)
        files = tuple(actions.register_paths(files, statement=said))
    order = Order(
        trigger=ImportRun.Trigger.COMMAND,
        dry_run=True,
        options={Flag.WRITER: writer},
    )
    run = actions.start_run(files, order=order)
    actions.work_run(run, options=OPTIONS)
    run.refresh_from_db()
    assert run.state == "planned", run.message
    return run


def confirm(run: ImportRun) -> int:
    """Confirm a plan and work it to its end."""
    moved = actions.confirm_plan(run, by=None)
    run.refresh_from_db()
    actions.work_run(run, options=OPTIONS)
    run.refresh_from_db()
    return moved


def tables() -> Any:
    """Give all that a dry run must leave alone."""
    kept = [
        list(model.objects.values()) for model in (Conflict, LapRevision, RowRevision)
    ]
    return state.tables(), kept


@pytest.fixture
def first(ingest, write_csv):
    path = write_csv("v1.csv", HEADER, "a,1,7,1,100", "a,1,7,2,200", "a,2,7,1,1")
    return ingest(path, statement=EARLY)


@pytest.fixture
def update(write_csv):
    rows = ("a,1,7,1,101", "a,1,8,1,300", "a,1,8,1,301", "a,2,7,1,1")
    return write_csv("v2.csv", HEADER, *rows)


@pytest.mark.parametrize("writer", ["merge", "orm"])
def test_plan_says_what_changes_and_writes_nothing(first, update, writer):
    before = tables()

    run = plan(update, **LATE, is_complete=True, writer=writer)

    assert tables() == before
    shown = report_plan.as_dicts(run)["races"][0]
    assert (shown["removed"], shown["conflicts"], shown["changes_total"]) == (1, 2, 3)
    assert [
        (c["action"], c["key"], c["number"], c["before"], c["after"])
        for c in shown["changes"]
    ] == [
        ("updated", "7", 1, {"time_ms": 100}, {"time_ms": 101}),
        ("removed", "7", 2, {"time_ms": 200}, {}),
        ("inserted", "8", 1, {}, {"time_ms": 301}),
    ]
    assert [d["fields"]["time_ms"] for d in shown["contested"]] == [
        (100, 101),
        (300, 301),
    ]
    assert (run.laps["updated"], run.laps["inserted"], run.removed) == (1, 1, 1)


@pytest.mark.parametrize("writer", ["merge", "orm"])
def test_confirmed_plan_is_what_is_written(first, update, writer):
    run = plan(update, **LATE, is_complete=True, writer=writer)
    planned = (run.rows, run.laps, run.conflicts, run.removed)

    assert confirm(run) == 0

    assert run.state == "succeeded"
    assert (run.rows, run.laps, run.conflicts, run.removed) == planned
    assert list(Lap.objects.values_list("time_ms", flat=True).order_by("pk")) == [
        101,
        1,
        301,
    ]


def test_race_that_moved_is_planned_again(first, update, ingest, write_csv):
    run = plan(update, **LATE)
    ingest(write_csv("x.csv", HEADER, "a,1,7,9,900"), statement=EARLY)
    before = tables()

    moved = confirm(run)

    assert moved == 1
    assert (run.state, tables()) == ("planned", before)
    assert "1 of its races" in run.message
    assert confirm(run) == 0
    assert run.state == "succeeded"


@pytest.mark.unverified(reason="a value is set by hand")
def test_race_that_moves_after_the_confirmation_is_not_written(
    first, update, ingest, write_csv
):
    run = plan(update, **LATE)
    actions.confirm_plan(run, by=None)
    ingest(write_csv("x.csv", HEADER, "a,1,7,9,900"), statement=EARLY)
    run.refresh_from_db()

    actions.work_run(run, options=OPTIONS)

    run.refresh_from_db()
    assert run.state == "partial"
    outdated = run.checkpoints.get(state="failed")
    assert (outdated.race_key, outdated.error_code) == ("1", "plan_outdated")
    assert not Lap.objects.filter(time_ms=101).exists()
    actions.resume_run(run, by=None)
    run.refresh_from_db()
    actions.work_run(run, options=OPTIONS)
    run.refresh_from_db()
    assert run.is_plan
    assert confirm(run) == 0
    assert Lap.objects.filter(time_ms=101).exists()


def test_shared_rows_are_planned_and_bound_too(ingest, write_csv):
    header = "venue,name,country"
    ingest(write_csv("v1.csv", header, "spa,Spa,Belgium"), statement=EARLY)
    run = plan(write_csv("v2.csv", header, "spa,Spa,BEL"), **LATE)
    [change] = report_plan.as_dicts(run)["shared"]["changes"]
    assert (change["before"], change["after"]) == (
        {"country": "Belgium"},
        {"country": "BEL"},
    )
    ingest(write_csv("v3.csv", header, "spa,SPA,Belgium"), statement=EARLY)

    assert confirm(run) == 1

    assert run.state == "planned"


def test_stored_bytes_that_changed_are_refused(first, update):
    run = plan(update, **LATE)
    path = run.run_files.get().source_file.storage_path
    default_storage.delete(path)
    default_storage.save(path, ContentFile(b"meeting,race\n"))

    with pytest.raises(InputChanged, match="sha256"):
        actions.confirm_plan(run, by=None)

    run.refresh_from_db()
    assert run.is_plan


def test_run_that_is_no_plan_cannot_be_confirmed(first):
    with pytest.raises(RunNotResumable, match="no dry run"):
        actions.confirm_plan(first, by=None)


def test_plan_that_is_discarded_leaves_nothing(first, update):
    before = tables()
    run = plan(update, **LATE)

    actions.cancel_runs([run], by=None)

    run.refresh_from_db()
    assert (run.state, tables()) == ("cancelled", before)


def test_plan_of_a_new_race_names_its_entrants(write_csv):
    header = "meeting,race,entrant,name,position"
    run = plan(write_csv("e.csv", header, "a,1,7,Ann,1", "a,1,8,Bob,2"))

    [race] = report_plan.as_dicts(run)["races"]

    assert [(c["kind"], c["key"], c["after"]["name"]) for c in race["changes"]] == [
        ("entrant", "7", "Ann"),
        ("entrant", "8", "Bob"),
    ]
    assert not Entrant.objects.exists()


def test_command_shows_the_plan_and_resume_writes_it(first, update):
    out = StringIO()
    options = {"source": "test", "observed_at": LATE["observed_at"].isoformat()}
    call_command("ingest_races", str(update), dry_run=True, stdout=out, **options)
    run = ImportRun.objects.latest("pk")

    assert "~ lap 7 1: time_ms 100 → 101" in out.getvalue()
    assert f"--resume {run.pk}" in out.getvalue()

    out = StringIO()
    call_command("ingest_races", resume=run.pk, json=True, stdout=out)
    assert json.loads(out.getvalue())["state"] == "succeeded"


@pytest.mark.parametrize("seed", range(8))
def test_plan_of_any_file_is_what_its_run_then_does(seed, tmp_path):
    chance = random.Random(seed)
    for file in World.of(seed, files=4).files:
        [registered] = actions.register_paths(
            [file.write(tmp_path)], statement=file.statement
        )
        before = tables()
        run = plan(registered, writer=chance.choice(["merge", "orm"]))
        assert tables() == before
        planned = [
            (c.rows, c.laps, c.conflicts, c.removed)
            for c in run.checkpoints.order_by("number")
        ]

        assert confirm(run) == 0

        done = run.checkpoints.order_by("number")
        assert [(c.rows, c.laps, c.conflicts, c.removed) for c in done] == planned
