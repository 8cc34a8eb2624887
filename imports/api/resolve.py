"""Conflicts over HTTP: choose a side, or close one whose row is gone."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from imports import actions
from imports.api.bodies import NOTE_CHARS, Body, Choice, Text, read_body
from imports.api.refusals import Refused, told_as_errors
from imports.models import Conflict, ImportRun
from ingestion_site.lib.api_access import Access
from ingestion_site.lib.api_bodies import BoundedBody

CLOSE = "close"


class ChoiceBody(Body):
    """Which side of a conflict is to be in force."""

    choose = Choice(
        choices=[*Conflict.Side.values, CLOSE],
        help_text="The side whose values are stated anew, over all files; close: "
        "nothing, where the row is gone.",
    )
    note = Text(
        required=False,
        allow_blank=True,
        max_length=NOTE_CHARS,
        help_text="Why, for the one who reads it next.",
    )


class SettlesConflicts(BoundedBody, GenericViewSet):
    """What can be done with conflicts beside reading them."""

    access = {"resolve": Access("run", "imports.change_conflict")}

    def most_bytes(self) -> int:
        """Give what any request without files may have."""
        return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    @extend_schema(  # type: ignore[untyped-decorator]
        operation_id="conflicts_resolve",
        request=ChoiceBody,
        examples=[
            OpenApiExample(
                "The newer side",
                value={"choose": "newer", "note": "As the stewards say."},
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """Put a side in force, once; the same choice again changes nothing."""
        said = read_body(ChoiceBody, request.data)
        conflict: Conflict = self.get_object()
        if not _is_settled_so(conflict, said["choose"]):
            _refuse_if_settled(conflict)
            with told_as_errors():
                _resolve(conflict, request, said)
            conflict = self.get_object()
        return Response(self.get_serializer(conflict).data)


def _resolve(conflict: Conflict, request: Request, said: dict[str, Any]) -> None:
    by: Any = request.user
    note = said.get("note", "")
    if said["choose"] == CLOSE:
        if not actions.close_conflicts(
            [conflict], by=by, note=note or actions.ROW_IS_GONE
        ):
            raise Refused(
                f"The row of the {conflict} is stored: choose older or newer.",
                "row_is_stored",
            )
        return
    settled = actions.settle_conflicts(
        [conflict],
        side=said["choose"],
        by=by,
        note=note,
        trigger=ImportRun.Trigger.API,
    )
    if settled.refused:
        raise Refused(settled.refused[0], "not_settled")
    if settled.overtaken:
        raise Refused(
            f"The {conflict} was settled otherwise, or changed, in the meantime. Look at "
            "it again.",
            "overtaken",
        )


def _is_settled_so(conflict: Conflict, choice: str) -> bool:
    """Whether a person has chosen just this."""
    chosen = "" if choice == CLOSE else choice
    return conflict.state == Conflict.State.SETTLED and conflict.chosen == chosen


def _refuse_if_settled(conflict: Conflict) -> None:
    if conflict.state != Conflict.State.SETTLED:
        return
    side = f"the {conflict.chosen} side" if conflict.chosen else "closed, no side"
    raise Refused(
        f"The {conflict} is settled already: {side}, at "
        f"{conflict.settled_at:%Y-%m-%d %H:%M:%S} UTC. The admin lets a person choose "
        "again.",
        "settled_already",
    )
