"""Delimited text: quotes, lines, cells and headers as none should be."""

from functools import partial

from tests.corpus.bad_file import LAPS, BadFile, given, lap, laps, lines

GOOD = lines(*laps(3))


def _text(name: str, content: bytes | str, fault: str, **expected: object) -> BadFile:
    return BadFile(f"{name}.csv", given(content), fault, **expected)  # type: ignore[arg-type]


def _with(*rows: str) -> bytes:
    return lines(lap(1), *rows, lap(9))


def _many_columns(count: int) -> bytes:
    return ",".join(f"c{n}" for n in range(count)).encode() + b"\n1\n"


def _many_bad(count: int) -> bytes:
    row = b"Ashford,1,7,1,slow\n"
    return LAPS.encode() + b"\n" + row * count


def _ragged(count: int) -> bytes:
    return lines(lap(1)) + b"Ashford,1\n" * count


def _quotes(count: int) -> bytes:
    return lines(lap(1)) + b'Ashford,1,7,"2,1:31.000\n' * count


QUOTES = [
    _text(
        "open_quote",
        _with('Ashford,1,7,"2,1:31.000', *laps(3, first=3)),
        "F56",
        rows=6,
        rejections=((3, "malformed_line"),),
        says="quote",
    ),
    _text(
        "open_quote_first",
        lines('"Ashford,1,7,1,1:31.000', *laps(4)),
        "F56",
        rows=5,
        rejections=((2, "malformed_line"),),
    ),
    _text(
        "open_quote_last",
        _with('Ashford,1,7,10,"1:31.000'),
        "F56",
        rows=3,
        rejections=((3, "malformed_line"),),
    ),
    _text(
        "open_quote_header",
        lines(*laps(2), header='meeting,race,"entrant,lap,time'),
        "F56",
        error="malformed_file",
        says="never closed",
    ),
    _text(
        "text_after_quote",
        _with('"Ash"ford,1,7,2,1:31.000'),
        "F56",
        rows=3,
        rejections=((3, "malformed_line"),),
    ),
    _text("quote_inside", _with('Ash"ford,1,7,2,1:31.000'), "F56", rows=3),
    _text("quote_over_lines", _with('"Ash\nford",1,7,2,1:31.000'), "F56", rows=3),
    _text(
        "open_quotes_5k",
        _quotes(5_000),
        "F56",
        rows=5_001,
        rejected=5_000,
        says="quote",
    ),
    _text(
        "cell_200k",
        _with(f"{'a' * 200_000},1,7,2,1:31.000"),
        "F57",
        rows=3,
        rejections=((3, "not_text"),),
    ),
    _text(
        "cell_2m",
        _with(f"{'a' * 2_000_000},1,7,2,1:31.000"),
        "F57",
        rows=3,
        rejections=((3, "not_text"),),
    ),
    _text(
        "quoted_cell_2m",
        _with(f'"{"a," * 1_000_000}",1,7,2,1:31.000'),
        "F57",
        rows=3,
        rejections=((3, "not_text"),),
    ),
    _text(
        "time_200k",
        _with(f"Ashford,1,7,2,{'1' * 200_000}"),
        "F57",
        rows=3,
        rejections=((3, "not_a_time"),),
    ),
    _text(
        "one_line_8m",
        "a" * 8_000_000,
        "F57",
        error="malformed_file",
        says="1,000,000 characters",
    ),
]

