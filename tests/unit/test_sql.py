"""Named SQL: every name stands once and is used."""

from pathlib import Path

import pytest

from imports import pipeline
from imports import sql as named

PIPELINE = Path(pipeline.__path__[0])


def blocks(
    monkeypatch: pytest.MonkeyPatch, folder: Path, **files: str
) -> dict[str, str]:
    """Load the statements of these files."""
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text)
    monkeypatch.setattr(named, "FOLDER", folder)
    return dict(named._blocks.__wrapped__())


def test_statement_is_all_from_its_name_to_the_next_without_comments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "-- name: one\n-- why\nSELECT 1\n\n-- name: two\nSELECT\n  -- how\n    2\n"

    found = blocks(monkeypatch, tmp_path, both=text)

    assert found == {"one": "SELECT 1", "two": "SELECT\n    2"}


@pytest.mark.parametrize("other", ["same", "other"])
def test_name_that_stands_twice_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: str
) -> None:
    files = {"same": "-- name: one\nSELECT 1\n"}
    files[other] = files.get(other, "") + "-- name: one\nSELECT 2\n"

    with pytest.raises(ValueError, match=r"same\.sql: the name one stands twice"):
        blocks(monkeypatch, tmp_path, **files)


def test_include_stands_for_another_block(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "-- name: part\na AS (SELECT 1)\n-- name: whole\nWITH\n-- include: part\nSELECT 2\n"

    found = blocks(monkeypatch, tmp_path, one=text)

    assert found["whole"] == "WITH\na AS (SELECT 1)\nSELECT 2"


def test_tables_are_filled_in_as_identifiers() -> None:
    text = named.statement("drop_staging", laps='la"ps', records="records")

    assert text == 'DROP TABLE IF EXISTS "records", "la""ps"'


def test_unknown_name_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        named.statement("no_such_statement")
