"""Files that bring the refused rows of another file again: which rows, and their end."""

from typing import Any

from django.db.models import Q, QuerySet

from imports.errors import NothingToImport
from imports.models import Rejection, RunFile, SourceFile
from imports.readers.rejects import MAX_PART_CHARS

#: Of a sha256 the admin shows twelve characters; fewer may be of several files.
SHA256_CHARS = 12


def refused_rows(file: SourceFile) -> list[int] | None:
    """Give the rows of the first file that this one may bring; None if it has none.

    Those that were refused and that no other file has brought yet.
    """
    if file.corrects_id is None:
        return None
    return sorted(set(_waiting(file).values_list("row_number", flat=True)))


def refused_tables(file: SourceFile) -> list[dict[str, Any]]:
    """Give the tables of the first file that hold these rows: name, columns, rows."""
    rows: dict[str, set[int]] = {}
    for part, number in _waiting(file).values_list("part", "row_number"):
        rows.setdefault(part, set()).add(number)
    if not rows:
        return []
    columns: dict[str, list[str]] = {}
    for run_file in RunFile.objects.filter(source_file=file.corrects_id).order_by("pk"):
        read = (part for part in run_file.parts if "layout" in part)
        # A rejection keeps so much of the name.
        columns |= {part["name"][:MAX_PART_CHARS]: part["columns"] for part in read}
    return [
        {"name": name, "columns": columns.get(name), "rows": sorted(numbers)}
        for name, numbers in sorted(rows.items())
    ]


def _waiting(file: SourceFile) -> QuerySet[Rejection]:
    is_waiting = Q(corrected_by=None) | Q(corrected_by=file)
    return Rejection.objects.filter(is_waiting, source_file=file.corrects_id)


def mark_corrected(run_files: QuerySet[RunFile]) -> None:
    """Say of the refused rows that these files brought again that they are in."""
    for run_file in run_files.exclude(corrected_rows=[]).select_related("source_file"):
        file = run_file.source_file
        rows, corrected = list(run_file.corrected_rows), file.corrects
        while rows and corrected:
            refused = Rejection.objects.filter(
                source_file=corrected, row_number__in=rows, corrected_by=None
            )
            # What was refused as a correction is a row of an earlier file too.
            first_rows = list(refused.values_list("first_row", flat=True))
            refused.update(corrected_by=file)
            rows = [row for row in first_rows if row is not None]
            corrected = corrected.corrects


def find_file(text: str) -> SourceFile:
    """Give the file of this id or sha256 (or the start of one)."""
    files = SourceFile.objects.order_by("pk")
    if text.isdecimal() and len(text) < SHA256_CHARS:
        found = list(files.filter(pk=int(text)))
    elif len(text) >= SHA256_CHARS:
        found = list(files.filter(sha256__startswith=text.lower())[:10])
    else:
        found = []
    if not found:
        raise NothingToImport(
            f"--corrects {text}: no file has this id or sha256. Its page in the admin "
            "shows both."
        )
    if len(found) > 1:
        ids = ", ".join(f"{file.pk} ({file.source}, {file.name})" for file in found)
        raise NothingToImport(
            f"--corrects {text}: these bytes are several files. Name one by its id: {ids}."
        )
    return found[0]
