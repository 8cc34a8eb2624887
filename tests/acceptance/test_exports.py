"""A real server sends an export: whole, or so that its client sees that it is not."""

import base64
import http.client
import time
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from races.models import Entrant, Lap, Meeting, Race
from tests.acceptance.conftest import PATIENCE_SECONDS

pytestmark = pytest.mark.unverified(reason="laps that no file stated are made by SQL")

#: With long keys some 25 MB: more than all buffers between server and client hold.
LAPS = 40_000
PATH = "/api/v1/exports/laps.csv"
COPIES = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'COPY (SELECT%%'
      AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
"""


@pytest.fixture
def server(port: int) -> Iterator[http.client.HTTPConnection]:
    """Give a connection to a server that has many laps."""
    get_user_model().objects.create_user("reader", password="a-password")
    meeting = Meeting.objects.create(source="made", key="m" * 200)
    race = Race.objects.create(meeting=meeting, key="r" * 200)
    entrant = Entrant.objects.create(race=race, key="e" * 200)
    Lap.objects.bulk_create(
        Lap(entrant=entrant, number=n, time_ms=90_000) for n in range(LAPS)
    )
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    yield asking
    asking.close()


def _wait_for(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < deadline, "It never happened."
        time.sleep(0.05)


def _ask(server: http.client.HTTPConnection) -> http.client.HTTPResponse:
    token = base64.b64encode(b"reader:a-password").decode()
    server.request("GET", PATH, headers={"Authorization": f"Basic {token}"})
    response = server.getresponse()
    assert response.status == 200
    return response


def _copies() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(COPIES)
        return [pid for (pid,) in cursor.fetchall()]


def test_client_that_goes_away_leaves_nothing_open(
    server: http.client.HTTPConnection,
) -> None:
    response = _ask(server)
    response.read(1_000)
    assert len(_copies()) == 1

    response.close()
    server.close()

    _wait_for(lambda: not _copies())
    whole = _ask(server).read()
    assert whole.count(b"\n") == 1 + LAPS
    assert not _copies()


def test_export_that_breaks_off_is_seen_to(
    server: http.client.HTTPConnection,
) -> None:
    response = _ask(server)
    assert response.headers["Transfer-Encoding"] == "chunked"
    response.read(1_000)
    [pid] = _copies()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    with pytest.raises(http.client.IncompleteRead):
        response.read()
