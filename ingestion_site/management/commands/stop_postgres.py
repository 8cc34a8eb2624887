"""Stop the embedded PostgreSQL."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from ingestion_site.lib.embedded_postgres import server


class Command(BaseCommand):
    help = "Stop the embedded PostgreSQL; its data stays."

    def handle(self, *args: Any, **options: Any) -> None:
        data = connection.settings_dict.get("EMBEDDED_DATA")
        if data is None:
            self.stdout.write("DATABASE_URL is set: that server is not ours to stop.")
            return
        was_running = server.stop(Path(str(data)))
        self.stdout.write("Stopped." if was_running else "It was not running.")
