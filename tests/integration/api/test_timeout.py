"""A read that would take too long is stopped by the database, and says what to narrow."""

import pytest
from django.db import connection
from rest_framework.test import APIClient

from imports.api.views import MeetingViewSet
from races.models import Meeting

pytestmark = pytest.mark.django_db


def timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return cursor.fetchone()[0]


@pytest.fixture
def slow_meetings(monkeypatch, settings):
    """Make each meeting take half a minute to read, of which 0.2 seconds are allowed."""
    settings.API_STATEMENT_SECONDS = 0.2
    Meeting.objects.create(source="test", key="slow")
    slow = Meeting.objects.extra(where=["pg_sleep(30) IS NOT NULL"])
    monkeypatch.setattr(MeetingViewSet, "queryset", slow)


@pytest.mark.unverified(reason="a meeting of no file")
def test_read_that_takes_too_long_says_what_to_narrow(slow_meetings, client):
    response = client.get("/api/v1/meetings/")

    assert response.status_code == 504
    assert response.json()["type"] == "took_too_long"
    assert "longer than 0.2 s" in response.json()["detail"]
    assert "a race" in response.json()["hint"]


def test_bound_holds_during_a_read_and_ends_with_it(client, monkeypatch):
    seen = []
    get = MeetingViewSet.get_queryset

    def looking(view):
        seen.append(timeout())
        return get(view)

    monkeypatch.setattr(MeetingViewSet, "get_queryset", looking)
    before = timeout()

    assert client.get("/api/v1/meetings/").status_code == 200
    assert seen == ["5s"]
    assert timeout() == before


def test_other_pages_are_not_bound():
    before = timeout()

    APIClient().get("/livez")

    assert timeout() == before


@pytest.mark.django_db(transaction=True)
def test_stream_is_not_bound_as_reads_are(django_user_model):
    before = timeout()
    client = APIClient()
    # By a session, so that the bound is set before the stream begins.
    client.force_login(django_user_model.objects.create_user("reader"))

    response = client.get("/api/v1/exports/all.csv.zip?source=none")
    while_it_streams = timeout()
    response.close()

    assert while_it_streams == "10min"
    assert timeout() == before
