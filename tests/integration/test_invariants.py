"""Each invariant names what violates it: no query of them is vacuous.

A small import is made by the pipeline, then one thing is done to its tables that the
pipeline never does; where a constraint forbids it, the constraint goes first.
"""

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from imports import invariants
from imports.invariants import INVARIANTS
from imports.models import ImportRun, SourceFile
from stats.models import EntrantStats, RaceStats
from tests.conftest import Ingest

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.unverified(reason="every test here plants a violation"),
]

HEX = "00" * 15 + "ff"
UUID = f"'{HEX}'::uuid"
DROP = "ALTER TABLE {} DROP CONSTRAINT {};"
NEW_RUN = """
    INSERT INTO imports_importrun (source, kind, trigger, state, options, created_at,
        is_cancel_requested, rows, laps, conflicts, message)
    VALUES ('test', 'import', 'command', '{}', '{{}}', now(), false, '{{}}', '{{}}', 0, '')
"""
CONFLICT = """
    INSERT INTO imports_conflict (source, run_id, race_id, kind, meeting_key, race_key,
        key, number, older_version, newer_version, older_row, newer_row, fields, rule,
        in_force, state, chosen, settled_at)
    SELECT 'test', c.run_id, c.race_id, 'entrant', c.meeting_key, {race_key}, '7', 0,
        f.version, {newer}, 2, {newer_row}, '{fields}', 'last_row', 'newer', '{state}',
        '', {settled_at}
    FROM imports_racecheckpoint c, imports_sourcefile f LIMIT 1;
    UPDATE imports_importrun SET conflicts = {counted};
    UPDATE imports_racecheckpoint SET conflicts = {counted}
"""
SOUND = {
    "race_key": "c.race_key",
    "newer": "f.version",
    "newer_row": 3,
    "fields": '{"number": ["1", "2"]}',
    "state": "ruled",
    "settled_at": "NULL",
    "counted": 1,
}


def conflict(**other: object) -> str:
    return CONFLICT.format(**(SOUND | other))


CLAIMED = """
    UPDATE imports_racecheckpoint SET state = 'claimed', finished_at = NULL,
        owner = 'x', epoch = 1, attempts = 1, claimed_at = now(),
        lease_until = now() {lease};
    UPDATE imports_importrun SET state = 'writing', finished_at = NULL
"""

