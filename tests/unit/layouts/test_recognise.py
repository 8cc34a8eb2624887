"""A file is known by its columns, in any order, or it is told what it lacks."""

import random

import pytest

from imports.errors import UnknownLayout
from imports.layouts import LAYOUTS, exported, recognise
from tests.unit.layouts.f1_headers import HEADERS as F1_HEADERS

RESULTS = (
    "resultId,raceId,driverId,constructorId,number,grid,position,positionText,"
    "positionOrder,points,laps,time,milliseconds,fastestLap,{}fastestLapTime,statusId"
)
FILES = {
    "ergast.races": "raceId,year,round,circuitId,name,date,time,url,fp1_date,fp1_time,"
    "fp2_date,fp2_time,fp3_date,fp3_time,quali_date,quali_time,sprint_date,sprint_time",
    "ergast.circuits": "circuitId,circuitRef,name,location,country,lat,lng,alt,url",
    "ergast.drivers": "driverId,driverRef,number,code,forename,surname,dob,nationality,"
    "url",
    "ergast.constructors": "constructorId,constructorRef,name,nationality,url",
    "ergast.results": RESULTS.format("rank,fastestLapSpeed,"),
    "ergast.sprint_results": RESULTS.format(""),
    "ergast.qualifying": "qualifyId,raceId,driverId,constructorId,number,position,q1,"
    "q2,q3",
    "ergast.lap_times": "raceId,driverId,lap,position,time,milliseconds",
    "ergast.pit_stops": "raceId,driverId,stop,lap,time,duration,milliseconds",
    "hkjc.results": "date,venue,race_no,race_name,distance_m,place,horse_no,horse_name,"
    "jockey,lbw,finish_time,win_odds",
    "hkjc.sectional_times": "date,venue,race_no,finish_pos,horse_no,horse_name,"
    "finish_time,sec1_margin,sec1_running_pos,sec1_time",
    "nztab.races": "data.races.id,data.races.name,data.races.number,"
    "data.races.meeting_id,data.races.advertised_start,header.title",
    "nztab.race_states": "data.races.event_id,data.races.meeting_id,"
    "data.races.race_number,data.races.status",
    "nztab.meetings": "data.meetings.meeting,data.meetings.name,data.meetings.date,"
    "data.meetings.category,data.meetings.country",
    "nztab.meeting_races": "data.meetings.meeting,data.meetings.name,"
    "data.meetings.date,data.meetings.category,data.meetings.races.id,"
    "data.meetings.races.race_number,data.meetings.races.start_time",
    "nztab.runners": "data.race.event_id,data.race.meeting_id,data.runners.entrant_id,"
    "data.runners.name,data.runners.runner_number,data.runners.barrier",
    "nztab.results": "data.race.event_id,data.race.meeting_id,data.results.entrant_id,"
    "data.results.position,data.results.time_ran",
    "liverc.results": "position,driver,driver_id,car_number,laps_time,behind,"
    "consistency,track,event,date,race_number",
    "liverc.laps": "driver_id,driver_name,lap,position,time,pace,event,race_number",
    "alkamel.analysis": "NUMBER,DRIVER_NUMBER,LAP_NUMBER,LAP_TIME,LAP_IMPROVEMENT,"
    "CROSSING_FINISH_LINE_IN_PIT,S1,S2,S3,KPH,ELAPSED,HOUR,DRIVER_NAME,PIT_TIME,CLASS",
    "alkamel.analysis_lower_case": "number,driver_number,lap_number,lap_time,event,"
    "crossing_finish_line_in_pit,s1,s2,s3,kph,elapsed,hour,driver_name,pit_time,class",
    "alkamel.analysis_camel_case": "carNumber,driverNumber,lapNumber,lapTime,session,"
    "crossingFinishLineInPit,s1,s2,s3,kph,elapsed,hour,driverName,pitTime,class",
    "alkamel.results": "POSITION,NUMBER,STATUS,LAPS,TOTAL_TIME,GAP_FIRST,GAP_PREVIOUS,"
    "FL_LAPNUM,FL_TIME,FL_KPH,TEAM,CLASS,GROUP,VEHICLE,*Extra 7",
    "alkamel.results_by_class": "CLASS_TYPE,POS,PIC,NUMBER,VEHICLE,LAPS,ELAPSED,"
    "GAP_FIRST,GAP_PREVIOUS,BEST_LAP_NUM,BEST_LAP_TIME,BEST_LAP_KPH",
    "alkamel.session": "POS,NUMBER,LAP,TIME,GAP_FIRST,GAP_PREVIOUS,KPH,CLASS,TEAM",
    "alkamel.weather": "TIME_UTC_SECONDS,TIME_UTC_STR,AIR_TEMP,TRACK_TEMP,HUMIDITY",
    "alkamel.best_laps": "NUMBER,VEHICLE,CLASS,TOTAL_DRIVER_LAPS,BESTLAP_1,AVERAGE",
    "alkamel.flags": "TIME,ELAPSED,REC_TYPE,FLAG,SECTOR,MESSAGE,FLAG_TIME,LAP",
    "timing_stream.laps": "meta_source,meta_time,meta_event,meta_session,timestamp,"
    "vehicle_id,outing,lap,value,expire_at",
    "nascar.laps": "column 1,driver,race,race_id,1,2,3",
    "nascar.pit_stops": "column 1,driver,race,pit_in_elapsed_time,pit_in_lap_count,"
    "pit_in_leader_lap,pit_out_elapsed_time,pit_stop_type,pit_stop_duration",
    "canonical.venues": "venue,name,locality,country,timezone",
    "canonical.teams": "team,name",
    "canonical.competitors": "competitor,name",
    "canonical.meetings": "meeting,name,discipline,venue,country,start_date,season",
    "canonical.races": "meeting,race,name,number,kind,status,scheduled_start",
    "canonical.entrants": "meeting,race,entrant,number,competitor,team,status,position",
    "canonical.laps": "meeting,race,entrant,lap,time,position,sector1_ms,meeting_name",
    "canonical.pit_stops": "meeting,race,entrant,stop,lap,duration,time_of_day",
    **{
        f"exported.{table.name}": ",".join(column.name for column in table.columns)
        for table in exported.TABLES
    },
    **F1_HEADERS,
}


