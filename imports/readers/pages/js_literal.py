r"""A literal in JavaScript text -> dicts, lists and text. Nothing is ever run.

Quotes are single or double, names may go without, a comma may stand behind the last
value: `{ 'driverName' : 'O\'LOUGHLIN', laps: [ ], }`. Numbers stay as they are written.
"""

import re
from typing import TypeAlias

MAX_DEPTH = 16

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"

TOKEN = re.compile(
    r"""\s*+(?:
        (?P<mark>[{}\[\],:])
        |'(?P<single>(?>[^'\\\n]|\\.)*+)'
        |"(?P<double>(?>[^"\\\n]|\\.)*+)"
        |(?P<word>[A-Za-z0-9_$.+-]{1,100}+)
    )""",
    re.VERBOSE | re.DOTALL,
)
ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|\r\n|.)", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
ENDS_OF_LINES = ("\n", "\r\n", "\r")
SURROGATES = re.compile("[\ud800-\udfff]")


class NotALiteral(Exception):
    """The text is no literal at a place."""

    def __init__(self, message: str, *, place: int) -> None:
        super().__init__(message)
        self.place = place


class Literal:
    """A literal that is being read."""

    def __init__(self, text: str, *, start: int) -> None:
        self.text = text
        self.place = start

    def value(self, *, depth: int = 0) -> Value:
        """Read the value that starts here."""
        token, start = self._next()
        if token.lastgroup != "mark":
            return _plain(token, start)
        if depth == MAX_DEPTH:
            raise NotALiteral(
                f"values are nested more than {MAX_DEPTH} deep", place=start
            )
        if token["mark"] == "{":
            return self._object(depth + 1)
        if token["mark"] == "[":
            return self._array(depth + 1)
        raise NotALiteral(f"{token['mark']!r} is no value", place=start)

    def _object(self, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while not self._takes("}"):
            token, start = self._next()
            name = _plain(token, start)
            if name is None or not self._takes(":"):
                raise NotALiteral("a name and its colon are missing", place=start)
            found[name] = self.value(depth=depth)
            self._end_of_value("}")
        return found

    def _array(self, depth: int) -> list[Value]:
        found: list[Value] = []
        while not self._takes("]"):
            found.append(self.value(depth=depth))
            self._end_of_value("]")
        return found

    def _end_of_value(self, closing: str) -> None:
        """Pass over a comma; without one, the end must follow."""
        if self._takes(","):
            return
        token, start = self._peek()
        if token["mark"] != closing:
            raise NotALiteral(f"',' or {closing!r} is missing", place=start)

    def _takes(self, mark: str) -> bool:
        token, _ = self._peek()
        if token["mark"] != mark:
            return False
        self.place = token.end()
        return True

    def _next(self) -> tuple[re.Match[str], int]:
        token, start = self._peek()
        self.place = token.end()
        return token, start

    def _peek(self) -> tuple[re.Match[str], int]:
        token = TOKEN.match(self.text, self.place)
        if token is None:
            raise NotALiteral("a value is missing or has no end", place=self.place)
        return token, token.start(token.lastgroup or 0)


def _plain(token: re.Match[str], place: int) -> str | None:
    if token["mark"]:
        raise NotALiteral(f"{token['mark']!r} is no name or text", place=place)
    if token["word"] is not None:
        return None if token["word"] in ("null", "undefined") else token["word"]
    quoted = token["single"] if token["single"] is not None else token["double"]
    return _unescaped(quoted, place)


def _unescaped(text: str, place: int) -> str:
    if "\\" in text:
        text = ESCAPE.sub(_character, text)
    if SURROGATES.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if "\ufffd" in text:
            raise NotALiteral("a text holds half a character", place=place)
    return text


def _character(escape: re.Match[str]) -> str:
    code = escape[1]
    if len(code) > 2 and code[0] in "ux":
        return chr(int(code[1:], 16))
    if code in ENDS_OF_LINES:
        return ""
    return ESCAPED.get(code, "\0" if code == "0" else code)
