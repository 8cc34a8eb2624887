"""Processes of our own beside the suite: they see the suite's database and files."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from tests.verified import pytest_runtest_call

__all__ = ["pytest_runtest_call"]

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 60


@pytest.fixture
def environment(transactional_db: None, settings: Any) -> dict[str, str]:
    """Give the environment of a process that works on the test database."""
    parameters = connection.get_connection_params()
    user, password = parameters.get("user") or "", parameters.get("password") or ""
    host, port = quote(parameters.get("host") or "", safe=""), parameters.get("port")
    address = f"postgres://{user}:{password}@/{parameters['dbname']}?host={host}"
    return {
        **os.environ,
        "DATABASE_URL": address + (f"&port={port}" if port else ""),
        "FILES_DIR": str(settings.MEDIA_ROOT),
        "LOG_LEVEL": "WARNING",
        "API_RATE_READ": "off",
    }


@pytest.fixture
def port(environment: dict[str, str]) -> Iterator[int]:
    """Give the port of a gunicorn with one sync worker; passwords let in.

    It takes over a socket that listens already: nobody else can take the port before it
    does, and who asks early waits.
    """
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "ingestion_site.wsgi"),
                *("--bind", f"fd://{listening.fileno()}", "--workers", "1"),
                *("--timeout", str(2 * PATIENCE_SECONDS)),
            ],
            cwd=PROJECT,
            env={**environment, "DEBUG": "true"},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[listening.fileno()],
        )
        found = int(listening.getsockname()[1])
    yield found
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., Any]]:
    """Give a function that starts a management command; it is ended with the test."""
    running: list[subprocess.Popen[str]] = []

    def start_command(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start_command
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
