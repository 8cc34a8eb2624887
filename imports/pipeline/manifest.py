"""Bytes -> SourceFile: hashed while they stream, stored under their hash.

Never stores a file under the name that a client gave it, never the same bytes twice.
"""

import hashlib
import re
import tempfile
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from django.contrib.auth.models import User
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

from imports import conf
from imports.errors import (
    FileRejected,
    InputChanged,
    NotACorrection,
    StatementInvalid,
)
from imports.failpoints import failpoint
from imports.models import SourceFile
from imports.readers import file_names, reject_columns
from imports.readers.packed import unpack

CHUNK_BYTES = 1 << 20
HEADER_BYTES = 1 << 20
NAME_CHARS = 255
KEY_CHARS = 200
PRIORITY_MAX = 65_534
#: What a person states in the admin has this; no file can outrank it.
MANUAL_PRIORITY = 65_535
SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
#: A version counts milliseconds from the first; the database reads no later dates.
FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Statement:
    """What the one who brings files says of them; None where nothing is said."""

    source: str
    priority: int | None = None
    observed_at: datetime | None = None
    by: User | None = None
    #: Whether rows of its races that a file does not hold are to be removed.
    is_complete: bool = False
    #: The file whose refused rows these files bring again.
    corrects: SourceFile | None = None
    #: The keys of the meeting and the race that the files are of, where these do not
    #: say it themselves; a pattern tells them of each file's name (readers/file_names).
    meeting: str = ""
    race: str = ""
    name_pattern: str = ""

    def __post_init__(self) -> None:
        if not SOURCE.fullmatch(self.source):
            raise StatementInvalid(
                f"The source {self.source!r} is not a name: use up to 50 small letters, "
                "digits, hyphens and underscores, such as f1 or club-a.",
                field="source",
            )
        if self.priority is not None and not 0 <= self.priority <= PRIORITY_MAX:
            raise StatementInvalid(
                f"The priority {self.priority} must be from 0 to {PRIORITY_MAX}.",
                field="priority",
            )
        if self.observed_at and not FIRST_MOMENT <= self.observed_at < LAST_MOMENT:
            raise StatementInvalid(
                f"Observed at {self.observed_at.isoformat()}: must be from 1970 to 2099.",
                field="observed_at",
            )
        if self.name_pattern:
            file_names.check(self.name_pattern)
        if self.corrects and self.is_complete:
            raise StatementInvalid(
                "A file of corrected rows holds these rows alone: it cannot be complete. "
                "Leave the declaration out.",
                field="is_complete",
            )

    def said_of(self, name: str) -> dict[str, str]:
        """Give what is said of a file of this name or path; nothing is left out."""
        told = {"meeting": self.meeting, "race": self.race}
        stated = {what: _as_key(text, what) for what, text in told.items() if text}
        if not self.name_pattern:
            return stated
        by_name = file_names.read_name(name, pattern=self.name_pattern)
        by_name = {what: _as_key(text, what) for what, text in by_name.items()}
        return {"name_pattern": self.name_pattern, **by_name, **stated}


@dataclass(frozen=True)
class Stored:
    """Bytes that are in storage: their hash, size and path."""

    sha256: str
    size_bytes: int
    path: str


def version_of(*, priority: int, observed_at: datetime, sha256: str) -> uuid.UUID:
    """Give the version of a file: 16 bits priority, 48 bits ms since 1970, 64 of sha.

    UUIDs compare as bytes, so this orders by priority, then time, then content,
    whoever uploaded what first (docs/adr/0003).
    """
    # Whole numbers: a float of today's seconds can lose the last millisecond.
    milliseconds = (observed_at - FIRST_MOMENT) // timedelta(milliseconds=1)
    head = priority.to_bytes(2) + milliseconds.to_bytes(6)
    return uuid.UUID(bytes=head + bytes.fromhex(sha256)[:8])


def register(
    content: IO[bytes], *, name: str, statement: Statement, path: str = ""
) -> SourceFile:
    """Take a file in and give its SourceFile: see `bring`."""
    return bring(content, name=name, statement=statement, path=path)[0]


def bring(
    content: IO[bytes], *, name: str, statement: Statement, path: str = ""
) -> tuple[SourceFile, bool]:
    """Take a file in; give its SourceFile, and whether it was known: then it has one.

    `path` is where it lay, for what folders say; without it the name alone speaks.

    Known bytes without a new priority or time are the file that they were; with one
    they are a new version of the same content. Declared complete for the first time,
    they are to be imported again.
    """
    if statement.corrects:
        _check_correction(content, name=name, corrects=statement.corrects)
    said = statement.said_of(path or name)
    stored = _store(content, name=name)
    known = _known(stored.sha256, statement=statement, said=said)
    file, is_new = known, False
    if file is None:
        file, is_new = _new(stored, name=name, statement=statement, said=said)
    if file.corrects != statement.corrects or file.said != said:
        raise FileRejected(
            f"{_shown(name)} has the priority, time and bytes of file {file.pk}, which "
            f"was brought otherwise. State another time, or look at file {file.pk}."
        )
    if statement.is_complete and not file.is_complete:
        file.is_complete, file.imported_at = True, None
        file.save(update_fields=["is_complete", "imported_at"])
    return file, not is_new


def statement_of_correction(file: SourceFile, *, by: User | None = None) -> Statement:
    """Say of corrected rows what was said of their file: they rank as it does."""
    return Statement(
        source=file.source,
        priority=file.priority,
        observed_at=file.observed_at,
        by=by,
        corrects=file,
        **file.said,
    )


