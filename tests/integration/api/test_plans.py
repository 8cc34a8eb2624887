"""What a dry run would do, over HTTP: in pages of races, of planned runs only."""

from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from imports import actions, report_plan
from imports.actions import BatchOptions, Order
from imports.models import ImportRun
from imports.pipeline.manifest import Statement
from imports.pipeline.staging_tables import StagingTables
from tests.integration.api.shape import assert_shape
from tests.integration.api.test_schema import assert_described, schema  # noqa: F401

pytestmark = [
    pytest.mark.django_db(transaction=True),
]

HEADER = "meeting,race,entrant,entrant_name,lap,time_ms"
EARLY = {"observed_at": datetime(2024, 5, 1, tzinfo=UTC)}


def url(run: ImportRun) -> str:
    return f"/api/v1/runs/{run.pk}/plan/"


@pytest.fixture
def planned(ingest, write_csv):
    """Give a plan of three races: an entrant and a lap change in the first."""
    old = write_csv("v1.csv", HEADER, "a,1,7,Ann,1,100", "a,1,7,Ann,2,200")
    ingest(old, statement=EARLY)
    rows = ("a,1,7,Anne,1,101", "a,1,7,Anne,2,200", "a,2,7,Ann,1,1", "a,3,7,Ann,1,1")
    new = write_csv("v2.csv", HEADER, *rows)
    files = actions.register_paths([new], statement=Statement(source="test"))
    order = Order(trigger=ImportRun.Trigger.COMMAND, dry_run=True)
    run = actions.start_run(files, order=order)
    actions.work_run(run, options=BatchOptions(name="test"))
    run.refresh_from_db()
    assert run.is_plan
    return run


def test_plan_is_that_of_the_command(client, planned):
    body = client.get(url(planned)).json()

    assert body["next"] is None
    assert [(race["meeting"], race["race"]) for race in body["races"]] == [
        *(("a", "1"), ("a", "2"), ("a", "3"))
    ]
    told = {
        (c["kind"], c["key"], c["number"]): (c["before"], c["after"])
        for c in body["races"][0]["changes"]
    }
    assert told["lap", "7", 1] == ({"time_ms": 100}, {"time_ms": 101})
    [contested] = [c for c in body["races"][0]["contested"] if c["kind"] == "lap"]
    assert contested["fields"] == {"time_ms": [100, 101]}
    as_dicts = report_plan.as_dicts(planned)
    assert body["races"][0]["rows"] == as_dicts["races"][0]["rows"]
    assert body["shared"]["rows"] == as_dicts["shared"]["rows"]


def test_plan_is_as_the_schema_says(client, planned, schema):  # noqa: F811
    body = client.get(url(planned)).json()

    assert body["races"][0]["contested"]
    assert_described(body, schema, path="/api/v1/runs/{id}/plan/")


def test_races_of_a_plan_are_paged(client, planned):
    page, seen = client.get(url(planned), {"page_size": 2}).json(), []
    while True:
        seen += [race["race"] for race in page["races"]]
        if page["next"] is None:
            break
        page = client.get(page["next"]).json()

    assert seen == ["1", "2", "3"]


def test_changes_of_a_race_are_capped_and_counted(client, planned, monkeypatch):
    monkeypatch.setattr(report_plan, "CHANGES_AS_DICT", 1)

    race = client.get(url(planned)).json()["races"][0]

    assert len(race["changes"]) == 1
    assert race["changes_total"] > 1


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("?page_size=201", 400, "invalid_parameter"),
        ("?cursor=x", 400, "invalid_parameter"),
        ("?race=1", 400, "unknown_parameter"),
    ],
)
def test_what_is_not_meant_is_refused(client, planned, query, status, kind):
    response = client.get(url(planned) + query)

    assert (response.status_code, response.json()["type"]) == (status, kind)


def test_run_that_is_no_plan_has_none(client, planned):
    actions.confirm_plan(planned, by=None)
    missing = client.get("/api/v1/runs/999999/plan/")

    response = client.get(url(planned))

    assert_shape(response, status=404, kind="not_found")
    assert_shape(missing, status=404, kind="not_found")
    assert (response.status_code, missing.status_code) == (404, 404)
    assert (
        "no dry run that waits to be confirmed: it is queued"
        in (response.json()["detail"])
    )


def test_plan_whose_staged_rows_are_gone_says_so(client, planned):
    StagingTables(planned.pk, planned.epoch).drop()

    response = client.get(url(planned))

    assert response.status_code == 404
    assert "staged rows" in response.json()["detail"]


def test_plan_needs_credentials(planned):
    assert APIClient().get(url(planned)).status_code == 401
