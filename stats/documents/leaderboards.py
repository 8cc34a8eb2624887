"""Standings of seasons and the fastest laps of venues, as documents. Reads only."""

from collections.abc import Iterator
from functools import partial

from stats.documents.document import Chosen, Document, DocumentKind, rows
from stats.documents.scopes import SEASON, season_documents
from stats.snapshots import scope_of

#: Rows of a document; it says how many there are.
MOST_ROWS = 500
MOST_LAPS = 100


def _standings(chosen: Chosen, *, who: str, other: str) -> Iterator[Document]:
    found = rows(
        "seasons.sql",
        "standings.sql",
        chosen=chosen,
        most=MOST_ROWS,
        who=who,
        other=other,
    )
    return season_documents(found)


def _fastest_laps(chosen: Chosen) -> Iterator[Document]:
    for source, venue, kind, figures in rows(
        "fastest_laps.sql", chosen=chosen, most=MOST_LAPS
    ):
        parts = [source, "venue", venue] + ([] if kind is None else [kind])
        about = {"source": source, "venue": venue, "kind": kind}
        yield Document(scope_of(*parts), {**about, **figures})


COMPETITOR_STANDINGS = DocumentKind(
    stats_type="competitor_standings",
    read=partial(_standings, who="competitor", other="team"),
    named=SEASON,
    empty={
        "meetings": 0,
        "races": 0,
        "total": 0,
        "entrants_without_competitor": 0,
        "standings": [],
    },
    has_seasons=True,
)
TEAM_STANDINGS = DocumentKind(
    stats_type="team_standings",
    read=partial(_standings, who="team", other="competitor"),
    named=SEASON,
    empty={
        "meetings": 0,
        "races": 0,
        "total": 0,
        "entrants_without_team": 0,
        "standings": [],
    },
    has_seasons=True,
)
FASTEST_LAPS = DocumentKind(
    stats_type="fastest_laps",
    read=_fastest_laps,
    named=("source", "venue", "kind", "venue_name"),
    empty={"total": 0, "laps": []},
    has_seasons=False,
)
