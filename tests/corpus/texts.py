"""Text files: empty ones, encodings, NULs, bytes that are no text."""

import random

from tests.corpus.bad_file import LAPS, BadFile, given, lap, laps, lines

BOM = b"\xef\xbb\xbf"
GOOD = lines(*laps(3))
WIDE = lines("Zürich,1,Müller,1,1:31.000", "Zürich,1,José,2,1:32.000")


def _text(name: str, content: bytes | str, fault: str, **expected: object) -> BadFile:
    return BadFile(f"{name}.csv", given(content), fault, **expected)  # type: ignore[arg-type]


def _with(*rows: str) -> bytes:
    return lines(lap(1), *rows, lap(9))


def _noise(size: int) -> bytes:
    return random.Random(53).randbytes(size)


EMPTY = [
    _text("nothing", "", "F50", error="empty_file", says="Export it again"),
    _text("newline", "\n", "F50", error="empty_file", says="blank"),
    _text("blank_lines", "\r\n \r\n\t\r\n", "F50", error="empty_file", says="blank"),
    _text("only_a_mark", BOM, "F50", error="empty_file", says="blank"),
    _text("only_a_utf16_mark", b"\xff\xfe", "F50", error="empty_file", says="blank"),
    _text("header_only", LAPS, "F50", error="empty_file", says="no rows"),
    _text("header_only_crlf", f"{LAPS}\r\n\r\n", "F50", error="empty_file"),
    _text("header_marked", BOM + lines(), "F50", error="empty_file", says="no rows"),
    _text("commas", ",,,,\n,,,,\n", "F50", error="empty_file"),
]

ENCODINGS = [
    _text("marked", BOM + GOOD + b"\n", "F53", rows=3),
    _text("utf16_le", WIDE.decode().encode("utf-16"), "F53", rows=2, notice="encoding"),
    _text(
        "utf16_be",
        b"\xfe\xff" + WIDE.decode().encode("utf-16-be"),
        "F53",
        rows=2,
        notice="encoding",
    ),
    _text(
        "utf16_bare",
        WIDE.decode().encode("utf-16-le"),
        "F53",
        rows=2,
        notice="encoding",
    ),
    _text("utf32", WIDE.decode().encode("utf-32"), "F53", rows=2, notice="encoding"),
    _text("cp1252", WIDE.decode().encode("cp1252"), "F53", rows=2, notice="encoding"),
    _text(
        "utf16_odd",
        WIDE.decode().encode("utf-16")[:-1],
        "F53",
        error="malformed_file",
        says="UTF-16",
    ),
    _text(
        "utf16_lone_half",
        b"\xff\xfe" + GOOD.decode().encode("utf-16-le") + b"\x00\xd8" + b"\n\0",
        "F53",
        error="malformed_file",
        says="UTF-16",
    ),
    _text(
        "one_bad_line",
        lines(*[f"Zürich,1,7,{n},1:30.000" for n in range(1, 301)])
        + b"Ashf\xf6rd,1,7,1,1:31.000\n",
        "F53",
        rows=301,
        rejections=((302, "not_utf8"),),
    ),
    _text(
        "half_of_the_lines",
        WIDE + WIDE + "Zürich,1,7,1,1:31\n".encode("cp1252"),
        "F53",
        error="malformed_file",
        says="Line 7 .*byte 2",
    ),
    _text(
        "bad_header",
        b"meeting,race,entrant,lap,time,\xff\n" + "é,1,7,1,1:31,x\n".encode() * 300,
        "F53",
        error="malformed_file",
        says="Line 1 .*byte 31",
    ),
    _text("overlong", _with("Ash\xc0\xaf,1,7,2,1:31"), "F53", rows=3),
    _text(
        "cesu",
        GOOD + b"Ash\xed\xa0\x80,1,7,1,1:31\n",
        "F53",
        rows=4,
        notice="encoding",
    ),
    _text(
        "ebcdic",
        GOOD.decode().encode("cp037"),
        "F53",
        error="malformed_file",
        says="Line 1 ",
    ),
    _text("noise", _noise(5_000), "F53", error="malformed_file"),
    _text("all_ff", b"\xff" * 5_000, "F53", error="unknown_layout"),
    _text("all_nul", b"\0" * 5_000, "F54", error="malformed_file"),
    _text(
        "nul_cells",
        _with("Ash\0ford,1,7,2,1:31.000", "Ashford,1,7\0,3,1:31.000"),
        "F54",
        rows=4,
        rejections=((3, "not_text"), (4, "not_text")),
    ),
    _text(
        "nul_time",
        _with("Ashford,1,7,2,1:31\0"),
        "F54",
        rejections=((3, "not_a_time"),),
        rows=3,
    ),
    _text(
        "nul_header",
        GOOD.replace(b"lap,", b"la\0p,"),
        "F54",
        error="malformed_file",
        says="column 4",
    ),
    _text(
        "control_header",
        GOOD.replace(b"lap,", b"lap\x07,"),
        "F54",
        error="malformed_file",
        says="column 4",
    ),
    _text(
        "padded_by_nuls",
        GOOD + b"\0" * 4096,
        "F54",
        rows=4,
        rejections=((5, "too_few_cells"),),
    ),
]

FILES = [*EMPTY, *ENCODINGS]
