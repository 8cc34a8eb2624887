"""Can this process serve? The database answers, its tables are ours, files are kept.

Each check is bounded in time and gives one word or a short sentence, without secrets.
"""

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
    return {**_database(), "storage": _storage()}


def _database() -> dict[str, str]:
    """Ask a new connection, as a request will need one: it is one for both answers."""
    try:
        with _connect() as fresh:
            applied = set(fresh.execute(APPLIED).fetchall())
    except psycopg.errors.UndefinedTable:
        applied = set()
    except psycopg.Error as error:
        away = f"does not answer ({type(error).__name__})"
        return {"database": away, "migrations": "cannot be read"}
    missing = len(_known() - applied)
    said = f"{missing} not applied: run manage.py migrate" if missing else OK
    return {"database": OK, "migrations": said}


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
    options = parameters.get("options") or ""
    parameters["options"] = f"{options} -c statement_timeout={SECONDS}s".strip()
    return psycopg.connect(**parameters, autocommit=True)
