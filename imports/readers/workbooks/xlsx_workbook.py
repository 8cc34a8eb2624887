"""A workbook's zip -> its sheets, which styles are dates, and from when dates count.

openpyxl reads these small parts (as trees, through defusedxml); the rows and the texts
it would read too slowly, and not tell a formula that nobody computed from a blank.
"""

import warnings
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.xml.constants import SHARED_STRINGS

from imports.errors import MalformedFile

if not openpyxl.DEFUSEDXML:
    raise ImportError(
        "openpyxl runs without defusedxml: install it, and let it be used."
    )

#: What openpyxl says of a workbook that is not one, in all its parts.
NOT_A_WORKBOOK = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OSError,
    ParseError,
    RecursionError,
    NotImplementedError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, and the part of the zip that holds its rows."""

    name: str
    part: str


@dataclass(frozen=True)
class Workbook:
    """What a cell's text alone does not say."""

    sheets: list[Sheet]
    #: The part of the zip with the texts that cells refer to; empty if there is none.
    strings: str
    epoch: datetime
    date_styles: frozenset[int]
    duration_styles: frozenset[int]


def read_workbook(archive: zipfile.ZipFile) -> Workbook:
    """Read all of a workbook but its texts and its rows."""
    try:
        with warnings.catch_warnings():
            # Of missing default styles and the like: nothing that rows depend on.
            warnings.simplefilter("ignore")
            return _read(archive)
    except NOT_A_WORKBOOK as error:
        reason = str(error).split("\n")[0] or type(error).__name__
        raise MalformedFile(
            f"The workbook cannot be read: {reason}. Save it anew in a spreadsheet "
            "program and send it again."
        ) from None


def _read(archive: zipfile.ZipFile) -> Workbook:
    reader = _Reader(archive)
    reader.read_manifest()
    reader.read_workbook()
    apply_stylesheet(archive, reader.wb)
    # Its types do not know what its own sheets read.
    book, package = cast(Any, reader.wb), cast(Any, reader.package)
    strings = package.find(SHARED_STRINGS)
    sheets = [
        Sheet(name=str(sheet.name), part=str(relation.target))
        for sheet, relation in reader.parser.find_sheets()
        if "chartsheet" not in relation.Type
    ]
    if lost := next((s for s in sheets if s.part not in reader.valid_files), None):
        raise MalformedFile(
            f"The workbook has a sheet {lost.name!r} and not its rows ({lost.part}). "
            "Save it anew in a spreadsheet program and send it again."
        )
    return Workbook(
        sheets=sheets,
        strings=strings.PartName.lstrip("/") if strings is not None else "",
        epoch=book.epoch,
        date_styles=frozenset(book._date_formats),
        duration_styles=frozenset(book._timedelta_formats),
    )


class _Reader(ExcelReader):
    """openpyxl's reader, on a zip that is open already."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.valid_files = archive.namelist()
        self.read_only = True
        self.data_only = True
        self.keep_vba = False
        self.keep_links = False
        self.rich_text = False
        self.shared_strings = []
