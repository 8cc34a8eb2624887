"""Tokens in the admin: the secret once, then never; who makes, sees and revokes which."""

import re
import sys

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.signals import got_request_exception
from django.test import Client
from django.urls import reverse
from django.views.debug import ExceptionReporter
from django.views.decorators.debug import sensitive_variables

from accounts import tokens
from accounts.models import ApiToken

pytestmark = pytest.mark.django_db

LIST = reverse("admin:accounts_apitoken_changelist")
ADD = reverse("admin:accounts_apitoken_add")
SECRET = re.compile(r"scr_[A-Za-z0-9_-]{43}")
GIVEN = {"name": "feed", "scopes": ["read", "run"], "days": "30"}


@pytest.fixture
def staff(django_user_model):
    """Give a function that makes a staff user with permissions and a client of theirs."""

    def make(name, *permissions):
        user = django_user_model.objects.create_user(name, is_staff=True)
        codenames = [f"{permission}_apitoken" for permission in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        return user, client

    return make


def token_of(user, name="x"):
    return tokens.issue(user, name=name, scopes=["read"], days=30).token


def revoke(client, *chosen):
    return client.post(
        LIST,
        {"action": "revoke", "_selected_action": [token.pk for token in chosen]},
        follow=True,
    )


def test_secret_is_shown_once_and_works(staff, caplog):
    user, client = staff("ann", "add")
    caplog.set_level("DEBUG")

    response = client.post(ADD, GIVEN)
    [secret] = set(SECRET.findall(response.content.decode()))
    token = ApiToken.objects.get()
    after = [client.get(LIST), client.get(ADD)]
    after.append(client.get(reverse("admin:accounts_apitoken_change", args=[token.pk])))
    after.append(
        client.get(reverse("admin:accounts_apitoken_history", args=[token.pk]))
    )
    after.append(client.get(reverse("admin:index")))

    assert "no-store" in response["Cache-Control"]
    assert tokens.find(secret) == token
    assert (token.user, token.created_by) == (user, user)
    assert token.scopes == ["read", "run"]
    assert [page.status_code for page in after] == [200] * 5
    assert all(secret not in page.content.decode() for page in after)
    assert secret not in caplog.text
    assert secret not in str(list(LogEntry.objects.values()))
    assert secret not in str(dict(client.session)) + str(client.cookies)
    assert LogEntry.objects.get().user == user


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\x00b"},
        {"scopes": []},
        {"scopes": ["all"]},
        {"days": "0"},
        {"days": "367"},
        {"days": "x"},
    ],
    ids=str,
)
def test_what_cannot_be_makes_no_token(staff, wrong):
    _, client = staff("ann", "add")

    response = client.post(ADD, {**GIVEN, **wrong})

    assert response.status_code == 200
    assert "No token was made" in response.content.decode()
    assert not ApiToken.objects.exists()


def test_token_of_another_is_made_by_superusers_alone(staff, admin_client):
    ann, _ = staff("ann")
    _, bob = staff("bob", "add", "view", "revoke")

    bob.post(ADD, {**GIVEN, "user": ann.pk})
    admin_client.post(ADD, {**GIVEN, "user": ann.pk})

    made = ApiToken.objects.order_by("pk").values_list("user__username", flat=True)
    assert list(made) == ["bob", "ann"]


def test_who_lacks_the_permission_to_view_sees_their_own(staff):
    ann, as_ann = staff("ann", "add")
    bob, as_bob = staff("bob", "view")
    mine, other = token_of(ann, "of Ann"), token_of(bob, "of Bob")
    page = reverse("admin:accounts_apitoken_change", args=[other.pk])

    assert "of Ann" in as_ann.get(LIST).content.decode()
    assert "of Bob" not in as_ann.get(LIST).content.decode()
    assert as_ann.get(page).status_code == 302
    assert mine.name in as_bob.get(LIST).content.decode()
    assert as_bob.get(ADD).status_code == 403


