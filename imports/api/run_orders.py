"""What is asked of a new run over HTTP -> an Order of the actions."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from imports.actions import Order, Registered
from imports.api.bodies import (
    BIGGEST_ID,
    NOTE_CHARS,
    Body,
    Choice,
    Number,
    Text,
    Truth,
    WholeNumber,
    Word,
)
from imports.api.refusals import Refused, Unprocessable
from imports.errors import NothingToImport
from imports.flags import FLAGS, Flag
from imports.models import ColumnMapping, ImportRun, RunFile, SourceFile
from imports.pipeline.manifest import SOURCE

#: Files that one run takes from the API.
MOST_FILES = 1_000
FLAG_OPTIONS = (Flag.CONCURRENCY, Flag.BATCH_ROWS, Flag.WRITER)


def _flag_number(flag: Flag) -> WholeNumber:
    kind = FLAGS[flag]
    return WholeNumber(
        required=False,
        min_value=kind.lowest,
        max_value=kind.highest,
        help_text=f"Over the flag {flag}: {kind.effect}",
    )


class RunBody(Body):
    """Which files to import, and how."""

    files = serializers.ListField(
        child=WholeNumber(min_value=1, max_value=BIGGEST_ID),
        required=False,
        allow_empty=False,
        max_length=MOST_FILES,
        help_text="Ids of files that were sent before, of one source.",
    )
    # The field takes the name that it has in the body.
    source = Word(  # type: ignore[assignment]
        rf"^{SOURCE.pattern}$",
        required=False,
        help_text="Instead of files: all files of this source that are not yet "
        "imported, and not in a run that is not over.",
    )
    force = Truth(
        required=False, help_text="Read files again that were imported before."
    )
    dry_run = Truth(
        required=False, help_text="Make a plan, write nothing before it is confirmed."
    )
    max_rejected_percent = Number(
        required=False,
        min_value=0,
        max_value=100,
        help_text="Refuse a file whole of which a greater share of the rows is refused.",
    )
    mapping = WholeNumber(
        required=False,
        min_value=1,
        max_value=BIGGEST_ID,
        help_text="Id of a mapping: how files are read that have its columns.",
    )
    concurrency = _flag_number(Flag.CONCURRENCY)
    batch_rows = _flag_number(Flag.BATCH_ROWS)
    writer = Choice(
        choices=list(FLAGS[Flag.WRITER].choices),
        required=False,
        help_text=f"Over the flag writer: {FLAGS[Flag.WRITER].effect}",
    )
    note = Text(
        required=False,
        allow_blank=True,
        max_length=NOTE_CHARS,
        help_text="Why, for the one who reads it next.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take files or a source, not both and not neither."""
        if ("files" in attrs) == ("source" in attrs):
            raise serializers.ValidationError(
                "Name either files, by their ids, or a source."
            )
        return attrs


def order_of(request: Request, said: dict[str, Any]) -> Order:
    """Give the order that a body is, with the user who asks."""
    return Order(
        trigger=ImportRun.Trigger.API,
        by=request.user,  # type: ignore[arg-type]
        force=said.get("force", False),
        dry_run=said.get("dry_run", False),
        options={flag: said[flag] for flag in FLAG_OPTIONS if flag in said},
        mapping=_mapping(said.get("mapping")),
        max_rejected_percent=said.get("max_rejected_percent"),
        note=said.get("note", ""),
    )


def files_of(said: dict[str, Any]) -> list[Registered]:
    """Give the files that a body names, in its order."""
    if "source" in said:
        return _waiting_files(said["source"])
    found = SourceFile.objects.in_bulk(said["files"])
    if missing := [str(pk) for pk in said["files"] if pk not in found]:
        raise Unprocessable(
            f"files: there is no file {', '.join(missing)}. Send it to "
            "/api/v1/files/ first.",
            "no_such_file",
        )
    return [Registered(file=found[pk], name=found[pk].name) for pk in said["files"]]


def _waiting_files(source: str) -> list[Registered]:
    busy = RunFile.objects.filter(run__in=ImportRun.objects.unfinished())
    waiting = SourceFile.objects.filter(source=source, imported_at=None)
    waiting = waiting.exclude(pk__in=busy.values("source_file"))
    files = list(waiting.order_by("pk")[: MOST_FILES + 1])
    if not files:
        raise NothingToImport(
            f"Of source {source} no file waits to be imported: all are in, or in a run "
            "that is not over. Name files by their ids to read them again."
        )
    if len(files) > MOST_FILES:
        raise Refused(
            f"More than {MOST_FILES:,} files of source {source} wait. Name at most so "
            "many by their ids, in several runs.",
            "too_many_files",
        )
    return [Registered(file=file, name=file.name) for file in files]


def _mapping(pk: int | None) -> ColumnMapping | None:
    if pk is None:
        return None
    mapping = ColumnMapping.objects.filter(pk=pk).first()
    if mapping is None:
        raise Unprocessable(
            f"mapping: there is no mapping {pk}. The admin lists the mappings.",
            "no_such_mapping",
        )
    return mapping
