"""Names of files and of members of archives say of which meeting and race they are."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from races.models import Race
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db(transaction=True)

LAPS = (
    "NUMBER;DRIVER_NUMBER;LAP_NUMBER;LAP_TIME;CROSSING_FINISH_LINE_IN_PIT\n"
    "7;1;1;1:02.500;\n"
)


def archive_of(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, LAPS)
    return out.getvalue()


def races_of(ingest: Ingest, path: Path, **said: str) -> set[tuple[str, str]]:
    ingest(path, statement=said)
    return set(Race.objects.values_list("meeting__key", "key"))


@pytest.mark.parametrize(
    ("said", "races"),
    [
        (
            {"name_pattern": "{meeting}_laps", "race": "race"},
            {("spa", "race"), ("monza", "race")},
        ),
        (
            {"name_pattern": "{race}_laps", "meeting": "gp"},
            {("gp", "spa"), ("gp", "monza")},
        ),
        (
            {"name_pattern": "{meeting}_laps", "meeting": "gp", "race": "race"},
            {("gp", "race")},
        ),
    ],
)
def test_member_says_more_than_its_archive_and_less_than_a_person(
    ingest: Ingest, tmp_path: Path, said: dict[str, str], races: Any, quick_reader: None
) -> None:
    path = tmp_path / "all_laps.zip"
    path.write_bytes(archive_of("spa_laps.csv", "monza_laps.csv"))

    assert races_of(ingest, path, **said) == races


def test_folder_of_a_file_says_it_too(
    ingest: Ingest, tmp_path: Path, quick_reader: None
) -> None:
    folder = tmp_path / "2025"
    folder.mkdir()
    (folder / "spa.csv").write_text(LAPS)

    races = races_of(
        ingest,
        folder / "spa.csv",
        name_pattern="{meeting}/{meeting}",
        race="race",
    )

    assert races == {("2025-spa", "race")}


def test_name_too_long_for_a_key_says_nothing(
    ingest: Ingest, tmp_path: Path, quick_reader: None
) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(archive_of(f"{'x' * 201}_laps.csv", "spa_laps.csv"))

    run = ingest(path, statement={"name_pattern": "{meeting}_laps", "race": "race"})

    [file] = run.run_files.all()
    assert (run.state, file.error_code) == ("partial", "not_said")
    assert Race.objects.get().meeting.key == "spa"