#: By invariant, the statements that violate it.
PLANTED = {
    "counts_do_not_add_up": "UPDATE imports_importrun SET laps = laps || '{\"older\": 9}'",
    "staged_rows_without_outcome": "UPDATE imports_racecheckpoint SET laps_staged = 9",
    "file_rows_lost": "UPDATE imports_runfile SET laps_staged = 1 WHERE lap_columns > 0",
    "run_totals_are_not_the_sums": "UPDATE imports_importrun SET conflicts = 7",
    "run_read_other_than_its_files": (
        "UPDATE imports_runfile SET records_staged = records_staged + 1"
    ),
    "succeeded_run_lacks_something": (
        "UPDATE imports_runfile SET state = 'rejected', error_code = 'x', message = 'x'"
    ),
    "finished_run_has_open_races": (
        "UPDATE imports_racecheckpoint SET state = 'waiting', finished_at = NULL"
    ),
    "rejections_are_not_those_counted": "DELETE FROM imports_rejection",
    "more_conflicts_than_counted": conflict(counted=0),
    "race_twice_in_a_run": """
        INSERT INTO imports_racecheckpoint (run_id, number, source, meeting_key,
            race_key, race_id, state, epoch, attempts, owner, laps_staged,
            records_staged, error_code, message, is_retryable, rows, laps, conflicts)
        SELECT run_id, 99, source, meeting_key, 'other', race_id, 'waiting', 0, 0, '',
            0, 0, '', '', false, '{}', '{}', 0
        FROM imports_racecheckpoint LIMIT 1
    """,
    "claim_without_owner": CLAIMED.format(lease="") + ";"
    "UPDATE imports_racecheckpoint SET owner = ''",
    "too_many_attempts": "UPDATE imports_racecheckpoint SET attempts = 4",
    "failed_without_reason": "UPDATE imports_racecheckpoint SET state = 'failed'",
    "checkpoint_of_another_race": "UPDATE imports_racecheckpoint SET race_key = 'other'",
    "done_race_does_not_exist": "UPDATE imports_racecheckpoint SET race_id = NULL",
    "file_imported_by_no_run": "UPDATE imports_runfile SET state = 'duplicate'",
    "version_is_not_that_of_its_file": "UPDATE imports_sourcefile SET priority = 7",
    "version_without_file": f"UPDATE races_race SET laps_floor = {UUID}",
    "floor_of_no_complete_file": """
        UPDATE races_race SET laps_floor = (SELECT min(version::text)::uuid
                                            FROM imports_sourcefile)
    """,
    "lap_version_without_file": f"""
        UPDATE races_lap SET older = '{{"in_pit": "{HEX}"}}'
    """,
    "version_is_not_the_highest": f"UPDATE races_entrant SET version = {UUID}",
    "column_versions_not_canonical": """
        UPDATE races_entrant SET column_versions = (
            SELECT jsonb_object_agg(key, value || '["nonsense"]')
            FROM jsonb_each(column_versions)
        )
        WHERE column_versions <> '{}'
    """,
    "value_without_version": "UPDATE races_entrant SET gap = '+1.5'",
    "lap_value_without_version": "UPDATE races_lap SET sector1_ms = 1 WHERE number = 1",
    "lap_versions_not_canonical": "UPDATE races_lap SET older = '{}'",
    "lap_without_entrant": """
        ALTER TABLE races_lap DISABLE TRIGGER USER;
        INSERT INTO races_lap (entrant_id, number, columns, version)
        VALUES (-1, 1, 0, '00000000-0000-0000-0000-000000000000');
        ALTER TABLE races_lap ENABLE TRIGGER USER
    """,
    "value_out_of_its_domain": DROP.format(
        "races_meeting", "meeting_start_date_is_sane"
    )
    + "UPDATE races_meeting SET start_date = '0022-03-20'",
    "stats_are_not_those_of_their_rows": "DELETE FROM stats_racestats",
    "race_warnings_are_not_those_of_its_rows": """
        INSERT INTO stats_racewarning (race_id, code, count, examples)
        SELECT id, 'lap_time_zero', 1, '[]' FROM races_race
    """,
    "conflict_without_two_sides": conflict(fields='{"number": ["1", "1"]}'),
    "conflict_of_unknown_files": conflict(newer="'ffff0000000000000000000000000000'"),
    "conflict_of_another_race": conflict(race_key="'other'"),
    "conflict_settled_by_halves": conflict(state="settled", settled_at="now()"),
    "revision_of_another_run": NEW_RUN.format("queued")
    + """;
        INSERT INTO imports_rowrevision (run_id, checkpoint_id, kind, row_id, before,
                                         is_deleted)
        SELECT (SELECT max(id) FROM imports_importrun), min(id), 'entrant', 1, '{}', false
        FROM imports_racecheckpoint
    """,
    "staging_without_run": "CREATE TABLE imports_staged_laps_999999 ()",
    "keys_differ_in_case_only": """
        INSERT INTO races_team (source, key) VALUES ('test', 'ACE'), ('test', 'ace')
    """,
    "run_waits_long": NEW_RUN.format("queued")
    + "; UPDATE imports_importrun SET created_at = now() - interval '11 min'",
    "lease_long_over": CLAIMED.format(lease="- interval '1 h'"),
    "settled_by_nobody_known": conflict(state="settled", settled_at="now()"),
}
#: Seen only by another connection; a test of its own.
APART = {"transaction_left_open"}


@pytest.fixture
def club(ingest: Ingest, write_csv: Callable[..., Path]) -> ImportRun:
    """Give the run of a race of two, with three laps, a pit stop and a refused row."""
    run = ingest(
        write_csv(
            "laps.csv",
            "meeting,meeting_start_date,race,entrant,lap,time_ms",
            "ash,2024-05-01,1,7,1,61000",
            "ash,2024-05-01,1,7,2,60500",
            "ash,2024-05-01,1,8,1,62000",
            "ash,2024-05-01,1,8,2,late",
        ),
        write_csv("entrants.csv", "meeting,race,entrant,number", "ash,1,7,7"),
        write_csv("stops.csv", "meeting,race,entrant,stop,lap", "ash,1,7,1,1"),
    )
    assert run.state == "succeeded"
    return run


def plant(statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statements)


def names() -> list[str]:
    return [finding.invariant.name for finding in invariants.violated()]


def test_empty_database_violates_nothing():
    assert names() == []


def test_import_violates_nothing(club):
    assert names() == []


@pytest.mark.parametrize("name", PLANTED)
def test_planted_violation_is_named(club, name):
    plant(PLANTED[name])

    [finding] = [f for f in invariants.violated() if f.invariant.name == name]

    assert finding.count >= len(finding.keys) > 0


def test_every_invariant_has_a_planted_violation():
    assert {i.name for i in INVARIANTS} == set(PLANTED) | APART


def test_transaction_left_open_is_named(monkeypatch):
    monkeypatch.setattr(invariants, "IDLE_SECONDS", 0)
    parameters = connection.get_connection_params()
    kept = ("host", "port", "user", "password", "dbname")
    address = {name: parameters[name] for name in kept if parameters.get(name)}
    with psycopg.connect(**address, application_name="scrutineer") as other:
        other.execute("SELECT 1")

        [finding] = invariants.violated()

        assert finding.invariant.name == "transaction_left_open"
        assert finding.keys == [f"process {other.info.backend_pid}"]


