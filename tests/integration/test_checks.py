"""The system checks find what they are for."""

import pytest

from imports import checks as import_checks
from imports import doorbell
from imports.readers.table import KEPT_PER_CODE
from races import checks as race_checks
from races import natural_keys


def test_natural_keys_are_backed_by_constraints():
    assert race_checks.natural_keys_are_unique() == []


def test_natural_key_without_a_constraint_is_an_error(monkeypatch):
    monkeypatch.setitem(natural_keys.NATURAL_KEYS, "Race", ("meeting", "name"))

    [error] = race_checks.natural_keys_are_unique()

    assert error.id == "races.E001"


def test_task_paths_resolve():
    assert import_checks.task_paths_resolve() == []


def test_task_path_that_does_not_resolve_is_an_error(monkeypatch):
    monkeypatch.setattr(import_checks, "TASKS", (*doorbell.TASKS, "imports.tasks.gone"))

    [error] = import_checks.task_paths_resolve()

    assert "imports.tasks.gone" in error.msg


@pytest.mark.parametrize(("vendor", "found"), [("postgresql", 0), ("sqlite", 1)])
def test_engine_must_be_postgresql(monkeypatch, vendor, found):
    monkeypatch.setattr(import_checks.connection, "vendor", vendor)

    assert len(import_checks.engine_is_postgresql()) == found


@pytest.mark.parametrize(
    ("wanted", "found"), [(KEPT_PER_CODE, 0), (KEPT_PER_CODE + 1, 1)]
)
def test_more_rejections_than_the_reader_keeps_are_an_error(settings, wanted, found):
    settings.IMPORTS_REJECTIONS_PER_CODE = wanted

    errors = import_checks.rejections_are_kept_by_the_reader()

    assert [error.id for error in errors] == ["imports.E003"] * found


@pytest.mark.parametrize(
    ("value", "found"),
    [(50, 0), (0, 1), (600_001, 1), ("50", 1), (True, 1), (1.5, 1)],
)
def test_threshold_out_of_its_bounds_is_an_error(settings, value, found):
    settings.IMPORTS_ALERT_WRITE_MS_PER_1000_LAPS = value

    errors = import_checks.thresholds_are_within_bounds()

    assert [error.id for error in errors] == ["imports.E020"] * found


GOOD_SIGNER = "whsec_" + "c2NydXRpbmVlciBzaWducyB3aXRoIHRoaXMgc2VjcmV0"


@pytest.mark.parametrize(
    ("is_debug", "url", "signer", "found"),
    [
        (False, "", "", []),
        (False, "https://example.org/hook", GOOD_SIGNER, []),
        (True, "http://127.0.0.1/hook", GOOD_SIGNER, []),
        (False, "http://127.0.0.1/hook", GOOD_SIGNER, ["imports.E021"]),
        (True, "ftp://example.org", GOOD_SIGNER, ["imports.E021"]),
        (False, "https://example.org/hook", "", ["imports.E022"]),
        (False, "https://example.org/hook", "whsec_c2hvcnQ=", ["imports.E022"]),
        (False, "https://example.org/hook", "whsec_no base64", ["imports.E022"]),
    ],
)
def test_webhook_that_cannot_be_used_is_an_error(
    settings, is_debug, url, signer, found
):
    settings.DEBUG = is_debug
    settings.IMPORTS_ALERT_WEBHOOK_URL = url
    settings.IMPORTS_ALERT_WEBHOOK_SECRET = signer

    errors = import_checks.alerts_can_be_told()

    assert [error.id for error in errors] == found
    assert not any(signer in str(error) for error in errors if signer)


@pytest.mark.parametrize(
    ("is_debug", "backend", "found"),
    [(False, "console", 1), (True, "console", 0), (False, "smtp", 0)],
)
def test_mail_that_would_go_nowhere_is_an_error(settings, is_debug, backend, found):
    settings.DEBUG = is_debug
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    settings.IMPORTS_ALERT_EMAILS = ["a@example.org"]

    errors = import_checks.alerts_can_be_told()

    assert [error.id for error in errors] == ["imports.E023"] * found
