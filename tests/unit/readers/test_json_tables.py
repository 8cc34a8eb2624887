"""JSON as services send it: every element is a row of its table, or named."""

import json
from pathlib import Path

import pytest

from imports.errors import EmptyFile, FileRejected, MalformedFile
from imports.readers import row_copy
from imports.readers.json_documents import json_rows, json_tables
from imports.readers.sandbox.limits import Limits
from tests.unit.readers.parts import Opened, opened


def parse(content: str | bytes) -> dict[str, Opened]:
    data = content.encode() if isinstance(content, str) else content
    return opened(json_tables.open_parts, data)


def refusal(content: str | bytes) -> FileRejected:
    with pytest.raises(FileRejected) as caught:
        parse(content)
    return caught.value


def test_one_object_a_line_is_numbered_by_lines() -> None:
    table = parse('{"a": 1, "b": "x"}\n\n{"a": 2, "b": null}\n')[""]

    assert table.columns == ("a", "b")
    assert table.rows == [(1, "1", "x"), (3, "2", None)]


def test_columns_are_those_of_all_lines() -> None:
    table = parse('{"a": 1}\n{"b": 2, "c": ""}\n{"c": 3, "a": 4}\n')[""]

    assert table.columns == ("a", "b", "c")
    assert table.cells == [("1", None, None), (None, "2", None), ("4", None, "3")]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("xx", "malformed_json"),
        ('{"a": 1', "malformed_json"),
        ('{"a": 1} {"a": 2}', "malformed_json"),
        ("[1]", "not_an_object"),
        ("null", "not_an_object"),
        ('{"a": 1, "a": 1}', "duplicate_key"),
        ('{"b": {"a": 1, "a": 1}}', "duplicate_key"),
        ('{"b": {"a": 1}, "b.a": 1}', "duplicate_key"),
        ('{"a": NaN}', "not_a_finite_number"),
        ('{"a": -Infinity}', "not_a_finite_number"),
        ('{"a": 1e400}', "not_a_finite_number"),
        ('{"a": [1, NaN]}', "not_a_finite_number"),
        ('{"a": ' + "9" * 4_301 + "}", "not_a_finite_number"),
        ('{"a": "\\ud800"}', "lone_surrogate"),
        ('{"a": "\\u0000"}', "nul_character"),
        ('{"a": ' + "[" * 70 + "]" * 70 + "}", "too_deep"),
        ('{"a": ' * 70 + "1" + "}" * 70, "too_deep"),
        ("[" * 50_000, "too_deep"),
        ('{"\\u001frow number": 1}', "odd_key"),
        ('{"a": "' + "x" * 1_000_001 + '"}', "cell_too_long"),
    ],
)
def test_line_that_is_no_row_is_a_bad_line(line: str, code: str) -> None:
    table = parse('{"a": 1}\n' + line + '\n{"a": 3}\n')[""]

    assert table.rows == [(1, "1"), (3, "3")]
    assert table.bad == [(2, code)]


def test_bad_line_keeps_its_text() -> None:
    table = parse('{"a": 1}\n{"a": NaN}\n')[""]

    assert [line.text for line in table.part.bad_lines] == ['{"a": NaN}']


def test_first_line_may_be_bad() -> None:
    table = parse('{"a":\n{"a": 2}\n')[""]

    assert (table.rows, table.bad) == ([(2, "2")], [(1, "malformed_json")])


def test_bytes_that_are_no_text_are_a_bad_line() -> None:
    table = parse(b'{"a": 1}\n{"a": "\xff"}\n{"a": 3}')[""]

    assert (table.rows, table.bad) == ([(1, "1"), (3, "3")], [(2, "not_utf8")])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", ['{"a": "é"}\n{"a": "√"}', '[{"a": "é"}, {"a": "√"}]'])
def test_encodings_that_a_file_says_itself(encoding: str, text: str) -> None:
    table = parse(text.encode(encoding))[""]

    assert table.rows == [(1, "é"), (2, "√")]


def test_numbers_are_what_the_file_writes() -> None:
    numbers = "57.0", "57.00", "1.50", "-0.5", "1e3", "12345678901234567890", "-0"
    lines = "\n".join(f'{{"a": {number}}}' for number in numbers)

    cells = [cell for (cell,) in parse(lines)[""].cells]

    assert cells == ["57", "57", "1.50", "-0.5", "1e3", "12345678901234567890", "-0"]


def test_array_of_scalars_is_one_cell_of_json() -> None:
    table = parse('[{"a": [1, 2.50, "x", null, true], "b": [[1], []]}]')[""]

    assert table.cells == [('[1,2.50,"x",null,true]', "[[1],[]]")]


