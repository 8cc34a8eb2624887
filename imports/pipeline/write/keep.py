"""Write down what a journal has kept, in the transaction of the rows it speaks of."""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from imports.models import RowRevision
from imports.pipeline.registers.journal import Journal
from imports.sql import statement


def keep_journal(journal: Journal, *, race_id: int | None = None) -> None:
    """Write the revisions, and the conflicts that are kept in full."""
    RowRevision.objects.bulk_create(journal.revisions)
    if not journal.details:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            statement("record_conflicts"),
            {
                "source": journal.run.source,
                "run": journal.run.run_id,
                "race": race_id,
                "race_key": journal.place.race_key,
                "rows": json.dumps(journal.details, cls=DjangoJSONEncoder),
            },
        )
