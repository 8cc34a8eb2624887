"""Flags in the database: known names only, a history that cannot fail to be written."""

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection

from imports import actions, flags
from imports.errors import FlagInvalid
from imports.flags import FLAGS, Flag, Profile
from imports.models import FeatureFlag, FlagChange, ImportRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def history(flag: Flag) -> list[tuple[str, str, str, str, str]]:
    changes = FlagChange.objects.filter(flag=flag).order_by("pk")
    return list(changes.values_list("kind", "before", "after", "who", "reason"))


def refuse_history() -> None:
    """Make the server refuse every new line of the history, until the test ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE imports_flagchange ADD CONSTRAINT disk_is_full"
            " CHECK (false) NOT VALID"
        )


@pytest.mark.parametrize("name", ["forgotten", "Writer", ""])
def test_database_refuses_a_flag_that_is_not(name: str) -> None:
    with pytest.raises(IntegrityError, match="featureflag_name_is_known"):
        FeatureFlag.objects.create(name=name, value="1")


@pytest.mark.parametrize("value", ["perhaps", "false", "OFF", ""])
def test_database_refuses_a_kill_switch_that_is_neither_on_nor_off(value: str) -> None:
    with pytest.raises(IntegrityError, match="kill_switch_is_on_or_off"):
        FeatureFlag.objects.create(name="ingest_enabled", value=value)


@pytest.mark.parametrize(("said", "stored"), [("FALSE", "off"), ("True", "on")])
def test_switch_is_stored_in_one_form(said: str, stored: str) -> None:
    actions.set_flag(Flag.INGEST_ENABLED, said, reason="", by=None)

    assert FeatureFlag.objects.get().value == stored


def test_change_is_kept_with_who_and_why(ann: User) -> None:
    actions.set_flag(Flag.CONCURRENCY, "4", reason="Two more cores", by=ann)
    actions.set_flag(Flag.CONCURRENCY, "3", reason="Too many", by=None)

    assert history(Flag.CONCURRENCY) == [
        ("set", "2", "4", "ann", "Two more cores"),
        ("set", "4", "3", "", "Too many"),
    ]


def test_history_knows_who_after_the_account_is_gone(ann: User) -> None:
    actions.set_flag(Flag.WRITER, "orm", reason="", by=ann)

    ann.delete()

    change = FlagChange.objects.get()
    assert (change.changed_by, change.who) == (None, "ann")


def test_earlier_value_is_restored(ann: User) -> None:
    for value in ("4", "3"):
        actions.set_flag(Flag.CONCURRENCY, value, reason="", by=ann)
    first = FlagChange.objects.order_by("pk")[0]

    actions.restore_flag(first, reason="As it was", by=ann)

    assert flags.current()[Flag.CONCURRENCY] == 2
    assert history(Flag.CONCURRENCY)[-1] == ("restored", "3", "2", "ann", "As it was")


def test_value_that_cannot_be_is_refused_and_leaves_no_line() -> None:
    with pytest.raises(FlagInvalid):
        actions.set_flag(Flag.CONCURRENCY, "99", reason="", by=None)

    assert not FeatureFlag.objects.exists()
    assert not FlagChange.objects.exists()


def test_change_whose_history_cannot_be_written_is_no_change() -> None:
    actions.set_flag(Flag.WRITER, "orm", reason="", by=None)
    refuse_history()

    for change in (_set, _apply_profile):
        # A savepoint, as the test itself is a transaction.
        with pytest.raises(DatabaseError, match="disk_is_full"):
            change()

    assert FeatureFlag.objects.get().value == "orm"
    assert len(history(Flag.WRITER)) == 1


def _set() -> None:
    actions.set_flag(Flag.WRITER, "merge", reason="", by=None)


def _apply_profile() -> None:
    actions.apply_profile(reason="", by=None)


def test_value_that_cannot_be_used_stops_no_run(ingest, write_csv) -> None:
    FeatureFlag.objects.create(name="concurrency", value="many")
    FeatureFlag.objects.create(name="writer", value="orm")

    run = ingest(write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", "a,1,7,1,1"))

    assert run.state == "succeeded"
    assert (run.options["concurrency"], run.options["writer"]) == (2, "orm")
    assert list(flags.unusable()) == [Flag.CONCURRENCY]


@pytest.mark.parametrize(("profile", "lanes"), [("development", 2), ("production", 4)])
def test_profile_gives_the_defaults(profile: str, lanes: int, settings) -> None:
    settings.IMPORTS_FLAG_PROFILE = profile

    assert flags.current()[Flag.CONCURRENCY] == lanes
    assert flags.profile() == Profile(profile)


def test_profile_is_applied_but_for_the_kill_switch(ann: User) -> None:
    for flag, value in ((Flag.WRITER, "orm"), (Flag.INGEST_ENABLED, "off")):
        actions.set_flag(flag, value, reason="", by=ann)

    changed = actions.apply_profile(reason="Start anew", by=ann)

    assert changed == [Flag.WRITER]
    assert not flags.is_ingest_enabled()
    assert flags.current()[Flag.WRITER] == FLAGS[Flag.WRITER].default
    assert history(Flag.WRITER)[-1] == (
        "profile applied",
        "orm",
        "merge",
        "ann",
        "Start anew",
    )


def test_run_keeps_what_fits_the_budget_and_says_what_was_asked(
    ingest, write_csv
) -> None:
    actions.set_flag(Flag.MEMORY_BUDGET_MB, "320", reason="", by=None)
    file = write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", "a,1,7,1,1")

    run: ImportRun = ingest(file, concurrency=8)

    assert run.options["concurrency"] == actions.lanes_of(run) == 2
    assert run.options["asked"] == {"concurrency": 8}


def test_run_that_fits_says_nothing_of_what_was_asked(ingest, write_csv) -> None:
    file = write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", "a,1,7,1,1")

    assert "asked" not in ingest(file).options


def test_lanes_stay_below_the_ceiling(ingest, write_csv, settings) -> None:
    settings.IMPORTS_DB_POOL_MAX = 3
    file = write_csv("laps.csv", "meeting,race,entrant,lap,time_ms", "a,1,7,1,1")

    assert actions.lanes_of(ingest(file, concurrency=8)) == 2


def test_what_acts_on_a_race_is_known():
    assert {flag for flag in Flag if FLAGS[flag].acts_per_race} == {
        Flag.WRITER,
        Flag.BATCH_ROWS,
        Flag.CONFLICT_DETAIL_ROWS,
    }
