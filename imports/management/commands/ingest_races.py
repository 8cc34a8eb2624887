"""Import race files: the door for cron and for people at a terminal."""

import json
import signal
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError
from django.utils.dateparse import parse_datetime

from imports import actions, conf, report, report_plan
from imports.actions import BatchOptions, Order
from imports.errors import (
    ImportsError,
    MappingInvalid,
    NothingToImport,
    RunNotResumable,
    StatementInvalid,
)
from imports.flags import Flag, FlagValue, parse
from imports.management.progress import Progress
from imports.models import ColumnMapping, ImportRun
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


class Command(BaseCommand):
    help = (
        "Import race files. Folders are walked. Exit code 0: all is in; 1: some races "
        "or files are not; 2: nothing could be done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
        parser.add_argument(
            "--resume",
            type=int,
            metavar="RUN",
            help="go on with a run that is unfinished or not all in; takes no PATH",
        )
        _add_what_is_said(parser)
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
            "--json", action="store_true", help="one JSON object on stdout"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._sweep()
            resumed = options["resume"] is not None
            run = self._resume(options) if resumed else self._start(options)
            if not options["queue"]:
                self._work(run, is_quiet=options["json"])
        except (ImportsError, DatabaseError, OSError) as error:
            raise self._refusal(error, is_json=options["json"]) from error
        run.refresh_from_db()
        result = report.as_dict(run)
        is_planned = run.state == ImportRun.State.PLANNED
        if options["json"]:
            plan = {"plan": report_plan.as_dicts(run)} if is_planned else {}
            self.stdout.write(json.dumps(result | plan, cls=DjangoJSONEncoder))
        else:
            self.stdout.write(report.as_text(run, result))
            if is_planned:
                self.stdout.write(report_plan.as_text(run))
        if code := report.exit_code(run):
            sys.exit(code)

    def _refusal(self, error: Exception, *, is_json: bool) -> CommandError:
        """Say in a sentence why nothing could be done; with --json as an object too."""
        message = str(error).strip()
        if isinstance(error, DatabaseError):
            message = (
                f"The database cannot be used: {message.splitlines()[0]}. Is it there, "
                "and migrated (manage.py migrate)?"
            )
        if is_json:
            self.stdout.write(json.dumps(report.of_nothing(message)))
        return CommandError(message, returncode=report.NOTHING_DONE)

    def _sweep(self) -> None:
        if swept := actions.watch():
            self.stderr.write(str(swept))

    def _resume(self, options: dict[str, Any]) -> ImportRun:
        given = [name for name in OF_A_NEW_RUN if _is_given(options[name])]
        if given:
            names = ", ".join(_option(name) for name in given)
            raise RunNotResumable(
                f"--resume goes on with the files and options of the run: leave out {names}."
            )
        run = ImportRun.objects.filter(pk=options["resume"]).first()
        if run is None:
            raise RunNotResumable(
                f"There is no run {options['resume']}. The admin lists the runs."
            )
        go_on = actions.confirm_plan if run.is_plan else actions.resume_run
        go_on(run, by=None, in_queue=options["queue"])
        run.refresh_from_db()
        return run

    def _start(self, options: dict[str, Any]) -> ImportRun:
        paths = _files(options["paths"])
        mapping = _mapping(options["mapping"])
        return actions.start_run(
            actions.register_paths(paths, statement=_statement(options)),
            order=Order(
                trigger=ImportRun.Trigger.COMMAND,
                force=options["force"],
                dry_run=options["dry_run"],
                options=_flag_options(options),
                mapping=mapping,
                max_rejected_percent=options["max_rejected"],
            ),
            in_queue=options["queue"],
        )

    def _work(self, run: ImportRun, *, is_quiet: bool) -> None:
        is_shown = sys.stderr.isatty() and not is_quiet
        # cron and systemd stop with SIGTERM what people stop with Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with Progress(run, is_shown=is_shown) as progress:
            actions.work_run(
                run,
                options=BatchOptions(name="command", on_race=progress.race_settled),
                max_concurrency=actions.lanes_of(run),
            )


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


def _is_given(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [])


def _option(name: str) -> str:
    return "PATH" if name == "paths" else f"--{name.replace('_', '-')}"


def _statement(options: dict[str, Any]) -> Statement:
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


def _mapping(path: Path | None) -> ColumnMapping | None:
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


def _files(paths: list[Path]) -> list[Path]:
    """Walk folders; refuse a path that is not there."""
    if not paths:
        raise NothingToImport("Name a file or folder to import, or --resume RUN.")
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file())
            found += [p for p in inside if not _is_hidden(p.relative_to(path))]
        elif path.is_file():
            found.append(path)
        else:
            raise NothingToImport(f"{path}: no such file.")
    if not found:
        names = ", ".join(map(str, paths))
        raise NothingToImport(f"{names}: no file in it.")
    return found


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _flag_options(options: dict[str, Any]) -> dict[Flag, FlagValue]:
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
