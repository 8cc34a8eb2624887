"""Measure the API as it runs in production, as ratios to a bare query in the same run.

`make bench-api` (or LAPS=50000 REQUESTS=100 make bench-api). Makes a database of its own
beside the configured one, imports a season-shaped file into it, starts gunicorn as the
README runs it, and asks over one connection that is kept, after a warm-up. The baseline
is the laps of one race by psycopg and `json.dumps`, without Django, HTTP or a login.
`cpu` is what the workers used for a request: it holds on a busy machine too.
"""

import argparse
import contextlib
import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

PROJECT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(PROJECT))

from tests.benchmarks import bench_import  # noqa: E402

WARM_UP = 20
START_SECONDS = 60
GUNICORN = ("--workers", "2", "--threads", "4")
BASELINE = """
SELECT e.race_id AS race, l.entrant_id AS entrant, l.number, l.time_ms, l.elapsed_ms,
       l.sector1_ms, l.sector2_ms, l.sector3_ms, l.position, l.in_pit, l.is_deleted,
       f.id AS file
FROM races_lap l JOIN races_entrant e ON e.id = l.entrant_id
JOIN imports_sourcefile f ON f.version = l.version
WHERE e.race_id = %s ORDER BY l.entrant_id, l.number
"""


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--laps", type=int, default=500_000)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        address = bench_import._make_database()
        environment = {
            **os.environ,
            "DATABASE_URL": address,
            "FILES_DIR": str(Path(folder) / "files"),
            "DEBUG": "false",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_SSL_REDIRECT": "false",
            "LOG_LEVEL": "ERROR",
        }
        season = bench_import._write_file(Path(folder) / "laps.csv", arguments.laps)
        bench_import._import(season, environment, dict(bench_import.FIRST))
        with bench_import._connect(address) as connection:
            connection.execute("VACUUM ANALYZE")
        for number in range(1, arguments.rounds + 1):
            print(f"round {number}: {_machine()}")
            _round(address, environment, requests=arguments.requests)


def _machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    python = platform.python_version()
    return f"{os.cpu_count()} cores, load {load}, Python {python}"


def _round(address: str, environment: dict[str, str], *, requests: int) -> None:
    race, meeting = _race_in_the_middle()
    with bench_import._connect(address) as bare:
        baseline = _measure(lambda: _bare_answer(bare, race), requests=requests)
    _print("bare SELECT and json.dumps", *baseline, baseline=baseline[0])
    with _gunicorn(environment) as (port, cpu):
        client = Client(port, cookie=_session())
        for name, path, headers in _questions(client, race=race, meeting=meeting):
            ask = lambda p=path, h=headers: client.get(p, h)  # noqa: E731
            before = cpu()
            times, size = _measure(ask, requests=requests)
            spent = (cpu() - before) * 1000 / (requests + WARM_UP)
            _print(name, times, size, baseline=baseline[0], cpu=spent)
        client.close()


def _questions(
    client: "Client", *, race: int, meeting: int
) -> Iterator[tuple[str, str, dict[str, str]]]:
    laps = f"/api/v1/laps/?race={race}"
    yield "laps of a race", laps, {}
    yield "laps, provenance", f"{laps}&include=provenance", {}
    yield "laps of an entrant", f"/api/v1/laps/?entrant={race * 20}", {}
    yield "laps, first page of all", "/api/v1/laps/?page_size=1000", {}
    yield "one race", f"/api/v1/races/{race}/", {}
    yield "races, 100", "/api/v1/races/", {}
    yield "races, 50 with entrants", "/api/v1/races/?include=entrants&page_size=50", {}
    yield "entrants of a race", f"/api/v1/entrants/?race={race}", {}
    yield "meetings, 100", "/api/v1/meetings/", {}
    yield "entrants, 50 with stats", "/api/v1/entrants/?include=stats&page_size=50", {}
    for path in (laps, f"/api/v1/races/{race}/"):
        tag = client.tag(path)
        if tag:
            yield f"304: {path[8:24]}", path, {"If-None-Match": tag}
    for form in ("csv", "ndjson", "parquet"):
        path = f"/api/v1/exports/laps.{form}?race={race}"
        if client.is_answered(path):
            yield f"laps of a race, {form}", path, {}


class Client:
    """One connection that is kept, of a user who is logged in."""

    def __init__(self, port: int, *, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": cookie}

    def send(self, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        self.connection.request("GET", path, headers=self.headers | headers)
        return self.connection.getresponse()

    def get(self, path: str, headers: dict[str, str]) -> int:
        """Give the number of bytes of the answer."""
        response = self.send(path, headers)
        body = response.read()
        if response.status not in (200, 304):
            raise SystemExit(f"{path}: {response.status} {body[:500]!r}")
        return len(body)

    def tag(self, path: str) -> str | None:
        """Give the ETag of an answer, if it has one."""
        response = self.send(path, {})
        response.read()
        return response.getheader("ETag")

    def is_answered(self, path: str) -> bool:
        """Tell whether there is such an answer."""
        response = self.send(path, {})
        response.read()
        return response.status == 200

    def close(self) -> None:
        self.connection.close()


def _measure(ask: Callable[[], int], *, requests: int) -> tuple[list[float], int]:
    for _ in range(WARM_UP):
        size = ask()
    times = []
    for _ in range(requests):
        started = time.perf_counter()
        ask()
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times), size


def _print(
    name: str,
    times: list[float],
    size: int,
    *,
    baseline: list[float],
    cpu: float | None = None,
) -> None:
    p50, p95, p99 = (_percentile(times, share) for share in (50, 95, 99))
    ratio = statistics.median(times) / statistics.median(baseline)
    print(
        f"  {name:27} {size / 1000:8.1f} kB  p50 {p50:6.1f}  p95 {p95:6.1f}"
        f"  p99 {p99:6.1f}  max {times[-1]:6.1f} ms  {ratio:5.2f} x"
        + (f"  cpu {cpu:5.1f} ms" if cpu is not None else ""),
        flush=True,
    )


def _percentile(times: list[float], share: int) -> float:
    return times[min(len(times) - 1, len(times) * share // 100)]


def _bare_answer(connection: Any, race: int) -> int:
    cursor = connection.execute(BASELINE, [race])
    names = [column.name for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return len(json.dumps({"results": rows}).encode())


def _race_in_the_middle() -> tuple[int, int]:
    from races.models import Race

    races = Race.objects.order_by("pk")
    return races.values_list("pk", "meeting_id")[races.count() // 2]


def _session() -> str:
    """Log a user in; give the cookie."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client as Browser

    user, _ = get_user_model().objects.get_or_create(username="bench")
    browser = Browser()
    browser.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={browser.cookies[name].value}"


@contextlib.contextmanager
def _gunicorn(
    environment: dict[str, str],
) -> Iterator[tuple[int, Callable[[], float]]]:
    """Run gunicorn until it is no longer needed; give its port and its CPU seconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "ingestion_site.wsgi", *GUNICORN]
    server = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "--log-level", "warning"],
        env=environment,
        cwd=PROJECT,
    )
    try:
        _await(port, server)
        workers = psutil.Process(server.pid).children()
        yield port, lambda: sum(sum(w.cpu_times()[:2]) for w in workers)
    finally:
        server.terminate()
        server.wait(timeout=60)


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            return
        time.sleep(0.1)
    raise SystemExit("gunicorn did not start")


if __name__ == "__main__":
    main()
