"""Files as they should not be: what is wrong is said, the rest is in, nothing else."""

import gzip
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from imports.errors import ParserTimeout
from imports.models import ImportRun, Rejection
from imports.pipeline import stage
from imports.readers.sandbox.parent import Sandbox
from races.models import Entrant, Lap, Meeting, Race
from tests.conftest import Ingest

# Races are committed one by one, which a test inside a transaction could not see.
pytestmark = pytest.mark.django_db(transaction=True)

WriteCsv = Callable[..., Path]

LAPS = "meeting,race,entrant,lap,time"


def race_lines(race: int, *, laps: int = 3) -> list[str]:
    """Give the laps of one race of two entrants."""
    return [
        f"Ashford,{race},{entrant},{lap},1:3{entrant}.{lap:03}"
        for entrant in (1, 2)
        for lap in range(1, laps + 1)
    ]


def only_file(run: ImportRun):  # type: ignore[no-untyped-def]
    """Give what became of the only file of a run."""
    [file] = run.run_files.all()
    return file


def states(run: ImportRun) -> dict[str, str]:
    """Give the state of each race of a run by its key."""
    return dict(run.checkpoints.values_list("race_key", "state"))


def laps_by_race() -> dict[str, int]:
    keys = Lap.objects.values_list("entrant__race__key", flat=True)
    return {key: list(keys).count(key) for key in set(keys)}


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("", "empty_file", "The file is empty"),
        (f"{LAPS}\n", "empty_file", "header of canonical.laps and no rows"),
        ("\n", "empty_file", "first lines are blank"),
        ("shape,colour\n1,2\n", "unknown_layout", "No layout recognises the columns"),
        (
            "raceId,driverId,stop,lap,time,milliseconds\n1,2,1,9,18:00:00,2500\n",
            "unknown_layout",
            "nearest to ergast.pit_stops, but has no column 'duration'",
        ),
        (f"{LAPS},tyre\n", "unknown_layout", "no column 'tyre'"),
        (f"{LAPS},lap\n", "unknown_layout", "no column 'lap (2)'"),
        (
            "raceId,driverId,lap,time,time\n1,2,3,1:30.1,1:30.2\n",
            "malformed_file",
            "'time' more than once",
        ),
    ],
)
def test_file_that_cannot_be_used_says_why(
    ingest: Ingest, tmp_path: Path, content: str, code: str, words: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)

    run = ingest(path)

    file = only_file(run)
    assert (run.state, file.state) == ("failed", "rejected")
    assert (file.name, file.error_code) == ("bad.csv", code)
    assert words in file.message
    assert Meeting.objects.count() == 0
    assert run.row_counts.is_balanced


@pytest.mark.parametrize("size", [2, 3, 9, 10, 18, 60, 0.5, 0.9, -8, -1])
def test_gzip_cut_off_anywhere_is_refused_whole(
    ingest: Ingest, tmp_path: Path, size: float
) -> None:
    text = "\n".join([LAPS, *race_lines(1, laps=500)]) + "\n"
    packed = gzip.compress(text.encode(), mtime=0)
    end = int(size * len(packed)) if isinstance(size, float) else size
    path = tmp_path / "laps.csv.gz"
    path.write_bytes(packed[:end])

    run = ingest(path)

    file = only_file(run)
    assert (run.state, file.error_code) == ("failed", "malformed_file")
    assert "cut off or damaged" in file.message
    assert Race.objects.count() == Lap.objects.count() == 0


