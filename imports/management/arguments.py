"""What `ingest_races` can be told: its options, and what they mean to the actions."""

import json
import math
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils.dateparse import parse_datetime

from imports import actions, conf
from imports.errors import MappingInvalid, RunNotResumable, StatementInvalid
from imports.flags import Flag, FlagValue, parse
from imports.models import ColumnMapping
from imports.pipeline import corrections, manifest
from imports.pipeline.manifest import Statement

#: What --resume does not take.
OF_A_NEW_RUN = (
    "paths",
    "dry_run",
    "complete",
    "corrects",
    "meeting",
    "race",
    "name_pattern",
    "mapping",
    "max_rejected",
    "priority",
    "observed_at",
    "concurrency",
    "writer",
    "batch_rows",
    "force",
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add all options of the command."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument(
        "--resume",
        type=int,
        metavar="RUN",
        help="go on with a run that is unfinished or not all in; takes no PATH",
    )
    _add_what_is_said(parser)
    _add_how_it_runs(parser)
    _add_what_is_told(parser)


def _add_what_is_said(parser: ArgumentParser) -> None:
    """Add the options that say something of the files."""
    parser.add_argument(
        "--source",
        help="whose data it is; keys are unique within a source",
    )
    parser.add_argument(
        "--priority",
        type=int,
        metavar="N",
        help="0 to 65534; a higher one wins over a newer file",
    )
    parser.add_argument(
        "--observed-at",
        metavar="TIME",
        help="when the data was true (ISO 8601); default: now",
    )
    parser.add_argument(
        "--complete",
        action="store_true",
        help="the files hold all rows of their races: others are removed",
    )
    parser.add_argument(
        "--corrects",
        metavar="FILE",
        help="id or sha256 of the file whose refused rows these bring, corrected",
    )
    parser.add_argument(
        "--meeting",
        default="",
        metavar="KEY",
        help="the meeting of files that do not say of which they are",
    )
    parser.add_argument(
        "--race",
        default="",
        metavar="KEY",
        help="the race of files that do not say of which they are",
    )
    parser.add_argument(
        "--name-pattern",
        default="",
        metavar="PATTERN",
        help="how names of files say it: '{meeting}_laps.csv', '{meeting}/{race}.csv'",
    )
    parser.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="what the columns of the files are, as the admin exports it (JSON)",
    )


def _add_how_it_runs(parser: ArgumentParser) -> None:
    """Add the options of the run, and of its command beside others."""
    parser.add_argument(
        "--max-rejected",
        type=float,
        metavar="PERCENT",
        help="refuse a file whole if a greater share of its rows is refused",
    )
    parser.add_argument("--concurrency", metavar="N")
    parser.add_argument("--writer", choices=["merge", "orm"])
    parser.add_argument("--batch-rows", metavar="N")
    parser.add_argument(
        "--force",
        action="store_true",
        help="read files again that were imported before",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="show what would change and write nothing; --resume then writes it",
    )
    parser.add_argument(
        "--queue", action="store_true", help="leave the work to `make worker`"
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=0,
        metavar="SECONDS",
        help="wait so long for another ingest_races of the source; default: leave",
    )
    parser.add_argument(
        "--beside",
        action="store_true",
        help="work beside another ingest_races of the source, whatever it does",
    )


def _add_what_is_told(parser: ArgumentParser) -> None:
    """Add the options of what the command says at its end."""
    parser.add_argument(
        "--fail-on",
        action="append",
        choices=["rejects", "conflicts"],
        default=[],
        help="exit code 3 if rows are refused, 4 if conflicts wait for a person",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="say nothing where all is well"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def refuse_unless_consistent(options: dict[str, Any]) -> None:
    """Refuse options that do not go together, in a sentence."""
    given = [name for name in OF_A_NEW_RUN if _is_given(options[name])]
    if options["resume"] is not None and given:
        names = ", ".join(_option(name) for name in given)
        raise RunNotResumable(
            f"--resume goes on with the files and options of the run: leave out {names}."
        )
    if not 0 <= options["wait"] < math.inf:
        raise StatementInvalid(
            f"--wait {options['wait']:g}: must be a number of seconds, 0 or more."
        )
    if options["queue"] and options["fail_on"]:
        raise StatementInvalid(
            "--fail-on looks at the end of the run, and --queue does not wait for it: "
            "leave one of them out."
        )


def _is_given(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [])


def _option(name: str) -> str:
    return "PATH" if name == "paths" else f"--{name.replace('_', '-')}"


def statement_of(options: dict[str, Any]) -> Statement:
    stated = {
        "priority": options["priority"],
        "observed_at": _moment(options["observed_at"]),
        "is_complete": options["complete"],
        "meeting": options["meeting"],
        "race": options["race"],
        "name_pattern": options["name_pattern"],
    }
    if options["corrects"] is None:
        source = options["source"]
        if source is None:
            source = conf.get("DEFAULT_SOURCE")
        return Statement(source=source, **stated)
    given = [options["source"], *stated.values()]
    if any(value not in (None, False, "") for value in given):
        raise StatementInvalid(
            "--corrects takes source, priority and time from the file that is corrected, "
            "which stays as complete as it is, and of its meeting and race. Leave "
            "--source, --priority, --observed-at, --complete, --meeting, --race and "
            "--name-pattern out."
        )
    return manifest.statement_of_correction(corrections.find_file(options["corrects"]))


def mapping_of(path: Path | None) -> ColumnMapping | None:
    """Keep the mapping of a file, and give it."""
    if path is None:
        return None
    try:
        spec = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MappingInvalid(
            f"--mapping {path}: {error}. It takes the JSON file of a mapping."
        ) from None
    return actions.save_mapping(spec, by=None)


def flag_options_of(options: dict[str, Any]) -> dict[Flag, FlagValue]:
    given = {
        Flag.CONCURRENCY: options["concurrency"],
        Flag.WRITER: options["writer"],
        Flag.BATCH_ROWS: options["batch_rows"],
    }
    return {flag: parse(flag, text) for flag, text in given.items() if text is not None}


def _moment(text: str | None) -> datetime | None:
    """Read an ISO 8601 moment or date; without an offset it is UTC."""
    if text is None:
        return None
    try:
        moment = parse_datetime(text) or parse_datetime(f"{text}T00:00:00")
    except ValueError:
        moment = None
    if moment is None:
        raise StatementInvalid(
            f"--observed-at {text}: must be a time such as 2022-03-20T15:00:00Z.",
        )
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
