"""Revert a run: the door for people at a terminal and for scripts."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from imports import actions, report, revert_report
from imports.actions import BatchOptions
from imports.errors import ImportsError
from imports.models import ImportRun
from imports.pipeline.revert.preview import outcome_of, preview
from imports.pipeline.revert.runs import find_run


class Command(BaseCommand):
    help = (
        "Put back what a run changed, but for what later runs changed since. Exit code "
        "0: all that can go back is back; 1: some races are not; 2: nothing could be "
        "done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int, metavar="RUN", help="the run to revert")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say what would happen, write nothing",
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object on stdout"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = find_run(options["run"])
            if options["dry_run"]:
                self._say(run, None, is_json=options["json"])
                return
            revert = actions.start_revert(
                run, trigger=ImportRun.Trigger.COMMAND, by=None
            )
            actions.work_run(
                revert,
                options=BatchOptions(name="revert"),
                max_concurrency=actions.lanes_of(revert),
            )
        except (ImportsError, DatabaseError) as error:
            raise self._refusal(error, is_json=options["json"]) from error
        revert.refresh_from_db()
        self._say(run, revert, is_json=options["json"])
        if code := report.exit_code(revert):
            sys.exit(code)

    def _say(self, run: ImportRun, revert: ImportRun | None, *, is_json: bool) -> None:
        outcome = outcome_of(revert) if revert else preview(run)
        if is_json:
            shown = revert_report.as_dict(run, outcome, revert=revert)
            self.stdout.write(json.dumps(shown))
        else:
            self.stdout.write(revert_report.as_text(run, outcome, revert=revert))

    def _refusal(self, error: Exception, *, is_json: bool) -> CommandError:
        message = str(error).strip()
        if isinstance(error, DatabaseError):
            message = f"The database cannot be used: {message.splitlines()[0]}."
        if is_json:
            refused = {"run": None, "state": "refused", "message": message}
            self.stdout.write(json.dumps(refused))
        return CommandError(message, returncode=report.NOTHING_DONE)
