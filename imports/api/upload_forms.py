"""What a form with files says -> a Statement of the files, and an Order of their run."""

from datetime import UTC
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from imports.actions import Order
from imports.api.bodies import BIGGEST_ID, NOTE_CHARS, Body
from imports.api.refusals import Unprocessable
from imports.api.run_orders import order_of
from imports.models import SourceFile
from imports.pipeline.manifest import (
    KEY_CHARS,
    PRIORITY_MAX,
    SOURCE,
    Statement,
    statement_of_correction,
)

MOST_FILES = 100
PATTERN_CHARS = 200
#: What is said of the run alone.
OF_THE_RUN = ("force", "dry_run", "max_rejected_percent", "mapping", "note")
#: What a file of corrected rows takes from the file that it corrects.
OF_THE_ORIGINAL = (
    "source",
    "priority",
    "observed_at",
    "is_complete",
    "meeting",
    "race",
    "name_pattern",
)


class UploadBody(Body):
    """Files, and what the one who sends them says of them."""

    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True, use_url=False),
        allow_empty=False,
        max_length=MOST_FILES,
        help_text="One or several. What they hold is told from their content.",
    )
    # The field takes the name that it has in the form.
    source = serializers.RegexField(  # type: ignore[assignment]
        rf"^{SOURCE.pattern}$",
        required=False,
        help_text="Whose data it is: keys are unique within a source. Needed, but for "
        "corrections.",
    )
    priority = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=PRIORITY_MAX,
        help_text="A higher one wins over a newer file. Default: 100, or what the file "
        "had before.",
    )
    observed_at = serializers.DateTimeField(
        required=False,
        default_timezone=UTC,
        help_text="When the data was true: the newer file wins. Default: now, or what "
        "the file had before.",
    )
    is_complete = serializers.BooleanField(
        required=False,
        help_text="Each file holds every row of its races: rows that it does not hold "
        "are removed.",
    )
    meeting = serializers.CharField(
        required=False,
        max_length=KEY_CHARS,
        help_text="Key of the meeting, of files that do not say it.",
    )
    race = serializers.CharField(
        required=False,
        max_length=KEY_CHARS,
        help_text="Key of the race, of files that do not say it.",
    )
    name_pattern = serializers.CharField(
        required=False,
        max_length=PATTERN_CHARS,
        help_text="How the names of the files say it: {meeting}_laps.csv.",
    )
    corrects = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        help_text="Id of the file whose refused rows these bring again, corrected. What "
        "was said of that file holds: leave out all of the above but files.",
    )
    force = serializers.BooleanField(
        required=False, help_text="With import: read again what was imported before."
    )
    dry_run = serializers.BooleanField(
        required=False, help_text="With import: make a plan, write nothing yet."
    )
    max_rejected_percent = serializers.FloatField(
        required=False,
        min_value=0,
        max_value=100,
        help_text="With import: refuse a file whole of which more is refused.",
    )
    mapping = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        help_text="With import: id of a mapping, how files with its columns are read.",
    )
    note = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=NOTE_CHARS,
        help_text="With import: why, for the one who reads it next.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """Add the field whose name is a word of Python."""
        start = serializers.BooleanField(
            required=False, help_text="Start a run of the files at once."
        )
        return {**super().get_fields(), "import": start}

    def validate_files(self, files: list[Any]) -> list[Any]:
        """Refuse empty files by name: nothing could come of them."""
        empty = [file.name for file in files if not file.size]
        if empty:
            raise serializers.ValidationError(
                [f"{name} is empty. Export it again." for name in empty]
            )
        return files

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what does not go together."""
        beside = [name for name in OF_THE_ORIGINAL if name in attrs]
        if "corrects" in attrs and beside:
            raise serializers.ValidationError(
                f"corrects: what was said of that file holds. Leave out "
                f"{', '.join(beside)}."
            )
        if "corrects" not in attrs and "source" not in attrs:
            raise serializers.ValidationError({"source": "This field is required."})
        unused = [name for name in OF_THE_RUN if name in attrs]
        if unused and not attrs.get("import"):
            raise serializers.ValidationError(
                f"{', '.join(unused)}: said of a run, and none is asked for. Send "
                "import=true as well, or leave it out."
            )
        return attrs


def statement_of(request: Request, said: dict[str, Any]) -> Statement:
    """Give what is said of the files."""
    if "corrects" not in said:
        stated = {name: said[name] for name in OF_THE_ORIGINAL if name in said}
        return Statement(by=request.user, **stated)  # type: ignore[arg-type]
    original = SourceFile.objects.filter(pk=said["corrects"]).first()
    if original is None:
        raise Unprocessable(
            f"corrects: there is no file {said['corrects']}. /api/v1/files/ lists them.",
            "no_such_file",
        )
    return statement_of_correction(original, by=request.user)  # type: ignore[arg-type]


def run_asked_for(request: Request, said: dict[str, Any]) -> Order | None:
    """Give the order of a run of the files; None where none is asked for."""
    if not said.get("import"):
        return None
    return order_of(request, said)
