"""Whole tables over HTTP, streamed: the rows of a list, in a file.

What comes out is whole or is seen not to be: a file that ends early ends without the
last chunk of its transfer, which clients report.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.urls import URLPattern, path, register_converter
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from imports.api import filters
from imports.api.rejects import OnlyRenderer
from imports.exports import archive
from imports.exports.formats import FORMATS
from imports.exports.tables import TABLES
from imports.pipeline.transactions import snapshot
from ingestion_site.lib.api_filters import StrictFilterBackend
from ingestion_site.lib.api_timeout import HoldsConnection
from ingestion_site.lib.column_filters import ColumnFilterSet, ValueFilter
from ingestion_site.lib.filter_fields import text
from races.api import filters as race_filters

#: The filters of each table: those of its list.
FILTERS: dict[str, type[ColumnFilterSet]] = {
    "venues": race_filters.VenueFilter,
    "teams": race_filters.TeamFilter,
    "competitors": race_filters.CompetitorFilter,
    "meetings": race_filters.MeetingFilter,
    "races": filters.RaceRowFilter,
    "entrants": filters.EntrantRowFilter,
    "laps": filters.LapRowFilter,
    "pit_stops": race_filters.PitStopFilter,
}
SOURCE = text(50)


class SourceFilter(race_filters.MeetingFilter):
    """The filters of meetings; keys are of one source only, so it is asked for."""

    source = ValueFilter(
        "source", kind=SOURCE, about="Whose data it is.", required=True
    )

    class Meta(race_filters.MeetingFilter.Meta):
        pass


class AllRowsFilterBackend(StrictFilterBackend):
    """The filters of a list, which has no pages."""

    def _known(self, queryset: Any, view: Any) -> list[str]:
        return list(self.get_filterset_class(view, queryset).base_filters)


class SuffixConverter:
    """The ending of a file of ours in an address."""

    regex = "|".join(FORMATS)

    def to_python(self, value: str) -> str:
        """Take it as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Give it as it is."""
        return value


register_converter(SuffixConverter, "export_suffix")
SUFFIX = OpenApiParameter(
    "suffix",
    location=OpenApiParameter.PATH,
    enum=list(FORMATS),
    description="The format.",
)


class ExportView(GenericAPIView):
    """The rows of a table that the filters leave, all of them, as of one moment."""

    table = ""
    detail = False
    pagination_class = None
    filter_backends = [AllRowsFilterBackend]
    content_negotiation_class = OnlyRenderer

    def get_queryset(self) -> Any:
        """Give the table."""
        return TABLES[self.table].rows()

    def get(self, request: Request, suffix: str) -> HoldsConnection:
        """Stream the file."""
        rows = self.filter_queryset(self.get_queryset())
        file_format = FORMATS[suffix]
        return _response(
            request,
            file_format.write(TABLES[self.table], rows),
            name=self.table,
            suffix=suffix,
            media_type=file_format.media_type,
        )


class ExportAllView(ExportView):
    """All that is stored of a source, or of those of its meetings that are left."""

    table = "meetings"
    filterset_class = SourceFilter

    def get(self, request: Request, suffix: str) -> HoldsConnection:
        """Stream a ZIP file of a file a table."""
        meetings = self.filter_queryset(self.get_queryset())
        source = SOURCE.read(request.query_params["source"])
        rows = archive.rows_of(source, meetings=meetings.order_by())
        return _response(
            request,
            archive.write(rows, format=FORMATS[suffix]),
            name=source,
            suffix=f"{suffix}.zip",
            media_type=archive.MEDIA_TYPE,
        )


class _Body:
    """The pieces of a file, the first of them at hand; closing it ends the snapshot."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = _of_one_moment(pieces)
        # What goes wrong before the first piece is an error in the one shape.
        self._first = next(self._pieces, b"")

    def __iter__(self) -> Iterator[bytes]:
        if self._first:
            yield self._first
        yield from self._pieces

    def close(self) -> None:
        """End the transaction, wherever the file stands."""
        self._pieces.close()


def _of_one_moment(pieces: Any) -> Any:
    with snapshot(), closing(pieces):
        yield from pieces


def _response(
    request: Request,
    pieces: Iterator[bytes],
    *,
    name: str,
    suffix: str,
    media_type: str,
) -> HoldsConnection:
    # A source may be called anything; no header may hold that.
    plain = "".join(each if each.isalnum() else "_" for each in name[:80])
    disposition = content_disposition_header(
        as_attachment=True, filename=f"{plain}-{timezone.now():%Y%m%dT%H%M%SZ}.{suffix}"
    )
    return HoldsConnection(
        iter(()) if request.method == "HEAD" else _Body(pieces),
        content_type=media_type,
        headers={"Content-Disposition": disposition},
    )


def _described(name: str, media_types: list[str], view: Any, *, what: str) -> Any:
    operation = extend_schema(
        operation_id=f"exports_{name}",
        summary=what,
        description=view.__doc__,
        parameters=[SUFFIX],
        filters=True,
        responses={(200, each): OpenApiTypes.BINARY for each in media_types},
    )
    return extend_schema_view(get=operation)(view).as_view()


def _urls() -> Iterator[URLPattern]:
    media_types = [each.media_type for each in FORMATS.values()]
    for name, filterset in FILTERS.items():
        address = name.replace("_", "-")
        view = type(
            f"Export{name.title().replace('_', '')}View",
            (ExportView,),
            {
                "table": name,
                "filterset_class": filterset,
                "__doc__": ExportView.__doc__,
            },
        )
        what = f"All {name.replace('_', ' ')}"
        described = _described(name, media_types, view, what=what)
        yield path(f"exports/{address}.<export_suffix:suffix>", described)
    described = _described(
        "all", [archive.MEDIA_TYPE], ExportAllView, what="All of a source"
    )
    yield path("exports/all.<export_suffix:suffix>.zip", described)


urlpatterns = list(_urls())