def test_every_layout_has_a_file_here() -> None:
    assert {layout.name for layout in LAYOUTS} == set(FILES)


@pytest.mark.parametrize(("name", "header"), FILES.items(), ids=FILES)
def test_file_is_recognised_by_its_columns_in_any_order(name: str, header: str) -> None:
    columns = header.split(",")

    for seed in range(5):
        random.Random(seed).shuffle(columns)
        assert recognise(columns).name == name


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_required_columns_alone_make_the_layout(layout) -> None:  # type: ignore[no-untyped-def]
    assert recognise(layout.required).name == layout.name


def test_lap_times_without_milliseconds_are_lap_times() -> None:
    assert recognise(["raceId", "driverId", "lap", "time"]).name == "ergast.lap_times"


def test_ergast_takes_columns_that_it_does_not_know() -> None:
    columns = [*FILES["ergast.races"].split(","), "weather"]

    assert recognise(columns).name == "ergast.races"


@pytest.mark.parametrize(
    ("name", "column"),
    [
        (name, column)
        for name in FILES
        for column in sorted(
            next(layout for layout in LAYOUTS if layout.name == name).required
        )
        if name.startswith("ergast") and column not in ("fastestLapSpeed", "stop")
    ],
)
def test_missing_column_is_named_with_the_nearest_layout(
    name: str, column: str
) -> None:
    rest = [held for held in FILES[name].split(",") if held != column]

    with pytest.raises(UnknownLayout) as refused:
        recognise(rest)

    assert f"nearest to {name.removesuffix('results')}"[:20] in str(refused.value)
    assert f"no column '{column}'." in str(refused.value)


@pytest.mark.parametrize(
    "name", [name for name in FILES if name.startswith("canonical")]
)
def test_canonical_refuses_a_column_that_it_does_not_know(name: str) -> None:
    with pytest.raises(UnknownLayout, match=f"looks like {name}.*no column 'tyre'"):
        recognise([*FILES[name].split(","), "tyre"])


def test_columns_of_nothing_we_know_are_listed() -> None:
    with pytest.raises(UnknownLayout, match="recognises the columns 'colour', 'shape'"):
        recognise(["shape", "colour"])