def test_row_with_text_for_a_number_is_rejected_and_the_rest_is_in(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    path = write_csv(
        "laps.csv",
        LAPS,
        "Ashford,1,7,1,1:34.570",
        "Ashford,1,7,two,1:35.000",
        "Ashford,1,7,3,DNF",
        "Ashford,1,7,4,1:36.000",
    )

    ingest(path)

    found = Rejection.objects.order_by("row_number")
    assert [(r.row_number, r.column, r.code) for r in found] == [
        (3, "lap", "not_a_whole_number"),
        (4, "time", "not_a_time"),
    ]
    assert found[1].message == "time is 'DNF', not a time such as 1:34.570."
    assert found[1].original["time"] == "DNF"
    assert sorted(Lap.objects.values_list("number", "time_ms")) == [
        (1, 94_570),
        (4, 96_000),
    ]


def test_rejected_rows_keep_the_accounts_balanced(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    good = ["Ashford,1,7,1,1:34.570", "Ashford,1,7,2,1:34.570"]
    bad = ["Ashford,1,7,3,DNF", "Ashford,1,7", "Ashford,1,7,4,1:34.570,5", '"']

    run = ingest(write_csv("laps.csv", LAPS, *good, good[0], *bad))

    assert run.state == "succeeded"
    assert run.row_counts.is_balanced
    assert run.lap_counts.is_balanced
    assert (run.laps["read"], run.laps["rejected"]) == (7, 4)
    assert (run.laps["inserted"], run.laps["duplicates"]) == (2, 1)
    assert Rejection.objects.count() == 4


def test_file_of_nothing_but_bad_rows_brings_no_race(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    run = ingest(write_csv("laps.csv", LAPS, "Ashford,1,7,x,1:34.570"))

    assert (run.laps["read"], run.laps["rejected"]) == (1, 1)
    assert run.row_counts.is_balanced
    assert Race.objects.count() == Meeting.objects.count() == 0


@pytest.mark.parametrize("lanes", [1, 2])
def test_one_broken_file_of_ten_leaves_nine_races(
    ingest: Ingest, tmp_path: Path, write_csv: WriteCsv, lanes: int
) -> None:
    paths = [write_csv(f"{n:02}.csv", LAPS, *race_lines(n)) for n in range(1, 11)]
    packed = gzip.compress(paths[4].read_bytes())
    paths[4] = tmp_path / "05.csv.gz"
    paths[4].write_bytes(packed[: len(packed) // 2])

    run = ingest(*paths, lanes=lanes)

    assert run.state == "partial"
    expected = {str(n) for n in range(1, 11)} - {"5"}
    assert states(run) == dict.fromkeys(expected, "done")
    assert laps_by_race() == dict.fromkeys(expected, 6)
    [bad] = run.run_files.filter(state="rejected")
    assert (bad.name, bad.error_code) == ("05.csv.gz", "malformed_file")
    assert run.laps["inserted"] == 54
    assert run.row_counts.is_balanced


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["file_number", "secret"], '"secret"'),
        (["file_number", "file_number"], "more than once"),
        (["number"], '"soon"'),
        (["meeting_key"], "null value"),
    ],
)
def test_rows_of_a_reader_that_was_taken_over_refuse_the_file(
    ingest: Ingest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    columns: list[str],
    words: str,
) -> None:
    hostile = partial(Sandbox, module="tests.unit.readers.hostile_child")
    monkeypatch.setattr(stage, "Sandbox", hostile)
    path = tmp_path / "laps.csv"
    opening = json.dumps({"kind": "lap", "columns": columns})
    path.write_text(f'say O {opening}\nD {{"size": 5}}\nsoon\nC {{}}\n')

    file = only_file(ingest(path))

    assert (file.state, file.error_code) == ("rejected", "parser_crash")
    assert "The database cannot take" in file.message
    assert words in file.message


def test_lap_column_that_there_is_not_refuses_the_file(
    ingest: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = partial(Sandbox, module="tests.unit.readers.hostile_child")
    monkeypatch.setattr(stage, "Sandbox", hostile)
    path = tmp_path / "laps.csv"
    nothing = ("columns", "parts", "corrected_rows", "rejections", "notices")
    result = {"layout": "x", "rows_read": 1, "rows_rejected": 0} | {
        name: [] for name in nothing
    }
    path.write_text(f"say R {json.dumps(result | {'lap_columns': ['secret']})}\n")

    file = only_file(ingest(path))

    assert (file.state, file.error_code) == ("rejected", "parser_crash")
    assert "'SECRET'" in file.message


@contextmanager
def refused_by_the_database(race_key: str) -> Iterator[None]:
    """Let the database refuse laps of one race, as a broken row would."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE FUNCTION refuse_race() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT FROM races_entrant e JOIN races_race r
                           ON r.id = e.race_id
                           WHERE e.id = NEW.entrant_id AND r.key = '{race_key}') THEN
                    RAISE check_violation USING MESSAGE = 'no laps on a Sunday';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse_race BEFORE INSERT ON races_lap
                FOR EACH ROW EXECUTE FUNCTION refuse_race();
            """
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse_race ON races_lap")
            cursor.execute("DROP FUNCTION refuse_race")


@pytest.mark.parametrize("writer", ["merge", "orm"])
@pytest.mark.parametrize("lanes", [1, 2])
def test_one_refused_race_of_ten_leaves_nine(
    ingest: Ingest, write_csv: WriteCsv, writer: str, lanes: int
) -> None:
    lines = [line for n in range(1, 11) for line in race_lines(n)]
    path = write_csv("laps.csv", LAPS, *lines)

    with refused_by_the_database("5"):
        run = ingest(path, writer=writer, lanes=lanes)

    assert run.state == "partial"
    assert states(run) == {str(n): "failed" if n == 5 else "done" for n in range(1, 11)}
    failed = run.checkpoints.get(state="failed")
    assert (failed.error_code, failed.is_retryable) == ("race_refused", False)
    assert "no laps on a Sunday" in failed.message
    assert not Race.objects.filter(key="5").exists()
    assert not Entrant.objects.filter(race__key="5").exists()
    assert sum(laps_by_race().values()) == 54


def test_refused_race_keeps_what_it_had(ingest: Ingest, write_csv: WriteCsv) -> None:
    ingest(write_csv("old.csv", LAPS, "Ashford,5,7,1,1:40.000"))
    lines = [f"Ashford,{n},{entrant},1,1:39.000" for n in (4, 5) for entrant in (7, 8)]

    with refused_by_the_database("5"):
        run = ingest(write_csv("new.csv", LAPS, *lines))

    assert states(run) == {"4": "done", "5": "failed"}
    laps = Lap.objects.filter(entrant__race__key="5")
    assert list(laps.values_list("entrant__key", "time_ms")) == [("7", 100_000)]
    assert list(Entrant.objects.filter(race__key="5")) == [laps.get().entrant]


def test_refused_race_is_in_when_the_same_file_comes_again(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    path = write_csv("laps.csv", LAPS, *race_lines(4), *race_lines(5))
    with refused_by_the_database("5"):
        ingest(path)

    again = ingest(path)

    assert again.state == "succeeded"
    assert laps_by_race() == {"4": 6, "5": 6}
    assert again.laps["inserted"] == again.laps["unchanged"] == 6


def test_text_that_the_database_cannot_hold_is_a_rejection(
    ingest: Ingest, tmp_path: Path
) -> None:
    path = tmp_path / "laps.csv"
    rows = ["Ash\x00ford,1,7,1,1:40.0", "Ashford,1,7\x00,1,1:40.0", *race_lines(1)]
    path.write_text("\n".join([LAPS, *rows]) + "\n")

    run = ingest(path)

    assert run.state == "succeeded"
    found = Rejection.objects.order_by("row_number").values_list("column", "code")
    assert list(found) == [("meeting", "not_text"), ("entrant", "not_text")]
    assert laps_by_race() == {"1": 6}


@pytest.mark.parametrize(("percent", "state"), [(24, "failed"), (25, "succeeded")])
def test_file_with_too_many_bad_rows_is_refused_whole(
    ingest: Ingest, write_csv: WriteCsv, percent: int, state: str
) -> None:
    lines = [*race_lines(1, laps=1), "Ashford,1,3,1,slow", "Ashford,1,4,1,1:30.000"]
    path = write_csv("laps.csv", LAPS, *lines)

    run = ingest(path, order={"max_rejected_percent": percent})

    assert run.state == state
    assert Lap.objects.count() == (3 if state == "succeeded" else 0)
    if state == "failed":
        file = only_file(run)
        assert file.error_code == "too_many_rejected"
        assert "1 of 4 rows" in file.message
        assert "row 4: time is 'slow'" in file.message


def test_file_with_too_many_bad_rows_is_refused_where_none_is_kept(
    ingest: Ingest, write_csv: WriteCsv, settings: Any
) -> None:
    settings.IMPORTS_REJECTIONS_PER_CODE = 0
    path = write_csv("laps.csv", LAPS, "Ashford,1,3,1,slow")

    run = ingest(path, order={"max_rejected_percent": 50})

    assert only_file(run).error_code == "too_many_rejected"
    assert "1 of 1 rows" in only_file(run).message


@pytest.mark.unverified(reason="Its run is over: no run reads a file of it again.")
def test_file_that_is_refused_when_read_again_counts_no_rows(
    ingest: Ingest, write_csv: WriteCsv
) -> None:
    path = write_csv("laps.csv", LAPS, *race_lines(1), "Ashford,1,3,1,slow")
    file = only_file(ingest(path))
    assert (file.rows_read, file.rows_rejected) == (7, 1)

    stage._refuse(file, ParserTimeout("Reading it took too long."))

    file.refresh_from_db()
    assert (file.rows_read, file.rows_rejected, file.lap_columns) == (0, 0, 0)


def test_refused_row_counts_as_a_lap_where_laps_are_refused(
    ingest: Ingest, tmp_path: Path
) -> None:
    path = tmp_path / "kinds.zip"
    with zipfile.ZipFile(path, "w") as archive:
        laps = [LAPS, *race_lines(1, laps=1), "Ashford,1,3,1,slow"]
        archive.writestr("laps.csv", "\n".join(laps) + "\n")
        entrants = [
            "meeting,race,entrant,position",
            "Ashford,1,1,first",
            "Ashford,1,2,2",
        ]
        archive.writestr("entrants.csv", "\n".join(entrants) + "\n")

    run = ingest(path)

    assert (run.rows["rejected"], run.laps["rejected"]) == (2, 1)
    assert (run.rows["read"], run.laps["read"]) == (5, 3)
