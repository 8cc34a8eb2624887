"""`make api-fuzz`: schemathesis asks a real server everything that OpenAPI describes.

On a PostgreSQL of its own, with a season in it. Prints what schemathesis found; exit
code 1 where an answer is not as docs/openapi.yaml says, the server failed, fewer cases
were asked than told, or an invariant of the tables is violated.
"""

import argparse
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.crash.bootstrap import logs, private_server
from tests.crash.database import PrivateServer

PROJECT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = PROJECT / "docs" / "openapi.yaml"
CONFIG = Path(__file__).with_name("schemathesis.toml")
GENERATED = re.compile(r"([\d,]+) generated")
PATIENCE_SECONDS = 60


def main() -> int:
    """Ask what is asked for; give the exit code."""
    asked = _arguments()
    with private_server() as server:
        from tests.api_fuzz import world

        world.build()
        with _site(server) as address:
            command = _command(
                asked, address=address, authorization=world.credentials()
            )
            found = _watch(command)
        faults = [*_faults(found, cases=asked.cases), *_violations()]
    print("\n".join(faults) or "Every answer was as the document says.")
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make api-fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="a regular expression of paths")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    parser.add_argument("--report", help="where each case is written, as JSON lines")
    return parser.parse_args()


def _operations() -> int:
    return DOCUMENT.read_text().count("operationId: ")


def _command(
    asked: argparse.Namespace, *, address: str, authorization: str
) -> list[str]:
    # The coverage of edge cases comes on top of these.
    each = math.ceil(asked.cases / _operations())
    command = [
        str(Path(sys.executable).with_name("st")),
        *("--config-file", str(CONFIG), "--no-color", "run", str(DOCUMENT)),
        *("--url", address, "--checks", "all", "--continue-on-failure"),
        *("--max-examples", str(each), "--seed", str(asked.seed)),
        *("--generation-database", "none", "--suppress-health-check", "all"),
        *("--generation-with-security-parameters", "false"),
        # Of two threads one can fail at CPython's own count of recursions (3.11).
        *("--workers", "1", "--no-shrink", "--request-timeout", "60"),
    ]
    command += ["--header", f"Authorization: {authorization}"]
    command += ["--phases", asked.phases]
    if asked.report:
        command += ["--report-ndjson-path", asked.report]
    if asked.only:
        command += ["--include-path-regex", asked.only]
    return command


def _watch(command: list[str]) -> tuple[int, str]:
    """Run schemathesis, show what it says, and give its exit code and words."""
    said = []
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        print(line, end="", flush=True)
        said.append(line)
    return process.wait(), "".join(said)


@contextmanager
def _site(server: PrivateServer) -> Iterator[str]:
    """Serve the site by gunicorn; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "API_PASSWORDS": "false",
        **{f"API_RATE_{rate}": "off" for rate in ("READ", "UPLOAD", "RUN", "FAILURES")},
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "false",
    }
    output = (logs(server) / "site.log").open("wb")
    site = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "ingestion_site.wsgi"),
            *("--bind", f"127.0.0.1:{port}", "--workers", "3", "--timeout", "120"),
            # What is too long is to be refused by the application.
            *("--limit-request-line", "0", "--limit-request-field_size", "0"),
        ],
        cwd=PROJECT,
        env=environment,
        stdout=output,
        stderr=output,
    )
    try:
        _wait_for(address)
        yield address
    finally:
        site.send_signal(signal.SIGTERM)
        site.wait(60)
        output.close()
        _show_errors(logs(server) / "site.log")


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{address}/livez")  # noqa: S310  our own server
            return
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _show_errors(log: Path) -> None:
    """Show what the server failed at."""
    seen: set[str] = set()
    for line in log.read_text().splitlines():
        try:
            told: dict[str, Any] = json.loads(line)
        except ValueError:
            continue
        trace = str(told.get("exception", ""))[-2_000:]
        if trace and trace not in seen and len(seen) < 20:
            seen.add(trace)
            print(f"{told.get('event')}\n{trace}")


def _faults(found: tuple[int, str], *, cases: int) -> Iterator[str]:
    code, said = found
    if code:
        yield "FAULT: schemathesis found answers that are not as the document says."
    told = GENERATED.search(said)
    generated = int(told[1].replace(",", "")) if told else 0
    if generated < cases:
        yield f"FAULT: {generated:,} cases were asked, not {cases:,}."


def _violations() -> Iterator[str]:
    from imports import invariants

    for found in invariants.violated(with_warnings=False):
        yield f"FAULT: violated: {found.invariant.name}"


if __name__ == "__main__":
    sys.exit(main())
