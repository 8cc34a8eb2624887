"""HTML: pages that are no results, cut ones, tags, scripts and texts without end."""

from functools import partial

from tests.corpus.bad_file import BadFile, given
from tests.unit.readers.liverc_pages import page

PAGE = page()
PARTS = 16


def _page(name: str, text: str | bytes, fault: str, **expected: object) -> BadFile:
    return BadFile(f"{name}.html", given(text), fault, **expected)  # type: ignore[arg-type]


def _cut(part: int) -> bytes:
    data = PAGE.encode()
    return data[: len(data) * part // PARTS]


def _tags(count: int) -> bytes:
    return b"<html>" + b"<a <" * count


def _nested(count: int) -> bytes:
    return b"<html>" + b"<div>" * count


def _script(script: str) -> str:
    return page(script=script)


FILES = [
    _page("sign_in", "<!DOCTYPE html><html><body>Sign in</body></html>", "F52", error="unknown_format", says="LiveRC"),
    _page("other_table", "<html><table><tr><td>1</td></tr></table></html>", "F52", error="unknown_format", says="race_result"),
    _page("latin_1", PAGE.encode("latin-1"), "F53", error="malformed_file", says="byte"),
    _page("nul", PAGE.replace("Ashford", "Ash\0ford"), "F54", rows=17, rejected=17, says="not a key"),
    _page("open_script", _script("racerLaps[101] = {'laps':[").split("</script>")[0], "F56", error="malformed_file", says="line 1"),
    _page("open_literal", _script("racerLaps[101] = {'driverName':'A'"), "F56", error="malformed_file", says="[Ll]ine 1"),
    _page("deep_literal", _script("racerLaps[101] = {'a':" + "[" * 50_000 + "}"), "F63", error="malformed_file", says="deep"),
    _page("half_character", _script("racerLaps[101] = {'driverName':'\\ud800','laps':[]};"), "F55", error="malformed_file", says="half a character"),
    _page("no_rows", page(rows="<tr></tr>", script=" "), "F50", error="empty_file", says="no rows"),
    _page("script_in_a_name", PAGE.replace("CARL ADAMS", "&lt;script&gt;alert(1)&lt;/script&gt;"), "F65", rows=17),
    BadFile("tags_50k.html", partial(_tags, 50_000), "F63", error="malformed_file", says="line 1"),
    BadFile("nested_200k.html", partial(_nested, 200_000), "F63", error="unknown_format"),
    BadFile("page_17m.html", lambda: b"<html>" + b"a" * (17 << 20), "F57", error="malformed_file", says="16,777,216"),
    *(
        BadFile(f"page_{part}.html", partial(_cut, part), "F51", error="unknown_format|malformed_file")
        for part in range(1, PARTS)
    ),
]  # fmt: skip
