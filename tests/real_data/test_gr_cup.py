"""A club race with penalties, doubled rows and two cars of one number: all on record."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest

from imports.models import Conflict, Rejection
from races.models import Entrant, Lap, PitStop, Race
from tests import state
from tests.real_data.conftest import rows_of

pytestmark = pytest.mark.django_db

WRITERS = ("merge", "orm")
OFFICIAL = "00_Results GR Cup Race 1 Official_Anonymized.CSV"
PROVISIONAL = "03_Provisional Results_Race 1_Anonymized.CSV"
BY_CLASS = "05_Provisional Results by Class_Race 1_Anonymized.CSV"
ANALYSIS = "23_AnalysisEnduranceWithSections_Race 1_Anonymized.CSV"
WEATHER = "26_Weather_Race 1_Anonymized.CSV"
BEST_LAPS = "99_Best 10 Laps By Driver_Race 1_Anonymized.CSV"
RAW_LAPS = "COTA_lap_time_R1.csv"
RAW_MOMENTS = ("COTA_lap_start_time_R1.csv", "COTA_lap_end_time_R1.csv")
NO_LAP = "32768"
CONFLICTS_KEPT = 50
#: Columns of results -> fields of entrants.
FIELDS = {"POSITION": "position", "TOTAL_TIME": "total_time_ms", "GAP_FIRST": "gap"}


def read(facts, name, delimiter=";"):
    return rows_of(facts / "gr_cup" / name, delimiter=delimiter)


@pytest.fixture
def bring(facts, ingest):
    """Give a function that imports a file of the race as it was at an hour."""

    def bring_file(name, *, hour=1, folder=facts / "gr_cup", **options):
        statement = {
            "observed_at": datetime(2026, 5, 1, hour, tzinfo=UTC),
            "meeting": "cota-2025",
            "race": "1",
        }
        run = ingest(folder / name, statement=statement, force=True, **options)
        assert run.state == "succeeded", run.message
        assert run.row_counts.is_balanced
        return run

    return bring_file


def counted(run):
    return {name: count for name, count in run.rows.items() if count}


def keys_of(rows):
    """Give the key of each row of results: of one number the faster is the number."""
    fastest = defaultdict(list)
    for row in rows:
        fastest[row["NUMBER"]].append(row["FL_TIME"])
    places = [sorted(fastest[row["NUMBER"]]).index(row["FL_TIME"]) for row in rows]
    return [
        row["NUMBER"] + (f"/{place + 1}" if place else "")
        for row, place in zip(rows, places, strict=True)
    ]


def differences(facts):
    """Give by car what the provisional and the official file say otherwise."""
    was, is_ = read(facts, PROVISIONAL), read(facts, OFFICIAL)
    old, new = (dict(zip(keys_of(rows), rows, strict=True)) for rows in (was, is_))
    assert old.keys() == new.keys()
    assert len(new) == 31
    return {
        car: {c: (old[car][c], cell) for c, cell in row.items() if old[car][c] != cell}
        for car, row in new.items()
        if old[car] != row
    }


def ms(text):
    *minutes, seconds = text.split(":")
    return int(minutes[0] if minutes else 0) * 60_000 + round(float(seconds) * 1000)


def raw_by_key(rows):
    """Give the rows that have a lap number by key: (row in the file, value)."""
    found = defaultdict(list)
    for number, row in enumerate(rows, start=2):
        if row["lap"] != NO_LAP:
            found[row["vehicle_id"], int(row["lap"])].append(
                (number, int(row["value"]))
            )
    return found


def test_facts_of_the_penalties(facts):
    differing = differences(facts)

    assert len(differing) == 10
    assert sum("POSITION" in cells for cells in differing.values()) == 9
    assert {car for car, cells in differing.items() if "TOTAL_TIME" in cells} == {
        "51",
        "89",
    }


def test_facts_of_the_raw_laps(facts):
    rows = read(facts, RAW_LAPS, ",")
    keys = defaultdict(list)
    for row in rows:
        keys[row["vehicle_id"], row["lap"]].append(row["value"])

    assert len(rows) == 631
    assert sum(len(values) - 1 for values in keys.values()) == 58
    assert sum(len(values) > 1 for values in keys.values()) == 51
    others = [v != values[-1] for values in keys.values() for v in values[:-1]]
    assert sum(others) == 56
    assert sum(row["lap"] == NO_LAP for row in rows) == 36
    assert sum(row["value"] == "0" for row in rows) == 26


@pytest.mark.parametrize("is_late", [False, True])
def test_penalties_are_conflicts_with_both_values(facts, bring, is_late):
    deliveries = [(PROVISIONAL, 1), (OFFICIAL, 2)]
    if is_late:
        deliveries.reverse()

    runs = [bring(name, hour=hour) for name, hour in deliveries]

    assert counted(runs[0]) == {"read": 31, "inserted": 31}
    assert runs[1].conflicts == Conflict.objects.count() == 10
    assert runs[1].rows["updated"] == (0 if is_late else 10)
    _check_conflicts(facts)
    winners = Entrant.objects.filter(position__isnull=False)
    assert sorted(winners.values_list("position", flat=True)) == list(range(1, 32))


def _check_conflicts(facts):
    """Compare the conflicts with the files: both values, and the official in force."""
    differing = differences(facts)
    conflicts = {conflict.key: conflict for conflict in Conflict.objects.all()}
    assert conflicts.keys() == differing.keys()
    for car, cells in differing.items():
        conflict = conflicts[car]
        assert (conflict.rule, conflict.in_force) == ("newest", "newer")
        assert conflict.older_version < conflict.newer_version
        wanted = {
            FIELDS[column]: [_value(column, cell) for cell in both]
            for column, both in cells.items()
            if column in FIELDS
        }
        fields = {k: v for k, v in conflict.fields.items() if "attributes" not in k}
        assert fields == wanted
        entrant = Entrant.objects.get(key=car)
        for field, (_, official) in wanted.items():
            assert getattr(entrant, field) == official


def _value(column, cell):
    if column == "POSITION":
        return int(cell)
    return ms(cell) if column == "TOTAL_TIME" else cell


def test_results_are_what_the_file_says(facts, bring):
    rows = read(facts, OFFICIAL)

    bring(OFFICIAL)

    stored = Entrant.objects.values_list(
        "key", "number", "position", "laps_completed", "total_time_ms", "fastest_lap_ms"
    )
    assert sorted(stored) == sorted(
        (
            key,
            row["NUMBER"],
            int(row["POSITION"]),
            int(row["LAPS"]),
            ms(row["TOTAL_TIME"]),
            ms(row["FL_TIME"]) if row["FL_TIME"] else None,
        )
        for key, row in zip(keys_of(rows), rows, strict=True)
    )
    assert set(Entrant.objects.values_list("status", flat=True)) == {"classified"}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_raw_lap_is_accounted_for(facts, bring, writer):
    rows = read(facts, RAW_LAPS, ",")
    keys = raw_by_key(rows)
    lost = [
        (number, value, said[-1])
        for said in keys.values()
        for number, value in said[:-1]
        if value != said[-1][1]
    ]
    extra = sum(len(said) - 1 for said in keys.values())

    run = bring(RAW_LAPS, writer=writer)

    assert {name: count for name, count in run.laps.items() if count} == {
        "read": 631,
        "inserted": len(keys),
        "duplicates": extra,
        "rejected": 36,
    }
    assert len(keys) + extra + 36 == 631
    assert Rejection.objects.filter(column="lap", code="no_lap").count() == 36
    stored = Lap.objects.values_list("entrant__key", "number", "time_ms")
    assert sorted(stored) == sorted(
        (car, lap, said[-1][1]) for (car, lap), said in keys.items()
    )
    races = set(Race.objects.values_list("meeting__key", "key"))
    assert races == {("I_R02_2025-04-27", "R1")}
    assert run.conflicts == len(lost)
    kept = {
        (c.older_row, c.newer_row, *c.fields["time_ms"]) for c in Conflict.objects.all()
    }
    wanted = {(row, last[0], value, last[1]) for row, value, last in lost}
    # All are counted, so many are kept in full.
    assert len(kept) == min(len(lost), CONFLICTS_KEPT)
    assert kept <= wanted


@pytest.mark.parametrize(
    ("name", "rows"),
    [(RAW_MOMENTS[0], 631), (RAW_MOMENTS[1], 631), (WEATHER, 44), (BEST_LAPS, 31)],
)
def test_file_that_holds_nothing_of_ours_changes_nothing(bring, name, rows):
    bring(RAW_LAPS)
    before = state.tables()

    run = bring(name, hour=2)

    [notice] = run.run_files.get().notices
    assert (notice["code"], notice["rows"]) == ("nothing_stored", rows)
    assert not Rejection.objects.filter(run=run).exists()
    assert state.tables() == before


@pytest.mark.parametrize("writer", WRITERS)
def test_two_cars_of_one_number_are_told_apart(facts, bring, writer):
    rows = read(facts, ANALYSIS)
    laps = [(row["NUMBER"], row["LAP_NUMBER"]) for row in rows]
    assert (len(laps), len(set(laps))) == (486, 469)

    run = bring(ANALYSIS, writer=writer)

    assert run.laps["inserted"] == run.laps["read"] == 486
    assert run.conflicts == 0
    cars = Lap.objects.filter(entrant__key__in=["3", "3/2"])
    assert cars.filter(entrant__number="3").count() == 34
    stored = Lap.objects.values_list("entrant__number", "number", "time_ms", "in_pit")
    assert sorted(stored) == sorted(
        (
            row["NUMBER"],
            int(row["LAP_NUMBER"]),
            ms(row["LAP_TIME"]),
            row["CROSSING_FINISH_LINE_IN_PIT"] == "B",
        )
        for row in rows
    )
    assert Entrant.objects.count() == 31
    assert PitStop.objects.count() == sum(bool(row["PIT_TIME"]) for row in rows) == 8


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_laps_and_results_meet_in_the_same_car(facts, bring, order):
    """The analysis has the slower 3 first, the results the faster one."""
    names = (ANALYSIS, OFFICIAL, BY_CLASS)

    for place in order:
        bring(names[place], hour=place + 1)

    assert Entrant.objects.count() == 31
    assert not Conflict.objects.filter(kind="lap").exists()
    for car, total, fastest in (("3", 2771933, 151035), ("3/2", 2779358, 152070)):
        entrant = Entrant.objects.get(key=car)
        times = entrant.laps.values_list("time_ms", flat=True)
        assert (sum(times), min(times)) == (total, fastest)
        assert (entrant.total_time_ms, entrant.fastest_lap_ms) == (total, fastest)


@pytest.mark.parametrize(("name", "rows"), [(ANALYSIS, 486), (OFFICIAL, 31)])
def test_copy_of_a_file_below_itself_is_duplicates_only(
    facts, bring, tmp_path, name, rows
):
    lines = (facts / "gr_cup" / name).read_text().splitlines()
    doubled = tmp_path / name
    doubled.write_text("\n".join([*lines, *lines[1:]]) + "\n")
    bring(name)
    once = state.tables()

    run = bring(name, folder=tmp_path)

    assert run.rows["inserted"] == run.conflicts == 0
    if name == ANALYSIS:
        assert run.laps["duplicates"] == rows
    else:
        assert run.rows["duplicates"] == rows
    state.clear()
    fresh = bring(name, folder=tmp_path)
    assert fresh.conflicts == 0
    assert len(once) == len(state.tables())
    assert Entrant.objects.count() == 31
