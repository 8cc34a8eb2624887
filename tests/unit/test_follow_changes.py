"""The program of docs/ goes on where a server tells it to wait or is away."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "follow_changes.py"
PATIENCE_SECONDS = 30
TWO_PAGES: dict[str, list[list[dict[str, Any]]]] = {
    "removals": [[]],
    "races": [[{"id": 1, "key": "heat"}], [{"id": 2, "key": "final"}]],
}


class Site(ThreadingHTTPServer):
    """Gives pages of two lists; before a page come the failures that are left for it."""

    def __init__(self, failures: dict[str, list[int]]) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.failures = failures
        self.asked: list[str] = []


class Answers(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        resource, page = path.split("/")[3], int("cursor" in query)
        name = f"{resource} {page}"
        self.server.asked.append(name)
        if left := self.server.failures.get(name):
            self.send_response(left.pop(0))
            self.send_header("Retry-After", "0")
            self.end_headers()
            return
        pages = TWO_PAGES[resource]
        address = f"http://127.0.0.1:{self.server.server_port}{path}?cursor=1"
        body = {
            "as_of": "1-1",
            "next": None if page + 1 == len(pages) else address,
            "results": pages[page],
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture
def site(failures: dict[str, list[int]]) -> Iterator[Site]:
    with Site(failures) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def copied(site: Site, copy: Path) -> Any:
    """Run the program until it has a copy, and give the copy; None where it ended."""
    program = subprocess.Popen(
        [sys.executable, SCRIPT, f"http://127.0.0.1:{site.server_port}", copy, "races"],
        env={**os.environ, "SCRUTINEER_AUTHORIZATION": "Bearer x", "SECONDS": "0.05"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not copy.exists() and program.poll() is None:
            assert time.monotonic() < deadline, "It made no copy."
            time.sleep(0.02)
    finally:
        program.terminate()
        program.wait()
    return json.loads(copy.read_text()) if copy.exists() else None


@pytest.mark.parametrize("failures", [{"races 1": [429, 503]}])
def test_walk_waits_and_goes_on_with_the_page_it_was_at(
    site: Site, tmp_path: Path
) -> None:
    copy = copied(site, tmp_path / "copy.json")

    assert list(copy["rows"]) == ["races 1", "races 2"]
    walk = ["removals 0", "races 0", "races 1", "races 1", "races 1"]
    assert site.asked[:5] == walk
    assert site.asked[5:6] in ([], ["removals 0"])


@pytest.mark.parametrize("failures", [{"races 0": [502], "removals 0": [504]}])
def test_program_outlives_a_server_that_fails(site: Site, tmp_path: Path) -> None:
    copy = copied(site, tmp_path / "copy.json")

    assert list(copy["rows"]) == ["races 1", "races 2"]


@pytest.mark.parametrize("failures", [{"races 0": [401]}])
def test_program_ends_where_it_is_refused(site: Site, tmp_path: Path) -> None:
    assert copied(site, tmp_path / "copy.json") is None
