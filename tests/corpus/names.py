"""Names that lie or attack, and bytes that are several formats at once."""

from collections.abc import Callable

from tests.corpus import good
from tests.corpus.bad_file import BadFile, given, lap, lines

HTML = b"<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>"
#: Each stands for a name in which a file must be taken in as well as any other.
HOSTILE = [
    "../../etc/passwd",
    "..\\..\\windows\\system32\\laps.csv",
    "C:\\laps.csv",
    "/etc/shadow.csv",
    "laps\0.csv",
    "laps\u202evsc.exe",
    "n" * 5_000 + ".csv",
    "漢" * 300 + ".csv",
    "<script>alert(1)</script>.csv",
    "<img src=x onerror=alert(1)>.csv",
    "'; DROP TABLE imports_runfile; --.csv",
    "=cmd|' /C calc'!A0.csv",
    "%s%s%n%x.csv",
    "{{ 7*7 }}{% load x %}.csv",
    "line\nbreak\r\n.csv",
    "\x1b[31mred.csv",
    "",
    ".",
    "..",
    "con.csv",
    "laps.csv ",
    "-rf.csv",
    "~.csv",
    "\udcff.csv",
    "🏇👩‍👩‍👧.csv",
    "laps.csv.",
    "laps",
]


def _named(number: int, name: str) -> BadFile:
    """Give a file with one good row and one bad one; no two have the same bytes."""
    rows = lines(
        lap(1, race=f"name-{number}"), lap(2, race=f"name-{number}", time="slow")
    )
    return BadFile(name, given(rows), "F52", rows=2, rejections=((3, "not_a_time"),))


def _wrong(name: str, make: Callable[[], bytes], says: str) -> BadFile:
    return BadFile(name, make, "F52", error="wrong_extension", says=says)


def _strange(name: str, head: bytes, says: str) -> BadFile:
    return BadFile(
        name, given(head + b"\0" * 100), "F52", error="unknown_format", says=says
    )


WRONG = [
    _wrong("zip_called.csv", lambda: good.zipped({"a.csv": good.csv()}), "zip archive"),
    _wrong("gzip_called.csv", lambda: good.gzipped(good.csv()), "gzip"),
    _wrong("zstd_called.csv", lambda: good.zstd(good.csv()), "zstd"),
    _wrong("workbook_called.csv", good.workbook, "Excel workbook"),
    _wrong("parquet_called.csv", good.parquet, "Parquet"),
    _wrong("json_called.csv", good.json_array, "JSON"),
    _wrong("csv_called.json", good.csv, "delimited text"),
    _wrong("csv_called.parquet", good.csv, "delimited text"),
    _wrong("csv_called.xlsx", good.csv, "delimited text"),
    _wrong("csv_called.gz", good.csv, "delimited text"),
    _wrong("csv_called.zip", good.csv, "delimited text"),
    _wrong("parquet_called.gz", good.parquet, "Parquet"),
    _wrong("parquet_called.json", good.parquet, "Parquet"),
    _wrong("workbook_called.zip", good.workbook, "Excel workbook"),
    _wrong(
        "zip_called.xlsx", lambda: good.zipped({"b.csv": good.csv()}), "zip archive"
    ),
    _wrong("zip_called.gz", lambda: good.zipped({"c.csv": good.csv()}), "zip archive"),
    _wrong("json_inside.csv.gz", lambda: good.gzipped(good.json_lines()), "JSON"),
    _wrong("html_called.xlsx", given(HTML), "delimited text|HTML"),
    BadFile(
        "html_called.csv",
        given(HTML + b"\n"),
        "F52",
        error="wrong_extension",
        says="HTML",
    ),
    _wrong("html_called.json", given(HTML + b"\n\n"), "HTML"),
]

STRANGE = [
    _strange("page.csv", b"%PDF-1.7\n", "PDF"),
    _strange("picture.csv", b"\x89PNG\r\n\x1a\n", "picture"),
    _strange("photo.csv", b"\xff\xd8\xff\xe0", "picture"),
    _strange("script.gif", b"GIF89a/*", "picture"),
    _strange("packed.csv.bz2", b"BZh91AY&SY", "bzip2"),
    _strange("packed.csv.xz", b"\xfd7zXZ\0", "xz"),
    _strange("packed.7z", b"7z\xbc\xaf\x27\x1c", "7z"),
    _strange("packed.rar", b"Rar!\x1a\x07", "RAR"),
    _strange("laps.feather", b"ARROW1\0\0", "Arrow"),
    _strange("laps.sqlite", b"SQLite format 3\0", "SQLite"),
    _strange("laps.bin", b"\x7fELF\x02", "program"),
    _strange("laps.exe", b"MZ\x90\0", "program"),
]

POLYGLOTS = [
    BadFile(
        "gif_and_script.csv",
        given(b"GIF89a=1;/*" + b"\0" * 20 + b"*/alert(1)"),
        "F52",
        error="unknown_format",
    ),
    BadFile(
        "csv_then_zip.csv",
        lambda: lines(lap(1)) + good.zipped({"a.csv": lines(lap(2))}),
        "F52",
        rows=2,
        rejections=((3, "too_few_cells"),),
    ),
    BadFile(
        "zip_in_a_comment.zip",
        lambda: good.zipped({"d.csv": good.csv()}) + good.zipped({"e.csv": good.csv()}),
        "F52",
        error="archive_refused",
        says="table of contents",
    ),
    BadFile(
        "json_and_csv.json",
        given(b'{"meeting":"A"}\nmeeting,race,entrant,lap,time\n' + lap(1).encode()),
        "F52",
        rows=3,
        rejections=((2, "malformed_json"), (3, "malformed_json")),
    ),
    BadFile(
        "parquet_and_csv.csv",
        lambda: b"PAR1\n" + good.csv(),
        "F52",
        error="wrong_extension",
    ),
    BadFile(
        "html_table.html",
        given(b"<html><table><tr><td>1</td></tr></table></html>"),
        "F52",
        error="unknown_format",
    ),
]

FILES = [
    *(_named(number, name) for number, name in enumerate(HOSTILE)),
    *WRONG,
    *STRANGE,
    *POLYGLOTS,
]
