"""What all tests share: a world small enough to know by heart, and an import of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from imports import actions
from imports.actions import BatchOptions, Order
from imports.flags import Flag, FlagValue
from imports.models import ImportRun
from imports.pipeline import stage
from imports.pipeline.manifest import Statement
from imports.readers.sandbox.limits import Limits
from imports.readers.sandbox.parent import Sandbox

SAMPLE = Path(__file__).parent.parent / "samples" / "f1_2022"
SOURCE = "test"


@pytest.fixture(autouse=True)
def _own_file_storage(tmp_path: Path, settings: Any) -> None:
    """Keep the files of a test out of var/."""
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture(autouse=True)
def _own_outage_file(tmp_path: Path, settings: Any) -> None:
    """Keep what a test says of an outage from the others."""
    settings.IMPORTS_OUTAGE_FILE = tmp_path / "outage" / "database.json"


@pytest.fixture(autouse=True)
def _plain_static_files(tmp_path: Path, settings: Any) -> None:
    # Whitenoise warns of a folder that `collectstatic` has not made yet.
    settings.STATIC_ROOT = tmp_path
    settings.SECURE_SSL_REDIRECT = False


Ingest = Callable[..., ImportRun]


@pytest.fixture
def ingest() -> Ingest:
    """Give a function that imports files (paths) and gives the finished run."""

    def import_files(
        *paths: Path,
        source: str = SOURCE,
        lanes: int = 1,
        force: bool = False,
        statement: dict[str, Any] | None = None,
        order: dict[str, Any] | None = None,
        **options: FlagValue,
    ) -> ImportRun:
        registered = actions.register_paths(
            paths, statement=Statement(source=source, **(statement or {}))
        )
        run = actions.start_run(
            registered,
            order=Order(
                trigger=ImportRun.Trigger.COMMAND,
                force=force,
                options={Flag(name): value for name, value in options.items()},
                **(order or {}),
            ),
        )
        actions.work_run(run, options=BatchOptions(name="test"), max_concurrency=lanes)
        run.refresh_from_db()
        return run

    return import_files


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes a CSV file: its name, its header, its rows."""

    def write(name: str, header: str, *rows: str) -> Path:
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    return write


class SharedReader:
    """One real reader for many tests: its child's start takes longer than most files.

    Who asks while it is lent gets one of his own.
    """

    def __init__(self) -> None:
        self._sandbox = Sandbox()
        self._lent = threading.Lock()

    @contextmanager
    def lend(self, limits: Limits) -> Iterator[Sandbox]:
        if limits != Limits() or not self._lent.acquire(blocking=False):
            with Sandbox(limits) as own:
                yield own
            return
        try:
            yield self._sandbox
        finally:
            self._lent.release()

    @property
    def scratch(self) -> Path:
        """Give the folder that its child may write to."""
        return Path(self._sandbox._scratch.name)

    def close(self) -> None:
        self._sandbox.__exit__(None, None, None)


@pytest.fixture(scope="session")
def shared_reader() -> Iterator[SharedReader]:
    """Give the reader of the session."""
    reader = SharedReader()
    yield reader
    reader.close()


@pytest.fixture
def quick_reader(monkeypatch: pytest.MonkeyPatch, shared_reader: SharedReader) -> None:
    """Read files by the session's reader."""
    monkeypatch.setattr(stage, "Sandbox", shared_reader.lend)
