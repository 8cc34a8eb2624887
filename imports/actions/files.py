"""Bring files: from disk or from a form into the manifest."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from imports.errors import ImportsError
from imports.failpoints import failpoint
from imports.models import SourceFile
from imports.pipeline import manifest
from imports.pipeline.manifest import Statement


@dataclass(frozen=True)
class Registered:
    """A file in the manifest, and what it was called this time."""

    file: SourceFile
    name: str
    #: Whether its bytes were in the manifest before, with what is said of them.
    is_known: bool = False


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
    """Take uploaded files into the manifest.

    Where one is refused, the error says which, and what was taken in before it.
    """
    found: list[Registered] = []
    for upload in uploads:
        content: IO[bytes] = upload.file
        try:
            file, is_known = manifest.bring(
                content, name=upload.name, statement=statement
            )
        except ImportsError as error:
            raise _explain(error, found) from error
        found.append(Registered(file=file, name=upload.name, is_known=is_known))
    return found


def _explain(error: ImportsError, found: list[Registered]) -> ImportsError:
    if not found:
        return error
    taken = ", ".join(f"{one.name} (file {one.file.pk})" for one in found)
    return type(error)(
        f"{error} Taken in before it: {taken}. They can be sent again with the others.",
        **error.facts,
    )
