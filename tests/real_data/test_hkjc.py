"""Race days of Hong Kong; one of them twice: the second changes just what differs."""

import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from imports.models import Conflict
from races.models import Entrant, Lap, Meeting, Race
from tests import state
from tests.real_data.conftest import rows_of

pytestmark = pytest.mark.django_db

WRITERS = ("merge", "orm")
SECTIONALS = (
    "sectional_times_2026-04-29__v1.csv",
    "sectional_times_2026-04-29__v2.csv",
)
RESULTS = ("results_2026-04-29__v1_missing_race9.csv", "results_2026-04-29__v2.csv")
DAY = ("results_2025-01-01.csv", "sectional_times_2025-01-01.csv")
HEADER_ONLY = "sectional_times_2026-05-03__v1_header_only.csv"
CODE = re.compile(r"\((\w+)\)$")


def horse_of(row):
    return CODE.search(row["horse_name"])[1]


def by_horse(rows):
    return {(row["race_no"], horse_of(row)): row for row in rows}


def multiset(rows):
    return Counter(tuple(row.items()) for row in rows)


def milliseconds(text):
    minutes, _, seconds = text.rpartition(":")
    return int(minutes or 0) * 60_000 + round(float(seconds) * 1000)


def laps_of(rows):
    """Give (race, horse, section, time, position) of all sections with a time."""
    for row in rows:
        for n in range(1, 7):
            if cell := row[f"sec{n}_time"]:
                time, place = milliseconds(cell.split()[0]), row[f"sec{n}_running_pos"]
                yield row["race_no"], horse_of(row), n, time, int(place)


def stored_laps():
    return Counter(
        Lap.objects.values_list(
            "entrant__race__key", "entrant__key", "number", "time_ms", "position"
        )
    )


def pairs(facts, names):
    return [rows_of(facts / "hkjc_reupload" / name) for name in names]


@pytest.fixture
def give(facts, ingest):
    """Give a function that imports a file as it is, complete, of a given hour."""

    def give_file(name, *, hour, folder="hkjc_reupload", **options):
        observed = datetime(2026, 5, 1, hour, tzinfo=UTC)
        statement = {"observed_at": observed, "is_complete": True}
        path = facts / folder / name
        return ingest(path, statement=statement, force=True, **options)

    return give_file


def outcome(run):
    """Give the counts of a run that balance, without those of nothing."""
    assert run.state == "succeeded", run.message
    assert run.row_counts.is_balanced
    return {name: count for name, count in run.rows.items() if count}


def stated(rows, *, races=True):
    """Give how many rows a file states that are no entrants and no laps."""
    shared = 1 + len({horse_of(row) for row in rows})
    return shared + (len({row["race_no"] for row in rows}) if races else 0)


def test_facts_of_the_sectionals(facts):
    before, after = pairs(facts, SECTIONALS)
    old, new = by_horse(before), by_horse(after)

    assert (len(before), len(old), len(after), len(new)) == (106, 94, 106, 106)
    assert (multiset(before) - multiset(after)).total() == 12
    assert (multiset(after) - multiset(before)).total() == 12
    assert {key: row for key, row in new.items() if key in old} == old
    assert {race for race, _ in new.keys() - old.keys()} == {"9"}


def test_facts_of_the_results(facts):
    before, after = pairs(facts, RESULTS)
    old, new = by_horse(before), by_horse(after)

    assert (len(before), len(old), len(after), len(new)) == (108, 95, 107, 107)
    assert len(multiset(before)) == 95
    assert {race for race, _ in new.keys() - old.keys()} == {"9"}
    [changed] = [key for key in old if old[key] != new[key]]
    assert (old[changed]["place"], new[changed]["place"]) == ("", "WV")
    assert old[changed] | {"place": "WV"} == new[changed]


def test_a_day_is_stored_as_its_files_say(facts, give):
    results, sectionals = (rows_of(facts / "hkjc_day" / name) for name in DAY)
    laps = Counter(laps_of(sectionals))

    first = give(DAY[0], hour=1, folder="hkjc_day")
    second = give(DAY[1], hour=2, folder="hkjc_day")

    assert outcome(first) == {"read": 136 + stated(results), "inserted": 136 + 148}
    assert outcome(second) == {
        "read": 133 + 492 + stated(sectionals, races=False),
        "inserted": 492,
        "updated": 133,
        "unchanged": 134,
    }
    assert (first.conflicts, second.conflicts) == (0, 0)
    assert stored_laps() == laps
    assert laps.total() == 492
    [meeting] = Meeting.objects.all()
    assert (meeting.key, meeting.venue.key) == ("2025-01-01 沙田", "沙田")
    entrants = {(e.race.key, e.key): e for e in Entrant.objects.all()}
    for key, row in by_horse(results).items():
        entrant = entrants.pop(key)
        is_placed = row["place"].isdigit()
        assert entrant.position == (int(row["place"]) if is_placed else None)
        assert entrant.status == ("classified" if is_placed else "withdrawn")
        timed = row["finish_time"] != "---"
        total = milliseconds(row["finish_time"]) if timed else None
        assert entrant.total_time_ms == total
    assert entrants == {}


