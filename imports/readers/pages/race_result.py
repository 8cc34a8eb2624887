"""A LiveRC page -> its table of results, what it says of event and race, its scripts.

The table is that of the class `race_result`: the last row of its head names the
columns, the first one holds the race. Hidden twins of values, for sorting, are left out.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from imports.errors import MalformedFile
from imports.readers.pages.html_tokens import Token, cut_off, tokens

#: Heads of the columns, in lower case -> our names.
COLUMNS = {
    "pos": "position",
    "laps/time": "laps_time",
    "std. deviation": "std_deviation",
}
#: Classes and tags whose text is a fact of the page.
FACT_CLASSES = ("race_num", "class_header", "class_sub_header", "panel-heading")
FACT_TAGS = {"h1": "track", "h3": "event", "h5": "date"}
SUB_HEADERS = {"Round": "round", "Length": "length"}
SESSION = re.compile(r"\[([^\[\]]+)\]$")
RACE_ID = re.compile(r"view_race_result&(?:amp;)?id=([0-9]{1,18})")
FACTS = (
    *("track", "event", "date", "race_id", "race_number"),
    *("class_header", "round", "length", "session", "sub_header"),
)
VOID = frozenset({"br", "img", "meta", "link", "input", "hr"})


@dataclass
class RaceResult:
    """What was found in a page."""

    columns: tuple[str, ...] = ()
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    facts: dict[str, str | None] = field(default_factory=dict)
    #: Places and texts.
    scripts: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class _Cell:
    """A cell of the table that is being read: its texts by what they stand in."""

    shown: list[str] = field(default_factory=list)
    by_class: dict[str, list[str]] = field(default_factory=dict)
    driver_id: str | None = None

    @property
    def text(self) -> str | None:
        return _squeezed(self.shown)

    def of(self, name: str) -> str | None:
        """Give the text of a class or tag inside the cell."""
        return _squeezed(self.by_class.get(name, []))


#: Inside a cell: classes and tags whose text does not belong to the cell's own.
APART = {"hidden": "hidden", "car_num": "car_num", "driver_name": "driver_name"}


class _Page:
    """The page while its tokens go by."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.result = RaceResult()
        self.texts: dict[str, list[str]] = {}
        self.sub_headers: list[list[str]] = []
        self.table: int | None = None
        self.is_done = False
        self.section = ""
        self.row: list[_Cell] | None = None
        self.heads: list[_Cell] = []
        self.rows: list[list[_Cell]] = []
        #: What text goes to, and the end tag that ends it.
        self.sink: tuple[str, str, Callable[[str], None]] | None = None
        self.apart: tuple[str, str] | None = None

    def take(self, token: Token) -> None:
        """Take in the next token."""
        if token.name == "#script":
            self.result.scripts.append((token.place, token.text))
        elif token.name == "#comment":
            self._find_race_id(token.text)
        elif token.name == "#text":
            self._text(token.text)
        elif token.name.startswith("/"):
            self._end(token)
        else:
            self._start(token)

    def _start(self, token: Token) -> None:
        if token.name in ("link", "meta"):
            self._find_own_address(token)
        if token.name == "table" and "race_result" in token.classes:
            if self.table is not None:
                raise MalformedFile(
                    "The page has more than one table of results. Save the page of "
                    "one race."
                )
            self.table = token.place
        elif self.table is None or self.is_done:
            self._start_fact(token)
        else:
            self._start_in_table(token)

    def _start_in_table(self, token: Token) -> None:
        if token.name in ("thead", "tbody", "tfoot"):
            self.section = token.name
        elif token.name == "tr":
            self._end_row()
            self.row = []
        elif token.name in ("td", "th") and self.row is not None:
            self.row.append(_Cell())
            self.apart = None
        elif self.row:
            self._start_in_cell(token, self.row[-1])
        if self.section == "thead":
            self._start_fact(token)

    def _start_in_cell(self, token: Token, cell: _Cell) -> None:
        if driver := token.attributes.get("data-driver-id"):
            cell.driver_id = driver.strip() or None
            self.apart = (token.name, "link")
            return
        names = [name for name in APART if name in token.classes]
        if token.name == "sup" or names:
            self.apart = (token.name, names[0] if names else "sup")

    def _start_fact(self, token: Token) -> None:
        names = [name for name in FACT_CLASSES if name in token.classes]
        if "page-header" in token.classes and token.name in FACT_TAGS:
            names.append(FACT_TAGS[token.name])
        if not names or token.name in VOID:
            return
        name = names[0]
        if name == "class_sub_header":
            self.sub_headers.append([])
            self.sink = (name, token.name, self.sub_headers[-1].append)
        elif name not in self.texts:
            self.texts[name] = []
            self.sink = (name, token.name, self.texts[name].append)

    def _end(self, token: Token) -> None:
        name = token.name[1:]
        if self.sink and name == self.sink[1]:
            self.sink = None
        if self.apart and name == self.apart[0]:
            self.apart = None
        if self.table is None or self.is_done:
            return
        if name in ("tr", "thead", "tbody", "tfoot", "table"):
            self._end_row()
        self.is_done = name == "table"

    def _end_row(self) -> None:
        if self.row is None:
            return
        cells, self.row = self.row, None
        if self.section == "thead":
            self.heads = cells
        elif self.section == "tbody" and cells:
            self.rows.append(cells)

    def _text(self, text: str) -> None:
        if self.sink:
            self.sink[2](text)
        if not self.row:
            return
        cell = self.row[-1]
        if self.apart:
            cell.by_class.setdefault(self.apart[1], []).append(text)
        else:
            cell.shown.append(text)

    def _find_own_address(self, token: Token) -> None:
        about = token.attributes.get("rel") or token.attributes.get("property")
        if about in ("canonical", "og:url"):
            address = token.attributes.get("href") or token.attributes.get("content")
            self._find_race_id(address or "")

    def _find_race_id(self, text: str) -> None:
        is_saved = "saved from url" in text or "://" in text[:8]
        if is_saved and (found := RACE_ID.search(text)):
            self.texts.setdefault("race_id", [found[1]])


