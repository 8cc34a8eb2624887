"""The scopes of documents of seasons: source and season, and a discipline where it is of one."""

from collections.abc import Iterable, Iterator
from typing import Any

from stats.documents.document import Document
from stats.snapshots import scope_of

#: The members that say of which season a document is.
SEASON = ("source", "season", "discipline")


def season_documents(found: Iterable[tuple[Any, ...]]) -> Iterator[Document]:
    """Give rows of source, season, discipline and figures as documents."""
    for source, season, discipline, figures in found:
        parts = [source, season] + ([] if discipline is None else [discipline])
        about = dict(zip(SEASON, (source, season, discipline), strict=True))
        yield Document(scope_of(*parts), {**about, **figures})
