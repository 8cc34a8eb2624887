"""Import race files: the door for cron and for people at a terminal."""

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils.dateparse import parse_datetime

from imports import actions, conf, report
from imports.actions import Order
from imports.errors import ImportsError
from imports.flags import Flag, FlagValue, parse
from imports.management.progress import Progress
from imports.models import ImportRun
from imports.pipeline.lane import Lane
from imports.pipeline.manifest import Statement

NOTHING_DONE = 2


class Command(BaseCommand):
    help = (
        "Import race files. Folders are walked. Exit code 0: all is in; 1: some races "
        "or files are not; 2: nothing could be done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--source",
            default=conf.get("DEFAULT_SOURCE"),
            help="whose data it is; keys are unique within a source",
        )
        parser.add_argument(
            "--priority",
            type=int,
            metavar="N",
            help="0 to 65535; a higher one wins over a newer file",
        )
        parser.add_argument(
            "--observed-at",
            metavar="TIME",
            help="when the data was true (ISO 8601); default: now",
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
            "--queue", action="store_true", help="leave the work to `make worker`"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object on stdout"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._start(options)
            if not options["queue"]:
                self._work(run, is_quiet=options["json"])
        except ImportsError as error:
            raise CommandError(str(error), returncode=NOTHING_DONE) from error
        except OperationalError as error:
            message = f"The database cannot be reached: {error}"
            raise CommandError(message, returncode=NOTHING_DONE) from error
        run.refresh_from_db()
        result = report.as_dict(run)
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.write(report.as_text(run, result))
        if code := report.exit_code(run):
            sys.exit(code)

    def _start(self, options: dict[str, Any]) -> ImportRun:
        statement = Statement(
            source=options["source"],
            priority=options["priority"],
            observed_at=_moment(options["observed_at"]),
        )
        return actions.start_run(
            actions.register_paths(_files(options["paths"]), statement=statement),
            order=Order(
                trigger=ImportRun.Trigger.COMMAND,
                force=options["force"],
                options=_flag_options(options),
            ),
            in_queue=options["queue"],
        )

    def _work(self, run: ImportRun, *, is_quiet: bool) -> None:
        is_shown = sys.stderr.isatty() and not is_quiet
        with Progress(run, is_shown=is_shown) as progress:
            lanes = [
                Lane(name=f"command-{n}", on_race=progress.race_settled)
                for n in range(1, actions.lanes_of(run) + 1)
            ]
            actions.work_run(run, lanes=lanes)


def _files(paths: list[Path]) -> list[Path]:
    """Walk folders; refuse a path that is not there."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file())
            found += [p for p in inside if not p.name.startswith(".")]
        elif path.is_file():
            found.append(path)
        else:
            raise CommandError(f"{path}: no such file.", returncode=NOTHING_DONE)
    if not found:
        names = ", ".join(map(str, paths))
        raise CommandError(f"{names}: no file in it.", returncode=NOTHING_DONE)
    return found


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
        raise CommandError(
            f"--observed-at {text}: must be a time such as 2022-03-20T15:00:00Z.",
            returncode=NOTHING_DONE,
        )
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
