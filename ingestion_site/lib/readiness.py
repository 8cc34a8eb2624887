"""Can this process serve? The database answers, its tables are ours, files are kept.

Each check is bounded in time and gives one word or a short sentence, without secrets.
"""

from collections.abc import Callable
from functools import cache
from uuid import uuid4

import psycopg
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader

OK = "ok"
SECONDS = 2
APPLIED = "SELECT app, name FROM django_migrations"


def check_all() -> dict[str, str]:
    """Give what each check found, by name; "ok" where all is well."""
    checks: dict[str, Callable[[], str]] = {
        "database": _database,
        "migrations": _migrations,
        "storage": _storage,
    }
    return {name: check() for name, check in checks.items()}


def _database() -> str:
    """See that the database answers a new connection: what a request will need."""
    try:
        with _connect() as fresh:
            fresh.execute("SELECT 1")
    except psycopg.Error as error:
        return f"does not answer ({type(error).__name__})"
    return OK


def _migrations() -> str:
    try:
        with _connect() as fresh:
            applied = set(fresh.execute(APPLIED).fetchall())
    except psycopg.Error:
        return "cannot be read"
    missing = len(_known() - applied)
    return f"{missing} are not applied: run manage.py migrate" if missing else OK


def _storage() -> str:
    name = f"readyz-{uuid4().hex}"
    try:
        name = default_storage.save(name, ContentFile(b"written to see that it can be"))
        default_storage.delete(name)
    except Exception as error:
        # Any storage may be behind it, with errors of its own.
        return f"cannot be written to ({type(error).__name__})"
    return OK


@cache
def _known() -> frozenset[tuple[str, str]]:
    """Give the migrations of the code; those that replace others count as them."""
    loader = MigrationLoader(None)
    return frozenset(loader.disk_migrations)


def _connect() -> psycopg.Connection:
    """Connect anew: a connection that stands says nothing of the next one."""
    parameters = {**connection.get_connection_params(), "connect_timeout": SECONDS}
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    parameters["options"] = f"-c statement_timeout={SECONDS}s"
    return psycopg.connect(**parameters, autocommit=True)
