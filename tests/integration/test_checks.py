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
