"""Work out stats and warnings of all races anew from their rows."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports import actions
from races.models import Meeting


class Command(BaseCommand):
    help = "Work out the stats and warnings of races anew; their rows stay as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", help="only the races of this source")

    def handle(self, *args: Any, **options: Any) -> None:
        source = options["source"]
        if source and not Meeting.objects.filter(source=source).exists():
            raise CommandError(f"There is no meeting of the source {source!r}.")
        done = actions.rebuild_stats(source=source)
        self.stdout.write(f"Stats and warnings of {done:,} races are worked out anew.")
