"""Lists: pages without repeat or miss, filters, a fixed number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imports.api.urls import router
from imports.models import SourceFile
from races.models import Entrant, Lap, Meeting, Race, Removal

pytestmark = pytest.mark.usefixtures("season")

#: How many queries a list asks, and more with an include.
LISTS = {
    "venues": (2, {"provenance": 0}),
    "teams": (2, {"provenance": 0}),
    "competitors": (2, {"provenance": 0}),
    "meetings": (2, {"races": 1, "venue": 0, "provenance": 0}),
    "races": (3, {"entrants": 1, "provenance": 0}),
    "entrants": (2, {"stats": 0, "pit_stops": 1, "provenance": 0}),
    "laps": (3, {"provenance": 0}),
    "pit-stops": (2, {"provenance": 0}),
    "entrant-stats": (1, {}),
    "race-stats": (1, {}),
    "files": (1, {}),
    "runs": (1, {}),
    "rejections": (1, {}),
    "conflicts": (2, {}),
}


def walk(client, address):
    """Give the pages from an address to the end."""
    while address:
        page = client.get(address).data
        yield page["results"]
        address = page["next"]


def keys(page):
    return [(lap["entrant"], lap["number"]) for lap in page]


def test_walk_over_all_laps_repeats_and_misses_nothing(client):
    pages = list(walk(client, "/api/v1/laps/?page_size=500"))

    seen = [key for page in pages for key in keys(page)]
    assert len(pages) == 48
    assert seen == sorted(Lap.objects.values_list("entrant_id", "number"))
    assert len(seen) == 23_529


@pytest.mark.unverified(reason="laps are inserted by hand under the walk")
def test_walk_sees_every_old_lap_once_while_laps_are_inserted(client):
    before = set(Lap.objects.values_list("entrant_id", "number"))
    pages = walk(client, "/api/v1/laps/?page_size=2000")

    seen = keys(next(pages))
    first, middle = seen[0][0], seen[-1][0]
    last = Lap.objects.order_by("pk").last().entrant_id
    for entrant in (first, middle, last):
        Lap.objects.create(entrant_id=entrant, number=900)
    seen += [key for page in pages for key in keys(page)]

    assert len(seen) == len(set(seen))
    # The first entrant was passed; the new laps of those to come are seen.
    assert set(seen) - before == {(middle, 900), (last, 900)}
    assert before <= set(seen)


@pytest.mark.unverified(reason="a meeting is deleted by hand under the walk")
def test_walk_goes_on_where_the_last_row_is_gone(client):
    pages = walk(client, "/api/v1/meetings/?page_size=3")
    seen = [meeting["id"] for meeting in next(pages)]
    Meeting.objects.filter(pk=seen[-1]).delete()

    seen += [meeting["id"] for page in pages for meeting in page]

    assert len(seen) == len(set(seen)) == 22


def test_walk_keeps_the_filters(client):
    pages = walk(client, "/api/v1/races/?kind=sprint&page_size=2")

    assert [[race["kind"] for race in page] for page in pages] == [
        ["sprint", "sprint"],
        ["sprint"],
    ]


def test_files_come_newest_first(client):
    pages = walk(client, "/api/v1/files/?page_size=4")

    seen = [file["id"] for page in pages for file in page]
    assert seen == sorted(SourceFile.objects.values_list("pk", flat=True))[::-1]


def test_every_list_says_how_many_queries_it_asks():
    # Their queries are counted beside them: no season brings any.
    others = ("snapshots", "removals")
    lists = [entry for entry in router.registry if entry[0] not in others]
    assert set(LISTS) == {prefix for prefix, *_ in lists}
    for prefix, view, _ in lists:
        declared = {include.name for include in getattr(view, "includes", ())}
        assert set(LISTS[prefix][1]) == declared


@pytest.mark.parametrize(
    ("resource", "include"),
    [
        (resource, ",".join(names))
        for resource, (_, includes) in LISTS.items()
        for names in [[], *([name] for name in includes), list(includes)]
    ],
)
def test_list_asks_as_many_queries_for_one_row_as_for_many(
    get, resource, include, rejections, conflicts
):
    base, includes = LISTS[resource]
    asked = {"include": include} if include else {}
    counts = []
    for size in (1, 50):
        with CaptureQueriesContext(connection) as queries:
            page = get(resource, page_size=size, **asked)
        assert page.status_code == 200, page.data
        assert page.data["results"]
        counts.append(len(queries))

    more = sum(includes[name] for name in include.split(",") if name)
    assert counts == [base + more] * 2


def test_removals_cost_one_query_however_many(get):
    gone = {"resource": "laps", "removed_in": 1, "removed_at": timezone.now()}
    Removal.objects.bulk_create(Removal(row_id=0, number=n, **gone) for n in range(9))
    for size in (1, 9):
        with CaptureQueriesContext(connection) as queries:
            page = get("removals", page_size=size)
        assert len(page.data["results"]) == size
        assert len(queries) == 1


@pytest.mark.parametrize(
    ("resource", "parameters", "rows"),
    [
        ("meetings", {"source": "test"}, 22),
        ("meetings", {"source": "other"}, 0),
        ("meetings", {"season": 2022}, 22),
        ("meetings", {"season": 2021}, 0),
        ("meetings", {"discipline": "f1"}, 22),
        ("meetings", {"key": "1074"}, 1),
        ("meetings", {"start_date": "2022-03-20"}, 1),
        ("meetings", {"start_date__gte": "2022-11-13"}, 2),
        ("meetings", {"start_date__lte": "2022-04-10"}, 3),
        ("races", {"kind": "sprint"}, 3),
        ("races", {"source": "test", "season": 2022}, 47),
        ("races", {"season": 2021}, 0),
        ("entrants", {"competitor": "844"}, 47),
        ("entrants", {"competitor": "844", "status": "classified"}, None),
        ("runs", {"state": "succeeded", "trigger": "command", "source": "test"}, 1),
        ("runs", {"state": "failed"}, 0),
        ("runs", {"trigger": "admin"}, 0),
        ("files", {"source": "test"}, 9),
        ("files", {"layout": "ergast.races"}, 1),
        ("files", {"sha256": "0" * 64}, 0),
        ("rejections", {"code": "missing"}, 2),
        ("rejections", {"run": 0}, 0),
    ],
)
def test_filter_finds_its_rows(get, rejections, resource, parameters, rows):
    found = get(resource, **parameters, page_size=2_000).data["results"]

    if rows is None:
        rows = Entrant.objects.filter(
            competitor__key="844", status="classified"
        ).count()
        assert rows
    assert len(found) == rows


@pytest.mark.parametrize(
    ("parameters", "rows"),
    [
        ({"state": "open"}, 1),
        ({"state": "ruled"}, 0),
        ({"kind": "team"}, 1),
        ({"source": "test"}, 2),
        ({"source": "other"}, 0),
        ({"field": "time_ms"}, 1),
        ({"field": "in_pit"}, 1),
        ({"field": "weight"}, 0),
        ({"race": 0}, 0),
        ({"run": 0}, 0),
    ],
)
def test_conflicts_are_filtered(get, conflicts, parameters, rows):
    assert len(get("conflicts", **parameters).data["results"]) == rows


def test_conflicts_are_filtered_by_race_and_run(get, conflicts, bahrain):
    of_lap = conflicts[0]

    for parameters in ({"race": bahrain.pk}, {"run": of_lap.run_id, "kind": "lap"}):
        found = get("conflicts", **parameters).data["results"]
        assert [row["id"] for row in found] == [of_lap.pk]


def test_conflict_tells_both_sides_and_their_files(get, conflicts):
    of_lap = conflicts[0]
    older, newer = SourceFile.objects.order_by("version")[:2]

    row = get(f"conflicts/{of_lap.pk}").data

    assert row["older"] == {
        "file": {"id": older.pk, "name": older.name},
        "row": None,
        "values": {"time_ms": 97_000, "in_pit": None},
    }
    assert row["newer"] == {
        "file": {"id": newer.pk, "name": newer.name},
        "row": 7,
        "values": {"time_ms": 97_500, "in_pit": True},
    }
    assert (row["state"], row["in_force"], row["chosen"]) == ("open", "newer", "")


def test_rejections_are_filtered_by_file_and_run(get, rejections):
    first = rejections[0]

    found = get("rejections", file=first.source_file_id, run=first.run_id)

    assert [row["row_number"] for row in found.data["results"]] == [2, 3]


@pytest.mark.parametrize(
    ("resource", "rows"), [("races", 2), ("entrants", 40), ("laps", 1_123)]
)
def test_meeting_filter_finds_what_is_below_it(get, bahrain, resource, rows):
    found = get(resource, meeting=bahrain.meeting_id, page_size=2_000)

    assert len(found.data["results"]) == rows


def test_laps_are_filtered_by_entrant_and_numbers(get, bahrain):
    leclerc = Entrant.objects.get(race=bahrain, key="844")

    found = get("laps", entrant=leclerc.pk, number__gte=50, number__lte=52)

    assert [lap["number"] for lap in found.data["results"]] == [50, 51, 52]


def test_pit_stops_are_filtered_by_race_and_entrant(get, bahrain):
    leclerc = Entrant.objects.get(race=bahrain, key="844")

    found = get("pit-stops", race=bahrain.pk, entrant=leclerc.pk)

    assert len(found.data["results"]) == 3


def test_id_that_is_none_finds_nothing(get):
    assert get("laps", race=2**63 - 1).data["results"] == []
    assert Race.objects.exists()
