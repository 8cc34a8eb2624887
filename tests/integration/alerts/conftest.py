"""A made-up history of runs and races, and a webhook's receiver on this machine."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from imports import actions
from imports.models import Alert, ImportRun, RaceCheckpoint

SECRET = "whsec_" + "c2NydXRpbmVlciBzaWducyB3aXRoIHRoaXMgc2VjcmV0"


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def make_run(state: str = "succeeded", **values: Any) -> ImportRun:
    is_over = state in ImportRun.FINAL
    values = {
        "source": "test",
        "trigger": "command",
        "created_at": ago(minutes=2),
        "started_at": ago(minutes=2),
        "claimed_at": ago(minutes=2),
        "finished_at": ago(minutes=1) if is_over else None,
        **values,
    }
    return ImportRun.objects.create(state=state, **values)


def make_races(run: ImportRun, number: int, **values: Any) -> None:
    first = run.checkpoints.count() + 1
    values = {
        "state": "done",
        "attempts": 1,
        "finished_at": ago(minutes=1),
        "claimed_at": ago(minutes=1),
        "laps_staged": 1_000,
        "write_ms": 10.0,
        **values,
    }
    RaceCheckpoint.objects.bulk_create(
        RaceCheckpoint(
            run=run,
            number=n,
            source="test",
            meeting_key="ash",
            race_key=str(n),
            **values,
        )
        for n in range(first, first + number)
    )


def found(rule: str) -> list[Any]:
    """Give what breaks a rule now."""
    evaluation = actions.evaluate_alerts(at_once=True)
    assert evaluation is not None
    assert evaluation.failed == []
    return evaluation.found[rule]


def open_ones(rule: str) -> list[Alert]:
    return list(Alert.objects.filter(rule=rule).exclude(state="closed"))


@dataclass
class Receiver:
    """A webhook's receiver: it keeps what came, and answers as it is told."""

    url: str = ""
    #: Answers to come, then 204 for ever.
    answers: list[int] = field(default_factory=list)
    seconds: float = 0
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """Give a receiver on this machine, set up as the webhook."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
            made.let_go.wait(made.seconds)
            status = made.answers.pop(0) if made.answers else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", made.url + "elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            made.came.append(({}, b'{"followed": true}'))

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}/token-in-the-address/"
    settings.IMPORTS_ALERT_WEBHOOK_URL = made.url
    settings.IMPORTS_ALERT_WEBHOOK_SECRET = SECRET
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.let_go.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def open_one() -> Callable[[], Alert]:
    """Give a function that opens an alert."""

    def open_alert(subject: str = "run 7", **values: Any) -> Alert:
        said = {"severity": "critical", "message": "Races fail. Look.", **values}
        return actions.open_alert("made_up", subject=subject, **said)

    return open_alert
