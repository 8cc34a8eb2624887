from typing import Any

from django.db import models

from imports.models.import_run import ImportRun
from imports.models.source_file import SourceFile


class RunFile(models.Model):
    """A source file in a run, and what the run made of it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        STAGED = "staged"
        # The same bytes were imported before, or stand in the run already: no work.
        DUPLICATE = "duplicate"
        # It cannot be read; `error_code` and `message` say why.
        REJECTED = "rejected"

    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="run_files"
    )
    source_file = models.ForeignKey(
        SourceFile, on_delete=models.PROTECT, related_name="run_files"
    )
    #: The number of the file in the run's staging tables, from 1.
    number = models.PositiveIntegerField()
    #: As it was called this time.
    name = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    #: Of all its tables, with commas between.
    layout = models.CharField(max_length=200, blank=True)
    #: The columns of the file, in its order.
    columns = models.JSONField(default=list, db_default=[])
    #: Its tables, one or many (sheets, members of an archive, arrays of a document):
    #: `name`, and of one that was read `layout`, `columns`, `rows_read`, `rows_rejected`,
    #: `rows_silent` that state nothing, `laps_stated`, `laps_rejected`, and `rows_before`, the rows of the
    #: file that stand before its first; of one that
    #: was not `error` and `message`, of an unknown one its `columns` and `samples`, and
    #: `is_aside` where it is an array that a document may well have besides.
    parts = models.JSONField(default=list, db_default=[], editable=False)
    #: Whether rows that it does not hold are removed: a complete file of which every
    #: row could be read.
    is_complete = models.BooleanField(default=False, db_default=False)
    #: Rows of the file, the rejected ones among them.
    rows_read = models.PositiveBigIntegerField(default=0)
    rows_rejected = models.PositiveBigIntegerField(default=0)
    #: Of a file that corrects another: the rows of that one which it brings.
    corrected_rows = models.JSONField(default=list, db_default=[], editable=False)
    #: Canonical laps and other records that were staged from it.
    laps_staged = models.PositiveBigIntegerField(default=0)
    records_staged = models.PositiveBigIntegerField(default=0)
    #: Bits of `LapColumn` that its laps state.
    lap_columns = models.PositiveSmallIntegerField(default=0)
    #: What a reader should know of a file that was read: [{"code", "message", "rows"}].
    notices = models.JSONField(default=list)
    #: Why it, or some of its tables, could not be read.
    error_code = models.CharField(max_length=50, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "number"], name="runfile_one_per_run_and_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} in run {self.run_id}"

    @property
    def laps_rejected(self) -> int:
        """Refused rows of its tables of laps."""
        told = [p["laps_rejected"] for p in self.parts if "laps_rejected" in p]
        if told:
            return int(sum(told))
        return self.rows_rejected if self.lap_columns else 0

    @property
    def unread_parts(self) -> list[dict[str, Any]]:
        """Its tables that should have been read and could not be."""
        return [p for p in self.parts if "error" in p and not p.get("is_aside")]

    @property
    def unmapped_tables(self) -> list[dict[str, Any]]:
        """Its tables that a mapping could tell, one of each header: `at`, `names`.

        The arrays that a document has besides are only offered where nothing was read.
        """
        is_nothing_read = self.state == self.State.REJECTED
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for at, part in enumerate(self.parts):
            if "samples" not in part or (part.get("is_aside") and not is_nothing_read):
                continue
            header = tuple(part["columns"])
            table = found.setdefault(header, {"at": at, "names": []})
            table["names"].append(part["name"])
        return list(found.values())
