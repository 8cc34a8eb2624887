"""Following changes: nothing is missed and nothing told twice, whatever commits when."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from imports import actions
from imports.actions import BatchOptions
from imports.api.urls import router
from imports.models import ImportRun, RaceCheckpoint
from ingestion_site.lib.api_changes import touched_of
from races.models import (
    Change,
    Competitor,
    Lap,
    Meeting,
    PitStop,
    Race,
    Removal,
    Team,
    Venue,
)
from stats.snapshots import atomic_upsert_snapshot
from tests.conftest import Ingest
from tests.integration.api.follower import Follower, wait_for_others, walk, whole

pytestmark = [
    # What a transaction has not committed nobody is told of: these commit.
    pytest.mark.django_db(transaction=True),
    pytest.mark.unverified(reason="rows are changed by hand, without their versions"),
]

LAPS = "meeting,race,entrant,lap,time"
#: What changes one row of each list, of the race `heat`.
CHANGES = {
    "venues": "UPDATE races_venue SET country = 'GB'",
    "teams": "UPDATE races_team SET name = name || '.'",
    "competitors": "UPDATE races_competitor SET name = name || '.'",
    "meetings": "UPDATE races_meeting SET round = coalesce(round, 0) + 1",
    "races": "UPDATE races_lap SET time_ms = time_ms + 1 WHERE {of_heat}",
    "entrants": "UPDATE races_entrant SET grid = 4 WHERE race_id = {heat}",
    "laps": "UPDATE races_lap SET time_ms = time_ms + 1 WHERE {of_heat}",
    "pit-stops": "UPDATE races_pitstop SET lap = 4 WHERE {of_heat}",
    # Stats are written with rows that they follow from.
    "entrant-stats": "UPDATE stats_entrantstats SET laps = 9 WHERE {of_heat}; {touch}",
    "race-stats": "UPDATE stats_racestats SET laps = 9 WHERE race_id = {heat}; {touch}",
    "files": "UPDATE imports_sourcefile SET layout = layout || '.'",
    "runs": "UPDATE imports_importrun SET message = message || '.'",
    "rejections": "UPDATE imports_rejection SET message = message || '.'",
    "conflicts": "UPDATE imports_conflict SET state = 'open'",
    "snapshots": "UPDATE stats_statsnapshot SET version = version + 1",
}
TOUCH = "UPDATE races_race SET number = coalesce(number, 0) + 1 WHERE id = "
RESOURCES = sorted(CHANGES)
LISTS = ("races", "entrants", "laps", "entrant-stats", "race-stats")


@pytest.fixture
def world(ingest: Ingest, write_csv: Callable[..., Path]) -> ImportRun:
    """Give two races, of two files that disagree; a row is refused."""
    ingest(write_csv("a.csv", LAPS, "ash,heat,ann,1,61", "ash,final,bob,1,62"))
    rows = ["ash,final,bob,1,63", "ash,final,bob,2,x", "ash,final,cid,1,64"]
    run = ingest(write_csv("b.csv", LAPS, *rows))
    heat, final = Race.objects.order_by("key").reverse()
    competitor = Competitor.objects.create(source="test", key="1", name="Ann")
    team = Team.objects.create(source="test", key="t", name="Red")
    heat.entrants.update(competitor=competitor, team=team)
    heat.meeting.venue = Venue.objects.create(source="test", key="v")
    heat.meeting.save()
    atomic_upsert_snapshot("f1/2022", "season_summary", {"races": 2})
    for race in (heat, final):
        PitStop.objects.create(entrant=race.entrants.order_by("pk")[0], number=1)
    return run


@contextmanager
def transaction_of_another() -> Iterator[Any]:
    """Give a connection with a transaction of its own, which has its number already."""
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
        yield other
    finally:
        other.close()


def heat() -> int:
    return Race.objects.get(key="heat").pk


def change(resource: str, by: Any = connection) -> None:
    """Change a row of the list."""
    race = heat()
    entrants = f"entrant_id IN (SELECT id FROM races_entrant WHERE race_id = {race})"
    with by.cursor() as cursor:
        told = {"heat": race, "of_heat": entrants, "touch": f"{TOUCH}{race}"}
        cursor.execute(CHANGES[resource].format(**told))


def test_every_list_can_be_followed():
    """A new list says what changed of it, and is changed here."""
    lists = {name: view for name, view, _ in router.registry}

    assert {*lists} == {*CHANGES, "removals"}
    assert [name for name, view in lists.items() if not touched_of(view)] == []


def test_lists_are_told_whole_and_then_no_more(world, client):
    for resource in RESOURCES:
        follower = Follower(client, resource, page_size=1)

        follower.catch_up()

        assert follower.rows == whole(client, resource) != {}, resource
        assert follower.catch_up() == [], resource


def test_changes_that_commit_late_are_told_once(world, client):
    followers = [Follower(client, resource) for resource in RESOURCES]
    with transaction_of_another() as slow:
        for follower in followers:
            follower.catch_up()
            change(follower.resource, by=slow)
        # Others come and go meanwhile, and the followers look again.
        Team.objects.create(source="test", key="late")
        assert [follower.catch_up() for follower in followers] == [[]] * len(followers)
        slow.commit()

    for follower in followers:
        told = follower.catch_up()

        assert told, follower.resource
        assert len(told) == len(set(told))
        assert follower.rows == whole(client, follower.resource)
        assert follower.catch_up() == []


def test_follower_of_times_misses_what_commits_late(world, client):
    """The reason for the rest: a time is taken before its row can be seen."""
    with transaction_of_another() as slow:
        change("laps", by=slow)
        Race.objects.filter(key="final").update(number=7)
        seen = max(Change.objects.filter(kind="race").values_list("changed_at"))[0]
        slow.commit()

    later = Change.objects.filter(kind="race", changed_at__gt=seen)

    assert not later.exists()


def test_row_that_changes_during_a_walk_comes_with_the_next(world, client):
    follower = Follower(client, "laps", page_size=1)
    pages = follower.pages()
    [first] = next(pages)
    Lap.objects.filter(pk=first).update(time_ms=1)
    last = Lap.objects.order_by("pk").last()
    Lap.objects.filter(pk=last.pk).update(time_ms=2)

    rest = [key for page in pages for key in page]

    assert last.pk not in rest
    assert sorted(follower.catch_up()) == sorted([first, last.pk])
    assert follower.rows == whole(client, "laps")


def test_rows_that_go_are_told(world, client):
    followers = [Follower(client, name) for name in LISTS]
    for follower in followers:
        follower.catch_up()

    [gone] = Lap.objects.filter(entrant__key="cid")
    Lap.objects.filter(pk=gone.pk).delete()
    page = client.get("/api/v1/removals/?resource=laps").data
    assert [removal["key"] for removal in page["results"]] == [list(gone.pk)]
    RaceCheckpoint.objects.filter(race__key="heat").update(race=None)
    Race.objects.get(key="heat").delete()

    for follower in followers:
        follower.catch_up()
        assert follower.rows == whole(client, follower.resource)
    assert not Change.objects.exclude(row_id__in=Race.objects.values("pk")).filter(
        kind="race"
    )


def test_row_that_comes_back_is_told_and_not_as_gone(world, client):
    follower = Follower(client, "laps")
    follower.catch_up()
    lap = Lap.objects.order_by("pk")[0]
    Lap.objects.filter(pk=lap.pk).delete()
    lap.time_ms = 1
    lap.save(force_insert=True)

    assert follower.catch_up() == [lap.pk]
    assert whole(client, "laps") == follower.rows
    [removals] = walk(client, "removals", changed_since="0")
    assert removals["results"] == []


RENAMES: list[tuple[str, set[str]]] = [
    ("competitor SET name = 'Anna'", {"entrants", "pit-stops", "races"}),
    ("team SET name = 'Blue'", {"entrants"}),
    ("meeting SET name = 'Ashford'", {"meetings", "races"}),
    ("race SET name = 'Heat 1' WHERE key = 'heat'", {"entrants", "races"}),
    ("entrant SET number = '7' WHERE key = 'ann'", {"entrants", "pit-stops", "races"}),
    ("competitor SET attributes = '{\"a\": 1}'", set()),
    ("team SET version = gen_random_uuid()", set()),
]


def test_new_names_are_told_by_all_that_show_them(world, client):
    followers = [
        Follower(client, name, page_size=50)
        for name in ("meetings", "races", "entrants", "pit-stops", "laps")
    ]
    for rename, told in [("team SET key = key", set()), *RENAMES]:
        for follower in followers:
            follower.catch_up()

        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE races_{rename}")

        assert {f.resource for f in followers if f.catch_up()} == told, rename
        assert all(f.rows == whole(client, f.resource) for f in followers)


def test_marks_of_another_server_hide_nothing(world, client):
    """As after a dump is read into a new server: its transactions count from the start."""
    Change.objects.update(changed_in=10**15)
    follower = Follower(client, "races")

    follower.catch_up()
    assert follower.rows == whole(client, "races")

    Lap.objects.filter(entrant__key="ann").update(time_ms=5)
    follower.rows = {}
    assert follower.catch_up() == [(Race.objects.get(key="heat").pk,)]
    laps = Follower(client, "laps")
    laps.catch_up()
    assert laps.rows == whole(client, "laps")


def test_older_transaction_that_marks_last_lowers_no_mark(world, client):
    race = Race.objects.get(key="heat").pk
    with transaction_of_another() as older:
        change("laps")
        before = Change.objects.get(kind="race", row_id=race)
        change("entrants", by=older)
        older.commit()

    after = Change.objects.get(kind="race", row_id=race)

    assert after.changed_in == before.changed_in
    assert after.changed_at > before.changed_at


def test_time_finds_what_changed_since(world, client):
    before = timezone.now()
    change("laps")
    wait_for_others()

    for resource in ("races", "laps"):
        [page] = walk(client, resource, changed_since=before.isoformat())
        race = Race.objects.get(key="heat").pk
        told = [row.get("race", row.get("id")) for row in page["results"]]
        # Laps that files disagree on come where that was met in the hour before.
        assert told == [race] if resource == "races" else race in told
        [page] = walk(client, resource, changed_since=page["as_of"])
        assert page["results"] == []
    later = timezone.now() + dt.timedelta(minutes=1)
    for time in (later, dt.datetime(9999, 12, 31, tzinfo=dt.UTC)):
        [page] = walk(client, "races", changed_since=time.isoformat())
        assert page["results"] == []
    [page] = walk(client, "laps", changed_since="0001-01-01T00:00:00Z")
    assert len(page["results"]) == Lap.objects.count()


def test_time_finds_what_a_dump_of_another_server_brought(world, client):
    """Its marks and removals lie ahead of all transactions here; their times hold."""
    now = timezone.now()
    Lap.objects.filter(entrant__key="cid").delete()
    Change.objects.update(changed_in=10**15, changed_at=now - dt.timedelta(days=3))
    Change.objects.filter(kind="race", row_id=heat()).update(changed_at=now)
    Removal.objects.update(removed_in=10**15)
    yesterday = (now - dt.timedelta(days=1)).isoformat()

    [races] = walk(client, "races", changed_since=yesterday)
    [laps] = walk(client, "laps", changed_since=yesterday)
    [removals] = walk(client, "removals", changed_since=yesterday)
    change("laps")
    wait_for_others()
    [later] = walk(client, "laps", changed_since=laps["as_of"])

    assert [row["id"] for row in races["results"]] == [heat()]
    # And one that files disagree on: when that began has no time.
    assert heat() in {row["race"] for row in laps["results"]}
    assert [row["resource"] for row in removals["results"]] == ["laps"]
    assert [row["race"] for row in later["results"]] == [heat()]


@pytest.fixture
def bring(ingest: Ingest, write_csv: Callable[..., Path]) -> Callable[..., ImportRun]:
    """Give a function that imports rows as they were on a day."""

    def bring_file(day: int, *rows: str, is_complete: bool = False) -> ImportRun:
        when = dt.datetime(2030, 5, day, tzinfo=dt.UTC)
        statement = {"is_complete": is_complete, "observed_at": when}
        return ingest(write_csv(f"{day}.csv", LAPS, *rows), statement=statement)

    return bring_file


def revert(run: ImportRun) -> None:
    back = actions.start_revert(run, trigger="command", by=None)
    assert actions.work_run(back, options=BatchOptions(name="revert"))


def test_laps_that_name_another_file_are_told(world, client, bring):
    rows = ["ash,heat,ann,1,61", "ash,heat,ann,2,62"]
    bring(1, *rows)
    plain, whose = (Follower(client, "laps", include=i) for i in ("", "provenance"))
    others = [Follower(client, name) for name in ("entrants", "pit-stops")]
    for follower in (plain, whose, *others):
        follower.catch_up()

    # It repeats what is there: of laps nothing is written.
    run = bring(2, *rows, is_complete=True)
    for follower in (plain, whose):
        assert len(follower.catch_up()) == 2
        assert follower.is_right()
    assert {row["file"]["name"] for row in plain.rows.values()} > {"2.csv"}
    assert [follower.catch_up() for follower in others] == [[], []]

    revert(run)
    for follower in (plain, whose):
        assert len(follower.catch_up()) == 2
        assert follower.is_right()


def test_laps_tell_when_files_disagree_on_them_or_no_more(world, client, bring):
    bring(2, "ash,heat,ann,1,61", "ash,heat,ann,2,62")
    follower = Follower(client, "laps")
    follower.catch_up()
    told = []

    bring(1, "ash,heat,ann,1,61", "ash,heat,ann,2,63")
    for statement in (
        "",
        "UPDATE imports_conflict SET state = 'open' WHERE number = 2",
        "DELETE FROM imports_conflict WHERE number = 2",
    ):
        with connection.cursor() as cursor:
            cursor.execute(statement or "SELECT 1")
        [key] = [key for key in follower.catch_up() if key[1] == 2]
        told.append(follower.rows[key]["conflict"])
        assert follower.is_right()

    assert told == ["ruled", "open", None]


def test_imports_edits_and_reverts_are_followed(world, client, bring):
    included = {"races": "entrants,provenance"} | dict.fromkeys(
        ("venues", "meetings", "entrants", "laps", "pit-stops"), "provenance"
    )
    followers = [
        Follower(client, name, include=included.get(name, ""))
        for name in CHANGES.keys() - {"runs"}
    ]

    def told() -> None:
        for follower in followers:
            follower.catch_up()
            assert follower.is_right(), follower.resource

    told()
    rows = ["ash,heat,ann,1,65", "ash,heat,dan,1,66"]
    run = bring(3, *rows, is_complete=True)
    told()
    bring(3, *rows, is_complete=True)
    assert [
        key for f in followers if f.resource == "laps" for key in f.catch_up()
    ] == []
    told()
    bring(2, "ash,heat,ann,1,65", "ash,heat,dan,1,64")
    told()
    revert(run)
    told()
    assert Meeting.objects.exists()
