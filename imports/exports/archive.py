"""All tables of a source -> one ZIP file, as of one moment; it imports back as one.

A table without rows has no member: a file of ours that holds no row is a mistake.
"""

import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from imports.exports.formats import Format
from imports.exports.outlet import Outlet
from imports.exports.tables import TABLES

MEDIA_TYPE = "application/zip"


def rows_of(source: str, *, meetings: QuerySet[Any]) -> dict[str, QuerySet[Any]]:
    """Give the rows of each table: those below the meetings, and all that they share."""
    shared = {"source": source}
    held = meetings.values("pk")
    filters: dict[str, dict[str, Any]] = {
        "venues": shared,
        "teams": shared,
        "competitors": shared,
        "meetings": {"pk__in": held},
        "races": {"meeting__in": held},
        "entrants": {"race__meeting__in": held},
        "laps": {"entrant__race__meeting__in": held},
        "pit_stops": {"entrant__race__meeting__in": held},
    }
    return {name: TABLES[name].rows().filter(**filters[name]) for name in TABLES}


def write(tables: Mapping[str, QuerySet[Any]], *, format: Format) -> Iterator[bytes]:  # noqa: A002  what it is
    """Give the file in pieces; without its last one it is none."""
    out = Outlet()
    packing = zipfile.ZIP_STORED if format.is_packed else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w") as archive:
        for name, rows in tables.items():
            if not rows.exists():
                continue
            member = zipfile.ZipInfo(
                f"{name}.{format.suffix}", date_time=timezone.now().timetuple()[:6]
            )
            member.compress_type = packing
            with archive.open(member, "w", force_zip64=True) as file:
                for piece in format.write(TABLES[name], rows):
                    file.write(piece)
                    if packed := out.take():
                        yield packed
    yield out.take()
