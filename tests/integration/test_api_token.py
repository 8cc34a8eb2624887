"""`manage.py api_token`: the secret alone on stdout, once."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from accounts import tokens
from accounts.models import ApiToken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ann(django_user_model):
    django_user_model.objects.create_user("ann")
    django_user_model.objects.create_user("gone", is_active=False)


def run(*words):
    out, err = io.StringIO(), io.StringIO()
    call_command("api_token", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def create(**given):
    given = {"user": "ann", "name": "feed", **given}
    return run("create", *(f"--{name}={value}" for name, value in given.items()))


def test_create_prints_the_secret_and_nothing_else():
    out, err = create(scopes="read, upload", days=7)

    secret = out.removesuffix("\n")
    token = tokens.find(secret)
    assert token.scopes == ["read", "upload"]
    assert (token.expires_at - token.created_at).days == 7
    assert secret not in err
    assert "of ann (read, upload) is valid until" in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"user": "nobody"}, "There is no active user nobody."),
        ({"user": "gone"}, "There is no active user gone."),
        ({"scopes": "read,all"}, "No scopes: all. There are: read, upload, run."),
        ({"scopes": ""}, "No scopes: "),
        ({"days": 0}, "1 to 366 days"),
        ({"days": 367}, "1 to 366 days"),
        ({"name": ""}, "--name must have"),
        ({"name": "x" * 101}, "--name must have"),
    ],
)
def test_create_refuses_what_cannot_be(given, said):
    with pytest.raises(CommandError, match=said):
        create(**given)

    assert not ApiToken.objects.exists()


def test_list_and_revoke():
    secret, _ = create()
    token = ApiToken.objects.get()

    listed, _ = run("list")
    _, revoked = run("revoke", str(token.pk))

    assert secret.strip() not in listed
    assert f"{token.pk}\t{token.prefix}…\tann\tread\tactive\t" in listed
    assert revoked == f"Token {token.pk} is revoked.\n"
    assert "\trevoked\t" in run("list")[0]
    assert tokens.find(secret.strip()) is None
    for pk in (str(token.pk), "999"):
        with pytest.raises(CommandError):
            run("revoke", pk)


@pytest.mark.parametrize("scopes", [[], ["all"], ["read", "all"]])
def test_database_refuses_scopes_that_are_none(scopes, django_user_model):
    user = django_user_model.objects.get(username="ann")

    with pytest.raises(IntegrityError, match="apitoken_scopes_are_known_and_some"):
        ApiToken.objects.create(
            user=user, name="x", digest="d", prefix="p", scopes=scopes,
            expires_at="2099-01-01T00:00Z",
        )  # fmt: skip
