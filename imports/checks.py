"""System checks of the imports app."""

from typing import Any

from django.core.checks import CheckMessage, register
from django.core.checks import Error as CheckError
from django.db import connection
from django.utils.module_loading import import_string

from imports import conf
from imports.doorbell import TASKS
from imports.readers.table import KEPT_PER_CODE


@register()
def engine_is_postgresql(**_: Any) -> list[CheckMessage]:
    """Refuse any other database: versions and merges lean on PostgreSQL."""
    if connection.vendor == "postgresql":
        return []
    return [
        CheckError(
            f"The database is {connection.vendor}, not PostgreSQL.",
            hint="Set DATABASE_URL to a postgres:// address, or unset it.",
            id="imports.E001",
        )
    ]


@register()
def task_paths_resolve(**_: Any) -> list[CheckMessage]:
    """A task is enqueued by its path: a path that does not resolve is lost work."""
    return [
        CheckError(f"The task {path} does not exist.", id="imports.E002")
        for path in TASKS
        if not _resolves(path)
    ]


@register()
def rejections_are_kept_by_the_reader(**_: Any) -> list[CheckMessage]:
    """Refuse to keep more rejected rows than the reader does: they would be missing."""
    wanted = conf.get("REJECTIONS_PER_CODE")
    if wanted <= KEPT_PER_CODE:
        return []
    return [
        CheckError(
            f"IMPORTS_REJECTIONS_PER_CODE is {wanted:,}; the reader keeps at most "
            f"{KEPT_PER_CODE:,} rejected rows of a code.",
            hint=f"Set it to {KEPT_PER_CODE:,} or less.",
            id="imports.E003",
        )
    ]


def _resolves(path: str) -> bool:
    try:
        import_string(path)
    except ImportError:
        return False
    return True
