"""/metrics: who may read it, and that it says what the tables hold."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from imports import actions
from imports.flags import Flag
from imports.models import Pulse
from tests.conftest import Ingest
from tests.integration.alerts.conftest import ago, make_races, make_run

SCRAPER = "of-the-scraper"
Samples = dict[tuple[str, tuple[str, ...]], float]


def scrape(client: Client) -> Samples:
    text = client.get("/metrics").content.decode()
    return {
        (sample.name.removeprefix("scrutineer_"), tuple(sample.labels.values())): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.django_db
@pytest.mark.unverified(reason="runs and races of a made-up history")
def test_metrics_say_what_the_tables_hold(client: Client) -> None:
    counts = {"laps": {"inserted": 70, "updated": 5, "read": 80}}
    ended = make_run("partial", rows={"rejected": 3}, trigger="api", **counts)
    make_races(ended, 4, write_ms=20.0, laps_staged=1_000)
    make_races(ended, 1, state="failed")
    busy = make_run("writing", claimed_at=ago(seconds=30), laps={"inserted": 999})
    make_races(busy, 3, state="waiting", finished_at=None, claimed_at=None)
    actions.open_alert("a", severity="critical", message="Bad.")
    known = actions.open_alert("b", severity="warning", message="Bad.")
    actions.acknowledge_alerts([known], by=None)
    for number, peak in enumerate((7, 5)):
        seen = {"seen_at": ago(seconds=number), "peak_memory_bytes": peak}
        Pulse.objects.create(name=f"h-{number}", role="qcluster", **seen)

    found = scrape(client)

    expected: Samples = {
        ("runs", ("partial",)): 1,
        ("runs", ("writing",)): 1,
        ("runs", ("queued",)): 0,
        ("races", ("done",)): 4,
        ("races", ("failed",)): 1,
        ("races", ("waiting",)): 3,
        ("races", ("claimed",)): 0,
        ("laps_written_total", ()): 75,
        ("rows_rejected_total", ()): 3,
        ("conflicts_open", ()): 0,
        ("queue_depth", ()): 0,
        ("runs_waiting", ()): 1,
        ("ingestion_enabled", ()): 1,
        ("worker_healthy", ()): 1,
        ("lane_connections", ()): 0,
        ("lane_connections_max", ()): 10,
        ("alerts", ("critical", "open")): 1,
        ("alerts", ("warning", "acknowledged")): 1,
        ("alerts", ("warning", "open")): 0,
        ("write_races", ()): 4,
        ("write_milliseconds_per_1000_laps", ("0.95",)): 20.0,
        ("peak_memory_bytes", ("qcluster",)): 7,
    }
    assert {key: found.get(key) for key in expected} == expected
    end = found["last_run_end_timestamp_seconds", ("api",)]
    assert end == pytest.approx(ended.finished_at.timestamp())
    assert ("last_success_timestamp_seconds", ("api",)) not in found
    assert found["oldest_waiting_seconds", ()] >= 0


@pytest.mark.django_db
def test_queue_and_kill_switch_are_seen(client: Client) -> None:
    make_run("queued", created_at=ago(minutes=10), claimed_at=None)

    assert scrape(client)["worker_healthy", ()] == 0
    assert scrape(client)["oldest_waiting_seconds", ()] > 500
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="", by=None)

    found = scrape(client)

    assert (found["ingestion_enabled", ()], found["worker_healthy", ()]) == (0, 1)


@pytest.mark.django_db
def test_scrape_costs_the_same_queries_for_more_rows(
    client: Client, ingest: Ingest, write_csv: Any
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        scrape(client)
    for n in range(3):
        row = f"a{n},1,7,1,60000"
        ingest(write_csv(f"{n}.csv", "meeting,race,entrant,lap,time_ms", row))

    with CaptureQueriesContext(connection) as many:
        scrape(client)

    assert len(many) == len(few) < 15


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {SCRAPER}", 200),
        ("Bearer wrong", 401),
        (f"Basic {SCRAPER}", 401),
        ("Bearer \N{SNOWMAN}", 401),
        ("", 401),
    ],
)
def test_token_is_asked_for_where_one_is_set(
    header: str, status: int, settings: Any, client: Client
) -> None:
    settings.IMPORTS_METRICS_TOKEN = SCRAPER

    response = client.get("/metrics", HTTP_AUTHORIZATION=header)

    assert response.status_code == status
    assert (response.content == b"") is (status == 401)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "10.0.0.9"}, 401),
        ({"REMOTE_ADDR": ""}, 401),
        ({"HTTP_X_FORWARDED_FOR": "10.0.0.9"}, 401),
    ],
)
def test_without_a_token_only_this_machine_may_read(
    values: dict[str, str], status: int, client: Client
) -> None:
    assert client.get("/metrics", **values).status_code == status  # type: ignore[arg-type]


@pytest.mark.django_db
def test_behind_a_proxy_there_is_no_reading_without_a_token(
    client: Client, settings: Any
) -> None:
    settings.IMPORTS_IS_BEHIND_PROXY = True

    assert client.get("/metrics").status_code == 401
