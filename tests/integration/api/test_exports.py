"""Exports: what is in a file is what is stored, and it comes back as it was."""

import csv
import io
import json
import os
import re
import unicodedata
import zipfile
from pathlib import Path

import polars as pl
import pytest
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.test import APIClient

from imports.api.exports import FILTERS
from imports.exports.formats import FORMATS
from imports.exports.tables import TABLES
from imports.layouts.exported import Form
from imports.models import Rejection
from imports.pipeline import transactions
from ingestion_site.lib import copy_out
from races.models import Entrant, Lap, Race
from tests import state
from tests.conftest import SAMPLE, SOURCE
from tests.integration import exported_worlds as worlds

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.unverified(reason="rows that no file stated are stored by hand"),
]

#: Worlds that are made up for each format; unset: the same in every run.
MORE = os.environ.get("EXPORT_WORLDS")
EXAMPLES = int(MORE or "5")
#: What a spreadsheet runs, once it has made full-width characters plain ones.
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


@pytest.fixture
def world(db):
    worlds.store(worlds.EVERYTHING, source="one")


def fetch(name, **parameters):
    """Give the bytes of an export, as a user who may read gets them."""
    client = APIClient()
    client.force_authenticate(get_user_model()(username="reader"))
    response = client.get(f"/api/v1/exports/{name}", parameters)
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def reimport(ingest, content, folder, name, source="two"):
    """Import a file as that of another source; nothing of it may be refused."""
    path = Path(folder) / name
    path.write_bytes(content)
    run = ingest(path, source=source)
    assert (run.state, run.row_counts.rejected) == ("succeeded", 0), run.run_files.get()
    return run


def rows_of_csv(content):
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.parametrize("suffix", FORMATS)
def test_all_of_a_source_comes_back(world, ingest, tmp_path, suffix):
    stored = state.values("one")
    assert all(stored[kind] for kind in ("Venue", "Team", "Entrant", "Lap", "PitStop"))

    content = fetch(f"all.{suffix}.zip", source="one")
    reimport(ingest, content, tmp_path, "all.zip")

    assert state.values("two") == stored


@pytest.mark.parametrize("suffix", FORMATS)
def test_tables_of_a_source_come_back_one_by_one(world, ingest, tmp_path, suffix):
    stored = state.values("one")

    files = {
        name: fetch(f"{name.replace('_', '-')}.{suffix}", source="one")
        for name in TABLES
    }
    # Those that are only named come before those that say what they are.
    for name in reversed(TABLES):
        reimport(ingest, files[name], tmp_path, f"{name}.{suffix}")

    assert state.values("two") == stored


