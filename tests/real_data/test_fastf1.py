"""Parquet files of FastF1 and undercut, against another reading of them."""

import datetime as dt

import polars as pl
import pytest

from races.models import Entrant, Lap, Meeting, PitStop

pytestmark = pytest.mark.django_db

MILLISECOND = dt.timedelta(milliseconds=1)


def ms(duration):
    return None if duration is None else round(duration / MILLISECOND)


def test_laps_and_stops_of_a_race_are_in(facts, ingest):
    path = facts / "fastf1_parquet" / "2024_bahrain_laps.parquet"
    rows = pl.read_parquet(path).to_dicts()
    by_key = {(row["Driver"], int(row["LapNumber"])): row for row in rows}

    run = ingest(path, statement={"meeting": "2024-1", "race": "race"})

    assert run.state == "succeeded"
    assert run.laps["inserted"] == len(rows) == len(by_key) == 1_129
    stored = Lap.objects.select_related("entrant")
    assert {
        (lap.entrant.key, lap.number): (
            lap.time_ms,
            lap.sector1_ms,
            lap.sector2_ms,
            lap.sector3_ms,
            lap.position,
            lap.is_deleted,
        )
        for lap in stored
    } == {
        key: (
            ms(row["LapTime"]),
            ms(row["Sector1Time"]),
            ms(row["Sector2Time"]),
            ms(row["Sector3Time"]),
            int(row["Position"]),
            row["Deleted"],
        )
        for key, row in by_key.items()
    }
    stops = {
        (driver, lap): ms(by_key[driver, lap + 1]["PitOutTime"] - row["PitInTime"])
        for (driver, lap), row in by_key.items()
        if row["PitInTime"] and (driver, lap + 1) in by_key
    }
    found = PitStop.objects.select_related("entrant").exclude(duration_ms=None)
    assert {(s.entrant.key, s.lap): s.duration_ms for s in found} == stops
    assert PitStop.objects.count() == sum(bool(row["PitInTime"]) for row in rows) == 43
    cars = Entrant.objects.values_list("key", "number", "team__key")
    assert set(cars) == {(r["Driver"], r["DriverNumber"], r["Team"]) for r in rows}


@pytest.mark.parametrize("is_reversed", [False, True])
def test_seasons_of_undercut_are_in(data, ingest, is_reversed):
    folder = data / "permissive" / "undercut_mit_parquet"
    names = ["schedule", "results", "pit_stops"]
    frames = {name: pl.read_parquet(folder / f"{name}.parquet") for name in names}
    paths = [folder / f"{name}.parquet" for name in names]

    run = ingest(*(reversed(paths) if is_reversed else paths))

    assert run.state == "succeeded"
    assert run.row_counts.is_balanced
    assert run.rows["rejected"] == 0
    assert Meeting.objects.count() == len(frames["schedule"]) == 196
    results = {
        (f"{r['Season']}-{r['Round']}", r["Code"]): (r["Driver"], r["Position"])
        for r in frames["results"].to_dicts()
    }
    entrants = Entrant.objects.values_list(
        "race__meeting__key", "key", "competitor__key", "position"
    )
    assert {(m, k): (c, p) for m, k, c, p in entrants} == results
    stops = {
        (f"{r['Season']}-{r['Round']}", r["Driver"], int(r["LapNumber"])): ms(
            r["PitOutTime"] - r["PitInTime"] if r["PitOutTime"] else None
        )
        for r in frames["pit_stops"].to_dicts()
    }
    stored = PitStop.objects.values_list(
        "entrant__race__meeting__key", "entrant__key", "lap", "duration_ms"
    )
    assert {(m, k, lap): time for m, k, lap, time in stored} == stops
    assert len(stops) == 6_614