def test_elapsed_times_end_with_the_finish_time(give):
    give(DAY[1], hour=1, folder="hkjc_day")

    for entrant in Entrant.objects.prefetch_related("laps"):
        laps = sorted(entrant.laps.all(), key=lambda lap: lap.number)
        assert laps[-1].elapsed_ms == entrant.total_time_ms
        assert laps[0].elapsed_ms == laps[0].time_ms


@pytest.mark.parametrize("writer", WRITERS)
def test_sectionals_delivered_again_lose_duplicates_and_gain_race_9(
    facts, give, writer
):
    """The 12 rows gone are the second copies of race 1: they were never stored."""
    before, after = pairs(facts, SECTIONALS)
    old, new = Counter(laps_of(before)), Counter(laps_of(after))
    added, repeated = new - old, old.total() - len(old)

    first = give(SECTIONALS[0], hour=1, writer=writer)
    second = give(SECTIONALS[1], hour=2, writer=writer)

    shared = stated(before, races=False)
    assert outcome(first) == {
        "read": 106 + old.total() + shared,
        "inserted": 94 + len(old) + shared,
        "duplicates": 12 + repeated,
    }
    assert (repeated, added.total()) == (60, 48)
    assert outcome(second) == {
        "read": 106 + new.total() + stated(after, races=False),
        # Each horse of race 9 is an entrant and a competitor.
        "inserted": 12 + 12 + added.total(),
        "unchanged": 94 + len(old) + shared,
    }
    assert (first.conflicts, second.conflicts, second.removed) == (0, 0, 0)
    assert stored_laps() == new
    assert not Entrant.objects.filter(is_withdrawn=True).exists()


@pytest.mark.parametrize("writer", WRITERS)
def test_results_delivered_again_change_1_row_and_add_12(facts, give, writer):
    before, after = pairs(facts, RESULTS)

    first = give(RESULTS[0], hour=1, writer=writer)
    second = give(RESULTS[1], hour=2, writer=writer)

    shared = stated(before)
    assert outcome(first) == {
        "read": 108 + shared,
        "inserted": 95 + shared,
        "duplicates": 13,
    }
    assert outcome(second) == {
        "read": 107 + stated(after),
        # 12 entrants, 12 competitors, race 9.
        "inserted": 12 + 12 + 1,
        "updated": 1,
        "unchanged": 94 + shared,
    }
    assert (first.conflicts, second.conflicts, second.removed) == (0, 1, 0)
    [scratched] = Entrant.objects.filter(status="withdrawn")
    conflict = Conflict.objects.get()
    assert conflict.fields == {
        "status": [None, "withdrawn"],
        "attributes.position_text": [None, "WV"],
    }
    assert (conflict.race_key, conflict.key) == ("1", scratched.key)


def _deliver_day(give, version, *, writer):
    options = {"hour": version + 1, "writer": writer}
    give(RESULTS[version], **options)
    return give(SECTIONALS[version], **options)


@pytest.mark.parametrize("writer", WRITERS)
def test_both_orders_and_a_late_repeat_give_the_same_tables(give, writer):
    _deliver_day(give, 0, writer=writer)
    _deliver_day(give, 1, writer=writer)
    in_order = state.tables()

    again = _deliver_day(give, 0, writer=writer)
    assert state.tables() == in_order
    assert again.row_counts.written == again.removed == 0

    state.clear()
    _deliver_day(give, 1, writer=writer)
    _deliver_day(give, 0, writer=writer)
    assert state.tables() == in_order
    assert Race.objects.count() == 9


def test_header_without_rows_is_refused_and_changes_nothing(give):
    _deliver_day(give, 1, writer="merge")
    before = state.tables()

    run = give(HEADER_ONLY, hour=3)

    assert run.state == "failed"
    assert run.run_files.get().error_code == "empty_file"
    assert state.tables() == before
