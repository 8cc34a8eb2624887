"""Leaderboards and season summaries, written anew: for cron, beside any number of others."""

import json
import time
from typing import Any

import psycopg
import structlog
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from races.models import Meeting
from stats.documents.document import Chosen
from stats.documents.refresh import Refreshed, is_known, refresh_snapshots
from stats.snapshots.retry import REPEATABLE_STATES

log = structlog.get_logger(__name__)

REFUSED, NOTHING_DONE, COME_AGAIN = 1, 2, 75


class Command(BaseCommand):
    help = (
        "Write leaderboards and season summaries from the rows that there are. May run "
        "beside itself. Exit code 0: all are written; 1: some cannot be; 2: nothing "
        "could be done; 75: the database is away, come again."
    )
    # Checks ask the database, which may be away.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", help="only the documents of this source")
        parser.add_argument(
            "--season",
            type=int,
            metavar="YEAR",
            help="only those of this season, and of the venues that it came to",
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object on stdout"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = Chosen(options["source"], options["season"])
        began = time.monotonic()
        try:
            told = _refresh(chosen)
        except (DatabaseError, InterfaceError) as error:
            raise _explained(error) from error
        told["seconds"] = round(time.monotonic() - began, 3)
        self.stdout.write(json.dumps(told) if options["json"] else _as_text(told))
        if told["refused"]:
            raise SystemExit(REFUSED)


def _refresh(chosen: Chosen) -> dict[str, Any]:
    """Write the documents; give what became of them."""
    if not is_known(chosen):
        raise CommandError(
            f"There is no meeting of {_named(chosen)}. The admin lists the meetings.",
            returncode=NOTHING_DONE,
        )
    done = refresh_snapshots(chosen)
    told = _as_dict(done, chosen)
    log.info(
        "snapshots_written",
        source=chosen.source,
        season=chosen.season,
        **{name: len(told[name]) for name in ("written", "by_others", "refused")},
    )
    return told


def _named(chosen: Chosen) -> str:
    source = f"the source {chosen.source!r}" if chosen.source is not None else ""
    season = f"the season {chosen.season}" if chosen.season is not None else ""
    return " in ".join(filter(None, [source, season]))


def _as_dict(done: Refreshed, chosen: Chosen) -> dict[str, Any]:
    without = Meeting.objects.filter(season__isnull=True)
    if chosen.source is not None:
        without = without.filter(source=chosen.source)
    return {
        "written": [
            {
                "scope": snapshot.scope,
                "stats_type": snapshot.stats_type,
                "version": snapshot.version,
            }
            for snapshot in done.written
        ],
        "by_others": [
            {"scope": scope, "stats_type": stats_type}
            for scope, stats_type in done.by_others
        ],
        "refused": [
            {"scope": scope, "stats_type": stats_type, "message": message}
            for scope, stats_type, message in done.refused
        ],
        "meetings_without_season": without.count(),
    }


def _as_text(told: dict[str, Any]) -> str:
    lines = [
        f"Not written: {left['stats_type']} of {left['scope']}: {left['message']}"
        for left in told["refused"]
    ]
    said = f"{len(told['written']):,} snapshots written in {told['seconds']:.1f} s"
    if told["by_others"]:
        said += f", {len(told['by_others']):,} just written by others"
    lines.append(f"{said}.")
    if told["meetings_without_season"]:
        lines.append(
            "In no standing or summary, for want of a season: "
            f"{told['meetings_without_season']:,} of the meetings."
        )
    return "\n".join(lines)


def _explained(error: Exception) -> CommandError:
    """Say what an error of the database means for who called."""
    cause = error.__cause__
    if isinstance(cause, psycopg.errors.UndefinedTable):
        return CommandError(
            "The database is not migrated: run manage.py migrate.",
            returncode=NOTHING_DONE,
        )
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    lost = isinstance(cause, (psycopg.OperationalError, psycopg.InterfaceError))
    if lost or state in REPEATABLE_STATES:
        return CommandError(
            f"The database is busy or away ({type(cause).__name__}). What was written "
            "stays; run it again.",
            returncode=COME_AGAIN,
        )
    raise error
