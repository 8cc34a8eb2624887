"""Django on a private server, in this process: import this before anything of ours."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crash.database import PrivateServer


@contextmanager
def private_server() -> Iterator[PrivateServer]:
    """Start a server, set Django up on it, migrate; delete it all at the end."""
    server = PrivateServer()
    try:
        os.environ["DATABASE_URL"] = server.url
        os.environ["FILES_DIR"] = str(server.folder / "files")
        os.environ["LOG_LEVEL"] = "CRITICAL"
        os.environ["DEBUG"] = "false"
        os.environ["DJANGO_SETTINGS_MODULE"] = "ingestion_site.settings"
        os.environ.pop("IMPORTS_FAILPOINT", None)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        server.keep_commits()
        yield server
    finally:
        from django.db import connections

        connections.close_all()
        server.delete()


def logs(server: PrivateServer) -> Path:
    """Give the folder of the workers' output."""
    folder = server.folder / "output"
    folder.mkdir(exist_ok=True)
    return folder
