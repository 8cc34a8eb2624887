"""Snapshots over HTTP: lists without data, filters, one alone, its ETag."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from stats.models import StatSnapshot
from stats.snapshots import atomic_upsert_snapshot
from tests.integration.api.conftest import Get

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def snapshots() -> list[StatSnapshot]:
    return [
        atomic_upsert_snapshot(scope, stats_type, {"standings": [{"rank": 1}]})
        for scope in ("f1/2021", "f1/2022", "le_mans/2022")
        for stats_type in ("competitor_standings", "team_standings")
    ]


def test_list_has_no_documents_and_reads_none(get: Get) -> None:
    with CaptureQueriesContext(connection) as queries:
        page = get("snapshots").data

    assert len(page["results"]) == 6
    assert set(page["results"][0]) == {
        "id",
        "scope",
        "stats_type",
        "version",
        "fetched_at",
    }
    [query] = queries.captured_queries
    assert '"data"' not in query["sql"]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"scope": "f1/2022"}, 2),
        ({"scope": "f1"}, 0),
        ({"scope__startswith": "f1/"}, 4),
        ({"scope__startswith": "f_/"}, 0),
        ({"stats_type": "team_standings"}, 3),
        ({"scope": "f1/2022", "stats_type": "team_standings"}, 1),
    ],
)
def test_list_is_filtered(get: Get, parameters: dict[str, str], found: int) -> None:
    assert len(get("snapshots", **parameters).data["results"]) == found


@pytest.mark.parametrize("name", ["version", "fetched_at", "source"])
def test_unknown_filter_is_refused(get: Get, name: str) -> None:
    assert get("snapshots", **{name: "1"}).status_code == 400


def test_pages_hold_each_once(client: APIClient) -> None:
    address, seen = "/api/v1/snapshots/?page_size=4", []
    while address:
        page = client.get(address).data
        seen += [row["id"] for row in page["results"]]
        address = page["next"]

    assert seen == sorted(StatSnapshot.objects.values_list("pk", flat=True))


def test_one_snapshot_has_its_document(
    client: APIClient, snapshots: list[StatSnapshot]
) -> None:
    answer = client.get(f"/api/v1/snapshots/{snapshots[0].pk}/")

    assert answer.json() == {
        "id": snapshots[0].pk,
        "scope": "f1/2021",
        "stats_type": "competitor_standings",
        "version": 1,
        "fetched_at": snapshots[0].fetched_at.isoformat().replace("+00:00", "Z"),
        "data": {"standings": [{"rank": 1}]},
    }


def test_client_that_holds_the_version_gets_304_until_it_is_written(
    client: APIClient, snapshots: list[StatSnapshot]
) -> None:
    address = f"/api/v1/snapshots/{snapshots[0].pk}/"
    etag = client.get(address).headers["ETag"]

    same = client.get(address, headers={"If-None-Match": etag})
    atomic_upsert_snapshot("f1/2021", "competitor_standings", {})
    newer = client.get(address, headers={"If-None-Match": etag})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert (newer.status_code, newer.json()["version"]) == (200, 2)
    assert newer.headers["ETag"] != etag


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_snapshots_are_only_read(
    client: APIClient, snapshots: list[StatSnapshot], method: str
) -> None:
    for address in ("", f"{snapshots[0].pk}/"):
        answer = getattr(client, method)(f"/api/v1/snapshots/{address}", {})
        assert answer.status_code == 405
