"""Run the queue's workers under their watchdog: what `make worker` starts."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from imports.watchdog.watchdog import Watchdog


class Command(BaseCommand):
    help = (
        "Run the queue's workers (qcluster), start them again where they die or hang, "
        "and see to what dead workers left. SIGTERM ends the tasks in work first."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            f"{settings.Q_CLUSTER['workers']} workers look for runs that are queued. "
            "Ctrl-C or SIGTERM ends them after the files and races in work."
        )
        self.stdout.flush()
        Watchdog().run()
