"""Files that are declared complete for their races, and what takes it back."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command

from imports.models import SourceFile
from tests.conftest import SOURCE, Ingest

pytestmark = pytest.mark.django_db

WriteCsv = Callable[..., Path]

HEADER = "meeting,race,entrant,lap,time"


def command(path: Path) -> str:
    """Run ingest_races with --complete on a file; give the state of the file."""
    out = io.StringIO()
    options = {"json": True, "concurrency": "1", "source": SOURCE, "complete": True}
    call_command("ingest_races", str(path), stdout=out, **options)
    [file] = json.loads(out.getvalue())["files"]
    return str(file["state"])


def test_complete_file_with_refused_rows_is_not_complete(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    laps = write_csv("laps.csv", HEADER, "ash,1,ann,1,62", "ash,1,ann,2,soon")

    file = ingest(laps, statement={"is_complete": True}).run_files.get()

    assert file.source_file.is_complete
    assert not file.is_complete
    [notice] = file.notices
    assert (notice["code"], notice["rows"]) == ("not_complete", 1)
    assert "1 of its rows were refused" in notice["message"]


def test_complete_file_is_complete_in_its_run(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    path = write_csv("laps.csv", HEADER, "ash,1,ann,1,62")

    assert ingest(path, statement={"is_complete": True}).run_files.get().is_complete


def test_known_file_declared_complete_is_imported_again(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    path = write_csv("laps.csv", HEADER, "ash,1,ann,1,62")
    ingest(path)
    assert ingest(path).run_files.get().state == "duplicate"

    assert command(path) == "staged"

    file = SourceFile.objects.get()
    assert file.is_complete
    assert file.run_files.latest("pk").is_complete
    # Once declared it is so, and the same bytes are a duplicate again.
    assert command(path) == "duplicate"
