"""Plans in the admin: uploaded to be looked at, shown, confirmed, discarded."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from imports import actions, tasks
from imports.flags import Flag
from imports.models import ImportRun, RaceCheckpoint, SourceFile
from imports.pipeline.staging_tables import StagingTables
from ingestion_site.lib import cells
from races.models import Lap, Venue
from tests import state
from tests.conftest import SOURCE

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("quick_reader"),
]

HEADER = "meeting,race,entrant,lap,time_ms"
EARLY = {"observed_at": datetime(2024, 5, 1, tzinfo=UTC)}
RUNS = "admin:imports_importrun_changelist"


def upload(client: Client, name: str, *rows: str, **values: Any) -> ImportRun:
    """Upload a file to be planned, through the form, and let a worker plan it."""
    file = SimpleUploadedFile(name, ("\n".join(rows) + "\n").encode())
    form = {"source": SOURCE, "dry_run": "on", "files": [file], **values}
    response = client.post(
        reverse("admin:imports_sourcefile_upload"), form, follow=True
    )
    assert response.status_code == 200
    assert "nothing is written before the plan is confirmed" in text(response)
    run = ImportRun.objects.latest("pk")
    work(run)
    assert run.is_plan, run.message
    return run


def work(run: ImportRun) -> None:
    """Do what a worker of the queue does."""
    tasks.work(run.pk)
    run.refresh_from_db()


def text(response: Any) -> str:
    """Give what a reader sees of a page: no marks, no line breaks."""
    page = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", page)


def run_url(run: ImportRun) -> str:
    return reverse("admin:imports_importrun_change", args=[run.pk])


def plan_url(row: RaceCheckpoint) -> str:
    return reverse("admin:imports_racecheckpoint_plan", args=[row.pk])


def confirm(client: Client, run: ImportRun) -> Any:
    url = reverse("admin:imports_importrun_confirm", args=[run.pk])
    response = client.post(url, follow=True)
    run.refresh_from_db()
    return response


def discard(client: Client, run: ImportRun) -> Any:
    url = reverse("admin:imports_importrun_discard", args=[run.pk])
    response = client.post(url, follow=True)
    run.refresh_from_db()
    return response


@pytest.fixture
def first(ingest: Any, write_csv: Any) -> ImportRun:
    """Give what is stored before: two races."""
    rows = ("a,1,7,1,62500", "a,1,7,2,61000", "a,2,7,1,60000")
    return ingest(write_csv("v1.csv", HEADER, *rows), statement=EARLY)


@pytest.fixture
def planned(as_boss: Client, first: ImportRun) -> ImportRun:
    """Give a plan: a lap changes, one goes, one is new and stands twice, one is bad."""
    rows = ("a,1,7,1,62750", "a,1,8,1,64000", "a,1,8,1,65000", "a,2,7,1,60000")
    return upload(
        as_boss,
        "v2.csv",
        HEADER,
        *rows,
        observed_at="2024-05-02T00:00",
        is_complete="on",
    )


def race(run: ImportRun, key: str = "1") -> RaceCheckpoint:
    return run.checkpoints.get(race_key=key)


@pytest.mark.parametrize("writer", ["merge", "orm"])
def test_upload_is_planned_shown_confirmed_and_imported(
    writer: str, as_boss: Client, first: ImportRun, boss: User
) -> None:
    actions.set_flag(Flag.WRITER, writer, reason="", by=boss)
    before = state.tables()
    rows = ("a,1,7,1,62750", "a,1,8,1,64000", "a,2,7,1,60000", "a,2,7,2,x")
    run = upload(as_boss, "v2.csv", HEADER, *rows, observed_at="2024-05-02T00:00")

    page = text(as_boss.get(run_url(run)))
    assert state.tables() == before
    assert "Nothing is written yet." in page
    assert (
        "Import 4 rows into 2 races: 1 new, 1 changed, 1 stored already, "
        "1 contested, 1 rejected." in page
    )
    assert run.rejections.get().code in page

    answer = text(confirm(as_boss, run))
    assert f"Run {run.pk} is confirmed and queued" in answer
    assert run.state == "queued"
    work(run)

    assert run.state == "succeeded"
    assert sorted(Lap.objects.values_list("time_ms", flat=True)) == [
        *(60_000, 61_000, 62_750, 64_000)
    ]
    assert "2 of 2 races settled" in text(as_boss.get(run_url(run)))


def test_page_of_a_plan_waits_for_a_person(as_boss: Client, planned: ImportRun) -> None:
    page = as_boss.get(run_url(planned)).content.decode()

    assert 'http-equiv="refresh"' not in page
    assert f'href="{plan_url(race(planned))}"' in page
    assert "until" in page
    assert "planned, to be confirmed" in text(as_boss.get(reverse(RUNS)))


def test_list_of_runs_counts_nothing_of_a_plan(
    as_boss: Client, planned: ImportRun
) -> None:
    page = as_boss.get(reverse(RUNS)).content.decode()
    [row] = re.findall(rf"<tr><.*?>Run {planned.pk}</a>.*?</tr>", page, re.DOTALL)

    assert (
        re.findall(r'field-(?:inserted|updated)_count">([^<]*)<', row)
        == [cells.UNKNOWN] * 2
    )


def test_races_that_nothing_would_change_come_last(
    as_boss: Client, ingest: Any, write_csv: Any
) -> None:
    old = ("a,1,7,1,100", "a,2,7,1,100")
    ingest(write_csv("v1.csv", HEADER, *old), statement=EARLY)
    run = upload(as_boss, "v2.csv", HEADER, "a,1,7,1,100", "a,2,7,1,200")

    page = as_boss.get(run_url(run)).content.decode()

    assert page.index(plan_url(race(run, "2"))) < page.index(plan_url(race(run, "1")))


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
    assert "the higher priority, then the newer file" in page
    assert "time 1:04.000 v2.csv , row 3" in page
    assert "the last row of the file" in page


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


def test_race_that_moved_is_said_and_planned_again(
    as_boss: Client, planned: ImportRun, ingest: Any, write_csv: Any
) -> None:
    ingest(
        write_csv("x.csv", HEADER, "a,1,7,1,62600"), statement=EARLY | {"priority": 200}
    )
    before = state.tables()

    page = text(as_boss.get(plan_url(race(planned))))
    assert "This race has changed since it was planned" in page
    assert f"Plan run {planned.pk} again" in page
    other = text(as_boss.get(plan_url(race(planned, "2"))))
    assert "has changed since" not in other

    answer = text(confirm(as_boss, planned))
    assert "Nothing was written: what is stored has changed" in answer
    assert planned.state == "queued"
    work(planned)

    assert (planned.is_plan, state.tables()) == (True, before)
    page = text(as_boss.get(run_url(planned)))
    assert "1 of its races have changed since the plan was made" in page
    assert "Nothing is written yet." in page
    assert "has changed since" not in text(as_boss.get(plan_url(race(planned))))


def test_discarded_plan_leaves_nothing(as_boss: Client, planned: ImportRun) -> None:
    before = state.tables()

    answer = text(discard(as_boss, planned))

    assert f"The plan of run {planned.pk} is discarded" in answer
    assert (planned.state, state.tables()) == ("cancelled", before)


def test_run_that_is_no_plan_cannot_be_confirmed_or_discarded(
    as_boss: Client, first: ImportRun
) -> None:
    assert "is no dry run" in text(confirm(as_boss, first))
    assert "It was left as it is." in text(discard(as_boss, first))
    assert first.state == "succeeded"


def test_race_of_a_run_that_is_no_plan_has_no_plan(
    as_boss: Client, first: ImportRun
) -> None:
    response = as_boss.get(plan_url(race(first)), follow=True)

    assert response.redirect_chain[-1][0] == run_url(first)
    assert "There is no plan of a/1 to show" in text(response)


def test_staged_rows_that_are_gone_are_said(
    as_boss: Client, planned: ImportRun
) -> None:
    StagingTables(planned.pk, planned.epoch).drop()

    for url in (run_url(planned), plan_url(race(planned))):
        response = as_boss.get(url)
        assert response.status_code == 200
        assert "The staged rows of this plan are gone" in text(response)

    confirm(as_boss, planned)
    work(planned)
    if planned.is_plan:
        confirm(as_boss, planned)
        work(planned)
    assert planned.state == "succeeded"
    assert Lap.objects.filter(time_ms=62_750).exists()


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


def test_who_may_only_look_cannot_confirm(
    as_clerk: Client, planned: ImportRun, allow: Callable[..., None]
) -> None:
    assert as_clerk.get(plan_url(race(planned))).status_code == 403
    allow("view_importrun", "view_racecheckpoint")

    page = as_clerk.get(run_url(planned)).content.decode()
    assert "Import exactly this" not in page
    assert "Discard this plan" not in page
    assert as_clerk.get(plan_url(race(planned))).status_code == 200
    assert confirm(as_clerk, planned).status_code == 403
    assert discard(as_clerk, planned).status_code == 403
    assert planned.is_plan
    allow("view_importrun", "add_sourcefile")
    assert confirm(as_clerk, planned).status_code == 200
    assert planned.state == "queued"


def test_plans_are_decided_by_post_with_a_token_only(
    as_boss: Client, boss: User, planned: ImportRun
) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(boss)
    for name in ("confirm", "discard"):
        url = reverse(f"admin:imports_importrun_{name}", args=[planned.pk])
        assert as_boss.get(url).status_code == 405
        assert careful.post(url).status_code == 403
    planned.refresh_from_db()
    assert planned.is_plan


def test_confirming_while_ingestion_is_off_is_refused(
    as_boss: Client, boss: User, planned: ImportRun
) -> None:
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="", by=boss)

    assert "Ingestion is switched off" in text(confirm(as_boss, planned))
    assert planned.is_plan


def test_import_again_can_be_planned_first(as_boss: Client, first: ImportRun) -> None:
    file = SourceFile.objects.get()
    form = {"action": "plan_again", "_selected_action": [file.pk]}

    as_boss.post(reverse("admin:imports_sourcefile_changelist"), form)

    run = ImportRun.objects.latest("pk")
    assert (run.options["force"], run.options["dry_run"]) == (True, True)
    work(run)
    page = text(as_boss.get(run_url(run)))
    assert "Import 3 rows into 2 races: 3 stored already." in page
