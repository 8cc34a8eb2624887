"""The rows of a plan in the admin: old and new, contested, in pages, escaped."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports import actions
from imports.flags import Flag
from imports.models import ImportRun
from races.models import Venue
from tests.integration.admin.plans import (
    EARLY,
    HEADER,
    plan_url,
    race,
    run_url,
    text,
    upload,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
]


def test_plan_of_a_race_shows_old_and_new(as_boss: Client, planned: ImportRun) -> None:
    response = as_boss.get(plan_url(race(planned)))

    page = text(response)
    assert "~ changed entrant 7, lap 1 time 1:02.500 → 1:02.750" in page
    assert "\N{MINUS SIGN} removed entrant 7, lap 2 time 1:01.000" in page
    assert "+ new entrant 8, lap 1 time 1:05.000" in page
    assert 'title="62,750 ms"' in response.content.decode()
    assert "3 rows" in page


def test_plan_of_a_race_names_both_files_of_a_conflict(
    as_boss: Client, planned: ImportRun
) -> None:
    page = text(as_boss.get(plan_url(race(planned))))

    assert "time 1:02.500 v1.csv" in page
    assert "time 1:02.750 would be in force v2.csv , row 2" in page
    assert "newer version" in page
    assert "time 1:04.000 v2.csv , row 3" in page
    assert "last row of the file" in page


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        ("inserted", ["entrant 8, lap 1"]),
        ("updated", ["entrant 7, lap 1"]),
        ("removed", ["entrant 7, lap 2"]),
        ("nonsense", ["entrant 7, lap 1", "entrant 7, lap 2", "entrant 8, lap 1"]),
    ],
)
def test_plan_of_a_race_is_filtered_by_action(
    action: str, shown: list[str], as_boss: Client, planned: ImportRun
) -> None:
    response = as_boss.get(plan_url(race(planned)), {"action": action})

    assert [line.what for line in response.context["lines"]] == shown
    assert response.context["page"].paginator.count == len(shown)


def test_held_rows_show_what_stays(as_boss: Client, boss: User, ingest, write_csv):  # type: ignore[no-untyped-def]
    header = "meeting,race,entrant,lap,time_ms,position"
    ingest(write_csv("v1.csv", header, "a,1,7,1,62500,3"), statement=EARLY)
    actions.set_flag(Flag.CONFLICT_POLICY, "hold", reason="", by=boss)
    rows = (header, "a,1,7,1,62750,3")
    run = upload(as_boss, "v2.csv", *rows, observed_at="2024-05-02T00:00")

    page = text(as_boss.get(plan_url(race(run))))

    line = "? held entrant 7, lap 1 time 1:02.500 stays, the file says 1:02.750 "
    assert line in page
    assert "position" not in page.partition("Rows that change")[2]


def test_held_entrants_show_only_what_is_contested(
    as_boss: Client, boss: User, ingest: Any, write_csv: Any
) -> None:
    header = "meeting,race,entrant,name,position,status"
    ingest(write_csv("v1.csv", header, "a,1,7,Ann,1,Finished"), statement=EARLY)
    actions.set_flag(Flag.CONFLICT_POLICY, "hold", reason="", by=boss)
    rows = (header, "a,1,7,Ann,2,Finished")
    run = upload(as_boss, "v2.csv", *rows, observed_at="2024-05-02T00:00")

    [line] = as_boss.get(plan_url(race(run))).context["lines"]

    assert "position" in line.values
    assert "status" not in line.values


def many(number: int, *, time_ms: int) -> list[str]:
    return [f"a,1,7,{lap},{time_ms + lap}" for lap in range(1, number + 1)]


@pytest.mark.parametrize("second", [HEADER, f"{HEADER},position"])
def test_laps_are_paged(second: str, as_boss: Client, ingest, write_csv):  # type: ignore[no-untyped-def]
    ingest(write_csv("v1.csv", HEADER, *many(250, time_ms=1_000)), statement=EARLY)
    tail = ",1" if second != HEADER else ""
    rows = [row + tail for row in many(250, time_ms=2_000)]
    run = upload(as_boss, "v2.csv", second, *rows, observed_at="2024-05-02T00:00")

    seen = []
    for number in (1, 2, 3):
        response = as_boss.get(plan_url(race(run)), {"page": number})
        seen += [line.what for line in response.context["lines"]]

    assert "201 to 250 of 250 rows" in text(response)
    assert seen == [f"entrant 7, lap {lap}" for lap in range(1, 251)]
    beyond = as_boss.get(plan_url(race(run)), {"page": "99"})
    assert beyond.context["page"].number == 3


def test_pages_go_from_entrants_to_laps(as_boss: Client) -> None:
    rows = [f"a,1,c{n},Pat {n},{lap},100" for n in range(70) for lap in (1, 2)]
    run = upload(
        as_boss, "all.csv", "meeting,race,entrant,entrant_name,lap,time_ms", *rows
    )

    pages = [as_boss.get(plan_url(race(run)), {"page": n}) for n in (1, 2, 3)]

    seen = [line.what for page in pages for line in page.context["lines"]]
    assert len(seen) == pages[0].context["page"].paginator.count == 210
    assert len(set(seen)) == 210


@pytest.mark.parametrize("writer", ["merge", "orm"])
def test_pages_cost_the_same_for_any_number_of_laps(
    writer: str, as_boss: Client, boss: User
) -> None:
    actions.set_flag(Flag.WRITER, writer, reason="", by=boss)
    small = upload(as_boss, "s.csv", HEADER, *many(10, time_ms=1_000))
    large = upload(as_boss, "l.csv", HEADER, *many(900, time_ms=2_000))

    costs = []
    for run in (small, large):
        for url in (run_url(run), plan_url(race(run))):
            as_boss.get(url)
            with CaptureQueriesContext(connection) as queries:
                as_boss.get(url)
            costs.append(len(queries))

    assert costs[:2] == costs[2:]
    assert max(costs) <= 40


def test_shared_rows_that_change_are_shown(
    as_boss: Client, ingest: Any, write_csv: Any
) -> None:
    header = "venue,name,country"
    ingest(write_csv("v1.csv", header, "spa,Spa,Belgium"), statement=EARLY)
    run = upload(
        as_boss, "v2.csv", header, "spa,Spa,BEL", observed_at="2024-05-02T00:00"
    )

    page = text(as_boss.get(run_url(run)))

    assert "~ changed venue spa country Belgium → BEL" in page
    assert Venue.objects.get().country == "Belgium"


def test_plan_escapes_what_files_say(as_boss: Client) -> None:
    row = "a,1,<b>x</b>,<script>alert(1)</script>,1"
    run = upload(as_boss, "e.csv", "meeting,race,entrant,name,position", row)

    for url in (run_url(run), plan_url(race(run))):
        page = as_boss.get(url).content.decode()
        assert "<script>alert(1)" not in page
        assert "<b>x</b>" not in page
