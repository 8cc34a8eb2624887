"""The golden facts of the 2022 season, as a program reads them."""

import datetime as dt

import pytest

from imports.models import ImportRun, SourceFile
from races.models import Entrant, Meeting
from stats.models import RaceStats

pytestmark = pytest.mark.usefixtures("season")


def only(response):
    """Give the row of a list of one."""
    assert response.status_code == 200, response.data
    (row,) = response.data["results"]
    return row


def test_meeting_names_its_venue_country_and_file(get):
    meeting = only(get("meetings", key="1074"))

    assert meeting["name"] == "Bahrain Grand Prix"
    assert meeting["venue"] == "Bahrain International Circuit"
    assert only(get("venues", key=meeting["venue_key"]))["name"] == meeting["venue"]
    assert meeting["country"] == "Bahrain"
    assert meeting["start_date"] == "2022-03-20"
    assert meeting["is_implied"] is False
    assert meeting["file"]["name"] == "races.csv"


@pytest.mark.unverified(reason="a value is set by hand")
def test_meeting_prefers_its_own_country_and_timezone(get):
    Meeting.objects.filter(key="1074").update(country="X", timezone="Asia/Bahrain")

    meeting = only(get("meetings", key="1074"))

    assert (meeting["country"], meeting["timezone"]) == ("X", "Asia/Bahrain")


def test_race_tells_its_fastest_lap(get, bahrain):
    race = get(f"races/{bahrain.pk}").data

    assert race["meeting"]["key"] == "1074"
    assert race["stats"]["laps"] == race["stats"]["expected_laps"] == 1_123
    assert race["stats"]["missing_laps"] == 0
    assert race["stats"]["fastest_lap_ms"] == 94_570
    assert race["stats"]["fastest_lap_number"] == 51
    assert race["stats"]["fastest_lap_entrant"]["name"] == "Charles Leclerc"


@pytest.mark.unverified(reason="stats are set by hand")
@pytest.mark.parametrize(
    ("missing_laps", "complete"), [(0, True), (1, False), (None, None)]
)
def test_race_tells_whether_it_is_complete(get, bahrain, missing_laps, complete):
    RaceStats.objects.filter(race=bahrain).update(missing_laps=missing_laps)

    assert get(f"races/{bahrain.pk}").data["complete"] is complete


def test_race_tells_what_does_not_fit_together(get):
    races = {
        race["id"]: race for race in get("races", has_warnings="true").data["results"]
    }
    miami = next(
        r for r in races.values() if r["meeting"]["name"] == "Miami Grand Prix"
    )

    assert len(races) == 10
    assert {race["stats"]["warning_count"] for race in races.values()} == {1, 2, 4}
    [warning] = miami["warnings"]
    assert (warning["code"], warning["count"]) == ("laps_do_not_sum", 2)
    assert "time penalty" in warning["message"]
    assert warning["examples"][0] == {
        "entrants": ["4"],
        "lap": None,
        "text": "57 laps sum to 1:34:51.386, the result says 1:35:01.386: 10.000 s "
        "more, whole seconds as penalties are",
    }


def test_races_without_warnings_are_the_others(get, bahrain):
    races = get("races", has_warnings="false", page_size=100).data["results"]

    assert len(races) == 37
    assert all(race["warnings"] == [] for race in races)
    assert bahrain.pk in {race["id"] for race in races}


@pytest.mark.unverified(reason="stats are deleted by hand")
def test_race_without_stats_is_not_known_to_be_complete(get, bahrain):
    bahrain.stats.delete()

    race = get(f"races/{bahrain.pk}").data

    assert race["stats"] is None
    assert race["complete"] is None


def test_entrant_has_its_result(get, bahrain):
    entrant = only(get("entrants", race=bahrain.pk, competitor="844"))

    expected = {
        "number": "16",
        "name": "Charles Leclerc",
        "competitor": "844",
        "team": "Ferrari",
        "grid": 1,
        "position": 1,
        "laps_completed": 57,
        "total_time_ms": 5_853_584,
        "points": 26.0,
        "is_implied": False,
    }
    assert {name: entrant[name] for name in expected} == expected
    assert only(get("teams", key=entrant["team_key"]))["name"] == "Ferrari"
    assert entrant["race"]["kind"] == "race"
    assert entrant["file"]["name"] == "results.csv"


def test_entrant_that_no_file_states_has_no_file(get, implied_lap):
    entrant = get(f"entrants/{implied_lap.entrant_id}").data

    assert (entrant["is_implied"], entrant["file"]) == (True, None)
    assert (entrant["name"], entrant["competitor"]) == ("ghost", None)
    assert (entrant["team"], entrant["team_key"]) == (None, None)


def test_laps_of_a_race_are_one_page(get, bahrain):
    page = get("laps", race=bahrain.pk).data

    assert page["next"] is None
    assert len(page["results"]) == 1_123
    assert min(lap["time_ms"] for lap in page["results"]) == 94_570
    assert {lap["file"]["name"] for lap in page["results"]} == {"lap_times.csv.gz"}


def test_lap_is_shown_as_the_schema_says(get, bahrain):
    leclerc = Entrant.objects.get(race=bahrain, key="844")

    lap = only(get("laps", entrant=leclerc.pk, number=51))

    assert lap.pop("file")["name"] == "lap_times.csv.gz"
    assert lap.pop("run") == ImportRun.objects.get().pk
    assert lap == {
        "race": bahrain.pk,
        "entrant": leclerc.pk,
        "number": 51,
        "time_ms": 94_570,
        "elapsed_ms": None,
        "sector1_ms": None,
        "sector2_ms": None,
        "sector3_ms": None,
        "position": 1,
        "in_pit": None,
        "is_deleted": None,
        "conflict": None,
    }


def test_pit_stop_names_its_entrant_and_file(get, bahrain):
    stops = get("pit-stops", race=bahrain.pk).data["results"]

    leclerc = [stop for stop in stops if stop["entrant"]["name"] == "Charles Leclerc"]
    assert [stop["number"] for stop in leclerc] == [1, 2, 3]
    assert {stop["race"] for stop in stops} == {bahrain.pk}
    assert {stop["file"]["name"] for stop in stops} == {"pit_stops.csv"}


def test_run_tells_its_counts_and_files(get):
    run = only(get("runs"))

    assert "files" not in run
    assert (run["races"], run["races_done"], run["races_failed"]) == (47, 47, 0)
    assert run["laps"]["inserted"] == 23_529
    files = get(f"runs/{run['id']}").data["files"]
    assert sum(file["laps_staged"] for file in files) == 23_529
    assert "lap_times.csv.gz" in [file["file"]["name"] for file in files]


def test_file_tells_when_it_was_imported(get):
    file = only(get("files", layout="ergast.lap_times"))

    assert (file["name"], file["source"]) == ("lap_times.csv.gz", "test")
    assert dt.datetime.fromisoformat(file["imported_at"])
    assert "storage_path" not in file


@pytest.mark.unverified(reason="the manifest is written by hand")
def test_file_of_a_row_is_one_of_its_own_source(get):
    file = SourceFile.objects.get(layout="ergast.races")
    file.pk, file.source, file.name = None, "other", "same bytes.csv"
    file.save()

    meeting = only(get("meetings", key="1074"))

    assert meeting["file"]["name"] == "races.csv"
