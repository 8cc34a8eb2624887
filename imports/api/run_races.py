"""The races of a run: where each stands, what came of it, how long it took."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin
from rest_framework.viewsets import GenericViewSet

from imports.api.serializers import CountsDetail
from imports.models import ImportRun, RaceCheckpoint


class RunRaceFilter(filters.FilterSet):
    class Meta:
        model = RaceCheckpoint
        fields = ["state"]


class RunRaceDetail(serializers.ModelSerializer):
    """A race of a run. Done means: all of it is in, in one transaction."""

    meeting = serializers.CharField(source="meeting_key", help_text="Its key.")
    key = serializers.CharField(source="race_key")
    rows = CountsDetail(source="row_counts")
    laps = CountsDetail(source="lap_counts")

    class Meta:
        model = RaceCheckpoint
        fields = [
            "number",
            "meeting",
            "key",
            "race",
            "state",
            "attempts",
            "error_code",
            "message",
            "is_retryable",
            "laps_staged",
            "records_staged",
            "rows",
            "laps",
            "conflicts",
            "removed",
            "claimed_at",
            "lease_until",
            "finished_at",
            "fetch_ms",
            "transform_ms",
            "write_ms",
            "total_ms",
        ]
        extra_kwargs = {
            "race": {"help_text": "Id of the race; null before it is stored."},
            "attempts": {"help_text": "How often it was begun."},
            "error_code": {
                "help_text": "Why the last attempt failed; empty: it did not."
            },
            "total_ms": {"help_text": "Of the attempt that is in."},
        }


RUN = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH)


@extend_schema_view(list=extend_schema(operation_id="runs_races", parameters=[RUN]))
class RunRacesViewSet(ListModelMixin, GenericViewSet):
    """The races of a run, in the order of its plan."""

    queryset: QuerySet[RaceCheckpoint] = RaceCheckpoint.objects.all()
    serializer_class = RunRaceDetail
    filterset_class = RunRaceFilter

    def get_queryset(self) -> Any:
        """Give the races of the run; there must be one."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        run = self.kwargs["id"]
        if not ImportRun.objects.filter(pk=run).exists():
            raise NotFound(f"There is no run {run}.")
        return rows.filter(run=run)
