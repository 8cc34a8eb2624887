"""Measure exports of laps through gunicorn: rows a second, and memory.

`make bench-export` (or LAPS=50000 make bench-export). Makes a database of its own beside
the configured one, fills it with made-up laps, starts gunicorn with one sync worker, and
asks for all of them in each format. The baseline, in the same run, is a bare COPY of the
lap table TO STDOUT. Memory is what the worker's peak grew by since a small export of
the same format, so that what is loaded once is told apart.
"""

import argparse
import base64
import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.bench_import import DATABASE, PROJECT, RACES

FORMATS = ("laps.csv", "laps.ndjson", "laps.parquet", "all.csv.zip", "all.parquet.zip")
REPEATS = 3
ENTRANTS = 20
TOKEN = base64.b64encode(b"bench:a-long-password").decode()
FILL = """
INSERT INTO races_meeting (source, key)
    SELECT 'bench', 'season-' || n FROM generate_series(1, 20) n;
INSERT INTO races_race (meeting_id, key)
    SELECT m.id, 'race-' || n FROM races_meeting m, generate_series(1, {races}) n;
INSERT INTO races_entrant (race_id, key)
    SELECT r.id, 'car-' || n FROM races_race r, generate_series(1, {entrants}) n;
INSERT INTO races_lap (entrant_id, number, time_ms, elapsed_ms, position, columns,
    version)
    SELECT e.id, n, 75000 + (e.id * 31 + n * 7919) % 35000, n * 90000, 1 + e.id % 20, 0,
           '00000000-0000-0000-0000-000000000001'
    FROM races_entrant e, generate_series(1, {laps}) n;
VACUUM ANALYZE;
"""


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--laps", type=int, default=500_000)
    laps = parser.parse_args().laps
    import django

    django.setup()
    with _database(laps) as (environment, rows):
        baseline = statistics.median(_seconds(_bare_copy) for _ in range(REPEATS))
        print(f"{rows:,} laps; bare COPY TO STDOUT {rows / baseline:,.0f} rows/s\n")
        print("| file | rows/s | of a bare COPY | MB | worker grew by | worker |")
        print("|---|---|---|---|---|---|")
        for name in FORMATS:
            with _server(environment) as (port, pid):
                _print_row(name, port, pid, rows=rows, baseline=baseline)


def _print_row(name: str, port: int, pid: int, *, rows: int, baseline: float) -> None:
    query = "?source=bench" if name.startswith("all") else ""
    _export(port, f"laps.{name.split('.')[1]}?race=0")
    before = _peak_mb(pid)
    sizes: list[int] = []
    seconds = statistics.median(
        _seconds(lambda: sizes.append(_export(port, name + query)))
        for _ in range(REPEATS)
    )
    peak = _peak_mb(pid)
    print(
        f"| {name} | {rows / seconds:,.0f} | {seconds / baseline:.2f} times as long "
        f"| {sizes[0] / 1e6:.1f} | {peak - before:.1f} MB | {peak:.0f} MB |"
    )


@contextmanager
def _database(laps: int) -> Iterator[tuple[dict[str, str], int]]:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}_export WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {DATABASE}_export")
    connection.close()
    connection.settings_dict["NAME"] = f"{DATABASE}_export"
    if "EMBEDDED_NAME" in connection.settings_dict:
        connection.settings_dict["EMBEDDED_NAME"] = f"{DATABASE}_export"
    call_command("migrate", verbosity=0)
    get_user_model().objects.create_user("bench", password="a-long-password")
    meetings, per_entrant = 20, max(1, laps // (RACES * ENTRANTS))
    filled = FILL.format(races=RACES // meetings, entrants=ENTRANTS, laps=per_entrant)
    with connection.cursor() as cursor:
        for statement in filled.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
    parameters = connection.get_connection_params()
    host, port = parameters.get("host") or "", parameters.get("port")
    address = (
        f"postgres://{parameters.get('user')}:{parameters.get('password') or ''}@/"
        f"{parameters['dbname']}?host={host.replace('/', '%2F')}"
        + (f"&port={port}" if port else "")
    )
    environment = {**os.environ, "DATABASE_URL": address, "DEBUG": "true"}
    yield environment | {"LOG_LEVEL": "WARNING"}, RACES * ENTRANTS * per_entrant


@contextmanager
def _server(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Give the port of a gunicorn and the id of its one worker."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "ingestion_site.wsgi"]
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "--workers", "1", "--timeout", "600"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert time.monotonic() < deadline, "gunicorn does not come up."
            time.sleep(0.1)
        _export(port, "laps.csv?race=0")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        yield port, int(children.read_text().split()[0])
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _export(port: int, name: str) -> int:
    """Read an export to its end; give how many bytes it has."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {"Authorization": f"Basic {TOKEN}"}
    client.request("GET", f"/api/v1/exports/{name}", headers=headers)
    response = client.getresponse()
    assert response.status == 200, response.read()
    size = 0
    while piece := response.read(1024 * 1024):
        size += len(piece)
    client.close()
    return size


def _bare_copy() -> None:
    from django.db import connection

    with connection.cursor() as cursor, cursor.copy("COPY races_lap TO STDOUT") as out:
        for _ in out:
            pass


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("There is no VmHWM.")


if __name__ == "__main__":
    main()
