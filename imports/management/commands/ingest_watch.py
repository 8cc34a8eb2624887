"""One look at everything, for cron: sweep, evaluate alerts, tell of them."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from imports import actions
from imports.errors import DatabaseAway
from imports.models import Alert
from imports.pipeline import trouble

ALL_WELL, OPEN_ALERTS, COULD_NOT_LOOK = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Sweep up what dead workers left, evaluate the rules of alerts and tell of "
        "them, once. Exit code 0: no alert is open; 1: some are; 2: the database "
        "cannot be reached, which is told."
    )
    # Checks ask the database, which may be away.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON object instead of text"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            looked = actions.look()
            alerts = _open_alerts()
        except (DatabaseAway, *trouble.DatabaseErrors) as error:
            is_told = actions.tell_database_unreachable(error, at_once=True)
            self._say_away(error, is_told=is_told, as_json=options["json"])
            raise SystemExit(COULD_NOT_LOOK) from None
        said = _as_json(looked, alerts) if options["json"] else _as_text(looked, alerts)
        self.stdout.write(said)
        if alerts:
            raise SystemExit(OPEN_ALERTS)

    def _say_away(self, error: Exception, *, is_told: bool, as_json: bool) -> None:
        why = type(error).__name__
        if as_json:
            self.stdout.write(json.dumps({"error": "database_unreachable", "why": why}))
            return
        self.stderr.write(
            f"The database cannot be reached ({why}); "
            + ("that was told now." if is_told else "nobody was told now.")
            + " Look at the PostgreSQL server and at DATABASE_URL."
        )


def _open_alerts() -> list[Alert]:
    still_open = Alert.objects.exclude(state=Alert.State.CLOSED)
    return list(still_open.order_by("severity", "opened_at"))


def _as_text(looked: actions.Looked, alerts: list[Alert]) -> str:
    lines = [
        f"{alert.severity}, {alert.state}: {alert}: {alert.message}" for alert in alerts
    ]
    lines += _shortcomings(looked)
    number = "1 alert is" if len(alerts) == 1 else f"{len(alerts):,} alerts are"
    return "\n".join([*lines, f"{number} open. {looked.swept}"])


def _shortcomings(looked: actions.Looked) -> list[str]:
    if looked.evaluation is None:
        return ["Another watcher evaluated the rules at the same time."]
    lines = [
        f"The rule {name} could not be asked; see the log."
        for name in looked.evaluation.failed
    ]
    if looked.sent.failed:
        lines.append(f"{looked.sent.failed:,} messages could not be sent.")
    return lines


def _as_json(looked: actions.Looked, alerts: list[Alert]) -> str:
    evaluation = looked.evaluation
    return json.dumps(
        {
            "alerts": [
                {
                    "rule": alert.rule,
                    "subject": alert.subject,
                    "severity": alert.severity,
                    "state": alert.state,
                    "message": alert.message,
                    "opened_at": alert.opened_at.isoformat(),
                    "seen_at": alert.seen_at.isoformat(),
                }
                for alert in alerts
            ],
            "evaluated": evaluation is not None,
            "rules_failed": evaluation.failed if evaluation else [],
            "sent": looked.sent.sent,
            "not_sent": looked.sent.failed,
        }
    )
