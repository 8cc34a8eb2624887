"""The ETag of what the API shows of one race: a new one whenever that can differ.

It is made of the marks of all rows that are shown (`races.models.Change`), of what is on
record of its runs and conflicts, which marks nothing, of the address with its parameters,
and of the code that writes the answer. It is computed before the rows are read: a client
never holds an older body under a newer ETag.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.http import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request

from imports import sql
from ingestion_site.lib.api_changes import PARAMETER
from ingestion_site.lib.api_conditions import answer_if_known
from ingestion_site.lib.cursors import BIGGEST_KEY
from races.api.meeting_filters import LATEST

PROJECT = Path(__file__).resolve().parent.parent.parent
#: The code that says how a row is shown.
SHOWN_BY = ("ingestion_site/lib", "imports/api", "races/api", "races/models", "stats")


class TagsRace(ListModelMixin, GenericAPIView):
    """A view that answers 304 where all that it would show of one race is as it was.

    It is about one race where it has the parameter `race`, or is the race's own page.
    """

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Give the rows, or say that they are as they were."""
        answer = super().list
        asked = request.query_params
        race = _id(asked.get("race", ""))
        # Which meeting is the latest hangs on others, and on the day.
        if PARAMETER in asked or asked.get("meeting") == LATEST:
            race = None
        return self._unless_known(race, lambda: answer(request, *args, **kwargs))

    def _unless_known(
        self, race: int | None, answer: Callable[[], HttpResponseBase]
    ) -> HttpResponseBase:
        etag = etag_of(race, request=self.request) if race is not None else None
        if etag is None:
            return answer()
        known = answer_if_known(self.request, etag=etag)
        if known is not None:
            # What is asked for wrongly is refused, whatever the client holds.
            self.filter_queryset(self.get_queryset())
        response: HttpResponseBase = known or answer()
        response.headers["ETag"] = etag
        patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
        patch_cache_control(response, private=True, no_cache=True)
        return response


class TagsItself(RetrieveModelMixin, TagsRace):
    """The page of a race, which is tagged beside its lists."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Give the race, or say that it is as it was."""
        answer = super().retrieve
        race = _id(str(kwargs["pk"]))
        return self._unless_known(race, lambda: answer(request, *args, **kwargs))


def etag_of(race: int, *, request: Request) -> str | None:
    """Give the ETag of what is shown of a race; None where there is no such race."""
    marks = _marks(race)
    if not marks:
        return None
    shown = (
        request.build_absolute_uri(),
        getattr(request.accepted_renderer, "format", None),
        _code(),
        marks,
    )
    return f'"{hashlib.sha256(repr(shown).encode()).hexdigest()[:32]}"'


def _marks(race: int) -> list[tuple[Any, ...]]:
    """Give what all that is shown of a race follows from; nothing where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statement("marks_of_race"), {"race": race})
        marks: list[tuple[Any, ...]] = cursor.fetchall()
        return marks


@cache
def _code() -> str:
    """Tell one release from another: it may show the same rows otherwise."""
    digest = hashlib.sha256()
    for folder in SHOWN_BY:
        for path in sorted((PROJECT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _id(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) < 20
    return int(text) if is_number and int(text) <= BIGGEST_KEY else None
