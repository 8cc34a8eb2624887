"""Bring files: from disk or from a form into the manifest."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from imports.failpoints import failpoint
from imports.models import SourceFile
from imports.pipeline import manifest
from imports.pipeline.manifest import Statement


@dataclass(frozen=True)
class Registered:
    """A file in the manifest, and what it was called this time."""

    file: SourceFile
    name: str


def register_paths(paths: Iterable[Path], *, statement: Statement) -> list[Registered]:
    """Take files from disk into the manifest."""
    found = []
    for path in paths:
        with path.open("rb") as content:
            file = manifest.register(
                content,
                name=path.name,
                statement=statement,
                path=path.absolute().as_posix(),
            )
        found.append(Registered(file=file, name=path.name))
    failpoint("after_register")
    return found


def register_uploads(
    uploads: Iterable[Any], *, statement: Statement
) -> list[Registered]:
    """Take uploaded files into the manifest."""
    found = []
    for upload in uploads:
        content: IO[bytes] = upload.file
        file = manifest.register(content, name=upload.name, statement=statement)
        found.append(Registered(file=file, name=upload.name))
    return found
