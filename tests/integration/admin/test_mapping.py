"""A file that nothing knows is mapped once by hand, and known from then on."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from imports import actions, tasks
from imports.models import ColumnMapping, ImportRun, RunFile
from races.models import Entrant, Lap
from tests.integration.admin.conftest import SCRIPT

pytestmark = pytest.mark.django_db

HEADER = "Bib,Rider,Runde,Rundenzeit,Wetter"
ROWS = ("007,Ada Stone,1,1:10.20,sun", "007,Ada Stone,2,1:09.90,sun")


@pytest.fixture
def unknown(ingest: Any, write_csv: Any) -> RunFile:
    """Give a file of laps with German columns, which no layout knows."""
    run = ingest(write_csv("heat.csv", HEADER, *ROWS))
    [file] = run.run_files.all()
    assert (file.state, file.error_code) == ("rejected", "unknown_layout")
    return file


def map_url(file: RunFile, part: int = 0) -> str:
    return reverse("admin:imports_columnmapping_map", args=[file.pk, part])


def answers(**changed: str) -> dict[str, str]:
    """Give what a person would choose on the page."""
    return {
        "kind": "lap",
        "name": "club-laps",
        "null_markers": "",
        "to_0": "entrant",
        "also_0": "entrant_number",
        "to_1": "entrant_name",
        "to_2": "lap",
        "to_3": "time",
        "way_meeting": "constant",
        "text_meeting": "ashford",
        "way_race": "constant",
        "text_race": "1",
    } | changed


def test_run_of_an_unknown_file_offers_to_map_it(
    as_boss: Client, unknown: RunFile
) -> None:
    page = as_boss.get(
        reverse("admin:imports_importrun_change", args=[unknown.run_id])
    ).content.decode()

    assert map_url(unknown) in page


def test_page_shows_columns_cells_and_a_proposal(
    as_boss: Client, unknown: RunFile
) -> None:
    page = as_boss.get(map_url(unknown))

    form = page.context["form"]
    assert page.context["kind"] == "lap"
    assert [line.column for line in form.column_lines()] == HEADER.split(",")
    assert "1:10.20" in page.content.decode()
    proposed = {k: v for k, v in form.initial.items() if k.startswith("to_")}
    assert proposed == {
        "to_0": "entrant",
        "to_1": "entrant_name",
        "to_2": "lap",
        "to_3": "time",
    }


def test_mapped_file_is_imported_and_the_next_one_is_known(
    as_boss: Client, unknown: RunFile, ingest: Any, write_csv: Any
) -> None:
    as_boss.post(map_url(unknown), answers() | {"import": "1"})
    tasks.work(ImportRun.objects.latest("pk").pk)
    later = ingest(write_csv("next.csv", HEADER, "7,Bo Hill,1,1:11.00,rain"))

    run = ImportRun.objects.get(pk=later.pk - 1)
    assert (run.state, run.laps["inserted"]) == ("succeeded", 2)
    assert later.state == "succeeded"
    assert later.run_files.get().layout == "mapping.club-laps"
    entrants = Entrant.objects.order_by("key")
    assert [(e.key, e.number, e.name) for e in entrants] == [
        ("007", "007", "Ada Stone"),
        ("7", "7", "Bo Hill"),
    ]
    assert Lap.objects.get(entrant__key="7").time_ms == 71_000


def test_file_that_nobody_said_enough_of_is_asked_for_again(
    as_boss: Client, unknown: RunFile
) -> None:
    answer = as_boss.post(
        map_url(unknown), answers(way_race="said") | {"import": "1"}, follow=True
    )

    assert answer.redirect_chain[-1][0] == reverse("admin:imports_sourcefile_upload")
    assert "nobody said its race" in answer.content.decode()
    assert ColumnMapping.objects.count() == 1
    assert ImportRun.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"to_0": "", "also_0": ""}, "entrant"),
        ({"way_meeting": ""}, "meeting"),
        ({"text_meeting": ""}, "meeting"),
        ({"name": "Club Laps!"}, "small letters"),
        ({"to_1": "time"}, "both time"),
        ({"to_1": "nonsense"}, "not one of the available choices"),
    ],
)
def test_mapping_that_cannot_be_is_said_and_not_saved(
    as_boss: Client, unknown: RunFile, changed: dict[str, str], said: str
) -> None:
    page = as_boss.post(map_url(unknown), answers(**changed)).content.decode()

    assert said in page
    assert not ColumnMapping.objects.exists()


def test_new_version_takes_the_place_of_the_old(
    as_boss: Client, unknown: RunFile
) -> None:
    as_boss.post(map_url(unknown), answers() | {"save": "1"})
    first = ColumnMapping.objects.get()

    edit = reverse("admin:imports_columnmapping_edit", args=[first.pk])
    assert as_boss.get(edit).context["form"].initial["also_0"] == "entrant_number"
    as_boss.post(edit, answers(null_markers="NA, -") | {"save": "1"})
    as_boss.post(edit, answers(null_markers="NA, -") | {"save": "1"})

    second = ColumnMapping.objects.get(is_active=True)
    assert (second.number, second.spec["null_markers"]) == (2, ["NA", "-"])
    assert ColumnMapping.objects.count() == 2


def test_new_version_keeps_what_the_page_cannot_say(
    as_boss: Client, unknown: RunFile
) -> None:
    as_boss.post(map_url(unknown), answers())
    first = ColumnMapping.objects.get()
    spec = first.spec | {"name": "brought", "kind": "entrant"}
    spec["columns"] = [
        {"column": "Bib", "to": "entrant"},
        {"column": "Wetter", "to": "attributes.weather"},
    ]
    spec["fixed"] |= {"status": {"constant": "finished"}}
    brought = actions.save_mapping(spec, by=None)

    edit = reverse("admin:imports_columnmapping_edit", args=[brought.pk])
    form = as_boss.get(edit).context["form"]
    shown = {k: v for k, v in form.initial.items() if v} | {"kind": "entrant"}
    as_boss.post(edit, shown | {"null_markers": "NA"})

    latest = ColumnMapping.objects.get(name="brought", is_active=True)
    assert latest.number == 2
    assert latest.spec["fixed"] == brought.spec["fixed"]
    assert latest.spec["columns"] == brought.spec["columns"]


def test_version_is_switched_and_its_rivals_go_out_of_force(
    as_boss: Client, unknown: RunFile
) -> None:
    as_boss.post(map_url(unknown), answers())
    as_boss.post(map_url(unknown), answers(name="other"))
    old = ColumnMapping.objects.get(name="club-laps")
    assert not old.is_active

    as_boss.post(reverse("admin:imports_columnmapping_switch", args=[old.pk]))

    assert ColumnMapping.objects.get(is_active=True) == old


def test_export_is_what_the_command_takes(
    as_boss: Client, unknown: RunFile, tmp_path: Path
) -> None:
    as_boss.post(map_url(unknown), answers())
    mapping = ColumnMapping.objects.get()

    export = reverse("admin:imports_columnmapping_export", args=[mapping.pk])
    answer = as_boss.get(export)

    assert json.loads(answer.content) == mapping.spec
    page = as_boss.get(
        reverse("admin:imports_columnmapping_change", args=[mapping.pk])
    ).content.decode()
    assert "meeting: always &#x27;ashford&#x27;" in page
    assert "attachment" in answer["Content-Disposition"]


def test_pages_of_mappings_show_and_escape(
    as_boss: Client, ingest: Any, write_csv: Any
) -> None:
    run = ingest(write_csv("x.csv", f"b,{SCRIPT}", f"2,{SCRIPT}"))
    file = run.run_files.get()

    page = as_boss.get(map_url(file)).content.decode()
    as_boss.post(
        map_url(file),
        {"kind": "meeting", "name": "m", "to_0": "meeting", "to_1": "name"},
    )
    mapping = ColumnMapping.objects.get()
    shown = as_boss.get(
        reverse("admin:imports_columnmapping_change", args=[mapping.pk])
    ).content.decode()
    listed = as_boss.get(
        reverse("admin:imports_columnmapping_changelist")
    ).content.decode()

    assert SCRIPT not in page
    assert SCRIPT not in shown
    assert "m" in listed


def test_who_may_not_map_is_refused(
    as_clerk: Client, unknown: RunFile, as_boss: Client
) -> None:
    as_boss.post(map_url(unknown), answers())
    pk = ColumnMapping.objects.get().pk

    assert as_clerk.get(map_url(unknown)).status_code == 403
    for name in ("edit", "export"):
        url = reverse(f"admin:imports_columnmapping_{name}", args=[pk])
        assert as_clerk.get(url).status_code == 403
    switch = reverse("admin:imports_columnmapping_switch", args=[pk])
    assert as_clerk.post(switch).status_code == 403
    assert as_boss.get(switch).status_code == 405
