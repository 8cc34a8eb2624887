"""What each season holds, how complete it is, and who won its races. Reads only."""

from collections.abc import Iterator

from stats.documents.document import Chosen, Document, DocumentKind, rows
from stats.documents.scopes import SEASON, season_documents

#: Rows of winners; the document says how many there are.
MOST_WINNERS = 300


def _summaries(chosen: Chosen) -> Iterator[Document]:
    found = rows("seasons.sql", "summary.sql", chosen=chosen, most=MOST_WINNERS)
    return season_documents(found)


SEASON_SUMMARY = DocumentKind(
    stats_type="season_summary",
    read=_summaries,
    named=SEASON,
    empty={
        "meetings": 0,
        "venues": 0,
        "first_date": None,
        "last_date": None,
        "races": 0,
        "races_by_kind": {},
        "entrants": 0,
        "competitors": 0,
        "teams": 0,
        "laps": 0,
        "expected_laps": None,
        "missing_laps": None,
        "races_complete": 0,
        "races_incomplete": 0,
        "races_unknown": 0,
        "warnings": 0,
        "total": 0,
        "winners": [],
    },
    has_seasons=True,
)
