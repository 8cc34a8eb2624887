"""The filters of the records of ingestion: an allow-list."""

from django_filters import rest_framework as filters

from imports.models import ImportRun, Rejection, SourceFile
from ingestion_site.lib.api_filters import WholeNumberFilter


class FileFilter(filters.FilterSet):
    class Meta:
        model = SourceFile
        fields = ["source", "sha256", "layout"]


class RunFilter(filters.FilterSet):
    class Meta:
        model = ImportRun
        fields = ["state", "trigger", "source"]


class RejectionFilter(filters.FilterSet):
    run = WholeNumberFilter(field_name="run_id")
    file = WholeNumberFilter(field_name="source_file_id")
    is_corrected = filters.BooleanFilter(
        field_name="corrected_by", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Rejection
        fields = ["run", "file", "code", "is_corrected"]
