"""What a dry run would do, for programs: the shared rows, then race by race."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from imports import report_plan
from imports.api.serializers import CountsDetail
from imports.models import ImportRun
from imports.pipeline.registers.staged import StagedRun
from imports.pipeline.restore import is_lost
from ingestion_site.lib.api_filters import check_parameters
from ingestion_site.lib.pagination import KeyPagination


class PlannedRacePagination(KeyPagination):
    """A page holds few races: each is decided anew, row by row."""

    page_size = 20
    max_page_size = 200

    def get_paginated_response(self, data: Any) -> Response:
        """Give the plan of these races, and the address of those that follow."""
        return Response({"next": self._next_link(), **data})


PARAMETERS = [
    OpenApiParameter("cursor", str, description="Where the page starts."),
    OpenApiParameter(
        "page_size",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": PlannedRacePagination.max_page_size,
            "default": PlannedRacePagination.page_size,
        },
        description="Races a page.",
    ),
]


class ValuesField(serializers.DictField):
    """Values of any type by column."""

    child = serializers.JSONField(allow_null=True)


class ChangeDetail(serializers.Serializer):
    """A row that would change: the columns that differ, before and after."""

    kind = serializers.CharField(help_text="lap, entrant, pit_stop, race, venue, …")
    key = serializers.CharField(
        allow_blank=True, help_text="The entrant's key, or the shared row's."
    )
    number = serializers.IntegerField(help_text="Of a lap or stop; else 0.")
    action = serializers.ChoiceField(list(report_plan.MARKS))
    before = ValuesField()
    after = ValuesField()


class ContestedDetail(serializers.Serializer):
    """Two statements that differ, and the rule that settles them."""

    kind = serializers.CharField()
    meeting_key = serializers.CharField(allow_blank=True)
    key = serializers.CharField(allow_blank=True)
    number = serializers.IntegerField()
    older_version = serializers.UUIDField(help_text="The version of a source file.")
    newer_version = serializers.UUIDField()
    older_row = serializers.IntegerField(help_text="Row of the file; 0: not known.")
    newer_row = serializers.IntegerField()
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.JSONField(allow_null=True)),
        help_text="Column -> the older and the newer value.",
    )
    in_force = serializers.ChoiceField(["older", "newer"])
    rule = serializers.ChoiceField(["newest", "last_row", "hold", "manual"])
    state = serializers.ChoiceField(["open", "ruled", "settled"])


class PlannedSharedDetail(serializers.Serializer):
    """Venues, teams, competitors and meetings."""

    rows = CountsDetail()
    conflicts = serializers.IntegerField()
    changes = ChangeDetail(many=True)


class PlannedRaceDetail(serializers.Serializer):
    """A race of the plan: exact counts, and the first rows that change."""

    meeting = serializers.CharField()
    race = serializers.CharField()
    rows = CountsDetail()
    laps = CountsDetail()
    removed = serializers.IntegerField()
    conflicts = serializers.IntegerField()
    changes_total = serializers.IntegerField()
    changes = ChangeDetail(
        many=True,
        help_text=f"The first {report_plan.CHANGES_AS_DICT:,}; the admin has all.",
    )
    contested = ContestedDetail(
        many=True, help_text="As many as conflict_detail_rows keeps in full."
    )


class PlanDetail(serializers.Serializer):
    """What a run would do; nothing of it is written before it is confirmed."""

    next = serializers.URLField(allow_null=True, help_text="The races that follow.")
    shared = PlannedSharedDetail()
    races = PlannedRaceDetail(many=True)


class RunPlanView(APIView):
    """What a dry run that waits to be confirmed would do, a page of races at a time."""

    @extend_schema(  # type: ignore[untyped-decorator]
        operation_id="runs_plan",
        parameters=PARAMETERS,
        responses=PlanDetail,
    )
    def get(self, request: Request, id: int) -> Response:  # noqa: A002  as in the address
        """Give the plan as `ingest_races --dry-run --json` does, in pages of races."""
        check_parameters(request.query_params, known=["cursor", "page_size"])
        run = _planned_run(id)
        staged = StagedRun.of(run)
        if is_lost(staged):
            raise NotFound(
                f"The staged rows of run {id} are gone. Confirm it: its files are read "
                "again."
            )
        paging = PlannedRacePagination()
        races = paging.paginate_queryset(report_plan.open_races(run), request, self)
        return paging.get_paginated_response(
            {
                "shared": report_plan.shared_as_dict(staged),
                "races": [report_plan.race_as_dict(race, run=staged) for race in races],
            }
        )


def _planned_run(pk: int) -> ImportRun:
    run = ImportRun.objects.filter(pk=pk).first()
    if run is None:
        raise NotFound(f"There is no run {pk}.")
    if not run.is_plan:
        raise NotFound(
            f"Run {pk} is no dry run that waits to be confirmed: it is {run.state}."
        )
    return run
