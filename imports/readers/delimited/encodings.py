"""The bytes of a text file -> the same text in UTF-8, and what had to be guessed.

A file that is UTF-8 is used as it is, without a copy. Any other is written anew to the
scratch folder, streamed and decoded strictly from its first byte to its last. Never
replaces or drops a byte that it cannot read.

The order of belief: a byte order mark; NUL in every other byte (UTF-16 without its
mark); UTF-8, also where few lines are damaged; then `encoding_guess`.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imports.errors import MalformedFile
from imports.readers.delimited.encoding_guess import guesses
from imports.readers.delimited.line_ends import open_text
from imports.readers.table import Notice

CHUNK_BYTES = 1 << 20
#: Enough for a header in ASCII, whatever the cells below are written in.
START_BYTES = 4096
#: So much of the lines that are not ASCII is shown to the guess.
SAMPLE_BYTES = 1 << 14
GUESSED = (
    "guessed from its bytes: look at names with letters that are not English, or save "
    "the file as UTF-8"
)
#: The longer mark first: that of UTF-32 begins like that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Utf8Text:
    """A text file in UTF-8; some lines of a damaged one are not."""

    path: Path
    has_quotes: bool
    is_damaged: bool = False
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class _Survey:
    """What the lines of a file say about its encoding."""

    lines: int
    #: Lines that are not UTF-8, and those that are and are not ASCII.
    bad_lines: int
    wide_lines: int
    #: Where the first bad byte is.
    bad_line: int
    bad_byte: int
    sample: bytes

    def refusal(self) -> MalformedFile:
        """Say where the file is not UTF-8."""
        return MalformedFile(
            f"Line {self.bad_line:,} is not UTF-8 text (its byte {self.bad_byte:,}). "
            "Save the file as UTF-8."
        )


def as_utf8(path: Path, *, scratch: Path) -> Utf8Text:
    """Give the file as UTF-8 text: itself, or a copy in the scratch folder."""
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    copy = scratch / "utf8.csv"
    if encoding := _marked(start):
        return _decoded(path, encoding, how="as its byte order mark says", copy=copy)
    is_utf8, has_quotes = _look_over(path)
    if encoding := _utf16_without_mark(start):
        try:
            return _decoded(path, encoding, how="as its NUL bytes say", copy=copy)
        except MalformedFile:
            # Cells of NULs in text that is UTF-8 look like it too.
            if not is_utf8:
                raise
    if is_utf8:
        return Utf8Text(path, has_quotes=has_quotes)
    survey = _survey(path)
    if start.startswith(codecs.BOM_UTF8) or survey.wide_lines > survey.bad_lines:
        if survey.bad_lines * 100 >= survey.lines:
            raise survey.refusal()
        return Utf8Text(path, has_quotes=has_quotes, is_damaged=True)
    return _guessed(path, survey=survey, copy=copy)


def _marked(start: bytes) -> str | None:
    return next((name for mark, name in MARKS if start.startswith(mark)), None)


def _utf16_without_mark(start: bytes) -> str | None:
    """Know UTF-16 by the NULs of ASCII: in a fifth of its units, all in one half.

    Such text is valid UTF-8 too, so this is asked first. The other half has a NUL only
    where a character such as U+4E00 is.
    """
    units = len(start) // 2
    first, second = start[::2].count(0), start[1::2].count(0)
    more, less = max(first, second), min(first, second)
    if more < 3 or more * 5 < units or less * 3 > more:
        return None
    encoding = "utf-16-le" if second > first else "utf-16-be"
    return encoding if _has_line_end(start, encoding) else None


def _has_line_end(start: bytes, encoding: str) -> bool:
    """Whether a line ends as it does in UTF-16, or none ends so far."""
    text = start[: len(start) // 2 * 2].decode(encoding, errors="replace")
    return "\n" in text or "\r" in text or not (b"\n" in start or b"\r" in start)


def _look_over(path: Path) -> tuple[bool, bool]:
    """Say whether the file is UTF-8 and whether it has quotes, in one pass."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, has_quotes = True, False
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            has_quotes = has_quotes or b'"' in chunk
            # A character that the last chunk has begun must go on in this one.
            if is_utf8 and not (chunk.isascii() and not decoder.getstate()[0]):
                is_utf8 = _goes_on(decoder, chunk)
    return is_utf8 and _goes_on(decoder, b"", is_end=True), has_quotes


def _goes_on(
    decoder: codecs.IncrementalDecoder, chunk: bytes, *, is_end: bool = False
) -> bool:
    try:
        decoder.decode(chunk, is_end)
    except UnicodeDecodeError:
        return False
    return True


def _survey(path: Path) -> _Survey:
    lines = bad = wide = bad_line = bad_byte = 0
    sample = bytearray()
    with open_text(path, is_damaged=True) as file:
        for lines, line in enumerate(file, start=1):
            if line.isascii():
                continue
            raw = line.encode("utf-8", "surrogateescape")
            sample += raw[: SAMPLE_BYTES - len(sample)]
            if place := bad_byte_of(raw):
                bad += 1
                if bad == 1:
                    bad_line, bad_byte = lines, place
            else:
                wide += 1
    return _Survey(
        lines=lines,
        bad_lines=bad,
        wide_lines=wide,
        bad_line=bad_line,
        bad_byte=bad_byte,
        sample=bytes(sample),
    )


def bad_byte_of(raw: bytes) -> int:
    """Give the place of the first byte that is not UTF-8, from 1; 0 if all are."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error.start + 1
    return 0


def _guessed(path: Path, *, survey: _Survey, copy: Path) -> Utf8Text:
    for encoding in guesses(survey.sample):
        try:
            return _decoded(path, encoding, how=GUESSED, copy=copy)
        except MalformedFile:
            # It fits the sample and not the file.
            continue
    raise survey.refusal()


def _texts(path: Path, encoding: str) -> Iterator[str]:
    """Give the text of the file; raise MalformedFile at a byte that does not fit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    read = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            held = len(decoder.getstate()[0])
            try:
                yield decoder.decode(chunk, not chunk)
            except UnicodeError as error:
                start = error.start if isinstance(error, UnicodeDecodeError) else 0
                raise MalformedFile(
                    f"The file looks like {encoding.upper()} and is cut off or damaged "
                    f"at its byte {read - held + start + 1:,}. Save it as UTF-8."
                ) from None
            if not chunk:
                return
            read += len(chunk)


def _decoded(path: Path, encoding: str, *, how: str, copy: Path) -> Utf8Text:
    """Write the text of the file to the copy; refuse it if a byte does not fit."""
    with copy.open("w", encoding="utf-8", newline="") as out:
        for part in _texts(path, encoding):
            out.write(part)
    message = f"The file is not UTF-8. It was read as {encoding.upper()}, {how}."
    _, has_quotes = _look_over(copy)
    notice = Notice(code="encoding", message=message)
    return Utf8Text(copy, has_quotes=has_quotes, notices=(notice,))
