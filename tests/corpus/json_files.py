"""JSON as nobody should write it: numbers, keys, depth, halves of characters, cut ends."""

import json
from functools import partial

from tests.corpus.bad_file import BadFile, given

LAP = '{"meeting":"Ashford","race":"1","entrant":"7","lap":%s,"time":"1:31.000"}'
LEVELS = 200_000


def _lines(name: str, *laps: str, fault: str, **expected: object) -> BadFile:
    """Give an object a line; the second of three is the bad one, unless said."""
    text = "\n".join(
        lap if lap.startswith(("{", "[", " ")) or not lap else LAP % lap for lap in laps
    )
    return BadFile(f"{name}.ndjson", given(text + "\n"), fault, **expected)  # type: ignore[arg-type]


def _bad(name: str, lap: str, code: str, fault: str, says: str = "") -> BadFile:
    return _lines(
        name, "1", lap, "3", fault=fault, rows=3, rejections=((2, code),), says=says
    )


def _document(name: str, text: str | bytes, fault: str, **expected: object) -> BadFile:
    return BadFile(f"{name}.json", given(text), fault, **expected)  # type: ignore[arg-type]


def _deep(mark: str) -> bytes:
    return mark.encode() * LEVELS


def _many_arrays(count: int) -> bytes:
    return json.dumps({f"k{n}": [{"a": 1}] for n in range(count)}).encode()


def _many_keys(count: int) -> bytes:
    return json.dumps([{f"k{n}": n for n in range(count)}]).encode()


def _long_line(count: int) -> bytes:
    return (LAP % "1").encode() + b"\n" + b'{"meeting":"' + b"a" * count + b'"}\n'


def _multiplied(count: int) -> bytes:
    """Give a long text around many elements: each row has it."""
    return json.dumps(
        {"text": "a" * 900_000, "laps": [{"lap": n} for n in range(count)]}
    ).encode()


ODD = r'{"meeting":"%s","race":"1","entrant":"7","lap":1,"time":"1:31.000"}'

VALUES = [
    _bad("nan", "NaN", "not_a_finite_number", "F61", "lap"),
    _bad("infinity", "-Infinity", "not_a_finite_number", "F61", "lap"),
    _bad("1e400", "1e400", "not_a_finite_number", "F61", "1e400"),
    _bad("int_of_5000", "9" * 5_000, "not_a_finite_number", "F61", "5,000 digits"),
    _bad("int_of_4000", "9" * 4_000, "not_a_whole_number", "F61"),
    _bad("minus_1e308", "-1e308", "not_a_whole_number", "F61"),
    _bad("fraction", "1.5", "not_a_whole_number", "F61"),
    _bad("true_as_number", "true", "not_a_whole_number", "F61"),
    _bad("null_as_number", "null", "missing_value", "F61"),
    _bad("list_as_number", LAP % "[1]", "not_a_whole_number", "F61"),
    _bad("leading_zero", "007", "malformed_json", "F61", "character"),
    _bad("text_of_a_number", '" \uff12 "', "not_a_whole_number", "F76"),
    _bad("duplicate_key", '2,"lap":3', "duplicate_key", "F62", "'lap'"),
    _bad("duplicate_path", '2,"a.b":1,"a":{"b":2}', "duplicate_key", "F62", "a.b"),
    _bad("odd_key", '2,"a\\u0000b":1', "odd_key", "F54"),
    _lines(
        "empty_key",
        "1",
        '2,"":1',
        fault="F59",
        error="unknown_layout",
        says="'column 5'",
    ),
    _bad("lone_surrogate", ODD % r"Ash\ud800ford", "lone_surrogate", "F55", "meeting"),
    _bad("low_surrogate", ODD % r"\udc00", "lone_surrogate", "F55", "meeting"),
    _bad("nul", ODD % r"Ash\u0000ford", "nul_character", "F54", "meeting"),
    _bad("long_text", ODD % ("a" * 2_000_000), "cell_too_long", "F57", "2,000,000"),
    _bad("not_an_object", "[1,2]", "not_an_object", "F58"),
    _bad("cut_line", LAP[:30], "malformed_json", "F58", "character"),
    _bad("two_on_a_line", f"{LAP % 2}{LAP % 2}", "malformed_json", "F58", "extra data"),
    _bad("deep_line", '{"a":' * 70 + "1" + "}" * 70, "too_deep", "F63", "64 levels"),
    _bad("deeper_line", "[" * LEVELS, "too_deep", "F63", "64 levels"),
    _lines("pair_of_halves", ODD % r"\ud83c\udfc7", "2", fault="F55", rows=2),
    _lines("blank_lines", "1", "", "  ", "2", fault="F60", rows=2),
    _lines("other_keys", "1", '{"x":1}', fault="F58", error="unknown_layout"),
]

