"""Files over HTTP: send them, with a run of them if asked for, and fetch their bytes.

They are taken in as from the upload page of the admin: streamed to disk, hashed, each
one row of the manifest whatever it is called.
"""

import hashlib
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from imports import actions, conf, flags
from imports.actions import Order, Registered
from imports.api.bodies import form_fields, read_body
from imports.api.keyed import KEY_PARAMETER, asked_once, kept_response, respond_once
from imports.api.refusals import told_as_errors
from imports.api.rejects import OnlyRenderer
from imports.api.runs import address_of, run_detail
from imports.api.serializers import FileDetail, RunDetail
from imports.api.upload_forms import UploadBody, run_asked_for, statement_of
from imports.errors import IngestDisabled
from imports.models import SourceFile
from ingestion_site.lib.api_access import Access
from ingestion_site.lib.api_bodies import BoundedBody
from ingestion_site.lib.api_conditions import answer_if_known
from ingestion_site.lib.api_filters import check_parameters

HASH_BYTES = 1 << 20


class SentFileDetail(FileDetail):
    """A file that was sent: its row of the manifest."""

    is_known = serializers.SerializerMethodField(
        help_text="Whether it was there before: the same bytes are the same file."
    )

    class Meta(FileDetail.Meta):
        fields = [*FileDetail.Meta.fields, "is_known"]

    def get_is_known(self, file: SourceFile) -> bool:
        """Give whether its bytes were known."""
        return bool(self.context["known"].get(file.pk))


class UploadDetail(serializers.Serializer):
    """The files that were sent, in their order, and the run that was started of them."""

    files = SentFileDetail(many=True)
    run = RunDetail(allow_null=True, help_text="Null where none was asked for.")


class TakesFiles(BoundedBody, GenericViewSet):
    """What can be done with files beside reading of them."""

    parser_classes = [MultiPartParser]
    access = {"create": Access("upload", "imports.add_sourcefile")}

    def most_bytes(self) -> int:
        """Give what all files of a request may have together."""
        return int(conf.get("UPLOAD_BYTES"))

    @extend_schema(  # type: ignore[untyped-decorator]
        operation_id="files_send",
        parameters=[KEY_PARAMETER],
        request={"multipart/form-data": UploadBody},
        responses={
            201: OpenApiResponse(UploadDetail, description="They are taken in.")
        },
        examples=[
            OpenApiExample(
                "One file, imported at once",
                value={"files": ["laps.csv"], "source": "f1", "import": True},
                request_only=True,
                media_type="multipart/form-data",
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Send files; with `import`, start a run of them at once."""
        check_parameters(request.query_params, known=[])
        fields = form_fields(request, of_files="files")
        said = read_body(UploadBody, fields)
        asked = asked_once(request, _told(request, fields))
        with told_as_errors():
            if kept := kept_response(asked):
                return kept
            statement = statement_of(request, said)
            order = run_asked_for(request, said)
            # Before the files are stored: they would be taken in for nothing.
            if order and not flags.is_ingest_enabled():
                raise IngestDisabled
            sent = actions.register_uploads(said["files"], statement=statement)
            return respond_once(asked, lambda: _respond(request, sent, order))


def _told(request: Request, fields: dict[str, Any]) -> Any:
    """Give all that the request says, its files by name and content, if it has a key."""
    if "Idempotency-Key" not in request.headers:
        return None
    files = [[file.name, _sha256(file)] for file in fields["files"]]
    return {**fields, "files": files}


def _sha256(upload: Any) -> str:
    digest = hashlib.sha256()
    while chunk := upload.read(HASH_BYTES):
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


def _respond(request: Request, sent: list[Registered], order: Order | None) -> Response:
    run = actions.start_run(sent, order=order, in_queue=True) if order else None
    files = [one.file for one in sent]
    address = reverse("sourcefile-list", request=request)
    if len(files) == 1:
        address = reverse("sourcefile-detail", args=[files[0].pk], request=request)
    known: dict[int, bool] = {}
    for one in sent:
        # Of one that stands twice in the request, the first says whether it is new.
        known.setdefault(one.file.pk, one.is_known)
    told = SentFileDetail(files, many=True, context={"known": known})
    return Response(
        {"files": told.data, "run": run_detail(run.pk) if run else None},
        status=status.HTTP_201_CREATED,
        headers={"Location": address_of(run, request) if run else address},
    )


class FileContentView(APIView):
    """The bytes of a file, as they were sent."""

    access = {"get": Access("read", "imports.view_sourcefile")}
    content_negotiation_class = OnlyRenderer

    @extend_schema(  # type: ignore[untyped-decorator]
        operation_id="files_content",
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            304: OpenApiResponse(description="The client holds these bytes."),
            412: OpenApiResponse(description="If-Match: the ETag is another."),
        },
    )
    def get(self, request: Request, id: int) -> Any:  # noqa: A002  as in the address
        """Stream the bytes, to be saved and never to be shown."""
        check_parameters(request.query_params, known=[])
        file = SourceFile.objects.filter(pk=id).first()
        if file is None:
            raise NotFound(f"There is no file {id}.")
        if not default_storage.exists(file.storage_path):
            raise NotFound(
                f"The stored copy of file {id} is gone. Send the file again."
            )
        etag = f'"{file.sha256}"'
        return answer_if_known(request, etag=etag) or FileResponse(
            default_storage.open(file.storage_path),
            as_attachment=True,
            filename=file.name,
            content_type="application/octet-stream",
            headers={"ETag": etag},
        )
