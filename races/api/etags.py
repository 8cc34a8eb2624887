"""The ETag of what the API shows of one race: a new one whenever that can differ.

It is made of the marks of all that is shown (`races.models.Change`), of the address with
its parameters, and of the code that writes the answer. It is computed before the rows are
read: a client never holds an older body under a newer ETag.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.http import HttpResponseBase
from django.utils.cache import (
    get_conditional_response,
    patch_cache_control,
    patch_vary_headers,
)
from rest_framework.exceptions import APIException
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request

from ingestion_site.lib.api_changes import PARAMETER
from ingestion_site.lib.cursors import BIGGEST_KEY
from races.models import Change, Entrant, Race

Kind = Change.Kind
PROJECT = Path(__file__).resolve().parent.parent.parent
#: The code that says how a row is shown.
SHOWN_BY = ("ingestion_site/lib", "imports/api", "races/api", "races/models", "stats")


class PreconditionFailed(APIException):
    """Say that If-Match does not hold."""

    status_code = 412
    default_code = "precondition_failed"
    default_detail = "If-Match: what is stored has another ETag."


class TagsRace(ListModelMixin, GenericAPIView):
    """A view that answers 304 where all that it would show of one race is as it was.

    It is about one race where it has the parameter `race`, or is the race's own page.
    """

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Give the rows, or say that they are as they were."""
        answer = super().list
        race = _id(request.query_params.get("race", ""))
        if PARAMETER in request.query_params:
            race = None
        return self._unless_known(race, lambda: answer(request, *args, **kwargs))

    def _unless_known(
        self, race: int | None, answer: Callable[[], HttpResponseBase]
    ) -> HttpResponseBase:
        etag = etag_of(race, request=self.request) if race is not None else None
        if etag is None:
            return answer()
        known = get_conditional_response(self.request._request, etag=etag)
        if known is not None and known.status_code == PreconditionFailed.status_code:
            raise PreconditionFailed
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
    marks = list(_marks(race))
    if (Kind.RACE, race) not in [(kind, pk) for kind, pk, _ in marks]:
        return None
    shown = (
        request.build_absolute_uri(),
        getattr(request.accepted_renderer, "format", None),
        _code(),
        marks,
    )
    return f'"{hashlib.sha256(repr(shown).encode()).hexdigest()[:32]}"'


def _marks(race: int) -> Any:
    """Give the last change of the race and of every row whose values are shown with it."""
    entrants, of_race = Entrant.objects.filter(race=race), Race.objects.filter(pk=race)
    named = {
        Kind.MEETING: of_race.values("meeting_id"),
        Kind.VENUE: of_race.values("meeting__venue_id"),
        Kind.COMPETITOR: entrants.values("competitor_id"),
        Kind.TEAM: entrants.values("team_id"),
    }
    is_shown = Q(kind=Kind.RACE, row_id=race)
    for kind, ids in named.items():
        is_shown |= Q(kind=kind, row_id__in=ids)
    found = Change.objects.filter(is_shown).order_by("kind", "row_id")
    return found.values_list("kind", "row_id", "changed_at")


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
