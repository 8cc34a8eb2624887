"""Files, runs and rejections as JSON: a Brief stands in lists, a Detail alone."""

from rest_framework import serializers

from imports.models import COUNTS, ImportRun, Rejection, RunFile, SourceFile
from races.api.serializers import FileBrief, Related


class FileDetail(serializers.ModelSerializer):
    said = serializers.DictField(
        child=serializers.CharField(),
        help_text="What its uploader said of it: meeting, race, name_pattern.",
    )

    class Meta:
        model = SourceFile
        fields = [
            "id",
            "source",
            "name",
            "kind",
            "sha256",
            "size_bytes",
            "layout",
            "is_complete",
            "said",
            "corrects",
            "priority",
            "observed_at",
            "registered_at",
            "imported_at",
        ]


class CountsDetail(serializers.Serializer):
    """Rows by outcome: read is the sum of the others."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Give a field for each outcome."""
        return {name: serializers.IntegerField() for name in COUNTS}


class RunBrief(serializers.ModelSerializer):
    requested_by: Related = serializers.SlugRelatedField(
        "username", read_only=True, allow_null=True
    )
    seconds = serializers.SerializerMethodField(
        help_text="How long it worked; null before it started."
    )
    rows = CountsDetail(source="row_counts")
    laps = CountsDetail(source="lap_counts")
    races = serializers.IntegerField(source="race_total")
    races_done = serializers.IntegerField(source="race_done")
    races_failed = serializers.IntegerField(source="race_failed")

    class Meta:
        model = ImportRun
        fields = [
            "id",
            "source",
            "trigger",
            "requested_by",
            "state",
            "is_paused",
            "message",
            "created_at",
            "started_at",
            "finished_at",
            "seconds",
            "races",
            "races_done",
            "races_failed",
            "rows",
            "laps",
            "conflicts",
            "removed",
        ]

    def get_seconds(self, run: ImportRun) -> float | None:
        """Give the duration, up to now while the run works."""
        return run.duration.total_seconds() if run.duration else None


class TableDetail(serializers.Serializer):
    """A table of a file: what it was read as, or why it was not."""

    name = serializers.CharField()
    layout = serializers.CharField(required=False)
    rows_before = serializers.IntegerField(
        required=False, help_text="Rows of the file that stand before its first."
    )
    rows_read = serializers.IntegerField(required=False)
    rows_rejected = serializers.IntegerField(required=False)
    error = serializers.CharField(required=False)
    message = serializers.CharField(required=False)


class RunFileDetail(serializers.ModelSerializer):
    file = FileBrief(source="source_file")
    parts = TableDetail(many=True, help_text="The tables of the file.")
    columns = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = RunFile
        fields = [
            "file",
            "name",
            "state",
            "layout",
            "columns",
            "parts",
            "is_complete",
            "rows_read",
            "rows_rejected",
            "laps_staged",
            "notices",
            "error_code",
            "message",
        ]


class RunDetail(RunBrief):
    files = RunFileDetail(source="run_files", many=True)

    class Meta:
        model = ImportRun
        fields = [*RunBrief.Meta.fields, "options", "files"]


class RejectionDetail(serializers.ModelSerializer):
    file = FileBrief(source="source_file")
    corrected_by = FileBrief(
        allow_null=True, help_text="The file that brought the row again, corrected."
    )

    class Meta:
        model = Rejection
        extra_kwargs = {
            "part": {"help_text": "The table of the file, where it has several."}
        }
        fields = [
            "id",
            "run",
            "file",
            "row_number",
            "part",
            "column",
            "code",
            "message",
            "original",
            "corrected_by",
        ]
