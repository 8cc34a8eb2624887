"""What must never be in the tables, whatever was imported, killed or put back.

Each invariant is a query of `sql/invariants.sql` that gives the offenders; none is
clean. `manage.py ingest_verify` shows them, the test suite asks after every test.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from django.core.files.storage import default_storage
from django.db import connection

from imports import conf
from imports.models import SourceFile
from imports.sql import statement
from stats.refresh import figures_of_all_races, warnings_of_all_races

#: Keys of offenders that are named; all of them are counted.
NAMED = 5
#: A transaction that does nothing for longer is left open; ours hold for moments.
IDLE_SECONDS = 30
CHUNK_BYTES = 1 << 20
#: Blocks that a query may read from, in the order in which they stand before it.
SHARED_BLOCKS: dict[str, Callable[[], str]] = {
    "versioned": partial(statement, "versioned"),
    "stated": partial(statement, "stated"),
    "checked": warnings_of_all_races,
    "figures": figures_of_all_races,
}


@dataclass(frozen=True)
class Invariant:
    """A query that must give nothing: what it means if it does, and what to do."""

    name: str
    meaning: str
    remedy: str
    #: Whether it is about runs, so that it can be asked of one run alone.
    is_of_runs: bool = False
    #: Worth a look, no fault of the data.
    is_warning: bool = False


@dataclass(frozen=True)
class Finding:
    """An invariant that does not hold: how many offend it, and the first of them."""

    invariant: Invariant
    count: int
    keys: Sequence[str]


FORCE = "Import the files of the source again with --force"
REPORT = "keep the database as it is and report it: this is a fault of the program"
AGAIN = f"{FORCE}; if it stays, {REPORT}."
LOST = f"Import the files of the run again with --force, and {REPORT}."
REBUILD = f"Run manage.py stats_rebuild; if it stays, {REPORT}."
BY_HAND = f"Somebody wrote to the tables beside the program. {AGAIN}"

INVARIANTS = (
    Invariant(
        "counts_do_not_add_up",
        "A finished run or a done race read more or fewer rows than have an outcome.",
        LOST,
        is_of_runs=True,
    ),
    Invariant(
        "staged_rows_without_outcome",
        "A done race counts other rows than were staged for it.",
        LOST,
        is_of_runs=True,
    ),
    Invariant(
        "file_rows_lost",
        "Rows of a file are neither staged nor refused.",
        LOST,
        is_of_runs=True,
    ),
    Invariant(
        "run_totals_are_not_the_sums",
        "The totals of a finished run are not those of its races, shared rows and "
        "refused rows together.",
        f"Trust the races, not the totals, and {REPORT}.",
        is_of_runs=True,
    ),
    Invariant(
        "run_read_other_than_its_files",
        "A run that succeeded counts other rows than its files staged and refused.",
        LOST,
        is_of_runs=True,
    ),
    Invariant(
        "succeeded_run_lacks_something",
        "A run is called succeeded, and a race of it is not done or a file not in.",
        LOST,
        is_of_runs=True,
    ),
    Invariant(
        "finished_run_has_open_races",
        "A run is over, and a race of it still waits or is claimed: nobody will take "
        "it.",
        "Import the files of the run again.",
        is_of_runs=True,
    ),
    Invariant(
        "rejections_are_not_those_counted",
        "A file has more or fewer refused rows in store than were counted.",
        f"{FORCE}: it lists the refused rows anew.",
        is_of_runs=True,
    ),
    Invariant(
        "more_conflicts_than_counted",
        "A run or a race has more conflicts in store than it counted.",
        f"The list is right, the count is not: {REPORT}.",
        is_of_runs=True,
    ),
    Invariant(
        "race_twice_in_a_run",
        "Two checkpoints of one run are of the same race: two lanes may write it.",
        f"Cancel the run, import its files again, and {REPORT}.",
        is_of_runs=True,
    ),
    Invariant(
        "claim_without_owner",
        "A race or a run is claimed, and nothing says by whom, since when or until when.",
        "Cancel the run and import its files again.",
        is_of_runs=True,
    ),
    Invariant(
        "too_many_attempts",
        "A race was tried more often than is allowed.",
        f"Look at the error of the race, and {REPORT}.",
        is_of_runs=True,
    ),
    Invariant(
        "failed_without_reason",
        "A race failed or a file was rejected, and nothing says why.",
        f"Look into the log of the run, and {REPORT}.",
        is_of_runs=True,
    ),
    Invariant(
        "checkpoint_of_another_race",
        "A checkpoint points to a race of other keys than its own.",
        BY_HAND,
        is_of_runs=True,
    ),
    Invariant(
        "done_race_does_not_exist",
        "A race was committed and is not there, and no revert took it away.",
        f"Somebody deleted it, or it was lost. {FORCE} to have it back.",
        is_of_runs=True,
    ),
    Invariant(
        "file_imported_by_no_run",
        "A file counts as imported, and no run has all its races: it would be passed "
        "over as a duplicate.",
        f"{FORCE}.",
    ),
    Invariant(
        "version_is_not_that_of_its_file",
        "The version of a file is not made of its priority, time and sha256: it is in "
        "the wrong place among the others.",
        BY_HAND,
    ),
    Invariant(
        "version_without_file",
        "A row or a floor has the version of a file that is not in the manifest.",
        f"Its origin is unknown. {BY_HAND}",
    ),
    Invariant(
        "floor_of_no_complete_file",
        "A floor of a race is not the version of a complete file: rows of older files "
        "are kept out for no reason.",
        BY_HAND,
    ),
    Invariant(
        "lap_version_without_file",
        "Laps have the version of a file that is not in the manifest.",
        f"Their origin is unknown. {BY_HAND}",
    ),
    Invariant(
        "version_is_not_the_highest",
        "The version of a row is not the highest of its columns.",
        BY_HAND,
    ),
    Invariant(
        "column_versions_not_canonical",
        "The versions of a row's columns are not in their one form.",
        BY_HAND,
    ),
    Invariant(
        "value_without_version",
        "A row holds a value that no file states.",
        BY_HAND,
    ),
    Invariant(
        "lap_value_without_version",
        "A lap holds a value that no file states.",
        BY_HAND,
    ),
    Invariant(
        "lap_versions_not_canonical",
        "The versions of a lap's columns are not in their one form.",
        BY_HAND,
    ),
    Invariant(
        "lap_without_entrant",
        "A lap belongs to an entrant that is not there.",
        "The triggers that guard laps were off. Delete these laps, and import the "
        "files of their race again with --force.",
    ),
    Invariant(
        "value_out_of_its_domain",
        "A date, a time, a number or a hash is one that cannot be.",
        "A check of the table is missing: compare it with the migrations. Correct the "
        "value by a file.",
    ),
    Invariant(
        "stats_are_not_those_of_their_rows",
        "The stats of an entrant or a race are not what its rows give now.",
        REBUILD,
    ),
    Invariant(
        "race_warnings_are_not_those_of_its_rows",
        "The warnings of a race are not what the domain checks find in it now.",
        REBUILD,
    ),
    Invariant(
        "conflict_without_two_sides",
        "A conflict has one side twice, or lists values that are equal.",
        f"Leave it out of account, and {REPORT}.",
    ),
    Invariant(
        "conflict_of_unknown_files",
        "A side of a conflict has the version of a file that is not in the manifest.",
        BY_HAND,
    ),
    Invariant(
        "conflict_of_another_race",
        "A conflict points to a race of other keys than its own.",
        BY_HAND,
    ),
    Invariant(
        "conflict_settled_by_halves",
        "A conflict is settled without a choice or a time, or has one and is not.",
        "Settle it again in the admin.",
    ),
    Invariant(
        "revision_of_another_run",
        "A revision names one run, and its checkpoint is of another: a revert would "
        "put back the wrong row.",
        f"Do not revert either run, and {REPORT}.",
    ),
    Invariant(
        "staging_without_run",
        "A staging table stands whose run is over or gone.",
        "Nobody reads it: drop it.",
    ),
    Invariant(
        "transaction_left_open",
        "A process of ours holds a transaction open and does nothing: its locks keep "
        "others waiting.",
        "Look at what it does; end it with pg_terminate_backend, its race is tried "
        "again.",
    ),
    Invariant(
        "keys_differ_in_case_only",
        "Keys are equal but for case or form: they may be one thing twice.",
        "Look at both; if they are one, correct the key in the files.",
        is_warning=True,
    ),
    Invariant(
        "run_waits_long",
        "A run waits in the queue for more than ten minutes.",
        "See that a worker runs: make worker.",
        is_of_runs=True,
        is_warning=True,
    ),
    Invariant(
        "lease_long_over",
        "The lease of a race ended long ago, and nobody took the race over.",
        "See that a worker runs, or cancel the run and import its files again.",
        is_of_runs=True,
        is_warning=True,
    ),
    Invariant(
        "settled_by_nobody_known",
        "A conflict is settled, and the account of the one who did is gone.",
        "Nothing, if the account was deleted.",
        is_warning=True,
    ),
)

#: Asked of the storage, file by file; no query.
FILES = Invariant(
    "stored_file_is_not_the_one_taken_in",
    "The stored bytes of a file are gone, or not those that were taken in.",
    "Bring them back from a backup, or upload the file again.",
)


def violated(*, run_id: int | None = None, with_warnings: bool = True) -> list[Finding]:
    """Ask all invariants, or those about one run, and give the ones that do not hold.

    One round trip: the statements are sent together.
    """
    asked = [
        invariant
        for invariant in INVARIANTS
        if (run_id is None or invariant.is_of_runs)
        and (with_warnings or not invariant.is_warning)
    ]
    batch = ";\n".join([statement("verify_settings"), *map(_query, asked)])
    parameters = {
        "run": run_id,
        "rejections_per_code": conf.get("REJECTIONS_PER_CODE"),
        "max_attempts": conf.get("MAX_ATTEMPTS"),
        "lease_seconds": conf.get("LEASE_SECONDS"),
        "idle_seconds": IDLE_SECONDS,
        "named": NAMED,
    }
    found = []
    with connection.cursor() as cursor:
        cursor.execute(batch, parameters)
        for invariant in asked:
            cursor.nextset()
            count, keys = cursor.fetchone()
            if count:
                found.append(Finding(invariant, count, keys))
    return found


def damaged_files() -> list[Finding]:
    """Read every stored file and compare it with the manifest: size and sha256."""
    names = [f"source file {pk}" for pk in _damaged()]
    return [Finding(FILES, len(names), names[:NAMED])] if names else []


def _query(invariant: Invariant) -> str:
    """Give the invariant as a query of one row: how many, and the first of them."""
    body = statement(invariant.name)
    blocks = {name: SHARED_BLOCKS[name]() for name in _blocks_of(body)}
    blocks["offenders"] = body
    named = ",\n".join(f"{name} AS (\n{text}\n)" for name, text in blocks.items())
    tail = statement("first_offenders")
    return f"WITH {named}\n{tail}"


def _blocks_of(body: str) -> list[str]:
    """Give the shared blocks that a query reads from, and that these read from."""
    named = set(re.findall(r"\b(?:FROM|JOIN) (\w+)", body))
    if "stated" in named:
        named.add("versioned")
    return [name for name in SHARED_BLOCKS if name in named]


def _damaged() -> Iterator[int]:
    for file in SourceFile.objects.order_by("pk").iterator():
        if not default_storage.exists(file.storage_path):
            yield file.pk
            continue
        digest, size = hashlib.sha256(), 0
        with default_storage.open(file.storage_path) as content:
            while chunk := content.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
        if (digest.hexdigest(), size) != (file.sha256, file.size_bytes):
            yield file.pk
