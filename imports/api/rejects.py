"""The refused rows of a file in a run as CSV, to correct and bring again."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from imports import rejects_csv
from imports.models import RunFile
from ingestion_site.lib.api_access import ORIGINAL_ROWS
from ingestion_site.lib.api_errors import InvalidParameter
from ingestion_site.lib.api_filters import check_parameters
from ingestion_site.lib.filter_fields import ID

FILE = OpenApiParameter(
    "file", ID.schema, required=True, description="Id of a file of the run."
)


class OnlyRenderer(DefaultContentNegotiation):
    """Errors are JSON and rows are CSV, whatever the client accepts."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        """Give the first renderer."""
        return renderers[0], renderers[0].media_type


class RunRejectionsView(APIView):
    """The refused rows of a file in a run, as its own columns and four of ours."""

    access = {"get": ORIGINAL_ROWS}
    content_negotiation_class = OnlyRenderer

    @extend_schema(  # type: ignore[untyped-decorator]
        operation_id="runs_rejections_csv",
        parameters=[FILE],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, id: int) -> Any:  # noqa: A002  as in the address
        """Stream the rows; what is more than is kept is said by the file's name."""
        check_parameters(request.query_params, known=["file"])
        text = request.query_params.get("file", "")
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise InvalidParameter("file: must be the id of a file of the run.")
        files = RunFile.objects.filter(run=id, source_file=int(text))
        # The same bytes can stand twice in a run: the first is the one that was read.
        file = files.order_by("-rows_rejected", "number").first()
        if file is None:
            raise Http404
        return rejects_csv.response(file)
