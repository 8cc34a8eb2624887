"""ETags of what is shown of a race: never the same for what is shown otherwise."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imports import actions
from imports.actions import BatchOptions
from imports.actions.rebuild import rebuild_stats
from imports.errors import RunNotRevertable
from imports.models import ImportRun
from races.models import Competitor, Lap, PitStop, Race, Team, Venue
from stats.models import RaceStats
from tests.conftest import Ingest

pytestmark = [
    # A mark is of a transaction: what changes twice in one is marked once.
    pytest.mark.django_db(transaction=True),
    pytest.mark.unverified(reason="rows are changed by hand, without their versions"),
]

LAPS = "meeting,race,entrant,lap,time"
Addresses = list[str]


@pytest.fixture
def addresses(ingest: Ingest, write_csv: Callable[..., Path]) -> Addresses:
    """Give all that is tagged of two races."""
    rows = ["ash,heat,ann,1,61", "ash,heat,ann,2,60", "ash,heat,bob,1,62"]
    ingest(write_csv("a.csv", LAPS, *rows, "ash,final,ann,1,63"))
    heat, final = Race.objects.order_by("-key")
    competitor = Competitor.objects.create(source="test", key="1", name="Ann")
    team = Team.objects.create(source="test", key="t", name="Red")
    heat.entrants.filter(key="ann").update(competitor=competitor, team=team)
    heat.meeting.venue = Venue.objects.create(source="test", key="v", name="Ashford")
    heat.meeting.save()
    PitStop.objects.create(entrant=heat.entrants.get(key="ann"), number=1)
    mine, others = tagged(heat.pk), tagged(final.pk)[:3]
    return [f"/api/v1/{address}" for address in mine + others]


def tagged(race: int) -> Addresses:
    """Give what is tagged of a race, with all that can be included and some filters."""
    return [
        f"races/{race}/",
        f"races/{race}/?include=entrants,provenance",
        f"laps/?race={race}",
        f"laps/?race={race}&page_size=1&include=provenance",
        f"laps/?race={race}&has_conflicts=true&competitor=1",
        f"entrants/?race={race}",
        f"entrants/?race={race}&include=stats,pit_stops,provenance",
        f"entrants/?race={race}&has_conflicts=false&team=t",
        f"pit-stops/?race={race}",
        f"pit-stops/?race={race}&include=provenance&country=GBR",
    ]


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def spoil_stats() -> None:
    """Let the stats say what they would not, as those of an older release."""
    RaceStats.objects.update(laps=99)
    rebuild_stats(source=None)


def revert_last() -> None:
    _, *later = ImportRun.objects.order_by("pk")
    with suppress(IndexError, RunNotRevertable):
        run = actions.start_revert(later[-1], trigger="command", by=None)
        actions.work_run(run, options=BatchOptions(name="revert"))


#: What happens to a world: doors that write rows, and hands that do.
EVENTS: dict[str, Callable[[], object]] = {
    "nothing": int,
    "a driver is renamed": lambda: sql("UPDATE races_competitor SET name = name || 'a'"),
    "a team is renamed": lambda: sql("UPDATE races_team SET name = name || 'b'"),
    "a meeting is renamed": lambda: sql("UPDATE races_meeting SET name = 'c'"),
    "a lap": lambda: sql("UPDATE races_lap SET time_ms = time_ms + 1 WHERE number = 2"),
    "a lap goes": lambda: sql("DELETE FROM races_lap WHERE number = 2"),
    "a stop": lambda: sql("UPDATE races_pitstop SET lap = coalesce(lap, 0) + 1"),
    "a grid": lambda: sql("UPDATE races_entrant SET grid = coalesce(grid, 0) + 1"),
    "a race": lambda: sql("UPDATE races_race SET number = coalesce(number, 0) + 1"),
    "conflicts are settled": lambda: sql(
        "UPDATE imports_conflict SET state = 'settled', settled_at = now()"
    ),
    "conflicts go": lambda: sql("DELETE FROM imports_conflict"),
    "stats are rebuilt": lambda: rebuild_stats(source=None),
    "stats are mended": spoil_stats,
    "the last run is reverted": revert_last,
}  # fmt: skip
#: What comes first; the others after it, in any order.
ORDER = (
    *("nothing", "a newer file", "the last run is reverted"),
    *("an older file", "conflicts are settled", "conflicts go", "a newer file"),
    *("a complete file that repeats all", "the last run is reverted", "a file again"),
)


@pytest.fixture
def files(
    ingest: Ingest, write_csv: Callable[..., Path]
) -> dict[str, Callable[[], object]]:
    """Give what files bring about, each time one that is new."""
    days = itertools.count(1)

    def bring(*rows: str, is_complete: bool = False, age: int = 1) -> ImportRun:
        day = next(days)
        when = timezone.now() + age * timedelta(days=day)
        statement = {"is_complete": is_complete, "observed_at": when}
        return ingest(write_csv(f"{day}.csv", LAPS, *rows), statement=statement)

    def other_time() -> str:
        return f"ash,heat,ann,2,{next(days)}"

    def as_stored() -> list[str]:
        laps = Lap.objects.filter(entrant__race__key="heat").select_related("entrant")
        return [
            f"ash,heat,{lap.entrant.key},{lap.number},{(lap.time_ms or 0) / 1000}"
            for lap in laps
        ]

    return {
        "a newer file": lambda: bring(other_time()),
        "an older file": lambda: bring(other_time(), age=-1),
        "a complete file that repeats all": lambda: bring(
            *as_stored(), is_complete=True
        ),
        "a file again": lambda: ingest(
            write_csv("again.csv", LAPS, "ash,heat,ann,1,61"), force=True
        ),
    }


def test_same_etag_is_given_for_the_same_body_only(
    addresses: Addresses, client: Any, files: dict[str, Callable[[], object]]
) -> None:
    events = EVENTS | files
    known = {address: client.get(address) for address in addresses}
    changed = set()

    for name in [*ORDER, *sorted(EVENTS.keys() - set(ORDER))]:
        events[name]()
        for address, before in known.items():
            etag, now = before.headers["ETag"], client.get(address)

            is_known = etag == now.headers["ETag"]
            assert now.content == before.content or not is_known, (name, address)
            assert is_known or name != "nothing", address
            changed |= {name} if now.content != before.content else set()
            known[address] = now
    # An event that changes no body proves nothing.
    assert events.keys() - changed == {"nothing", "stats are rebuilt"}

    rebuild_stats(source=None)
    etags = [client.get(address)["ETag"] for address in addresses]
    rebuild_stats(source=None)
    assert etags == [client.get(address)["ETag"] for address in addresses]


def test_what_belongs_to_one_race_leaves_the_other_as_it_was(
    addresses: Addresses, client: Any
) -> None:
    etags = {address: client.get(address)["ETag"] for address in addresses}
    assert len(set(etags.values())) == len(addresses)

    sql("UPDATE races_lap SET time_ms = time_ms + 1 WHERE number = 2")

    changed = [a for a in addresses if client.get(a)["ETag"] != etags[a]]
    heat = Race.objects.get(key="heat").pk
    assert changed == [f"/api/v1/{address}" for address in tagged(heat)]


def test_run_that_another_takes_the_place_of_gives_another_etag(
    addresses: Addresses, client: Any, ingest: Ingest, write_csv: Callable[..., Path]
) -> None:
    """Only what is on record of runs changes: of races nothing is written."""
    row = "ash,heat,ann,2,59"
    first, again = (
        ingest(write_csv("b.csv", LAPS, row), force=force) for force in (False, True)
    )
    address = addresses[2]
    before = client.get(address)
    reverted = actions.start_revert(first, trigger="command", by=None)

    assert client.get(address)["ETag"] == before["ETag"]
    now = timezone.now()
    ImportRun.objects.filter(pk=reverted.pk).update(
        state="succeeded", started_at=now, finished_at=now
    )

    after = client.get(address)
    runs = [
        {lap["run"] for lap in response.data["results"] if lap["time_ms"] == 59_000}
        for response in (before, after)
    ]
    assert runs == [{first.pk}, {again.pk}]
    assert after["ETag"] != before["ETag"]


def test_304_costs_one_query_and_no_rows(addresses: Addresses, client: Any) -> None:
    for address in addresses:
        etag = client.get(address)["ETag"]
        for asked in (etag, f"W/{etag}", f'"x", {etag}', "*"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                response = client.get(address, headers={"If-None-Match": asked})

            assert (response.status_code, response.content) == (304, b"")
            assert response["ETag"] == etag
            assert len(queries) == 1


def test_tagged_answers_may_be_kept_by_who_asked(
    addresses: Addresses, client: Any
) -> None:
    response = client.get(addresses[0])

    assert response["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Authorization", "Cookie"} <= set(response["Vary"].split(", "))
    other = client.get(addresses[0], headers={"If-Match": '"other"'})
    assert (other.status_code, other.data["type"]) == (412, "precondition_failed")


def test_what_is_not_about_one_race_has_no_etag(
    addresses: Addresses, client: Any
) -> None:
    race = Race.objects.latest("pk").pk
    for address, status in [
        ("/api/v1/laps/", 200),
        (f"/api/v1/laps/?race={race}&changed_since=0", 200),
        (f"/api/v1/laps/?race={race}&meeting=latest", 200),
        (f"/api/v1/laps/?race={race + 1}", 200),
        (f"/api/v1/races/{race + 1}/", 404),
        ("/api/v1/races/soon/", 404),
        ("/api/v1/laps/?race=soon", 400),
        (f"/api/v1/laps/?race={race}&tyre=1", 400),
    ]:
        response = client.get(address, headers={"If-None-Match": "*"})

        assert response.status_code == status, address
        assert "ETag" not in response.headers
