"""The families of the corpus by name: the tables of its modules."""

from tests.corpus import (
    csv_files,
    json_files,
    names,
    packed,
    pages,
    parquet_files,
    texts,
    truncated,
    values,
    workbook_bombs,
    workbooks,
    zips,
)
from tests.corpus.bad_file import BadFile

FAMILIES: dict[str, list[BadFile]] = {
    "text": [*texts.FILES, *csv_files.FILES],
    "values": values.FILES,
    "json": json_files.FILES,
    "parquet": parquet_files.FILES,
    "workbooks": [*workbooks.FILES, *workbook_bombs.FILES],
    "pages": pages.FILES,
    "packed": [*packed.FILES, *zips.FILES],
    "truncated": truncated.FILES,
    "names": names.FILES,
}


def files_of(family: str, *, with_heavy: bool) -> list[BadFile]:
    """Give the files of a family, all or those that take little."""
    return [file for file in FAMILIES[family] if with_heavy or not file.is_heavy]
