"""Headers of Formula 1 files as their sources write them, by layout."""

_RACES = "MRData.RaceTable.Races"
_ROUND = (
    f"MRData.series,MRData.RaceTable.season,{_RACES}.season,{_RACES}.round,{_RACES}.url,{_RACES}.raceName,"
    f"{_RACES}.Circuit.circuitId,{_RACES}.date,{_RACES}.time"
)
_BODY = "object_type,foreign_keys.year,foreign_keys.round,foreign_keys.session"
_OPENF1 = "meeting_key,session_key,driver_number,date"
_STANDINGS = "MRData.StandingsTable.StandingsLists"


def _under(path: str, columns: str, *, around: str = "") -> str:
    own = ",".join(f"{path}.{column}" for column in columns.split(","))
    return f"{around},{own}" if around else own


def _in_bodies(prefix: str, suffix: str) -> dict[str, str]:
    objects = {
        "laps": f"{_BODY},foreign_keys.car_number,objects.number,objects.position,"
        "objects.time._type,objects.time.milliseconds,objects.is_deleted",
        "session_entries": f"{_BODY},objects.position,objects.is_classified,"
        "objects.laps_completed",
        "classifications": f"{_BODY},objects.is_classified,objects.laps_completed",
        "round_entries": "object_type,foreign_keys.year,foreign_keys.round,"
        "foreign_keys.driver_reference,objects.car_number",
        "team_drivers": "object_type,foreign_keys.year,foreign_keys.team_reference,"
        "objects.role",
        "references": "object_type,objects.reference,objects.forename,objects.surname",
        "bodies": _BODY,
    }
    return {
        f"jolpica.{name}{suffix}": ",".join(prefix + c for c in header.split(","))
        for name, header in objects.items()
    }


HEADERS = {
    "ergast.seasons": "year,url",
    "ergast.status": "statusId,status",
    "ergast.constructor_results": "constructorResultsId,raceId,constructorId,points,"
    "status",
    "ergast.constructor_standings": "constructorStandingsId,raceId,constructorId,"
    "points,position,positionText,wins",
    "ergast.driver_standings": "driverStandingsId,raceId,driverId,points,position,"
    "positionText,wins",
    **_in_bodies("", ""),
    **_in_bodies("data.", "_in_envelope"),
    "jolpica.db_laps": "id,number,position,time,average_speed,session_entry_id,"
    "is_entry_fastest_lap,is_deleted,api_id",
    "jolpica.db_pit_stops": "id,number,duration,local_timestamp,lap_id,"
    "session_entry_id,api_id",
    "jolpica.db_round_entries": "id,car_number,round_id,team_driver_id,api_id",
    "jolpica.db_session_entries": "id,position,is_classified,status,detail,points,"
    "is_eligible_for_points,grid,time,fastest_lap_rank,laps_completed,round_entry_id,"
    "session_id,api_id",
    "jolpica.api_races": _ROUND,
    "jolpica.api_results": _under(
        f"{_RACES}.Results",
        "number,position,positionText,points,Driver.driverId,grid,Time.millis",
        around=_ROUND,
    ),
    "jolpica.api_sprint_results": _under(
        f"{_RACES}.SprintResults",
        "number,position,positionText,points,Driver.driverId,grid",
        around=_ROUND,
    ),
    "jolpica.api_qualifying": _under(
        f"{_RACES}.QualifyingResults",
        "number,position,Driver.driverId,Q1,Q2",
        around=_ROUND,
    ),
    "jolpica.api_laps": _under(
        f"{_RACES}.Laps",
        "number,Timings.driverId,Timings.position,Timings.time",
        around=_ROUND,
    ),
    "jolpica.api_pit_stops": _under(
        f"{_RACES}.PitStops", "driverId,lap,stop,time,duration", around=_ROUND
    ),
    "jolpica.api_drivers": _under(
        "MRData.DriverTable.Drivers", "driverId,code,givenName,familyName"
    ),
    "jolpica.api_constructors": _under(
        "MRData.ConstructorTable.Constructors", "constructorId,url,name"
    ),
    "jolpica.api_circuits": _under(
        "MRData.CircuitTable.Circuits", "circuitId,circuitName,Location.lat"
    ),
    "jolpica.api_driver_standings": _under(
        f"{_STANDINGS}.DriverStandings",
        "position,points,wins,Driver.driverId",
        around=f"{_STANDINGS}.season",
    ),
    "jolpica.api_constructor_standings": _under(
        f"{_STANDINGS}.ConstructorStandings",
        "position,points,wins,Constructor.constructorId",
        around=f"{_STANDINGS}.season",
    ),
    "jolpica.api_seasons": _under("MRData.SeasonTable.Seasons", "season,url"),
    "jolpica.api_status": _under("MRData.StatusTable.Status", "statusId,count,status"),
    "jolpica.api_lap_numbers": f"{_RACES}.Laps.number",
    "jolpica.api_standings_lists": _under(_STANDINGS, "season,round"),
    "jolpica.api_standings_teams": _under(
        f"{_STANDINGS}.DriverStandings.Constructors", "constructorId,name"
    ),
    "fastf1.laps": "Time,Driver,DriverNumber,LapTime,LapNumber,Stint,PitOutTime,"
    "PitInTime,Sector1Time,Sector2Time,Sector3Time,Compound,TyreLife,Team,Position,"
    "Deleted,IsAccurate",
    "fastf1.results": "DriverNumber,Abbreviation,TeamName,Position,ClassifiedPosition,"
    "GridPosition,Q1,Q2,Q3,Time,Status,Points",
    "fastf1.schedule": "Season,Round,RaceName,CircuitId,Date",
    "fastf1.season_results": "Season,Round,Driver,Code,Position,Status,GridPosition",
    "fastf1.season_pit_stops": "Season,Round,Driver,LapNumber,Stint,PitInTime,"
    "PitOutTime",
    "openf1.meetings": "meeting_key,meeting_name,circuit_key,circuit_short_name,year,"
    "date_start",
    "openf1.sessions": "meeting_key,session_key,session_name,session_type,date_start,"
    "circuit_key,year",
    "openf1.drivers": f"{_OPENF1},name_acronym,full_name,team_name",
    "openf1.laps": f"{_OPENF1},lap_number,lap_duration,duration_sector_1,"
    "is_pit_out_lap,st_speed",
    "openf1.pit": f"{_OPENF1},lap_number,pit_duration",
    "openf1.session_result": f"{_OPENF1},position,points,dnf,dns,dsq,duration,"
    "gap_to_leader",
    "openf1.position": f"{_OPENF1},position",
    "openf1.intervals": f"{_OPENF1},interval,gap_to_leader",
    "openf1.stints": f"{_OPENF1},stint_number,lap_start,lap_end,compound",
    "openf1.weather": "meeting_key,session_key,date,air_temperature,track_temperature",
    "openf1.race_control": f"{_OPENF1},category,message,lap_number",
}