def test_without_any_permission_there_are_no_tokens(staff):
    _, client = staff("eve")

    assert [client.get(url).status_code for url in (LIST, ADD)] == [403, 403]
    assert client.post(ADD, GIVEN).status_code == 403
    assert LIST not in client.get(reverse("admin:index")).content.decode()
    assert not ApiToken.objects.exists()


def test_revoking_those_of_others_needs_its_permission(staff):
    ann, _ = staff("ann")
    bob, as_bob = staff("bob", "view")
    _, as_boss = staff("boss", "view", "revoke")
    anns, bobs = token_of(ann), token_of(bob)

    told = revoke(as_bob, anns, bobs).content.decode()
    bobs.refresh_from_db()
    anns.refresh_from_db()

    assert "Revoked: 1." in told
    assert "1 are not yours" in told
    assert (bobs.state, anns.state) == ("revoked", "active")
    revoke(as_boss, anns)
    anns.refresh_from_db()
    assert (anns.state, anns.revoked_by.username) == ("revoked", "boss")


def test_nobody_changes_or_deletes_one(admin_client, admin_user):
    token = token_of(admin_user)
    page = reverse("admin:accounts_apitoken_change", args=[token.pk])

    changed = admin_client.post(page, {"name": "y", "expires_at_0": "2099-01-01"})
    deleted = admin_client.post(
        reverse("admin:accounts_apitoken_delete", args=[token.pk]), {"post": "yes"}
    )

    token.refresh_from_db()
    assert (changed.status_code, deleted.status_code) == (403, 403)
    assert token.name == "x"


def test_form_needs_the_csrf_token(staff):
    user, _ = staff("ann", "add")
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    assert client.post(ADD, GIVEN).status_code == 403


def test_name_is_text_and_no_markup(staff):
    _, client = staff("ann", "add")
    client.post(ADD, {**GIVEN, "name": "<b>x</b>"})

    page = client.get(LIST).content.decode()

    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


@pytest.fixture
def reports():
    """Give the reports that Django would mail of what fails, with all variables."""
    made = []

    def report(sender, request=None, **_):
        reporter = ExceptionReporter(request, *sys.exc_info())
        made.append(reporter.get_traceback_html() + reporter.get_traceback_text())

    got_request_exception.connect(report)
    yield made
    got_request_exception.disconnect(report)


@pytest.mark.parametrize(
    "place", ["ApiToken.save", "tokens.log.info", "LogEntry.save", "template"]
)
def test_report_of_a_failure_does_not_hold_the_secret(
    staff, reports, monkeypatch, place
):
    made = []
    monkeypatch.setattr(
        tokens.secrets, "token_urlsafe", lambda _: made.append("p" * 43) or made[-1]
    )

    def fail(*_, **__):
        raise RuntimeError("planted")

    targets = {
        "ApiToken.save": (ApiToken, "save"),
        "tokens.log.info": (tokens.log, "info"),
        "LogEntry.save": (LogEntry, "save"),
        "template": (ApiToken, "__str__"),
    }
    _, client = staff("ann", "add")
    client.raise_request_exception = False
    monkeypatch.setattr(*targets[place], fail, raising=False)

    assert client.post(ADD, GIVEN).status_code == 500

    assert made
    [report] = reports
    assert "planted" in report
    assert "p" * 43 not in report


def test_report_of_a_failure_with_a_token_does_not_hold_it(reports, monkeypatch):
    client = Client(HTTP_AUTHORIZATION="Bearer scr_" + "q" * 43)
    client.raise_request_exception = False

    @sensitive_variables()
    def fail(secret):
        raise RuntimeError("planted")

    monkeypatch.setattr(tokens, "_digest", fail)

    assert client.get("/api/v1/races/").status_code == 500

    [report] = reports
    assert "planted" in report
    assert "q" * 43 not in report
