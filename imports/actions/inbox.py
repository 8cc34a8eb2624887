"""Files and folders on disk -> the manifest, while others may still write there.

A file that cannot be taken in is left out with its reason, and the others come in. One
that changes while it is hashed is never taken in half. Folders are walked; hidden files
are left out. Follows no link to a folder.
"""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imports.actions.files import Registered
from imports.errors import (
    FileGone,
    FileRejected,
    FileUnreadable,
    NothingToImport,
    RetryLater,
    StillWritten,
)
from imports.failpoints import failpoint
from imports.pipeline import manifest
from imports.pipeline.manifest import Statement


@dataclass(frozen=True)
class LeftOut:
    """A file that was asked for and not taken in, and why."""

    path: str
    code: str
    message: str
    #: Whether it is missed: not where the next walk of its folder finds it anyway.
    is_missed: bool

    def as_dict(self) -> dict[str, Any]:
        """Give it as the run keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class TakenIn:
    """What came of some paths: files of the manifest, and files that were left out."""

    files: Sequence[Registered]
    left_out: Sequence[LeftOut]


@dataclass(frozen=True)
class _Found:
    path: Path
    #: Whether it was asked for by name, not found in a folder.
    is_named: bool
    #: Why it is left out already: what the walk was told of it.
    error: FileRejected | None = None


def take_in(
    paths: Sequence[Path],
    *,
    statement: Statement,
    heed: Callable[[], None] = lambda: None,
) -> TakenIn:
    """Take files into the manifest, and walk folders for them.

    `heed` is called before each file and each piece of it, to stop by an exception.
    NothingToImport where there is none; RetryLater where the next time may find some.
    """
    if not paths:
        raise NothingToImport("Name a file or folder to import, or --resume RUN.")
    files: list[Registered] = []
    left_out: list[LeftOut] = []
    for found in _walk(paths):
        heed()
        try:
            files.append(_take(found, statement=statement, heed=heed))
        except FileRejected as error:
            left_out.append(_left_out(found, error))
    if not files:
        raise _nothing(paths, left_out)
    failpoint("after_register")
    return TakenIn(files=files, left_out=left_out)


def _walk(paths: Sequence[Path]) -> Iterator[_Found]:
    for path in paths:
        if os.path.isdir(path):
            yield from _walk_folder(path)
        else:
            yield _Found(path, is_named=True)


def _walk_folder(folder: Path) -> Iterator[_Found]:
    """Give the files of a folder by their paths, and the folders that cannot be read."""
    found: list[_Found] = []

    def refuse(error: OSError) -> None:
        path = Path(error.filename or folder)
        found.append(_Found(path, is_named=False, error=_explain(path, error)))

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            _Found(Path(place, name), is_named=False)
            for name in names
            if not name.startswith(".")
        ]
    yield from sorted(found, key=lambda each: each.path)


def _take(
    found: _Found, *, statement: Statement, heed: Callable[[], None]
) -> Registered:
    if found.error:
        raise found.error
    path = found.path
    # A pipe would be waited for. (Those of `Path` raise where a folder is closed.)
    if os.path.exists(path) and not os.path.isfile(path):
        raise FileUnreadable(f"{path}: it is no file.")
    try:
        opened = io.FileIO(path)
    except OSError as error:
        raise _explain(path, error) from error
    with _Watched(opened, path=path, heed=heed) as content:
        file = manifest.register(
            content,
            name=path.name,
            statement=statement,
            path=path.absolute().as_posix(),
        )
    return Registered(file=file, name=path.name)


class _Watched(io.BufferedReader):
    """A file that is read while others may write to it."""

    def __init__(
        self, opened: io.FileIO, *, path: Path, heed: Callable[[], None]
    ) -> None:
        super().__init__(opened)
        self._path, self._heed = path, heed
        self._before = self._mark()

    def read(self, size: int | None = -1, /) -> bytes:
        self._heed()
        try:
            piece = super().read(size)
        except OSError as error:
            raise _explain(self._path, error) from error
        # Each time: what grows without end is not read to its end.
        self._see_that_it_stayed()
        return piece

    def _see_that_it_stayed(self) -> None:
        """Refuse what was hashed while it changed, before it is stored as a whole."""
        if self._mark() != self._before:
            raise StillWritten(
                f"{self._path}: it changed while it was read. It is left for the next "
                "time, when whoever writes it is done."
            )
        if not os.path.exists(self._path):
            raise FileGone(f"{self._path}: it was taken away while it was read.")

    def _mark(self) -> tuple[int, int]:
        status = os.fstat(self.fileno())
        return status.st_size, status.st_mtime_ns


def _explain(path: Path, error: OSError) -> FileRejected:
    if isinstance(error, FileNotFoundError):
        return FileGone(f"{path}: no such file.")
    return FileUnreadable(
        f"{path}: it cannot be read ({error.strerror or error}). Let the user of this "
        "command read it."
    )


def _left_out(found: _Found, error: FileRejected) -> LeftOut:
    message = str(error)
    if found.path.name not in message:
        message = f"{found.path.name}: {message}"
    return LeftOut(
        path=str(found.path),
        code=error.code,
        message=message,
        is_missed=found.is_named or not error.is_retryable,
    )


def _nothing(paths: Sequence[Path], left_out: Sequence[LeftOut]) -> Exception:
    if not left_out:
        return NothingToImport(f"{', '.join(map(str, paths))}: no file in it.")
    said = " ".join(left.message for left in left_out)
    if any(left.is_missed for left in left_out):
        return NothingToImport(said)
    return RetryLater(f"No file can be taken in now. {said}")