LINES = [
    _text(
        "ragged_short",
        _with("Ashford,1,7"),
        "F58",
        rows=3,
        rejections=((3, "too_few_cells"),),
        says="3 cells",
    ),
    _text(
        "ragged_by_a_value", _with("Ashford,1,7,2"), "F58", rows=3, notice="short_lines"
    ),
    _text(
        "ragged_long",
        _with("Ashford,1,7,2,1:31.000,5"),
        "F58",
        rows=3,
        rejections=((3, "too_many_cells"),),
        says="6 cells",
    ),
    _text(
        "ragged_both",
        _with("Ashford", ",,,,,,", lap(3)),
        "F58",
        rows=5,
        rejections=((3, "too_few_cells"), (4, "too_many_cells")),
    ),
    _text(
        "cut_in_a_row", GOOD[:-11], "F58", rows=3, rejections=((4, "too_few_cells"),)
    ),
    _text(
        "ragged_5k",
        _ragged(5_000),
        "F58",
        rows=5_001,
        rejected=5_000,
        says="2 cells",
    ),
    _text(
        "twice_a_header",
        _with(LAPS),
        "F58",
        rows=3,
        rejections=((3, "not_a_whole_number"),),
    ),
    _text("cr_only", GOOD.replace(b"\n", b"\r"), "F60", rows=3),
    _text(
        "mixed_ends",
        LAPS + "\r\n" + lap(1) + "\r" + lap(2) + "\n" + lap(3),
        "F60",
        rows=3,
    ),
    _text("semicolons", GOOD.replace(b",", b";"), "F60", rows=3),
    _text("tabs", GOOD.replace(b",", b"\t"), "F60", rows=3),
    _text(
        "mixed_delimiters",
        _with("Ashford;1;7;2;1:31.000"),
        "F60",
        rows=3,
        rejections=((3, "too_few_cells"),),
    ),
    _text(
        "decimal_comma",
        lines("Ashford;1;7;2;91,5", header=LAPS.replace(",", ";")),
        "F60",
        rows=1,
    ),
    _text(
        "blank_lines_between",
        _with("", "", "Ashford,1,7,x,1:31.000"),
        "F60",
        rows=3,
        rejections=((5, "not_a_whole_number"),),
    ),
    _text("sep_line", b"sep=;\n" + GOOD.replace(b",", b";"), "F60", rows=3),
]

HEADERS = [
    _text(
        "same_name_twice",
        lines("A,1,7,1,1:31,1:32", header=f"{LAPS},time"),
        "F59",
        error="unknown_layout",
        says=r"time \(2\)",
    ),
    _text(
        "other_case",
        lines(*laps(2), header=LAPS.upper()),
        "F59",
        error="unknown_layout",
        says="MEETING",
    ),
    _text(
        "spaces_around",
        lines(*laps(2), header=" meeting , race,entrant ,lap,time "),
        "F59",
        rows=2,
    ),
    _text("no_header", lines(*laps(3), header=lap(0)), "F59", error="unknown_layout"),
    _text(
        "name_missing",
        lines("A,1,7,1,1:31,x", header=f"{LAPS},"),
        "F59",
        error="unknown_layout",
        says="column 6",
    ),
    _text(
        "name_of_300",
        lines("A,1,7,1,1:31,x", header=f"{LAPS},{'n' * 300}"),
        "F59",
        error="unknown_layout",
    ),
    _text(
        "name_of_5000",
        lines("A,1,7,1,1:31,x", header=f"{LAPS},{'n' * 5000}"),
        "F59",
        error="unknown_layout",
    ),
    _text(
        "zero_width_name",
        lines(*laps(2), header=LAPS.replace("lap", "l\u200bap")),
        "F77",
        error="unknown_layout",
        says=r"l\\u200bap",
    ),
    _text(
        "look_alike_name",
        lines(*laps(2), header=LAPS.replace("race", "r\u0430ce")),
        "F77",
        error="unknown_layout",
        says="no column 'race'",
    ),
    BadFile(
        "columns_20k.csv",
        partial(_many_columns, 20_000),
        "F78",
        error="malformed_file",
        says="10,000 columns",
    ),
    BadFile(
        "columns_9k.csv", partial(_many_columns, 9_000), "F78", error="unknown_layout"
    ),
    BadFile(
        "columns_1m.csv",
        partial(_many_columns, 1_000_000),
        "F78",
        error="malformed_file",
        says="10,000 columns",
    ),
    BadFile(
        "bad_rows_1m.csv",
        partial(_many_bad, 1_000_000),
        "F78",
        rows=1_000_000,
        rejected=1_000_000,
        says="'slow'",
        is_heavy=True,
    ),
    BadFile(
        "bad_rows_50k.csv",
        partial(_many_bad, 50_000),
        "F78",
        rows=50_000,
        rejected=50_000,
        says="'slow'",
    ),
    BadFile(
        "ragged_1m.csv",
        partial(_ragged, 1_000_000),
        "F78",
        rows=1_000_001,
        rejected=1_000_000,
        says="2 cells",
        is_heavy=True,
    ),
]

FILES = [*QUOTES, *LINES, *HEADERS]
