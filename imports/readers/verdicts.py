"""What is said of a table: why it is refused, what to know of it, what it lacks.

Values and words alone; `reading` decides when they are said.
"""

from collections.abc import Iterable
from typing import Any

from imports.errors import (
    EmptyFile,
    FileRejected,
    MalformedFile,
    OnlyAround,
    UnknownLayout,
)
from imports.layouts.layout import CanonicalTable, Layout
from imports.readers.documents import Skipped, Unreadable
from imports.readers.packed.zip_entries import shown
from imports.readers.rejects import storable
from imports.readers.table import Notice, Part, Table

#: Rows of a table that nobody recognises, to be shown to who maps its columns.
SAMPLE_ROWS = 5
SAMPLE_CHARS = 100
#: Of a column that is read, and of all layouts of a file together.
MAX_NAME_CHARS = 200
#: Members of an archive that are passed over and named.
SKIPPED_SHOWN = 5


def entry_of_refused(part: Part | Unreadable, error: FileRejected) -> dict[str, Any]:
    refused: dict[str, Any] = {
        "name": storable(part.name),
        "error": error.code,
        "message": storable(str(error)),
    }
    if isinstance(error, OnlyAround):
        return refused | {"is_aside": True}
    if isinstance(part, Unreadable) or not isinstance(error, UnknownLayout):
        return refused
    # A document has many arrays, and not each of them is rows of ours.
    refused |= {"is_aside": bool(part.array), "columns": part.columns}
    return refused | _samples(part)


def layouts_of(names: Iterable[str]) -> str:
    """Give the names of the layouts as one word of the file; the parts have all."""
    joined = ", ".join(names)
    if len(joined) <= MAX_NAME_CHARS:
        return joined
    return joined[: joined.rindex(", ", 0, MAX_NAME_CHARS - 1)] + ", …"


def of_skipped(members: Skipped) -> Notice:
    count = len(members.names)
    names = ", ".join(map(shown, members.names[:SKIPPED_SHOWN]))
    more = f" and {count - SKIPPED_SHOWN:,} more" if count > SKIPPED_SHOWN else ""
    message = (
        f"Members of the archive that systems leave there were not read: {names}{more}."
    )
    return Notice("skipped_members", message, count)


def of_left_aside(part: dict[str, Any]) -> Notice:
    message = f"{part['name']} is no table that a layout knows: it is left aside."
    return Notice("not_read", message, part["rows_read"])


def _samples(part: Part) -> dict[str, Any]:
    """Give the first rows of a table, for who is to say what its columns are."""
    table = part.read(required=frozenset())
    rows = table.rows.select(part.columns).head(SAMPLE_ROWS).collect().iter_rows()
    samples = [[storable(c[:SAMPLE_CHARS]) if c else c for c in row] for row in rows]
    return {"samples": samples, "rows_read": table.rows_read}


def notices_of(table: Table, *, layout: Layout, silent: int) -> list[Notice]:
    notices = list(table.notices)
    if table.short_lines:
        message = (
            "Lines end before their last columns; the cells that are not there count as "
            "empty."
        )
        notices.append(Notice("short_lines", message, table.short_lines))
    if silent == table.rows_read:
        message = f"A file of {layout.name} is known and holds nothing that is stored."
        notices.append(Notice("nothing_stored", message, silent))
    elif silent:
        message = "Lines state nothing that is stored; docs/files.md says which."
        notices.append(Notice("lines_state_nothing", message, silent))
    return notices


def without_columns(part: Part) -> FileRejected:
    """Say why a table has no columns: its rows are bad, or there are none."""
    bad = list(part.read(required=frozenset()).bad_lines)
    if not bad:
        return EmptyFile("The table names no columns. Export it again.")
    return MalformedFile(
        f"No row of the table can be read. Row {bad[0].row_number:,}: {bad[0].message} "
        "Correct them and send the file again."
    )


def check_names(tables: tuple[CanonicalTable, ...]) -> None:
    """Refuse a name that is too long to say what is wrong in its column."""
    for cell in (cell for table in tables for cell in table.cells):
        if len(cell.source) > MAX_NAME_CHARS:
            raise MalformedFile(
                f"The name of the column {cell.source[:60] + '…'!r} has "
                f"{len(cell.source):,} characters, more than {MAX_NAME_CHARS}. Give it a "
                "shorter one."
            )


def check_repeated(
    table: Table, *, tables: tuple[CanonicalTable, ...], layout: Layout
) -> None:
    """Refuse a table in which a column that is read stands more than once."""
    read = {cell.source for canonical in tables for cell in canonical.cells}
    if repeated := sorted((read | layout.required) & table.repeated):
        raise MalformedFile(
            f"The header names {', '.join(map(repr, repeated))} more than once; which "
            f"column {layout.name} means is not clear. Give every column its own name."
        )


def ask_for(missing: list[str], *, layout: Layout) -> str:
    whose = " and ".join(missing)
    options = " and ".join(f"--{what}" for what in missing)
    return (
        f"A file of {layout.name} does not say of which {whose} it is. Say it with "
        f"{options}, with --name-pattern (such as '{{meeting}}_laps.csv'), or on the "
        "upload page."
    )
