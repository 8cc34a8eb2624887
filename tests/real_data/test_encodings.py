"""A race day in the encodings of Hong Kong and Excel: the same rows as in UTF-8."""

from pathlib import Path

import polars as pl
import pytest

from imports.readers.delimited import csv_text

FILES = ("results_2025-01-01.csv", "sectional_times_2025-01-01.csv")


def rows_of(path: Path, *, scratch: Path) -> tuple[pl.DataFrame, list[str]]:
    scratch.mkdir()
    [part] = csv_text.open_parts(path, scratch=scratch)
    table = part.read(required=frozenset(part.columns))
    assert len(table.bad_lines) == 0
    return table.rows.collect(), [notice.message for notice in table.notices]


@pytest.mark.parametrize("lines", [2, 4, 20, 1_000])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("gbk", "GB18030"),
        ("gb18030", "GB18030"),
        ("big5hkscs", "BIG5HKSCS"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16-LE"),
        ("utf-16-be", "UTF-16-BE"),
    ],
)
def test_rows_are_the_same_in_every_encoding(
    facts: Path, tmp_path: Path, name: str, encoding: str, told: str, lines: int
) -> None:
    text = (facts / "hkjc_day" / name).read_text(encoding="utf-8-sig")
    text = "".join(text.splitlines(keepends=True)[:lines])
    paths = tmp_path / "utf8.csv", tmp_path / "encoded.csv"
    paths[0].write_text(text, encoding="utf-8-sig")
    paths[1].write_bytes(text.encode(encoding))

    expected, silence = rows_of(paths[0], scratch=tmp_path / "a")
    found, [notice] = rows_of(paths[1], scratch=tmp_path / "b")

    assert silence == []
    assert found.equals(expected)
    assert len(found) > 0
    assert f"read as {told}," in notice