def test_each_array_of_objects_is_a_table_of_its_own() -> None:
    document = {
        "header": {"title": "Races"},
        "data": {
            "races": [
                {
                    "id": 7,
                    "laps": [{"n": 1}, {"n": 2, "t": {"ms": 5}}],
                    "flags": [{"f": "red"}],
                    "track": {"name": "Spa"},
                },
                {"id": 8, "laps": []},
            ],
        },
        "page": 1,
    }

    tables = parse(json.dumps(document))

    assert list(tables) == ["data.races", "data.races.laps", "data.races.flags"]
    assert tables["data.races"].columns == (
        *("header.title", "page", "data.races.id", "data.races.track.name"),
    )
    assert tables["data.races"].cells == [
        ("Races", "1", "7", "Spa"),
        ("Races", "1", "8", None),
    ]
    assert tables["data.races.laps"].rows == [
        (1, "Races", "1", "7", "Spa", "1", None),
        (2, "Races", "1", "7", "Spa", "2", "5"),
    ]
    assert tables["data.races.flags"].cells == [("Races", "1", "7", "Spa", "red")]


def test_object_without_arrays_is_one_row() -> None:
    assert parse('{"a": {"b": 1}, "c": 2}')[""].rows == [(1, "1", "2")]


def test_what_is_wrong_around_rows_is_wrong_with_each() -> None:
    tables = parse('[{"a": NaN, "b": [{"c": 1}, {"c": 2}]}, {"a": 1, "b": [{"c": 3}]}]')

    assert tables[""].bad == [(1, "not_a_finite_number")]
    assert tables["b"].bad == [(1, "not_a_finite_number"), (2, "not_a_finite_number")]
    assert tables["b"].rows == [(3, "1", "3")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 200_000, "64 levels deep"),
        ('{"a":' * 200_000, "64 levels deep"),
        ('[{"a": 1}, {"a": 2', "cut off at line 1"),
        ('[{"a": 1},\n{"a" 2}]', "line 2, character 6"),
        ('{"a": 1}{"a": 2}', "a line of its own"),
        ("<html>\n<body>", "not JSON at line 1, character 1"),
        ("[1, 2]", "not an object"),
        ("3", "neither an object nor an array"),
        ('{"a": 1, "a": 2, "b": [{"c": 1}]}', "'a' is there more than once"),
        (b'[{"a": 1},\n{"a": "' + b'\xff"}]', "Line 2 is not UTF-8"),
        (b"\xff\xfe\x00\x00[\x00\x00\x00", "UTF-32"),
    ],
)
def test_document_that_cannot_be_read_says_where(
    content: str | bytes, words: str
) -> None:
    error = refusal(content)

    assert isinstance(error, MalformedFile)
    assert words in str(error)


@pytest.mark.parametrize("content", [" \n \n", "[]", '{"data": {"races": []}}'])
def test_document_without_rows_is_empty(content: str) -> None:
    assert isinstance(refusal(content), EmptyFile)


def test_deep_document_is_refused() -> None:
    assert isinstance(refusal("[" * 200_000), MalformedFile)


def test_keys_that_are_data_do_not_become_columns_without_end() -> None:
    keys = {f"key {number}": number for number in range(row_copy.MAX_COLUMNS + 1)}

    assert "keys seem to be data" in str(refusal(json.dumps([keys])))


def test_arrays_in_too_many_places_are_refused() -> None:
    places = {f"k{number}": [{"a": 1}] for number in range(json_rows.MAX_TABLES + 1)}

    assert "keys seem to be data" in str(refusal(json.dumps(places)))


def test_what_is_repeated_around_rows_does_not_fill_the_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(row_copy, "MAX_CHARS", 100_000)
    document = {"a": "x" * 10_000, "rows": [{"b": 1}] * 100}

    assert "more than 100,000 characters" in str(refusal(json.dumps(document)))


def test_document_that_ends_inside_a_text_is_cut_off() -> None:
    with pytest.raises(
        MalformedFile, match="cut off at line 1, character 16: a text is"
    ):
        parse('[{"meeting": "A')


def test_line_that_ends_inside_a_text_says_where_the_text_begins() -> None:
    [line] = list(parse('{"a": 1}\n{"a": "x\n')[""].part.bad_lines)

    assert line.message == (
        "The line is not JSON: a text is opened and never closed at its character 7."
    )


def test_as_many_arrays_as_may_be_fit_the_files_that_the_child_may_open() -> None:
    assert Limits().open_files >= json_rows.MAX_TABLES + 20


def test_large_file_may_become_a_larger_table_than_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_copy, "FREE_CHARS", 1_000)
    path = tmp_path / "file"
    path.write_bytes(bytes(7))
    assert row_copy.chars_allowed(path) == 1_000

    path.write_bytes(bytes(70))

    assert row_copy.chars_allowed(path) == 7_000
