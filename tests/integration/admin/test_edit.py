"""Edit values in the admin: forms, permissions, what they refuse, what they write."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from imports import actions
from imports.flags import Flag
from imports.models import ImportRun, SourceFile
from races.models import (
    Competitor,
    Entrant,
    Lap,
    Meeting,
    PitStop,
    Race,
    Team,
    Venue,
)
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db

WriteCsv = Callable[..., Path]


@pytest.fixture
def club(ingest: Ingest, write_csv: WriteCsv, ashford: ImportRun) -> ImportRun:
    """Add to Ashford what else can be edited."""
    return ingest(
        write_csv("venues.csv", "venue,name", "oak,Oak Park"),
        write_csv(
            "meetings.csv",
            "meeting,name,venue,start_date",
            "ash,Ashford,oak,2024-05-01",
        ),
        write_csv("teams.csv", "team,name", "red,Red", "blue,Blue"),
        write_csv(
            "races.csv",
            "meeting,race,name,scheduled_start",
            "ash,1,First,2024-05-01T12:30:00Z",
        ),
        write_csv(
            "entrants.csv",
            "meeting,race,entrant,competitor,team,position,points",
            "ash,1,ann,lee,red,1,12.5",
        ),
    )


def url_of(row: Any) -> str:
    if isinstance(row, Lap):
        return reverse("edit_lap", args=[row.entrant_id, row.number])
    kind = "pit_stop" if isinstance(row, PitStop) else row._meta.model_name
    return reverse("edit_values", args=[kind, row.pk])


def as_shown(client: Client, row: Any) -> dict[str, str]:
    """Give what the form would send if nothing were changed."""
    form = client.get(url_of(row)).context["form"]
    sent = {}
    for field in form:
        for bound, name in (
            (field.as_widget(), field.html_name),
            (field.as_hidden(only_initial=True), field.html_initial_name),
        ):
            assert bound
            value = field.value()
            widget = field.field.widget
            if name == field.html_initial_name:
                widget = field.field.hidden_widget()
            shown = widget.format_value(value)
            if isinstance(shown, list):
                shown = shown[0] if shown else ""
            sent[name] = "" if shown is None else str(shown)
    return sent


def change(client: Client, row: Any, **values: str) -> Any:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return client.post(url_of(row), {**as_shown(client, row), **named}, follow=True)


def ann() -> Entrant:
    return Entrant.objects.get(key="ann")


def lap(number: int = 1) -> Lap:
    return Lap.objects.get(entrant=ann(), number=number)


MODELS = [Meeting, Race, Entrant, Competitor, Team, Venue, PitStop, Lap]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_page_shows_values_and_files(
    model: type[Model], as_boss: Client, club: ImportRun
) -> None:
    row = model._default_manager.first()

    response = as_boss.get(url_of(row))

    assert response.status_code == 200
    assert "Write what I changed" in response.content.decode()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_page_sent_back_as_it_was_changes_nothing(
    model: type[Model], as_boss: Client, club: ImportRun
) -> None:
    row = model._default_manager.first()

    response = change(as_boss, row)

    assert response.context["form"].changed_data == []
    assert "Nothing was changed" in response.content.decode()
    assert not ImportRun.objects.filter(kind="edit").exists()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_page_needs_the_permission_of_its_model(
    model: type[Model],
    as_clerk: Client,
    client: Client,
    club: ImportRun,
    allow: Callable[..., None],
) -> None:
    row = model._default_manager.first()
    name = model._meta.model_name

    allow(f"view_{name}", "change_conflict")
    assert as_clerk.get(url_of(row)).status_code == 403
    assert as_clerk.post(url_of(row), {}).status_code == 403
    allow(f"change_{name}")
    assert as_clerk.get(url_of(row)).status_code == 200
    assert client.get(url_of(row)).status_code == 302


def test_changed_lap_time_is_written_and_stays(
    as_boss: Client, club: ImportRun, ingest: Ingest, tmp_path: Path
) -> None:
    page = change(as_boss, lap(), time_ms="1:02.111", note="tape").content.decode()

    assert lap().time_ms == 62_111
    assert "time_ms" in page
    assert "does not undo it" in page
    run = ImportRun.objects.get(kind="edit")
    assert (run.requested_by.username, run.options["note"]) == ("boss", "tape")
    ingest(tmp_path / "laps.csv", force=True)
    assert lap().time_ms == 62_111


def test_only_what_was_changed_is_stated(as_boss: Client, club: ImportRun) -> None:
    change(as_boss, ann(), position="2", name="")

    edit = SourceFile.objects.get(kind="manual")
    entrant = ann()
    assert entrant.column_versions[edit.version.hex] == ["name", "position"]
    assert (entrant.position, entrant.name) == (2, None)
    assert entrant.team.key == "red"


@pytest.mark.parametrize(
    ("model", "values", "stored"),
    [
        (Meeting, {"start_date": "2024-05-02"}, ("start_date", "2024-05-02")),
        (Meeting, {"venue": ""}, ("venue", "None")),
        (Meeting, {"name": " Ashford II "}, ("name", "Ashford II")),
        (
            Race,
            {"scheduled_start": "2024-05-01 13:00:00"},
            ("scheduled_start", "2024-05-01 13:00:00+00:00"),
        ),
        (Team, {"name": "Rosso"}, ("name", "Rosso")),
        (PitStop, {"duration_ms": "26000"}, ("duration_ms", "26000")),
        (Lap, {"in_pit": "true"}, ("in_pit", "True")),
    ],
)
def test_values_of_every_type_are_written(
    as_boss: Client,
    club: ImportRun,
    model: type[Model],
    values: dict[str, str],
    stored: tuple[str, str],
) -> None:
    row = model._default_manager.order_by("pk").first()

    change(as_boss, row, **values)

    row = model._default_manager.get(pk=row.pk)
    assert str(getattr(row, stored[0])) == stored[1]


def test_entrant_changes_its_team_by_key(as_boss: Client, club: ImportRun) -> None:
    change(as_boss, ann(), team="blue", points="13.25")

    assert ann().team.name == "Blue"
    assert str(ann().points) == "13.250"


def test_attributes_are_edited(as_boss: Client, club: ImportRun) -> None:
    Meeting.objects.update(attributes={"url": "a", "size": 3})
    meeting = Meeting.objects.get()
    column_versions = meeting.column_versions
    version = max(column_versions)
    column_versions[version] = sorted(
        [*column_versions[version], "attributes.url", "attributes.size"]
    )
    meeting.save()

    change(as_boss, meeting, attributes__url="b", attributes__size="4")

    assert Meeting.objects.get().attributes == {"url": "b", "size": 4}


@pytest.mark.parametrize(
    ("model", "column", "text", "says"),
    [
        (Lap, "time_ms", "fast", "is not a time"),
        (Lap, "time_ms", "-5", "greater than or equal to 0"),
        (Lap, "time_ms", "99999999999", "less than or equal to"),
        (Lap, "position", "0", "Cannot be stored"),
        (Lap, "position", "70000", "less than or equal to"),
        (Meeting, "start_date", "1700-01-01", "Cannot be stored"),
        (Meeting, "start_date", "May", "Enter a valid date"),
        (Entrant, "points", "1e9", "no more than"),
        (Entrant, "points", "NaN", "Enter a number"),
        (Entrant, "team", "green", "has no team with the key"),
        (Entrant, "number", "1" * 21, "at most 20 characters"),
        (Team, "name", "a\0b", "Null characters"),
    ],
)
def test_wrong_input_is_said_next_to_its_field(
    as_boss: Client,
    club: ImportRun,
    model: type[Model],
    column: str,
    text: str,
    says: str,
) -> None:
    row = model._default_manager.order_by("pk").first()

    response = change(as_boss, row, **{column: text})

    assert says in " ".join(response.context["form"].errors[column])
    assert not ImportRun.objects.filter(kind="edit").exists()


def test_value_that_changed_since_it_was_shown_is_not_put_back(
    as_boss: Client, club: ImportRun
) -> None:
    shown = as_shown(as_boss, ann())
    change(as_boss, ann(), position="7")

    as_boss.post(url_of(ann()), {**shown, "name": "Ann L."})

    assert (ann().position, ann().name) == (7, "Ann L.")


@pytest.mark.parametrize(
    ("column", "first", "second", "says"),
    [
        ("name", "Ann Z.", "Ann Q.", "It was Ann Lee when you opened the page; it is"),
        ("position", "7", "8", "It was 1 when you opened the page; it is 7 now."),
        ("team", "blue", "", "It was red when you opened the page; it is blue now."),
        ("points", "", "3", "it is unknown now."),
        ("is_withdrawn", "true", "unknown", "It was no when"),
    ],
)
def test_edit_of_another_person_is_not_overwritten_unseen(
    as_boss: Client,
    club: ImportRun,
    column: str,
    first: str,
    second: str,
    says: str,
) -> None:
    shown = as_shown(as_boss, ann())
    change(as_boss, ann(), **{column: first})
    stored = getattr(ann(), column)

    refused = as_boss.post(url_of(ann()), {**shown, column: second})

    assert says in " ".join(refused.context["form"].errors[column])
    assert getattr(ann(), column) == stored
    assert ImportRun.objects.filter(kind="edit").count() == 1


def test_edit_sent_again_after_the_other_was_shown_is_written(
    as_boss: Client, club: ImportRun
) -> None:
    shown = as_shown(as_boss, ann())
    change(as_boss, ann(), position="7")
    refused = as_boss.post(url_of(ann()), {**shown, "position": "8"})
    html = refused.content.decode()
    assert 'name="initial-position" value="7"' in html
    assert 'name="position" value="8"' in html

    as_boss.post(url_of(ann()), {**shown, "position": "8", "initial-position": "7"})

    assert ann().position == 8


def test_withdrawn_entrant_is_reinstated_for_good(
    as_boss: Client, club: ImportRun, ingest: Ingest, write_csv: WriteCsv
) -> None:
    def complete(name: str) -> None:
        header = "meeting,race,entrant,name"
        path = write_csv(name, header, f"ash,1,bob,{name}")
        ingest(path, statement={"is_complete": True})

    complete("first.csv")
    assert ann().is_withdrawn is True
    assert "Withdrawn" in as_boss.get(url_of(ann())).content.decode()

    change(as_boss, ann(), is_withdrawn="false")
    assert ann().is_withdrawn is False
    complete("second.csv")

    edited = SourceFile.objects.get(kind="manual")
    assert ann().is_withdrawn is False
    assert ann().column_versions[edited.version.hex] == ["is_withdrawn"]


def test_edit_of_the_name_leaves_an_entrant_withdrawn(
    as_boss: Client, club: ImportRun, ingest: Ingest, write_csv: WriteCsv
) -> None:
    path = write_csv("list.csv", "meeting,race,entrant,name", "ash,1,bob,Bob")
    ingest(path, statement={"is_complete": True})

    change(as_boss, ann(), name="Ann L.")

    edited = SourceFile.objects.get(kind="manual")
    assert ann().is_withdrawn is True
    assert ann().column_versions[edited.version.hex] == ["name"]


def test_edit_is_refused_in_a_sentence_while_ingestion_is_off(
    as_boss: Client, club: ImportRun
) -> None:
    actions.set_flag(Flag.INGEST_ENABLED, "off", reason="", by=None)

    page = change(as_boss, lap(), time_ms="1:02.111").content.decode()

    assert "Ingestion is switched off" in page
    assert lap().time_ms == 62_500


@pytest.mark.parametrize(
    "path",
    [
        "meeting/0/",
        "lap/1/",
        "lap/1/99/",
        "horse/1/",
        "meeting/99999999999999999999999/",
        "lap/99999999999999999999999/1/",
    ],
)
def test_page_of_nothing_is_not_found(
    as_boss: Client, ashford: ImportRun, path: str
) -> None:
    assert as_boss.get(f"/admin/edit/{path}").status_code == 404


def test_pages_link_to_the_edit_for_who_may(
    as_boss: Client, as_clerk: Client, club: ImportRun, allow: Callable[..., None]
) -> None:
    page = reverse("admin:races_entrant_change", args=[ann().pk])
    stop = PitStop.objects.get()

    shown = as_boss.get(page).content.decode()
    allow("view_entrant")
    only_seen = as_clerk.get(page).content.decode()

    for row in (ann(), lap(), stop):
        assert url_of(row) in shown
        assert url_of(row) not in only_seen
