"""The XML of a sheet or of the shared texts -> rows of cells, texts; as a stream.

A document type is refused before it can define an entity, so that nothing expands and
nothing is fetched. Where a sheet says how large it is, that is not believed.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.parsers import expat

from imports.errors import MalformedFile
from imports.readers.row_copy import MAX_CELL_CHARS, MAX_COLUMNS, Wrong

#: What starts or ends, and the element.
Event = tuple[str, Element]

CHUNK_BYTES = 1 << 16
MAX_ROWS = 1_048_576
MAX_TEXTS = 5_000_000
#: Elements that are held at once: those of one row, and those around the rows.
MAX_HELD_ELEMENTS = 500_000
#: How a text writes a character that XML cannot hold: _x000D_.
ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]+")


@dataclass
class Cell:
    """A cell as it stands in the file; its text is empty where only a formula is."""

    column: int
    kind: str
    style: int
    text: str


@dataclass
class Row:
    """A row as it stands in the file: only the cells that hold something."""

    number: int
    cells: list[Cell] = field(default_factory=list)
    problem: Wrong | None = None


class _Part:
    """A part of the zip, read as a stream of elements that are forgotten when read."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive = archive
        self.name = name

    def elements(self, *, tag: str, inside: str) -> Iterator[Element]:
        """Give every element of that name; it and what is beside it go afterwards."""
        parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
        held, wanted = 0, ""
        parent: Element | None = None
        for chunk in self._chunks():
            for event, element in self._events(parser, chunk):
                if event == "start":
                    held += 1
                    if parent is None and element.tag.rpartition("}")[2] == inside:
                        parent, wanted = element, element.tag.removesuffix(inside) + tag
                elif element.tag == wanted and parent is not None:
                    yield element
                    parent.clear()
                    held = 0
            if held > MAX_HELD_ELEMENTS:
                raise self.malformed(f"has {held:,} elements in one row or in none")

    def _events(self, parser: "XMLPullParser[Any]", chunk: bytes) -> Iterator[Event]:
        """Give what starts and ends in these bytes; none say that there are no more."""
        try:
            if chunk:
                parser.feed(chunk)
            else:
                parser.close()
            yield from cast(Iterator[Event], parser.read_events())
        except ParseError as error:
            raise self.malformed(f"is cut off or is not XML: {error}") from None

    def malformed(self, reason: str) -> MalformedFile:
        """Say what is wrong with the part."""
        return MalformedFile(
            f"The part {self.name} of the workbook {reason}. Save it anew in a "
            "spreadsheet program and send it again."
        )

    def _chunks(self) -> Iterator[bytes]:
        """Give the bytes, looked at for a document type before; then none."""
        try:
            with self._archive.open(self.name) as source:
                begun = _Beginning(self)
                while chunk := source.read(CHUNK_BYTES):
                    begun.feed(chunk)
                    yield chunk
            yield b""
        except KeyError:
            raise self.malformed("is not there") from None
        except expat.ExpatError as error:
            raise self.malformed(f"is not XML: {error}") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise self.malformed(f"is cut off or damaged ({error})") from None


class _Beginning:
    """Looks for a document type up to the first element, after which none can be."""

    def __init__(self, part: _Part) -> None:
        self._part = part
        self._is_over = False
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._end

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes, unless an element was there already."""
        if not self._is_over:
            self._parser.Parse(chunk, False)

    def _refuse(self, *_: object) -> None:
        raise self._part.malformed("defines a document type, which no spreadsheet does")

    def _end(self, *_: object) -> None:
        self._is_over = True
        self._parser.StartElementHandler = None


class _Rows:
    """The rows of a sheet, numbered as the sheet does."""

    def __init__(self, part: _Part) -> None:
        self._part = part
        self._columns: dict[str, int] = {}

    def rows(self) -> Iterator[Row]:
        number = 0
        for element in self._part.elements(tag="row", inside="sheetData"):
            number = self._number(element.get("r"), before=number)
            row = Row(number)
            column = 0
            for child in element:
                reference = child.get("r")
                column = self._column(reference) if reference else column + 1
                if cell := self._cell(child, column, row):
                    row.cells.append(cell)
            yield row

    def _number(self, said: str | None, *, before: int) -> int:
        number = before + 1
        if said is not None:
            number = int(said) if said.isdecimal() and len(said) < 10 else 0
        if not 0 < number <= MAX_ROWS:
            raise self._part.malformed(
                f"has a row {(said or str(number))[:20]}; rows are 1 to {MAX_ROWS:,}"
            )
        return number

    def _column(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        if letters not in self._columns:
            if not REFERENCE.fullmatch(reference):
                raise self._part.malformed(f"has a cell at {reference[:20]!r}")
            number = 0
            for letter in letters:
                number = number * 26 + ord(letter) - ord("A") + 1
            self._columns[letters] = number
        return self._columns[letters]

    def _cell(self, element: Element, column: int, row: Row) -> Cell | None:
        text, has_formula = self._content(element)
        if not (text or has_formula):
            return None
        if column > MAX_COLUMNS:
            raise MalformedFile(
                f"The cell {_place(column, row)} of {self._part.name} lies beyond column "
                f"{MAX_COLUMNS:,}. Remove what is not part of the table."
            )
        if len(text) > MAX_CELL_CHARS:
            where = _place(column, row)
            raise self._part.malformed(f"has {len(text):,} characters in {where}")
        if row.cells and column <= row.cells[-1].column:
            message = f"The cell {_place(column, row)} is there twice or out of order."
            row.problem = Wrong("malformed_row", message)
        style = element.get("s", "0")
        return Cell(
            column=column,
            kind=element.get("t", "n"),
            style=int(style) if style.isdecimal() and len(style) < 10 else 0,
            text=text,
        )

    def _content(self, element: Element) -> tuple[str, bool]:
        """Give a cell's text, and whether it has a formula."""
        text, has_formula = "", False
        for child in element:
            tag = child.tag.rpartition("}")[2]
            if tag == "v":
                text = child.text or ""
            elif tag == "f":
                has_formula = True
            elif tag == "is":
                text = _text(child)
        return text, has_formula


def _text(element: Element) -> str:
    """Give the text of all runs, without the readings (rPh) beside them."""
    texts = []
    for child in element:
        tag = child.tag.rpartition("}")[2]
        if tag == "t":
            texts.append(child.text or "")
        elif tag == "r":
            texts.extend(run.text or "" for run in child if run.tag.endswith("}t"))
    return "".join(texts)


def read_texts(archive: zipfile.ZipFile, part: str) -> list[str]:
    """Give the texts that cells refer to by their number."""
    source = _Part(archive, part)
    texts: list[str] = []
    for element in source.elements(tag="si", inside="sst"):
        texts.append(unescape(_text(element)))
        if len(texts) > MAX_TEXTS:
            raise source.malformed(f"holds more than {MAX_TEXTS:,} texts")
    return texts


def read_rows(archive: zipfile.ZipFile, part: str) -> Iterator[Row]:
    """Give the rows of a sheet that are there, in the order of the file."""
    return _Rows(_Part(archive, part)).rows()


def unescape(text: str) -> str:
    """Give the text that a spreadsheet shows for what the file writes."""
    if "_x" not in text:
        return text
    text = ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    # Two halves of a character are one again; one half alone stays what it is.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _place(column: int, row: Row) -> str:
    """Give a cell's name, as a spreadsheet shows it."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row.number}"
