"""Tokens: who shows a good one comes in as its user, all others alike stay outside."""

import datetime as dt
import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import ApiToken
from tests.integration.api.shape import assert_shape
from tests.integration.api.test_errors import basic

pytestmark = pytest.mark.django_db

RACES = "/api/v1/races/"
#: The real one is slow on purpose.
QUICK = "django.contrib.auth.hashers.MD5PasswordHasher"
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def user():
    return get_user_model().objects.create_user("reader")


@pytest.fixture
def issued(user):
    return tokens.issue(user, name="feed", scopes=["read"], days=30)


def ask(secret, *, address=RACES, scheme="Bearer "):
    return APIClient(HTTP_AUTHORIZATION=f"{scheme}{secret}").get(address)


def change(issued, **fields):
    ApiToken.objects.filter(pk=issued.token.pk).update(**fields)


def test_token_lets_its_user_in(issued):
    assert ask(issued.secret).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER ", "Bearer  "])
def test_scheme_is_read_as_http_says(issued, scheme):
    assert ask(issued.secret, scheme=scheme).status_code == 200


def test_secret_is_recognised_and_only_its_digest_is_kept(issued):
    row = ApiToken.objects.values().get()

    assert re.fullmatch(r"scr_[A-Za-z0-9_-]{43}", issued.secret)
    assert issued.secret not in str(row)
    assert issued.secret.startswith(row["prefix"])
    assert issued.secret not in repr(issued)


@pytest.mark.parametrize(
    "fields",
    [
        {"revoked_at": LONG_AGO},
        {"created_at": LONG_AGO, "expires_at": LONG_AGO + dt.timedelta(days=1)},
        {"digest": "0" * 64},
        {"user__is_active": False},
    ],
    ids=["revoked", "expired", "unknown", "inactive user"],
)
def test_token_that_is_not_good_is_refused_like_every_other(issued, fields):
    if "user__is_active" in fields:
        get_user_model().objects.update(is_active=False)
    else:
        change(issued, **fields)

    response = ask(issued.secret)

    assert_refused(response)
    assert ApiToken.objects.get().last_used_at is None


@pytest.mark.parametrize(
    "secret",
    [
        "",
        " ",
        "scr_",
        "scr_" + "a" * 42,
        "scr_" + "a" * 44,
        "scr_" + "a" * 42 + "é",
        "scr_" + "a" * 42 + "\u0661",
        "scr_" + "a" * 43 + "\n",
        "a\x00b",
        "scr_" + "\x00" * 43,
        "\xff\xfe",
        "x" * 1_000_000,
        "a b",
        "' OR 1=1 --",
    ],
    ids=range(14),
)
def test_token_that_can_be_none_is_refused_without_a_look(secret, settings):
    settings.API_RATES = {}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = ask(secret)

    assert_refused(response)
    assert len(queries) == 0


def assert_refused(response):
    error = assert_shape(response, status=401, kind="authentication_failed")
    assert error["code"] == "invalid_token"
    assert error["detail"].startswith("The token is unknown, expired or revoked")
    assert response["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'


def test_token_never_may_more_than_its_user(user):
    issued = tokens.issue(user, name="x", scopes=["read", "upload", "run"], days=1)

    response = ask(issued.secret, address="/api/v1/rejections/")

    error = assert_shape(response, status=403, kind="permission_denied")
    assert error["code"] == "missing_permission"
    assert "imports.view_rejection" in error["detail"]


def test_scope_that_lacks_is_named(user):
    issued = tokens.issue(user, name="x", scopes=["upload"], days=1)

    error = assert_shape(ask(issued.secret), status=403, kind="permission_denied")

    assert error["code"] == "missing_scope"
    assert error["detail"] == "The token lacks the scope read."


def test_request_costs_one_query_for_the_token_and_one_for_the_rate(issued):
    change(issued, last_used_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        ask(issued.secret)

    asked = [query["sql"].split()[0] for query in queries]
    assert asked == ["SELECT", "INSERT", "SELECT"]


def test_last_use_is_written_at_most_once_a_minute(issued):
    ask(issued.secret)
    first = ApiToken.objects.get().last_used_at
    ask(issued.secret)
    second = ApiToken.objects.get().last_used_at
    change(issued, last_used_at=first - dt.timedelta(seconds=61))
    ask(issued.secret)

    assert first is not None
    assert second == first
    assert ApiToken.objects.get().last_used_at > first


def test_revoking_holds_from_the_next_request_on(issued, user):
    assert ask(issued.secret).status_code == 200

    assert tokens.revoke(ApiToken.objects.all(), by=user) == 1
    assert tokens.revoke(ApiToken.objects.all(), by=user) == 0

    assert ask(issued.secret).status_code == 401
    assert ApiToken.objects.get().revoked_by == user


@pytest.mark.parametrize("days", [0, -1, 367])
def test_token_lasts_a_year_at_most(user, days):
    with pytest.raises(ValueError, match="1 to 366 days"):
        tokens.issue(user, name="x", scopes=["read"], days=days)


def test_writes_in_a_session_need_the_csrf_token(user):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)

    response = client.post(RACES)

    error = assert_shape(response, status=403, kind="permission_denied")
    assert error["code"] == "csrf_failed"
    assert client.get(RACES).status_code == 200


def test_writes_with_a_token_need_none(issued):
    client = APIClient(
        enforce_csrf_checks=True, HTTP_AUTHORIZATION=f"Bearer {issued.secret}"
    )

    assert client.post(RACES).status_code == 405


def test_passwords_are_taken_only_where_that_is_on(user, settings):
    settings.PASSWORD_HASHERS = [QUICK]
    user.set_password("long enough")
    user.save()
    given = basic("reader", "long enough")

    settings.API_PASSWORDS = False
    off = APIClient().get(RACES, **given)
    settings.API_PASSWORDS = True
    on = APIClient().get(RACES, **given)

    assert assert_shape(off, status=401, kind="authentication_failed")["code"] == (
        "passwords_off"
    )
    assert on.status_code == 200


def test_secret_is_in_no_log_and_no_traceback(issued, monkeypatch, caplog, settings):
    """Plant a failure where the secret is in reach, in the view that Django shows."""
    settings.DEBUG = True
    secret = issued.secret

    def fail(*_):
        raise RuntimeError("planted")

    monkeypatch.setattr(tokens, "_digest", fail)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    client.raise_request_exception = False

    response = client.get(RACES)

    assert_shape(response, status=500, kind="server_error")
    assert "planted" in caplog.text
    assert secret not in caplog.text + response.content.decode()
