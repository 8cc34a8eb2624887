"""Rates: counted in the database, told in headers, refused with when to come again."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, connections
from rest_framework.test import APIClient, APIRequestFactory

from accounts import rates, tokens
from accounts.models import RequestCount
from ingestion_site.lib.env import Rate
from tests.integration.api.shape import assert_shape
from tests.integration.api.test_errors import basic
from tests.integration.api.test_tokens import QUICK

pytestmark = pytest.mark.django_db

RACES = "/api/v1/races/"


@pytest.fixture(autouse=True)
def _low(settings):
    settings.API_RATES = {"read": Rate(3, 60), "failures": Rate(2, 60)}
    # It decides which addresses share a count: here those of these tests do not.
    settings.SECRET_KEY = "x" * 50


@pytest.fixture
def user():
    return get_user_model().objects.create_user("reader")


@pytest.fixture
def client(user):
    client = APIClient()
    client.force_login(user)
    return client


def age(seconds):
    """Make all windows older."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_requestcount "
            "SET started_at = started_at - make_interval(secs => %s)",
            [seconds],
        )


def test_answers_say_what_is_left(client):
    told = [client.get(RACES)["RateLimit"].split(";") for _ in range(3)]

    assert client.get(RACES)["RateLimit-Policy"] == '"read";q=3;w=60'
    assert [left for _, left, _ in told] == ["r=2", "r=1", "r=0"]
    assert all(0 < int(seconds[2:]) <= 60 for _, _, seconds in told)


def test_who_asks_too_often_waits_and_is_let_in_again(client):
    codes = [client.get(RACES).status_code for _ in range(4)]
    refused = client.get(RACES)
    age(60)

    assert codes == [200, 200, 200, 429]
    assert_shape(refused, status=429, kind="throttled")
    assert 0 < int(refused["Retry-After"]) <= 60
    assert client.get(RACES).status_code == 200


def test_errors_carry_the_headers_and_count(client):
    asked = [client.get("/api/v1/rejections/"), client.get(f"{RACES}?x=1")]
    asked += [client.post(RACES), client.get("/api/v1/nothing/")]

    assert [each.status_code for each in asked] == [403, 400, 405, 429]
    assert [each["RateLimit"].split(";")[1] for each in asked] == [
        *("r=2", "r=1", "r=0", "r=0"),
    ]


def test_each_token_has_a_count_of_its_own(user, client):
    issued = [tokens.issue(user, name="x", scopes=["read"], days=1) for _ in range(2)]
    first, second = (
        APIClient(HTTP_AUTHORIZATION=f"Bearer {each.secret}") for each in issued
    )
    codes = [first.get(RACES).status_code for _ in range(4)]

    assert codes[-1] == 429
    assert second.get(RACES).status_code == client.get(RACES).status_code == 200


def test_rate_that_is_off_is_neither_counted_nor_told(client, settings):
    settings.API_RATES = {"read": None}

    response = client.get(RACES)

    assert response.status_code == 200
    assert "RateLimit" not in response
    assert not RequestCount.objects.exists()


def test_failures_count_by_address(client):
    stranger = APIClient(REMOTE_ADDR="192.0.2.7")
    codes = [stranger.get(RACES).status_code for _ in range(3)]

    assert codes == [401, 401, 429]
    assert APIClient(REMOTE_ADDR="192.0.2.8").get(RACES).status_code == 401
    # Who is known is not held up by strangers at the same address.
    assert client.get(RACES, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_right_password_after_too_many_wrong_ones_is_refused(user, settings):
    settings.API_PASSWORDS = True
    settings.PASSWORD_HASHERS = [QUICK]
    user.set_password("long enough")
    user.save()
    good, bad = basic("reader", "long enough"), basic("reader", "wrong")
    codes = [APIClient().get(RACES, **bad).status_code for _ in range(2)]

    refused = APIClient().get(RACES, **good)
    age(60)

    assert codes == [401, 401]
    assert_shape(refused, status=429, kind="throttled")
    assert APIClient().get(RACES, **good).status_code == 200


@pytest.mark.parametrize(
    ("proxies", "same"), [(0, True), (1, False)], ids=["no proxy", "behind ours"]
)
def test_forwarded_address_is_believed_only_behind_our_proxy(
    proxies, same, monkeypatch
):
    monkeypatch.setattr("rest_framework.settings.api_settings.NUM_PROXIES", proxies)

    keys = {key("10.0.0.1", f"1.2.3.4, 192.0.2.{last}") for last in range(5)}

    assert (len(keys) == 1) is same


def test_what_a_client_puts_before_our_proxy_is_not_believed(monkeypatch):
    monkeypatch.setattr("rest_framework.settings.api_settings.NUM_PROXIES", 1)

    assert key("10.0.0.1", "1.1.1.1, 192.0.2.1") == key("10.0.0.1", "192.0.2.1")


def test_network_of_ipv6_counts_as_one():
    assert key("2001:db8::1") == key("2001:db8::ffff:1")
    assert key("2001:db8::1") != key("2001:db8:0:1::1")
    assert key("::ffff:192.0.2.1") == key("192.0.2.1")
    assert key("") == key("unix:") != key("192.0.2.1")


def key(address, forwarded=None):
    extra = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    request = APIRequestFactory().get(RACES, REMOTE_ADDR=address, **extra)
    return rates.key_of_address(request)


def test_count_that_cannot_be_written_stops_nobody(client, monkeypatch, caplog):
    class Broken:
        def cursor(self):
            raise OperationalError("planted")

    monkeypatch.setattr(rates, "connection", Broken())

    response = client.get(RACES)

    assert response.status_code == 200
    assert "RateLimit" not in response
    assert "request_not_counted" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_read_only_server_is_read_from(user, settings):
    issued = tokens.issue(user, name="x", scopes=["read"], days=1)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {issued.secret}")
    client.get(RACES)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        response = client.get(RACES)
        stranger = APIClient().get(RACES)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")

    assert (response.status_code, stranger.status_code) == (200, 401)


@pytest.mark.django_db(transaction=True)
def test_many_at_a_time_are_counted_exactly(settings):
    settings.API_RATES = {"read": Rate(1_000, 3_600)}
    left: list[int] = []
    start = threading.Barrier(8)

    def ask():
        try:
            start.wait(30)
            for _ in range(25):
                left.append(rates.spend("read", key="user:1:read").remaining)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(left) == list(range(800, 1_000))


@pytest.mark.django_db(transaction=True)
def test_counts_are_not_logged_to_disk():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = 'accounts_requestcount'"
        )
        assert cursor.fetchone() == ("u",)
