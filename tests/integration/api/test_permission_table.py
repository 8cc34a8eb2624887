"""Who may do what: every address of the URL conf, as every role, by every method.

What is expected follows from what the views declare in `access`; so that a declaration
cannot be wrong unseen, `ASKED` says a second time what each operation asks for that
writes, or that not every reader may. A new one without its line here fails.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import resolve
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import ApiToken
from tests.integration.api.access import METHODS, Endpoint, asked_for, endpoints
from tests.integration.api.shape import assert_shape

pytestmark = pytest.mark.django_db

ASKED: dict[str, tuple[str, str | None]] = {
    "GET rejections/": ("read", "imports.view_rejection"),
    "GET rejections/<int:pk>/": ("read", "imports.view_rejection"),
    "GET runs/<int:id>/rejections.csv": ("read", "imports.view_rejection"),
    "GET files/<int:id>/content": ("read", "imports.view_sourcefile"),
    "POST files/": ("upload", "imports.add_sourcefile"),
    "POST runs/": ("run", "imports.add_sourcefile"),
    "POST runs/<int:pk>/cancel/": ("run", "imports.change_importrun"),
    "POST runs/<int:pk>/confirm/": ("run", "imports.add_sourcefile"),
    "POST runs/<int:pk>/continue/": ("run", "imports.change_importrun"),
    "POST runs/<int:pk>/pause/": ("run", "imports.change_importrun"),
    "POST runs/<int:pk>/retry/": ("run", "imports.change_importrun"),
    "POST runs/<int:pk>/revert/": ("run", "imports.change_importrun"),
    "POST conflicts/<int:pk>/resolve/": ("run", "imports.change_conflict"),
}
ENDPOINTS = endpoints()
PERMISSIONS = sorted({named for _, named in ASKED.values() if named})
SCOPES = frozenset(ApiToken.Scope.values)


@dataclass(frozen=True)
class Role:
    """Somebody who asks: a client, and what it may."""

    client: APIClient
    #: None: a session, which has no scopes.
    scopes: frozenset[str] | None = None
    may: Callable[[str], bool] = lambda permission: False
    is_known: bool = True


def _user(name, *, permission=None, **fields):
    user = get_user_model().objects.create_user(name, **fields)
    if permission:
        app, _, codename = permission.partition(".")
        named = Permission.objects.filter(content_type__app_label=app)
        user.user_permissions.add(named.get(codename=codename))
    return user


def _session(user, **role):
    client = APIClient()
    client.force_login(user)
    return Role(client, **role)


def _token(user, *scopes, **role):
    issued = tokens.issue(user, name="t", scopes=scopes, days=1)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {issued.secret}")
    return issued.token, Role(client, frozenset(scopes), **role)


def _spoilt(user, **fields):
    token, role = _token(user, *SCOPES, is_known=False)
    ApiToken.objects.filter(pk=token.pk).update(**fields)
    return role


@pytest.fixture(autouse=True)
def _exports_in_the_transaction_of_the_test(monkeypatch):
    """A snapshot begins a transaction, and the test is in one."""
    monkeypatch.setattr("imports.api.exports.snapshot", nullcontext)


@pytest.fixture
def roles(settings):
    settings.API_RATES = {}
    boss = _user("boss", is_superuser=True, is_staff=True)
    plain = _user("plain")
    gone = _user("gone", is_superuser=True, is_active=False)
    everything = {"may": lambda permission: True}
    long_ago = {"created_at": "2020-01-01T00:00Z", "expires_at": "2020-01-02T00:00Z"}
    return {
        "anonymous": Role(APIClient(), is_known=False),
        "expired token": _spoilt(boss, **long_ago),
        "revoked token": _spoilt(boss, revoked_at="2020-01-02T00:00Z"),
        "token of an inactive user": _token(gone, *SCOPES, is_known=False)[1],
        "plain user": _session(plain),
        "superuser": _session(boss, **everything),
        "token of a plain user": _token(plain, *SCOPES)[1],
        **{f"token {scope}": _token(boss, scope, **everything)[1] for scope in SCOPES},
        **{
            f"staff with {named}": _session(
                _user(named, permission=named, is_staff=True), may=named.__eq__
            )
            for named in PERMISSIONS
        },
    }


def expected(role: Role, endpoint: Endpoint, method: str) -> int | None:
    """Give the code; None: it is let in, and what comes of it is the view's."""
    asked = endpoint.access(method)
    if not role.is_known:
        return 401
    if role.scopes is not None and asked.scope not in role.scopes:
        return 403
    if asked.permission and not role.may(asked.permission):
        return 403
    return None if method in endpoint.operations else 405


def is_as(code: int, response) -> bool:
    if code is not None:
        return response.status_code == code
    return response.status_code not in (401, 403, 405) and response.status_code < 500


def test_every_operation_that_asks_for_more_is_in_the_table():
    assert asked_for(ENDPOINTS) == ASKED


def test_address_of_each_is_one_of_its_own():
    assert [
        endpoint.route
        for endpoint in ENDPOINTS
        if resolve(endpoint.address).func.cls is not endpoint.view
    ] == []


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.route)
def test_each_role_gets_what_it_may(endpoint, roles):
    wrong = []
    for name, role in roles.items():
        for method in METHODS:
            response = role.client.generic(method, endpoint.asked)
            code = expected(role, endpoint, method)
            if not is_as(code, response):
                wrong.append((name, method, response.status_code, code))
            if response.status_code >= 400 and method != "HEAD":
                assert_shape(
                    response,
                    status=response.status_code,
                    kind=response.json()["type"],
                )

    assert wrong == []


def test_address_that_is_none_is_for_those_who_are_known(roles):
    codes = {
        (name, method): role.client.generic(method, "/api/v1/nothing/").status_code
        for name, role in roles.items()
        for method in METHODS
    }

    assert codes == {
        (name, method): 404 if role.is_known else 401
        for name, role in roles.items()
        for method in METHODS
    }
