"""What the page of a snapshot shows of its document, whatever that is."""

from typing import Any

import pytest

from ingestion_site.lib.cells import UNKNOWN
from stats import snapshot_tables
from stats.snapshot_tables import Cell, as_json, facts_of, tables_of


def texts(table: snapshot_tables.Table) -> list[list[Any]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_list_of_objects_is_a_table_with_the_rank_first() -> None:
    [table] = tables_of(
        {"standings": [{"wins": 15, "rank": 1, "name": "Max"}, {"rank": 2}], "total": 2}
    )

    assert table.title == "Standings"
    assert table.columns == [
        Cell("Rank", True),
        Cell("Name", False),
        Cell("Wins", True),
    ]
    assert texts(table) == [["1", "Max", "15"], ["2", UNKNOWN, UNKNOWN]]


def test_times_and_years_look_like_such() -> None:
    [table] = tables_of({"laps": [{"time_ms": 94570, "season": 2022, "laps": 23529}]})

    assert texts(table) == [["1:34.570", "2022", "23,529"]]


def test_plain_values_are_facts() -> None:
    facts = facts_of(
        {"source": "f1", "laps": 23529, "kinds": {"race": 22}, "none": None, "rows": []}
    )

    assert facts[:2] == [("Source", "f1"), ("Laps", "23,529")]
    assert facts[3] == ("None", UNKNOWN)
    assert len(facts) == 4


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"a": {"b": {"c": [1]}}},
        {"a": [[1, 2], {"b": 1}]},
        {"a": [{"b": [{"c": 1}], "d": {"e": {"f": 1}}, "g": True}]},
        {"a": [{}, {}]},
    ],
)
def test_any_document_can_be_shown(data: dict[str, Any]) -> None:
    facts_of(data)
    tables_of(data)

    assert as_json(data)[1] is False


def test_rows_that_are_not_shown_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_tables, "MOST_ROWS", 2)

    [table] = tables_of({"rows": [{"a": n} for n in range(5)]})

    assert (len(table.rows), table.more) == (2, 3)


def test_long_json_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_tables, "MOST_CHARACTERS", 5)

    assert as_json({"a": 1}) == ('{\n  "', True)
