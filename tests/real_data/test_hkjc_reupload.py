"""The same race day delivered twice: the second delivery changes just what differs."""

from collections import Counter

import pytest

from imports.models import Conflict
from races.models import Entrant, Lap, Race
from tests import state
from tests.real_data import hkjc
from tests.real_data.conftest import rows_of

pytestmark = pytest.mark.django_db

WRITERS = ("merge", "orm")
SECTIONALS = (
    "sectional_times_2026-04-29__v1.csv",
    "sectional_times_2026-04-29__v2.csv",
)
RESULTS = ("results_2026-04-29__v1_missing_race9.csv", "results_2026-04-29__v2.csv")


def day(facts, names):
    return [rows_of(facts / "hkjc_reupload" / name) for name in names]


def by_horse(rows):
    return {(row["race_no"], hkjc.horse_of(row)): row for row in rows}


def multiset(rows):
    return Counter(tuple(row.items()) for row in rows)


def outcome(run):
    assert run.state == "succeeded", run.message
    assert run.row_counts.is_balanced
    return {name: count for name, count in run.rows.items() if count}


def test_facts_of_the_sectionals(facts):
    before, after = day(facts, SECTIONALS)
    old, new = by_horse(before), by_horse(after)

    assert (len(before), len(old), len(after), len(new)) == (106, 94, 106, 106)
    assert (multiset(before) - multiset(after)).total() == 12
    assert (multiset(after) - multiset(before)).total() == 12
    assert {key: row for key, row in new.items() if key in old} == old
    assert {race for race, _ in new.keys() - old.keys()} == {"9"}


def test_facts_of_the_results(facts):
    before, after = day(facts, RESULTS)
    old, new = by_horse(before), by_horse(after)

    assert (len(before), len(old), len(after), len(new)) == (108, 95, 107, 107)
    assert len(multiset(before)) == 95
    assert {race for race, _ in new.keys() - old.keys()} == {"9"}
    [changed] = [key for key in old if old[key] != new[key]]
    assert (old[changed]["place"], new[changed]["place"]) == ("", "WV")
    assert old[changed] | {"place": "WV"} == new[changed]


def test_sections_add_up_to_the_finish_time(facts):
    _, after = day(facts, SECTIONALS)
    found = Counter()
    for row in hkjc.laps_of_sectionals(after):
        found[row["race"], row["entrant"]] += round(float(row["time"]) * 1000)
    for row in after:
        minutes, seconds = row["finish_time"].split(":")
        total = int(minutes) * 60_000 + round(float(seconds) * 1000)
        assert abs(found[row["race_no"], hkjc.horse_of(row)] - total) <= 20


@pytest.mark.parametrize("writer", WRITERS)
def test_sectionals_delivered_again_lose_12_duplicates_and_gain_12_rows(
    facts, deliver, writer
):
    """The 12 rows gone are the second copies of race 1: they were never stored."""
    before, after = day(facts, SECTIONALS)
    options = {"is_complete": True, "writer": writer}

    first = deliver("e", hkjc.entrants_of_sectionals(before), hour=1, **options)
    second = deliver("e", hkjc.entrants_of_sectionals(after), hour=2, **options)

    assert outcome(first) == {"read": 106, "inserted": 94, "duplicates": 12}
    assert outcome(second) == {"read": 106, "inserted": 12, "unchanged": 94}
    assert (first.conflicts, second.conflicts, second.removed) == (0, 0, 0)
    stored = set(Entrant.objects.values_list("race__key", "key"))
    assert stored == set(by_horse(after))
    assert not Entrant.objects.filter(is_withdrawn=True).exists()


@pytest.mark.parametrize("writer", WRITERS)
def test_sections_delivered_again_are_those_of_race_9_more(facts, deliver, writer):
    before, after = day(facts, SECTIONALS)
    options = {"is_complete": True, "writer": writer}
    old, new = (list(hkjc.laps_of_sectionals(rows)) for rows in (before, after))
    keys = {(row["race"], row["entrant"], row["lap"]) for row in old}
    added = [row for row in new if row["race"] == "9"]

    first = deliver("l", old, hour=1, **options)
    second = deliver("l", new, hour=2, **options)

    assert outcome(first) == {
        "read": len(old),
        "inserted": len(keys),
        "duplicates": len(old) - len(keys),
    }
    assert outcome(second) == {
        "read": len(new),
        "inserted": len(added),
        "unchanged": len(keys),
    }
    assert (first.conflicts, second.conflicts, second.removed) == (0, 0, 0)
    assert Lap.objects.count() == len(new)


@pytest.mark.parametrize("writer", WRITERS)
def test_results_delivered_again_change_1_row_and_add_12(facts, deliver, writer):
    before, after = day(facts, RESULTS)
    options = {"is_complete": True, "writer": writer}

    first = deliver("r", hkjc.entrants_of_results(before), hour=1, **options)
    second = deliver("r", hkjc.entrants_of_results(after), hour=2, **options)

    assert outcome(first) == {"read": 108, "inserted": 95, "duplicates": 13}
    assert outcome(second) == {
        "read": 107,
        "inserted": 12,
        "updated": 1,
        "unchanged": 94,
    }
    assert (first.conflicts, second.conflicts, second.removed) == (0, 1, 0)
    [scratched] = Entrant.objects.filter(status="WV")
    conflict = Conflict.objects.get()
    assert conflict.fields == {"status": [None, "WV"]}
    assert (conflict.race_key, conflict.key) == ("1", scratched.key)


def _deliver_day(facts, deliver, version, *, writer):
    sectionals, results = day(facts, SECTIONALS)[version], day(facts, RESULTS)[version]
    options = {"hour": version + 1, "is_complete": True, "writer": writer}
    # What the results do not say of a horse, the sectionals do: one file, one say.
    deliver("r", hkjc.entrants_of_results(results), **options)
    return deliver("l", hkjc.laps_of_sectionals(sectionals), **options)


@pytest.mark.parametrize("writer", WRITERS)
def test_both_orders_and_a_late_repeat_give_the_same_tables(facts, deliver, writer):
    _deliver_day(facts, deliver, 0, writer=writer)
    _deliver_day(facts, deliver, 1, writer=writer)
    in_order = state.tables()

    again = _deliver_day(facts, deliver, 0, writer=writer)
    assert state.tables() == in_order
    assert again.row_counts.written == again.removed == 0

    state.clear()
    _deliver_day(facts, deliver, 1, writer=writer)
    _deliver_day(facts, deliver, 0, writer=writer)
    assert state.tables() == in_order
    assert Race.objects.count() == 9


def test_header_without_rows_is_refused_and_changes_nothing(facts, deliver):
    _deliver_day(facts, deliver, 1, writer="merge")
    before = state.tables()
    [rows] = day(facts, ["sectional_times_2026-05-03__v1_header_only.csv"])
    assert rows == []

    run = deliver(
        "h",
        hkjc.entrants_of_sectionals(rows),
        hour=3,
        columns=hkjc.ENTRANT_COLUMNS,
        is_complete=True,
    )

    assert run.state == "failed"
    assert run.run_files.get().error_code == "empty_file"
    assert state.tables() == before
