"""Rows that are gone: what a follower of changes drops."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.viewsets import GenericViewSet

from races import changes
from races.models import Removal

RESOURCES = (
    "venues",
    "teams",
    "competitors",
    "meetings",
    "races",
    "entrants",
    "pit-stops",
    "laps",
    "conflicts",
    "rejections",
)


class RemovalFilter(filters.FilterSet):
    resource = filters.ChoiceFilter(choices=[(name, name) for name in RESOURCES])

    class Meta:
        model = Removal
        fields = ["resource"]


class RemovalDetail(serializers.ModelSerializer):
    key = serializers.SerializerMethodField(
        help_text="The id of the row; of a lap its entrant and number."
    )

    class Meta:
        model = Removal
        fields = ["resource", "key", "removed_at"]

    def get_key(self, removal: Removal) -> list[int]:
        """Give what named the row in its list."""
        row: list[Any] = [removal.row_id]
        return [*row, removal.number] if removal.resource == "laps" else row


class RemovalViewSet(ListModelMixin, GenericViewSet):
    """Rows that were deleted and are not back; with `changed_since`, those since then."""

    queryset: QuerySet[Removal] = Removal.objects.all()
    serializer_class = RemovalDetail
    filterset_class = RemovalFilter
    touched = staticmethod(changes.touched_removals)

    def get_queryset(self) -> QuerySet[Removal]:
        """Leave out what was brought back."""
        return changes.removals()
