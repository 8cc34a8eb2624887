from django.db import models

from imports.models.import_run import ImportRun
from imports.models.source_file import SourceFile


class Rejection(models.Model):
    """A row of a file that was refused, with the reason and its original text.

    At most `imports.conf.REJECTIONS_PER_CODE` a file and code are kept in full; the
    counts on `RunFile` are exact.
    """

    run = models.ForeignKey(
        ImportRun, on_delete=models.CASCADE, related_name="rejections"
    )
    source_file = models.ForeignKey(
        SourceFile, on_delete=models.CASCADE, related_name="rejections"
    )
    #: As a spreadsheet shows it: the header is row 1. Of a file of several tables they
    #: go on from table to table, and the message says which row of its table it is.
    row_number = models.PositiveBigIntegerField()
    #: Of a file that corrects another: the row there.
    first_row = models.PositiveBigIntegerField(null=True, blank=True)
    #: The table of the file that holds it, where there are several.
    part = models.CharField(max_length=300, blank=True, db_default="")
    column = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=50)
    message = models.TextField()
    #: The row's cells by column, as the file writes them.
    original = models.JSONField()
    #: The file that brought the row again, corrected, in a run that succeeded.
    corrected_by = models.ForeignKey(
        SourceFile,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="corrected_rejections",
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["run", "source_file"], name="rejection_by_run_and_file"
            )
        ]

    def __str__(self) -> str:
        return f"row {self.row_number}: {self.message}"