@pytest.mark.parametrize("suffix", FORMATS)
def test_any_world_comes_back(db, ingest, tmp_path, suffix):
    @settings(
        max_examples=EXAMPLES,
        derandomize=not MORE,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(world=worlds.worlds)
    def comes_back(world):
        state.clear()
        worlds.store(world, source="one")
        stored = state.values("one")
        content = fetch(f"all.{suffix}.zip", source="one")
        reimport(ingest, content, tmp_path, "all.zip")
        assert state.values("two") == stored
        _check_cells(fetch("all.csv.zip", source="one"))

    comes_back()


def _check_cells(content):
    """See that no cell is a formula, but for numbers that are below zero."""
    numbers = {
        column.name
        for table in TABLES.values()
        for column in table.columns
        if column.form in (Form.NUMBER, Form.MILLISECONDS, Form.DECIMAL)
    }
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            for row in rows_of_csv(archive.read(member)):
                for name, cell in row.items():
                    plain = unicodedata.normalize("NFKC", cell)
                    is_number = name in numbers and re.fullmatch(r"-?[\d.]*", cell)
                    is_number = is_number and not (
                        member == "entrants.csv" and name == "number"
                    )
                    assert is_number or not plain.startswith(TRIGGERS), (name, cell)


def test_season_comes_back(transactional_db, ingest, tmp_path):
    ingest(*sorted(SAMPLE.glob("*.csv*")), source=SOURCE)
    stored = state.values(SOURCE)
    assert len(stored["Lap"]) == Lap.objects.count() > 20_000

    reimport(ingest, fetch("all.csv.zip", source=SOURCE), tmp_path, "all.zip")

    assert state.values("two") == stored


def test_cells_have_the_types_that_they_are_of(world):
    laps = pl.read_parquet(io.BytesIO(fetch("laps.parquet")))
    races = pl.read_parquet(io.BytesIO(fetch("races.parquet")))
    entrants = pl.read_parquet(io.BytesIO(fetch("entrants.parquet")))

    assert laps.schema["time_ms"] == pl.Int64
    assert laps.schema["in_pit"] == pl.Boolean
    assert races.schema["scheduled_start"] == pl.Datetime("us", "UTC")
    assert entrants.schema["points"] == pl.Decimal(9, 3)
    assert laps.rows()[0][:6] == ("one", "m", "race", "7", 0, None)
    line = json.loads(fetch("laps.ndjson").splitlines()[1])
    assert line["time_ms"] == 90_000
    assert line["is_deleted"] is True
    assert line["in_pit"] is None


def test_filters_are_those_of_the_list(world):
    race = Race.objects.get(key="race")
    entrant = Entrant.objects.get(key="7")

    queries = [
        ({"race": race.pk}, 2),
        ({"entrant": entrant.pk + 1}, 0),
        ({"number__gte": 1, "source": "one"}, 1),
        ({"has_conflicts": "true"}, 0),
    ]
    for query, number in queries:
        assert len(rows_of_csv(fetch("laps.csv", **query))) == number
    assert fetch("entrants.csv", race=race.pk).count(b"\n") == 3
    assert fetch("meetings.ndjson", source="two") == b""


@pytest.mark.parametrize("suffix", FORMATS)
def test_filter_that_no_row_can_pass_leaves_an_empty_file(world, suffix):
    content = fetch(f"laps.{suffix}", race=2**63 - 1)

    if suffix == "parquet":
        assert pl.read_parquet(io.BytesIO(content)).shape == (0, 13)
    else:
        assert content.count(b"\n") == (suffix == "csv")


def test_source_may_be_called_anything(db):
    source = 'a"b\r\nX: 1/../é'

    assert fetch("all.csv.zip", source=source).startswith(b"PK\x05\x06")
    assert fetch("laps.ndjson", source=source) == b""


def test_archive_is_of_the_meetings_that_are_left(world):
    content = fetch("all.ndjson.zip", source="one", key="other")

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [
            "venues.ndjson",
            "teams.ndjson",
            "competitors.ndjson",
        ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "kind"),
    [
        ("laps.csv?race=x", 400, "invalid_parameter"),
        (f"laps.csv?race={10**30}", 400, "invalid_parameter"),
        ("laps.csv?cursor=x", 400, "unknown_parameter"),
        ("laps.csv?race=1&race=2", 400, "invalid_parameter"),
        ("venues.csv?source=", 400, "invalid_parameter"),
        ("all.csv.zip", 400, "invalid_parameter"),
        ("all.csv.zip?source__in=one", 400, "invalid_parameter"),
        ("all.csv.zip?source=one&race=1", 400, "unknown_parameter"),
        ("laps.xls/", 404, "not_found"),
        ("files.csv/", 404, "not_found"),
    ],
)
def test_what_is_not_meant_is_refused(db, address, status, kind):
    client = APIClient()
    client.force_authenticate(get_user_model()(username="reader"))

    response = client.get(f"/api/v1/exports/{address}")

    assert (response.status_code, response.json()["type"]) == (status, kind)


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*FILTERS, "all"])
def test_anonymous_is_asked_for_credentials(db, name):
    address = f"{name.replace('_', '-')}.csv" + (".zip" if name == "all" else "")

    assert APIClient().get(f"/api/v1/exports/{address}").status_code == 401


def test_file_has_a_name_and_a_type(world):
    client = APIClient()
    client.force_authenticate(get_user_model()(username="reader"))

    response = client.head("/api/v1/exports/pit-stops.parquet")

    assert response["Content-Type"] == "application/vnd.apache.parquet"
    assert re.fullmatch(
        r'attachment; filename="pit_stops-\d{8}T\d{6}Z\.parquet"',
        response["Content-Disposition"],
    )
    assert b"".join(response.streaming_content) == b""


def test_rows_of_two_sources_do_not_come_back_as_one(world, ingest, tmp_path):
    worlds.store(worlds.EVERYTHING, source="other")
    path = tmp_path / "laps.csv"
    path.write_bytes(fetch("laps.csv"))

    run = ingest(path, source="two")

    assert run.row_counts.rejected == 2
    assert set(Rejection.objects.values_list("code", flat=True)) == {"other_source"}


def test_closed_response_leaves_no_transaction(world, monkeypatch):
    monkeypatch.setattr(copy_out, "PIECE_BYTES", 1)
    client = APIClient()
    client.force_authenticate(get_user_model()(username="reader"))
    response = client.get("/api/v1/exports/laps.csv")
    pieces = iter(response)
    next(pieces)
    next(pieces)
    assert connection.in_atomic_block

    response.close()

    assert not connection.in_atomic_block
    assert Lap.objects.count() == 2


def test_statement_bound_of_reads_ends_after_the_rows(world):
    # The rows hold the connection: asked on it before, it would wait without end.
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()

        assert fetch("all.csv.zip", source="one")

        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before


def test_export_reads_one_moment(world, monkeypatch):
    monkeypatch.setattr(copy_out, "PIECE_BYTES", 1)
    with transactions.snapshot():
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            assert cursor.fetchone() == ("repeatable read",)
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("10min",)
        with pytest.raises(DatabaseError, match="read-only"):
            Lap.objects.all().delete()
