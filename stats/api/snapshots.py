"""Snapshots over HTTP: lists without their documents, one alone with it and an ETag."""

from typing import Any, ClassVar

from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from ingestion_site.lib.column_filters import Column, ColumnFilterSet, ValueFilter
from ingestion_site.lib.filter_fields import text
from stats.api import changes
from stats.models import StatSnapshot
from stats.models.stat_snapshot import SCOPE_LENGTH

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the answer that the client holds.",
)


class SnapshotBrief(serializers.ModelSerializer):
    class Meta:
        model = StatSnapshot
        fields = ["id", "scope", "stats_type", "version", "fetched_at"]
        extra_kwargs = {
            "version": {"help_text": "Goes up by 1 whenever it is written."},
            "fetched_at": {"help_text": "When it was written; never goes back."},
        }


class SnapshotDetail(SnapshotBrief):
    # A declared field is no attribute of the class: it hides nothing.
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="The document; docs/stats.md lists them."
    )

    class Meta:
        model = StatSnapshot
        fields = [*SnapshotBrief.Meta.fields, "data"]


class SnapshotFilter(ColumnFilterSet):
    columns: ClassVar = {
        "scope": Column("scope", "What it is about"),
        "stats_type": Column("stats_type", "What document it is"),
    }
    scope__startswith = ValueFilter(
        "scope", "startswith", kind=text(SCOPE_LENGTH), about="How the scope begins."
    )

    class Meta:
        model = StatSnapshot


class SnapshotViewSet(ReadOnlyModelViewSet):
    """Named documents: leaderboards and season summaries; one alone holds its data."""

    queryset = StatSnapshot.objects.all()
    filterset_class = SnapshotFilter
    touched = staticmethod(changes.touched_snapshots)

    def get_queryset(self) -> Any:
        """Leave the documents of a list unread: a page of them may be large."""
        snapshots = super().get_queryset()
        return snapshots if self.detail else snapshots.defer("data")

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Show the document where the snapshot stands alone."""
        return SnapshotDetail if self.detail else SnapshotBrief

    @extend_schema(  # type: ignore[untyped-decorator]
        parameters=[IF_NONE_MATCH],
        responses={
            200: SnapshotDetail,
            304: OpenApiResponse(description="The client holds this version."),
        },
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Give the document, or nothing where the client holds this version of it."""
        snapshot = self.get_object()
        headers = {
            "ETag": f'"{snapshot.pk}.{snapshot.version}"',
            # To be asked for each time, and kept by nobody in between.
            "Cache-Control": "private, no-cache",
        }
        if _holds(request, headers["ETag"]):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(self.get_serializer(snapshot).data, headers=headers)


def _holds(request: Request, etag: str) -> bool:
    """Whether the client says that it holds what has this ETag."""
    held = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in held or etag in {tag.removeprefix("W/") for tag in held}