def read_result(page: str) -> RaceResult | None:
    """Give what the page holds; None where it is no result of a race."""
    found = _Page(page)
    for token in tokens(page):
        found.take(token)
    if found.table is None:
        return None
    if not found.is_done:
        raise cut_off(page, found.table, what="the table of results")
    result = found.result
    result.facts = _facts(found)
    columns = [head.text or "" for head in found.heads]
    result.columns = _columns([column.lower() for column in columns])
    result.rows = [_cells(cells, columns) for cells in found.rows]
    return result


def _columns(heads: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    for head in heads:
        name = COLUMNS.get(head) or re.sub(r"[^\w]+", "_", head).strip("_")
        names.append(name)
        if name == "driver":
            names += ["driver_id", "car_number"]
        if name == "fastest_lap":
            names.append("fastest_lap_number")
    if "driver" not in names or "" in names or len({*names}) != len(names):
        raise MalformedFile(
            "The head of the table of results is not one that is known: it must name "
            "the driver, and every column once. It names "
            f"{', '.join(map(repr, heads[:20])) or 'nothing'}."
        )
    return tuple(names)


def _cells(cells: list[_Cell], heads: list[str]) -> tuple[str | None, ...]:
    found: list[str | None] = []
    for at, cell in enumerate(cells):
        head = heads[at].lower() if at < len(heads) else ""
        if head == "driver":
            name = cell.of("driver_name") or cell.text
            found += [name, cell.driver_id, cell.of("car_num")]
        elif head == "fastest lap":
            found += [cell.text, cell.of("sup")]
        else:
            found.append(cell.text)
    return tuple(found)


def _facts(page: _Page) -> dict[str, str | None]:
    facts: dict[str, str | None] = dict.fromkeys(FACTS)
    for name, texts in page.texts.items():
        if name in facts:
            facts[name] = _squeezed(texts)
    facts["race_number"] = _squeezed(page.texts.get("race_num", []))
    heading = _squeezed(page.texts.get("panel-heading", []))
    if heading and (session := SESSION.search(heading)):
        facts["session"] = session[1]
    others: list[str] = []
    for texts in page.sub_headers:
        text = _squeezed(texts) or ""
        what, _, rest = text.partition(":")
        if what in SUB_HEADERS and facts[SUB_HEADERS[what]] is None:
            facts[SUB_HEADERS[what]] = rest.strip() or None
        elif text:
            others.append(text)
    facts["sub_header"] = "; ".join(others) or None
    return facts


def _squeezed(texts: list[str]) -> str | None:
    """Give the words of texts with one blank between them; null for none."""
    return " ".join("".join(texts).split()) or None
