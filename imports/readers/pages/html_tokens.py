"""HTML text -> its tags, texts and scripts, one after another.

Not a browser: no tree is built, so that nesting costs nothing, and every character is
looked at a bounded number of times. The standard library's parser takes minutes for
60 kB of tags that never end. What is cut off is refused, not guessed.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from imports.errors import MalformedFile

#: Tags are short; a quote that never closes must not swallow the page.
MAX_TAG_CHARS = 64 * 1024
NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]{0,50})")
REST = re.compile(r"""(?>[^>"']+|"[^"]*"|'[^']*')*+>""")
ATTRIBUTE = re.compile(
    r"""([^\s=>"'/]++)(?:\s*+=\s*+("[^"]*"|'[^']*'|[^\s>"']++))?+""",
)
#: Their content is no HTML.
RAW_END = {
    "script": re.compile(r"</script", re.IGNORECASE),
    "style": re.compile(r"</style", re.IGNORECASE),
}


@dataclass(frozen=True)
class Token:
    """A tag by its name (`/td` is the end of one), or a piece of text or script."""

    #: `#text` and `#script` for what is no tag.
    name: str
    #: Where it starts in the page, in characters.
    place: int
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def classes(self) -> frozenset[str]:
        """The words of its class."""
        return frozenset(self.attributes.get("class", "").split())


def tokens(page: str) -> Iterator[Token]:
    """Give the tokens of a page in order; raise MalformedFile where it is cut off."""
    place = 0
    while place < len(page):
        start = page.find("<", place)
        if start < 0:
            start = len(page)
        if start > place:
            yield Token("#text", place, html.unescape(page[place:start]))
        if start == len(page):
            return
        place = start
        if page.startswith("<!--", start):
            yield Token("#comment", start, _inside(page, start, "-->"))
            place = page.find("-->", start + 4) + 3
        elif page[start + 1 : start + 2] in ("!", "?"):
            place = start + 1 + len(_inside(page, start, ">")) + 1
        elif named := NAME.match(page, start):
            token, place = _tag(page, named)
            yield token
            if end := RAW_END.get(token.name):
                yield Token("#script", place, _raw(page, place, end))
                place = _found(page, place, end)
        else:
            yield Token("#text", start, "<")
            place = start + 1


def line_of(page: str, place: int) -> int:
    """Give the line of a place, from 1."""
    return page.count("\n", 0, place) + 1


def cut_off(page: str, place: int, *, what: str) -> MalformedFile:
    """Say that something in the page has no end."""
    return MalformedFile(
        f"The page is cut off or damaged: {what} that starts in line "
        f"{line_of(page, place):,} has no end. Save the page again."
    )


def _tag(page: str, named: re.Match[str]) -> tuple[Token, int]:
    start = named.start()
    rest = REST.match(page, named.end(), min(len(page), start + MAX_TAG_CHARS))
    if rest is None:
        raise cut_off(page, start, what="a tag")
    found = ATTRIBUTE.findall(page, named.end(), rest.end() - 1)
    attributes: dict[str, str] = {}
    for name, value in found:
        attributes.setdefault(name.lower(), html.unescape(value.strip("\"'")))
    name = named[1] + named[2].lower()
    return Token(name, start, attributes=attributes), rest.end()


def _inside(page: str, start: int, end: str) -> str:
    """Give what a comment or declaration holds, without its end."""
    opening = 4 if end == "-->" else 1
    found = page.find(end, start + opening)
    if found < 0:
        raise cut_off(page, start, what="a comment or declaration")
    return page[start + opening : found]


def _found(page: str, place: int, end: re.Pattern[str]) -> int:
    found = end.search(page, place)
    if found is None:
        raise cut_off(page, place, what="a script or style")
    return found.start()


def _raw(page: str, place: int, end: re.Pattern[str]) -> str:
    return page[place : _found(page, place, end)]
