"""Refusals: every one is counted, some are kept in full."""

from imports.readers.rejects import MAX_KEPT_CHARS, RejectionLog


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