DOCUMENTS = [
    _document("empty_array", "[]", "F50", error="empty_file"),
    _document("empty_object", "{}", "F50", error="empty_file"),
    _document("empty_list_inside", '{"laps": []}', "F50", error="empty_file"),
    _document("null_rows", "[null, null]", "F50", error="malformed_file", says="Row 1"),
    _document("numbers", "[1, 2, 3]", "F58", error="malformed_file", says="Row 1"),
    _document(
        "open_array",
        f"[{LAP % 1}, {LAP % 2}",
        "F58",
        error="malformed_file",
        says="cut off at line 1",
    ),
    _document(
        "open_text", '[{"meeting": "Ashf', "F58", error="malformed_file", says="line 1"
    ),
    _document(
        "trailing_comma",
        f"[{LAP % 1},]",
        "F58",
        error="malformed_file",
        says="line 1, character",
    ),
    _document(
        "comment",
        f"[{LAP % 1} /* 2 */]",
        "F58",
        error="malformed_file",
        says="line 1, character",
    ),
    _document(
        "single_quotes",
        "[{'meeting': 'Ashford'}]",
        "F58",
        error="malformed_file",
        says="line 1, character 3",
    ),
    _document(
        "two_documents",
        f"[\n{LAP % 1}\n]\n[\n{LAP % 2}\n]",
        "F58",
        error="malformed_file",
        says="more follows",
    ),
    _document(
        "nan_in_a_document",
        f"[{LAP % 1}, {LAP % 'NaN'}]",
        "F61",
        rows=2,
        rejections=((2, "not_a_finite_number"),),
    ),
    _document(
        "bad_around",
        '{"a": NaN, "laps": [{"lap": 1}]}',
        "F61",
        error="malformed_file",
        says="around all rows",
    ),
    _document("marked", b"\xef\xbb\xbf[" + (LAP % 5).encode() + b"]", "F53", rows=1),
    _document("utf16", f"[{LAP % 6}]".encode("utf-16"), "F53", rows=1),
    _document(
        "utf16_cut",
        f"[{LAP % 6}]".encode("utf-16")[:-1],
        "F53",
        error="malformed_file",
        says="UTF-16",
    ),
    _document(
        "utf32",
        f"[{LAP % 7}]".encode("utf-32"),
        "F53",
        error="malformed_file",
        says="UTF-32",
    ),
    _document(
        "cp1252",
        f"[{ODD % 'Zürich'}]".encode("cp1252"),
        "F53",
        error="malformed_file",
        says="Line 1 ",
    ),
    _document(
        "odd_array",
        r'{"a\ud800": [{"lap": NaN}], "laps": [{"lap": 1}]}',
        "F55",
        error="malformed_file",
        says=r"a\\ud800",
    ),
    _document(
        "long_array",
        json.dumps({"k" * 400: [{"lap": 1}]}),
        "F57",
        error="unknown_layout",
    ),
    _document(
        "deep_array", _deep("["), "F63", error="malformed_file", says="64 levels"
    ),
    _document(
        "deep_object", _deep('{"a":'), "F63", error="malformed_file", says="64 levels"
    ),
    BadFile(
        "many_arrays.json",
        partial(_many_arrays, 300),
        "F78",
        error="malformed_file",
        says="100 places",
    ),
    BadFile(
        "many_keys.json",
        partial(_many_keys, 100_000),
        "F78",
        error="malformed_file",
        says="2,000 columns",
    ),
    BadFile(
        "line_20m.ndjson",
        partial(_long_line, 20_000_000),
        "F57",
        rows=2,
        rejections=((2, "line_too_long"),),
    ),
    BadFile(
        "document_130m.json",
        lambda: b'[{"a": "' + b"a" * (130 << 20) + b'"}]',
        "F57",
        error="malformed_file",
        says="one object a line",
        is_heavy=True,
    ),
    BadFile(
        "wide_120m.json",
        lambda: (
            '[{"a":"🏇"}'.encode() + b',{"a":"aaaaaaaaaaaaaaaaaa"}' * (4 << 20) + b"]"
        ),
        "F78",
        error="unknown_layout|parser_oom",
        is_heavy=True,
    ),
    BadFile(
        "objects_2m.json",
        lambda: b"[" + b'{"a":1},' * (2 << 20) + b'{"a":1}]',
        "F78",
        error="unknown_layout",
        is_heavy=True,
    ),
    BadFile(
        "multiplied.json",
        partial(_multiplied, 20_000),
        "F78",
        error="malformed_file",
        says="268,435,456 characters",
        is_heavy=True,
    ),
]

FILES = [*VALUES, *DOCUMENTS]
