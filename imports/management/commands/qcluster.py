"""django-q's cluster, whose processes end with their parents."""

import os
from typing import Any

from django_q.management.commands import qcluster

from imports.watchdog import orphans
from imports.watchdog.cluster import WATCHDOG


class Command(qcluster.Command):  # type: ignore[misc]
    help = "Start a queue cluster; `ingest_worker` starts one and keeps it alive."

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get(WATCHDOG):
            orphans.die_with_parent(int(os.environ[WATCHDOG]))
        orphans.forks_die_with_us()
        super().handle(*args, **options)