def _check_correction(content: IO[bytes], *, name: str, corrects: SourceFile) -> None:
    """Refuse at the door what is plainly another file; the reader looks closer."""
    head = content.readline(HEADER_BYTES)
    content.seek(0)
    is_packed = head.startswith(unpack.MAGICS)
    if not is_packed and reject_columns.ROW_NUMBER.encode() not in head:
        raise NotACorrection(
            f"{_shown(name)} is not the download of the rejected rows of "
            f"{corrects.name}: it has no column {reject_columns.ROW_NUMBER!r}. Download "
            "the rejected rows, correct them in that file and bring it again."
        )


def _new(
    stored: Stored, *, name: str, statement: Statement, said: dict[str, str]
) -> tuple[SourceFile, bool]:
    priority = conf.get("DEFAULT_PRIORITY")
    if statement.priority is not None:
        priority = statement.priority
    observed_at = _to_milliseconds(statement.observed_at or timezone.now())
    version = version_of(
        priority=priority, observed_at=observed_at, sha256=stored.sha256
    )
    return SourceFile.objects.get_or_create(
        source=statement.source,
        version=version,
        defaults={
            "name": _shown(name),
            "sha256": stored.sha256,
            "size_bytes": stored.size_bytes,
            "storage_path": stored.path,
            "priority": priority,
            "observed_at": observed_at,
            "registered_at": timezone.now(),
            "registered_by": statement.by,
            "corrects": statement.corrects,
            "said": said,
            "is_complete": statement.is_complete,
        },
    )


def register_manual(
    content: IO[bytes],
    *,
    name: str,
    source: str,
    observed_at: datetime,
    by: User | None,
) -> SourceFile:
    """Take in what a person states; the caller gives each edit a time of its own."""
    stored = _store(content, name=name)
    moment = _to_milliseconds(observed_at)
    return SourceFile.objects.create(
        source=source,
        name=_shown(name),
        kind=SourceFile.Kind.MANUAL,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        storage_path=stored.path,
        priority=MANUAL_PRIORITY,
        observed_at=moment,
        version=version_of(
            priority=MANUAL_PRIORITY, observed_at=moment, sha256=stored.sha256
        ),
        registered_at=timezone.now(),
        registered_by=by,
    )


@contextmanager
def local_path(file: SourceFile) -> Iterator[Path]:
    """Give a path that the reader can open, also for a storage that is not local."""
    try:
        path = Path(default_storage.path(file.storage_path))
    except NotImplementedError:
        with (
            default_storage.open(file.storage_path) as remote,
            tempfile.NamedTemporaryFile() as local,
        ):
            for chunk in remote.chunks():
                local.write(chunk)
            local.flush()
            yield Path(local.name)
        return
    if not path.exists():
        raise FileRejected(
            f"The stored copy of {file.name} is gone from {file.storage_path}. "
            "Upload the file again."
        )
    yield path


def check_stored(file: SourceFile) -> None:
    """See that the stored bytes are still those of the manifest."""
    digest = hashlib.sha256()
    with local_path(file) as path, path.open("rb") as stored:
        while chunk := stored.read(CHUNK_BYTES):
            digest.update(chunk)
    if digest.hexdigest() != file.sha256:
        raise InputChanged(
            f"The stored copy of {file.name} is not what was planned: its sha256 is "
            f"{digest.hexdigest()[:12]}…, not {file.sha256[:12]}…. Upload it again."
        )


def _known(
    sha256: str, *, statement: Statement, said: dict[str, str]
) -> SourceFile | None:
    same = SourceFile.objects.filter(
        source=statement.source, sha256=sha256, corrects=statement.corrects, said=said
    )
    if statement.priority is not None:
        same = same.filter(priority=statement.priority)
    if statement.observed_at is not None:
        same = same.filter(observed_at=_to_milliseconds(statement.observed_at))
    return same.order_by("version").last()


def _as_key(text: str, field: str) -> str:
    """Give a key as it is stored; StatementInvalid where it cannot be."""
    key = unicodedata.normalize("NFC", text).strip()
    if not key or len(key) > KEY_CHARS or "\x00" in key:
        raise StatementInvalid(
            f"{text[:80]!r} is no key of a {field}: it must have 1 to {KEY_CHARS} "
            "characters.",
            field=field,
        )
    return key


def _store(content: IO[bytes], *, name: str) -> Stored:
    """Stream to a temporary file while hashing, then move it to where it belongs."""
    digest = hashlib.sha256()
    size = 0
    limit: int = conf.get("MAX_FILE_BYTES")
    with tempfile.NamedTemporaryFile() as copy:
        while chunk := content.read(CHUNK_BYTES):
            size += len(chunk)
            if size > limit:
                raise FileRejected(
                    f"{_shown(name)} is larger than {limit:,} bytes. Split it, or raise "
                    "IMPORTS_MAX_FILE_BYTES."
                )
            digest.update(chunk)
            copy.write(chunk)
        copy.seek(0)
        sha256 = digest.hexdigest()
        path = _keep(File(copy), path=f"{sha256[:2]}/{sha256}", size=size)
    return Stored(sha256=sha256, size_bytes=size, path=path)


def _keep(copy: "File[bytes]", *, path: str, size: int) -> str:
    """Save the bytes under their hash: whole, or not there, whenever it is killed."""
    if default_storage.exists(path) and default_storage.size(path) == size:
        return path
    try:
        target = default_storage.path(path)
    except NotImplementedError:
        # Such a storage takes a file in whole.
        return default_storage.save(path, copy)
    part = default_storage.path(default_storage.save(f"{path}.part", copy))
    failpoint("mid_store")
    Path(part).replace(target)
    return path


def _to_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _shown(name: str) -> str:
    """Give the client's name for showing: no controls, no folders, bounded."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[-NAME_CHARS:] or "unnamed"
