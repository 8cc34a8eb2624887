"""Refusals: every one is counted, some are kept in full."""

from imports.readers.rejects import MAX_KEPT_CHARS, RejectionLog
from imports.readers.table import KEPT_PER_CODE, BadLine, BadLines


def add(log: RejectionLog, *, row: int, code: str, cell: str | None = "x") -> None:
    log.add(row_number=row, column="a", code=code, message="m", original={"a": cell})


def test_counts_are_exact_and_so_many_of_a_code_are_kept() -> None:
    log = RejectionLog(per_code=2)

    for row in range(5):
        add(log, row=row, code="not_a_time")
    add(log, row=9, code="not_a_date")

    assert log.total == 6
    assert [kept["row_number"] for kept in log.kept] == [0, 1, 9]


def test_what_is_kept_can_be_stored() -> None:
    log = RejectionLog(per_code=10)

    add(log, row=2, code="not_text", cell="a\x00b")
    add(log, row=3, code="not_text", cell="x" * 5_000)
    add(log, row=4, code="missing_value", cell=None)

    kept = [rejection["original"]["a"] for rejection in log.kept]
    assert kept == ["a␀b", "x" * MAX_KEPT_CHARS, None]


def test_bad_lines_are_counted_also_where_they_are_not_kept() -> None:
    lines = BadLines()
    for row in range(2, KEPT_PER_CODE + 12):
        lines.append(BadLine(row, "too_many_cells", "m", "x" * 5_000))
    lines.append(BadLine(1, "not_utf8", "m", "y"))
    log = RejectionLog(per_code=3)
    log.begin("", rows_before=100)

    log.add_bad_lines(lines)

    assert log.total == len(lines) == KEPT_PER_CODE + 11
    assert log.last_row == 100 + KEPT_PER_CODE + 11
    assert [kept["row_number"] for kept in log.kept] == [102, 103, 104, 101]
    assert len(lines.kept) == KEPT_PER_CODE + 1
    assert {len(line.text) for line in lines.kept} == {MAX_KEPT_CHARS, 1}
