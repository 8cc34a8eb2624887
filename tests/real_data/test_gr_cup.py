"""A club race with penalties, doubled rows and two cars of one number: all on record."""

from collections import defaultdict

import pytest

from imports.models import Conflict, Rejection
from races.models import Entrant, Lap
from tests.real_data import gr_cup
from tests.real_data.conftest import rows_of

pytestmark = pytest.mark.django_db

WRITERS = ("merge", "orm")
OFFICIAL = "00_Results GR Cup Race 1 Official_Anonymized.CSV"
PROVISIONAL = "03_Provisional Results_Race 1_Anonymized.CSV"
ANALYSIS = "23_AnalysisEnduranceWithSections_Race 1_Anonymized.CSV"
RAW_LAPS = "COTA_lap_time_R1.csv"


def read(facts, name, delimiter=";"):
    return rows_of(facts / "gr_cup" / name, delimiter=delimiter)


def differences(facts):
    """Give by car what the provisional and the official file say otherwise."""
    was, is_ = read(facts, PROVISIONAL), read(facts, OFFICIAL)
    old, new = (dict(zip(gr_cup.cars(r), r, strict=True)) for r in (was, is_))
    assert old.keys() == new.keys()
    assert len(new) == 31
    return {
        car: {c: (old[car][c], cell) for c, cell in row.items() if old[car][c] != cell}
        for car, row in new.items()
        if old[car] != row
    }


def raw_by_key(rows):
    """Give the rows that have a lap number by key: (row in the file, value)."""
    found = defaultdict(list)
    for number, row in enumerate(rows, start=2):
        if row["lap"] != gr_cup.NO_LAP:
            value = int(row["value"]) or None
            found[row["vehicle_id"], int(row["lap"])].append((number, value))
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
    assert sum(row["lap"] == gr_cup.NO_LAP for row in rows) == 36
    assert sum(row["value"] == "0" for row in rows) == 26


@pytest.mark.parametrize("is_late", [False, True])
def test_penalties_are_conflicts_with_both_values(facts, deliver, is_late):
    provisional, official = read(facts, PROVISIONAL), read(facts, OFFICIAL)
    deliveries = [(provisional, 1), (official, 2)]
    if is_late:
        deliveries.reverse()

    runs = [
        deliver("results", gr_cup.entrants_of_results(rows), hour=hour)
        for rows, hour in deliveries
    ]

    assert [run.state for run in runs] == ["succeeded"] * 2
    assert runs[0].rows["inserted"] == runs[0].rows["read"] == 31
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
        wanted = {}
        if "POSITION" in cells:
            wanted["position"] = [int(place) for place in cells["POSITION"]]
        if "TOTAL_TIME" in cells:
            wanted["total_time_ms"] = [_ms(time) for time in cells["TOTAL_TIME"]]
        if "GAP_FIRST" in cells:
            wanted["gap"] = list(cells["GAP_FIRST"])
        assert conflict.fields == wanted
        entrant = Entrant.objects.get(key=car)
        for column, (_, official) in wanted.items():
            assert getattr(entrant, column) == official


def _ms(text):
    minutes, seconds = text.split(":")
    return int(minutes) * 60_000 + round(float(seconds) * 1000)


@pytest.mark.parametrize("writer", WRITERS)
def test_every_raw_lap_is_accounted_for(facts, deliver, writer):
    rows = read(facts, RAW_LAPS, ",")
    keys = raw_by_key(rows)
    lost = [
        (number, value, said[-1])
        for said in keys.values()
        for number, value in said[:-1]
        if value != said[-1][1]
    ]
    extra = sum(len(said) - 1 for said in keys.values())

    run = deliver("raw", gr_cup.laps_of_raw(rows), hour=1, writer=writer)

    assert run.state == "succeeded"
    assert {name: count for name, count in run.laps.items() if count} == {
        "read": 631,
        "inserted": len(keys),
        "duplicates": extra,
        "rejected": 36,
    }
    assert len(keys) + extra + 36 == 631
    assert Rejection.objects.filter(column="lap", code="missing_value").count() == 36
    stored = Lap.objects.values_list("entrant__key", "number", "time_ms")
    assert sorted(stored, key=str) == sorted(
        ((car, lap, said[-1][1]) for (car, lap), said in keys.items()), key=str
    )
    assert run.conflicts == len(lost)
    kept = {
        (c.older_row, c.newer_row, *c.fields["time_ms"]) for c in Conflict.objects.all()
    }
    assert kept == {(row, last[0], value, last[1]) for row, value, last in lost}


@pytest.mark.parametrize("writer", WRITERS)
def test_two_cars_of_one_number_are_17_conflicts_not_a_loss(facts, deliver, writer):
    rows = read(facts, ANALYSIS)
    numbers = [row["NUMBER"] for row in rows]

    laps = gr_cup.laps_of_analysis(rows, keys=numbers)
    run = deliver("analysis", laps, hour=1, writer=writer)

    counts = {name: count for name, count in run.laps.items() if count}
    assert counts == {"read": 486, "inserted": 469, "duplicates": 17}
    assert run.conflicts == Conflict.objects.count() == 17
    assert set(Conflict.objects.values_list("key", "rule")) == {("3", "last_row")}


@pytest.mark.parametrize("writer", WRITERS)
def test_two_cars_of_one_number_told_apart_are_no_conflict(facts, deliver, writer):
    rows = read(facts, ANALYSIS)
    keys = list(gr_cup.cars_of_analysis(rows))

    laps = gr_cup.laps_of_analysis(rows, keys=keys)
    run = deliver("analysis", laps, hour=1, writer=writer)

    assert (run.laps["inserted"], run.conflicts) == (486, 0)
    assert Lap.objects.filter(entrant__key__in=["3", "3-2"]).count() == 34
