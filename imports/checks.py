"""System checks of the imports app."""

from typing import Any

from django.core.checks import CheckMessage, register
from django.core.checks import Error as CheckError
from django.db import connection
from django.utils.module_loading import import_string

from imports.doorbell import TASKS


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


def _resolves(path: str) -> bool:
    try:
        import_string(path)
    except ImportError:
        return False
    return True
