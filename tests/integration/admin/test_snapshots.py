"""Snapshots in the admin: a list, and a page with tables, whatever the document is."""

import pytest
from django.test import Client

from stats.models import StatSnapshot
from stats.snapshots import atomic_upsert_snapshot
from tests.integration.admin.conftest import SCRIPT
from tests.integration.admin.test_pages import list_url, page_url, query_count

pytestmark = pytest.mark.django_db


@pytest.fixture
def snapshot() -> StatSnapshot:
    return atomic_upsert_snapshot(
        "f1/2022",
        "competitor_standings",
        {
            "season": 2022,
            "standings": [{"rank": 1, "name": SCRIPT, "points": 454, "best_ms": 94570}],
        },
    )


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_empty_list_says_what_to_do(as_boss: Client) -> None:
    assert "manage.py stats_snapshots" in page(as_boss, list_url(StatSnapshot))


def test_list_shows_snapshots_without_reading_documents(
    as_boss: Client, snapshot: StatSnapshot
) -> None:
    text = page(as_boss, list_url(StatSnapshot))

    assert "f1/2022" in text
    assert "competitor_standings" in text
    one = query_count(as_boss, list_url(StatSnapshot))
    for number in range(20):
        atomic_upsert_snapshot(f"f1/{number}", "x", {})
    assert query_count(as_boss, list_url(StatSnapshot)) == one


def test_page_shows_the_document_as_a_table(
    as_boss: Client, snapshot: StatSnapshot
) -> None:
    text = page(as_boss, page_url(snapshot))

    assert "<h2>Standings</h2>" in text
    assert '<td class="num">454</td>' in text
    assert "1:34.570" in text
    assert "2,022" not in text
    assert SCRIPT not in text


@pytest.mark.parametrize(
    "data", [{}, {"rows": []}, {"rows": [1, [2]], "deep": {"a": {"b": [{}]}}}]
)
def test_page_of_any_document_opens(as_boss: Client, data: dict[str, object]) -> None:
    page(as_boss, page_url(atomic_upsert_snapshot("any", "thing", data)))


def test_nobody_writes_snapshots_here(as_boss: Client, snapshot: StatSnapshot) -> None:
    assert as_boss.post(page_url(snapshot), {"scope": "x"}).status_code == 403
    assert as_boss.get(f"{list_url(StatSnapshot)}add/").status_code == 403
    assert (
        as_boss.post(page_url(snapshot).replace("change", "delete")).status_code == 403
    )
    assert StatSnapshot.objects.get().scope == "f1/2022"


def test_clerk_without_permission_sees_none(
    as_clerk: Client, snapshot: StatSnapshot
) -> None:
    assert as_clerk.get(list_url(StatSnapshot)).status_code == 403
    assert as_clerk.get(page_url(snapshot)).status_code == 403
