"""`make demo`: a staff user, the sample season, and where to look."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

NAME = PASSWORD = "demo"
SAMPLE = Path("samples") / "f1_2022"
PAGES = """
Now start the site with `make serve` and look at
  http://localhost:8000/admin/                     user {name}, password {password}
  http://localhost:8000/admin/imports/importrun/   the runs, their races and timings
  http://localhost:8000/admin/races/meeting/       22 meetings, down to every lap
  http://localhost:8000/api/v1/docs/               the API
`make worker` works the runs that are started in the admin."""


class Command(BaseCommand):
    help = "Create the demo user and import the 2022 Formula 1 season."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo has a known password: it needs DEBUG=true.")
        users = get_user_model()
        if not users.objects.filter(username=NAME).exists():
            users.objects.create_superuser(NAME, password=PASSWORD)
        call_command(
            "ingest_races",
            str(settings.BASE_DIR / SAMPLE),
            source="f1",
            observed_at="2022-11-20T18:00:00Z",
            stdout=self.stdout,
        )
        self.stdout.write(PAGES.format(name=NAME, password=PASSWORD))
