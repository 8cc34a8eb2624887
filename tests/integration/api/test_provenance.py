"""Where a row comes from: its file, its run, what decides each column, who disagrees."""

from datetime import UTC, datetime

import pytest

from imports import actions
from imports.actions import BatchOptions
from races.models import Lap

pytestmark = pytest.mark.django_db

TIMES = "meeting,race,entrant,lap,time_ms"
PLACES = "meeting,race,entrant,lap,position"
OLD, NEW = ({"observed_at": datetime(2024, 5, day, tzinfo=UTC)} for day in (1, 2))


@pytest.fixture
def bring(ingest, write_csv):
    """Give a function that imports a file; it gives the run."""

    def bring_file(name, header, *rows, **options):
        run = ingest(write_csv(name, header, *rows), **options)
        assert run.state == "succeeded", run.message
        return run

    return bring_file


def laps(get, **parameters):
    return {lap["number"]: lap for lap in get("laps", **parameters).data["results"]}


def test_lap_names_the_newest_file_that_states_it(get, bring):
    bring("old.csv", TIMES, "ash,1,ann,1,62000", "ash,1,ann,2,61000", statement=OLD)
    second = bring(
        "new.csv",
        TIMES,
        *("ash,1,ann,1,62000", "ash,1,ann,2,61000"),
        statement={**NEW, "is_complete": True},
    )

    seen = laps(get, include="provenance")

    # Nothing was written: that the complete file repeats them stands on the race.
    assert {lap.version for lap in Lap.objects.all()} != {
        file.version for file in second.files.all()
    }
    assert {lap["file"]["name"] for lap in seen.values()} == {"new.csv"}
    assert {lap["run"] for lap in seen.values()} == {second.pk}
    assert seen[1]["included"]["provenance"] == [
        {"file": seen[1]["file"], "run": second.pk, "columns": ["time_ms"]}
    ]


def test_columns_of_a_lap_tell_their_files(get, bring):
    first = bring("times.csv", TIMES, "ash,1,ann,1,62000", statement=OLD)
    second = bring("places.csv", PLACES, "ash,1,ann,1,3", statement=NEW)

    [lap] = laps(get, include="provenance").values()

    assert (lap["file"]["name"], lap["run"]) == ("places.csv", second.pk)
    stated = [
        (part["file"]["name"], part["run"], part["columns"])
        for part in lap["included"]["provenance"]
    ]
    assert stated == [
        ("places.csv", second.pk, ["position"]),
        ("times.csv", first.pk, ["time_ms"]),
    ]


def test_columns_of_an_entrant_tell_their_files(get, bring):
    entrants = "meeting,race,entrant"
    first = bring("grid.csv", f"{entrants},grid", "ash,1,ann,5", statement=OLD)
    second = bring("result.csv", f"{entrants},position", "ash,1,ann,1", statement=NEW)

    [entrant] = get("entrants", include="provenance").data["results"]

    stated = {
        column: (part["file"]["name"], part["run"])
        for part in entrant["included"]["provenance"]
        for column in part["columns"]
    }
    assert stated["grid"] == ("grid.csv", first.pk)
    assert stated["position"] == ("result.csv", second.pk)
    assert entrant["run"] == second.pk


def test_run_is_the_first_that_brought_the_file(get, bring):
    first = bring("laps.csv", TIMES, "ash,1,ann,1,62000")
    bring("laps.csv", TIMES, "ash,1,ann,1,62000", force=True)

    assert laps(get)[1]["run"] == first.pk
    [race] = get("races").data["results"]
    [meeting] = get("meetings").data["results"]
    assert (race["file"], race["run"]) == (None, None)
    assert (meeting["file"], meeting["run"]) == (None, None)


def test_run_that_was_reverted_did_not_bring_what_is_there(get, bring):
    first = bring("laps.csv", TIMES, "ash,1,ann,1,62000")
    revert = actions.start_revert(first, trigger="command", by=None)
    actions.work_run(revert, options=BatchOptions(name="revert"))
    assert laps(get) == {}

    again = bring("laps.csv", TIMES, "ash,1,ann,1,62000")

    assert laps(get)[1]["run"] == again.pk


def test_lap_tells_that_files_disagree_on_it(get, bring):
    bring("old.csv", TIMES, "ash,1,ann,1,62000", "ash,1,ann,2,61000", statement=OLD)
    bring("new.csv", TIMES, "ash,1,ann,1,62001", "ash,1,ann,2,61000", statement=NEW)

    seen = laps(get)

    assert (seen[1]["conflict"], seen[2]["conflict"]) == ("ruled", None)
    assert list(laps(get, has_conflicts="true")) == [1]
