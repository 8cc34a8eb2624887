"""What a browser gets where there is no page: a sentence, never a traceback."""

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from imports.admin import ImportRunAdmin

pytestmark = pytest.mark.django_db
RUNS = reverse("admin:imports_importrun_changelist")


def page(client: Client, url: str) -> tuple[int, str]:
    response = client.get(url)
    return response.status_code, response.content.decode()


def test_unknown_address_and_missing_permission_are_told(django_user_model):
    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    client = Client()
    client.force_login(clerk)

    status, words = page(client, "/no/such/page")
    assert (status, "There is no such page" in words) == (404, True)
    status, words = page(client, RUNS)
    assert (status, "lacks the permission" in words) == (403, True)


def test_database_that_is_away_is_told_without_asking_it(admin_client, monkeypatch):
    def fail(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(ImportRunAdmin, "get_queryset", fail)
    admin_client.raise_request_exception = False

    status, words = page(admin_client, RUNS)

    assert (status, "/readyz" in words) == (500, True)
    assert "connection refused" not in words