@pytest.mark.parametrize(
    "version_sql",
    [
        "older = jsonb_build_object('time_ms', '00000000000000000000000000000001')",
        'older = \'{"speed": "00000000000000000000000000000001"}\'',
        'older = \'{"in_pit": "no version"}\'',
        "older = jsonb_build_object('in_pit', replace(version::text, '-', ''))",
        "columns = 0",
    ],
)
def test_lap_versions_have_one_form(club, version_sql):
    plant(f"UPDATE races_lap SET {version_sql}")

    assert "lap_versions_not_canonical" in names()


@pytest.mark.parametrize(
    "versions",
    [
        '{{"no version": ["number"]}}',
        '{{"{hex}": []}}',
        '{{"{hex}": ["status", "number"]}}',
        '{{"{hex}": ["number"], "{other}": ["number"]}}',
    ],
)
def test_column_versions_have_one_form(club, versions):
    text = versions.format(hex="ab" * 16, other="cd" * 16)
    plant(f"UPDATE races_entrant SET column_versions = '{text}'")

    assert "column_versions_not_canonical" in names()


def wrong_figures():
    """Give, for each column of the stats, a statement that makes it wrong."""
    values = {"JSONField": "'[9]'", "CharField": "'none'"}
    for model in (EntrantStats, RaceStats):
        for field in model._meta.concrete_fields:
            column = field.column
            value = values.get(field.get_internal_type(), "98765")
            if field.is_relation:
                key = "(SELECT min(id) FROM races_entrant)"
                value = f"CASE WHEN {column} IS NULL THEN {key} END"
            if not field.primary_key:
                yield f"UPDATE {model._meta.db_table} SET {column} = {value}"


def test_each_figure_is_recomputed(club):
    missed = []
    for statement in wrong_figures():
        with transaction.atomic():
            plant(statement)
            if names() != ["stats_are_not_those_of_their_rows"]:
                missed.append(statement)
            transaction.set_rollback(True)

    assert missed == []


def test_warning_that_no_refresh_has_found_is_named(club):
    plant("UPDATE races_entrant SET number = '7'")

    assert "race_warnings_are_not_those_of_its_rows" in names()


def test_staging_of_any_epoch_goes_with_its_run(club):
    plant(f"CREATE TABLE imports_staged_records_{club.pk}_2 ()")

    [finding] = invariants.violated()

    assert finding.keys == [f"table imports_staged_records_{club.pk}_2"]


def test_run_that_is_prepared_has_an_owner(club):
    plant(NEW_RUN.format("staging"))

    assert names() == ["claim_without_owner"]


def test_race_that_a_revert_took_away_need_not_exist(club):
    plant("UPDATE imports_racecheckpoint SET race_id = NULL")
    plant(NEW_RUN.format("queued"))
    plant("UPDATE imports_importrun SET kind = 'revert' WHERE state = 'queued'")

    assert "done_race_does_not_exist" not in names()


def test_stored_files_are_compared_with_the_manifest(club, settings):
    assert invariants.damaged_files() == []
    first, second, _ = SourceFile.objects.order_by("pk")
    (settings.MEDIA_ROOT / first.storage_path).unlink()
    (settings.MEDIA_ROOT / second.storage_path).write_bytes(b"else")

    [finding] = invariants.damaged_files()

    assert finding.keys == [f"source file {first.pk}", f"source file {second.pk}"]


def test_command_names_what_is_violated(club, capsys):
    plant(PLANTED["value_without_version"])

    with pytest.raises(SystemExit) as exit_:
        call_command("ingest_verify")

    assert exit_.value.code == 1
    text = capsys.readouterr().out
    assert "VIOLATED  value_without_version: 2" in text
    assert "that no file states" in text


def test_command_is_clean_and_a_warning_does_not_change_that(club, capsys):
    plant(PLANTED["keys_differ_in_case_only"])

    call_command("ingest_verify", "--json", "--files")

    result = json.loads(capsys.readouterr().out)
    assert (result["is_clean"], result["violated"]) == (True, [])
    [warning] = result["warnings"]
    assert warning["first"] == ["teams of test: ACE, ace"]


def test_command_asks_of_one_run_alone(club, ingest, write_csv, capsys):
    later = ingest(write_csv("b.csv", "team,name", "ace,Ace"))
    plant(PLANTED["run_totals_are_not_the_sums"] + f" WHERE id = {club.pk}")

    call_command("ingest_verify", "--run", str(later.pk))
    with pytest.raises(SystemExit):
        call_command("ingest_verify", "--run", str(club.pk))

    assert f"run {club.pk}" in capsys.readouterr().out


def test_command_refuses_a_run_that_is_not_there():
    with pytest.raises(CommandError, match="There is no run 4711") as refusal:
        call_command("ingest_verify", "--run", "4711")

    assert refusal.value.returncode == 2
