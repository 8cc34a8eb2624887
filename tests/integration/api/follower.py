"""One who follows a list by `changed_since`, and counts what it is told."""

import time
from collections.abc import Iterator
from typing import Any

from django.db import connection

Row = dict[str, Any]
#: What imports write also where nothing becomes different.
WRITTEN_ANEW = {"files", "runs", "entrant-stats", "race-stats"}
#: Stats are told as gone with the row that they are about.
ABOUT = {"entrant-stats": "entrants", "race-stats": "races"}


PATIENCE_SECONDS = 60
#: Autovacuum, and whoever works in another database of the server: what commits after
#: their transactions began is told when they are over.
OTHERS = """
    SELECT 1 FROM pg_stat_activity
    WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
      AND (datname IS DISTINCT FROM current_database() OR backend_type <> 'client backend')
"""


def key_of(row: Row) -> tuple[int, ...]:
    """Give what names a row in its list."""
    return (row["id"],) if "id" in row else (row["entrant"], row["number"])


def walk(client: Any, resource: str, **parameters: Any) -> Iterator[Row]:
    """Give the pages of a list."""
    response = client.get(f"/api/v1/{resource}/", parameters)
    while True:
        assert response.status_code == 200, response.data
        yield response.data
        if response.data["next"] is None:
            return
        response = client.get(response.data["next"])


def whole(client: Any, resource: str, **parameters: Any) -> dict[tuple[int, ...], Row]:
    """Give all rows of a list as they are now."""
    pages = walk(client, resource, page_size=50, **parameters)
    return {key_of(row): row for page in pages for row in page["results"]}


def wait_for_others() -> None:
    """Wait until nobody but the test itself keeps changes from being told."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _has_others():
        assert time.monotonic() < deadline, "others write without end"
        time.sleep(0.01)


def _has_others() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        return cursor.fetchone() is not None


class Follower:
    """It keeps a copy of a list, and what it was told since it was last asked."""

    def __init__(
        self, client: Any, resource: str, page_size: int = 2, include: str = ""
    ) -> None:
        self.client, self.resource, self.page_size = client, resource, page_size
        self.asked = {"include": include} if include else {}
        self.tokens = {"removals": "0", resource: "0"}
        self.rows: dict[tuple[int, ...], Row] = {}

    def catch_up(self) -> list[tuple[int, ...]]:
        """Take in what changed; give the keys of the rows that came, as they came."""
        return [key for page in self.pages() for key in page]

    def pages(self) -> Iterator[list[tuple[int, ...]]]:
        """Take in a page of changes at a time."""
        wait_for_others()
        for page in self._changes("removals"):
            for gone in page["results"]:
                if gone["resource"] == ABOUT.get(self.resource, self.resource):
                    self.rows.pop(tuple(gone["key"]), None)
        for page in self._changes(self.resource, **self.asked):
            for row in page["results"]:
                is_repeated = self.rows.get(key_of(row)) == row
                assert not is_repeated or self.resource in WRITTEN_ANEW, (
                    f"came again, unchanged: {row}"
                )
                self.rows[key_of(row)] = row
            yield [key_of(row) for row in page["results"]]

    def is_right(self) -> bool:
        """Whether the copy is what the list holds now."""
        return self.rows == whole(self.client, self.resource, **self.asked)

    def _changes(self, resource: str, **asked: str) -> Iterator[Row]:
        asked |= {"changed_since": self.tokens[resource]}
        for page in walk(self.client, resource, page_size=self.page_size, **asked):
            self.tokens[resource] = page["as_of"]
            yield page
