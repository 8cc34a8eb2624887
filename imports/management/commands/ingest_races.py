"""Import race files: the door for cron and for people at a terminal."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, OperationalError, connection

from imports import actions, conf, flags, report, report_plan
from imports.actions import BatchOptions, Order
from imports.errors import (
    ImportsError,
    IngestDisabled,
    RetryLater,
    RunNotResumable,
)
from imports.management import arguments
from imports.management.progress import Progress
from imports.management.stop import Stop
from imports.models import ImportRun
from imports.pipeline import trouble
from imports.pipeline.manifest import Statement
from imports.pipeline.source_lock import Holder, SourceLock

#: Between two looks at a lock that another has.
LOOK_SECONDS = 0.5


class SourceLocked(Exception):
    """Another ingest_races works on the source."""

    def __init__(self, source: str, holder: Holder) -> None:
        super().__init__(
            f"Another ingest_races works on source {source} since "
            f"{holder.since:%Y-%m-%d %H:%M:%S %Z}: nothing was done. (--wait SECONDS "
            "waits for it, --beside works beside it, --queue leaves it to the workers.)"
        )


class Command(BaseCommand):
    help = (
        "Import race files. Folders are walked. Exit code 0: all is in, or another "
        "ingest_races works on the source; 1: some races or files are not in; 2: "
        "nothing could be done; 3, 4: see --fail-on; 75: stopped by a signal, or the "
        "database stayed away: run it again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        arguments.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with Stop() as stop:
            try:
                run = self._import(options, stop)
            except SourceLocked as locked:
                self._tell_locked(str(locked), options)
                return
            except KeyboardInterrupt:
                message = "Stopped by a signal before a run was made. Run it again."
                code = report.RUN_AGAIN
                raise self._refusal(message, options, code=code) from None
            except (ImportsError, DatabaseError, OSError) as error:
                message, code = _explain(error)
                raise self._refusal(message, options, code=code) from error
            # Still in there: a signal that comes now must not cut off what is told.
            self._tell(run, options, is_stopped=stop.is_asked)

    def _import(self, options: dict[str, Any], stop: Stop) -> ImportRun:
        arguments.refuse_unless_consistent(options)
        with stop.cutting():
            self._reach_database()
        if options["resume"] is not None:
            return self._go_on(partial(self._resume, options), options, stop)
        statement = arguments.statement_of(options)
        start = partial(self._start, options, statement, stop)
        if options["queue"] or options["dry_run"] or options["beside"]:
            return self._go_on(start, options, stop)
        with _alone(statement.source, seconds=options["wait"], stop=stop):
            return self._go_on(start, options, stop)

    def _reach_database(self) -> None:
        try:
            connection.ensure_connection()
        except OperationalError:
            seconds = conf.get("RECONNECT_SECONDS")
            self.stderr.write(
                f"The database is away: waiting up to {seconds} s for it."
            )
            trouble.patiently(connection.ensure_connection)

    def _go_on(
        self, make: Callable[[], ImportRun], options: dict[str, Any], stop: Stop
    ) -> ImportRun:
        """Sweep up, make the run or take it up again, and work it."""
        if (swept := actions.watch()) and not options["quiet"]:
            self.stderr.write(str(swept))
        run = make()
        if not options["queue"]:
            self._work(run, options, stop)
        run.refresh_from_db()
        return run

    def _resume(self, options: dict[str, Any]) -> ImportRun:
        run = ImportRun.objects.filter(pk=options["resume"]).first()
        if run is None:
            raise RunNotResumable(
                f"There is no run {options['resume']}. The admin lists the runs."
            )
        go_on = actions.confirm_plan if run.is_plan else actions.resume_run
        go_on(run, by=None, in_queue=options["queue"])
        run.refresh_from_db()
        return run

    def _start(
        self, options: dict[str, Any], statement: Statement, stop: Stop
    ) -> ImportRun:
        if not flags.is_ingest_enabled():
            # Said before files are read that nobody may import.
            raise IngestDisabled
        mapping = arguments.mapping_of(options["mapping"])
        flag_options = arguments.flag_options_of(options)
        taken = actions.take_in(options["paths"], statement=statement, heed=stop.check)
        return actions.start_run(
            taken.files,
            order=Order(
                trigger=ImportRun.Trigger.COMMAND,
                force=options["force"],
                dry_run=options["dry_run"],
                options=flag_options,
                mapping=mapping,
                max_rejected_percent=options["max_rejected"],
                left_out=taken.left_out,
            ),
            in_queue=options["queue"],
        )

    def _work(self, run: ImportRun, options: dict[str, Any], stop: Stop) -> None:
        is_quiet = options["json"] or options["quiet"]
        with Progress(run, is_shown=sys.stderr.isatty() and not is_quiet) as progress:
            batch = BatchOptions(
                name="command",
                is_time_up=stop.is_asked_by_lane,
                on_race=progress.race_settled,
            )
            lanes = actions.lanes_of(run)
            try:
                with stop.cutting():
                    actions.work_run(run, options=batch, max_concurrency=lanes)
            except KeyboardInterrupt:
                # Before it was taken on, or while it was ended.
                actions.cancel_runs([run], by=None, message=actions.INTERRUPTED)

    def _tell(
        self, run: ImportRun, options: dict[str, Any], *, is_stopped: bool
    ) -> None:
        """Say what the run came to, and leave with its exit code."""
        result = report.as_dict(run)
        code = report.exit_code(run, is_stopped=is_stopped, fail_on=options["fail_on"])
        if options["json"]:
            plan = {"plan": report_plan.as_dicts(run)} if run.is_plan else {}
            self.stdout.write(json.dumps(result | plan, cls=DjangoJSONEncoder))
        elif code or not options["quiet"]:
            self.stdout.write(report.as_text(run, result))
            if run.is_plan:
                self.stdout.write(report_plan.as_text(run))
        if code:
            sys.exit(code)

    def _tell_locked(self, message: str, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(report.of_nothing(message, state="locked")))
        if not options["quiet"]:
            self.stderr.write(message)

    def _refusal(
        self, message: str, options: dict[str, Any], *, code: int
    ) -> CommandError:
        """Say in a sentence why nothing could be done; with --json as an object too."""
        if options["json"]:
            state = "refused" if code == report.NOTHING_DONE else "stopped"
            self.stdout.write(json.dumps(report.of_nothing(message, state=state)))
        return CommandError(message.strip(), returncode=code)


@contextmanager
def _alone(source: str, *, seconds: float, stop: Stop) -> Iterator[None]:
    """Hold the lock of the source; SourceLocked where another has it for so long."""
    deadline = time.monotonic() + seconds
    while True:
        stop.check()
        lock = SourceLock(source)
        holder = trouble.patiently(lock.take)
        if holder is None:
            break
        if time.monotonic() >= deadline:
            raise SourceLocked(source, holder)
        time.sleep(LOOK_SECONDS)
    with lock:
        yield


def _explain(error: Exception) -> tuple[str, int]:
    """Give the sentence and the exit code of what could not be done."""
    if isinstance(error, DatabaseError):
        first = str(error).strip().splitlines()[0]
        is_away = trouble.explain(error).is_retryable
        remedy = "Run it again." if is_away else "Is it migrated (manage.py migrate)?"
        code = report.RUN_AGAIN if is_away else report.NOTHING_DONE
        return f"The database cannot be used: {first}. {remedy}", code
    is_again = isinstance(error, RetryLater)
    return str(error), report.RUN_AGAIN if is_again else report.NOTHING_DONE
