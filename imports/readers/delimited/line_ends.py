"""A UTF-8 file -> its lines, with the ends that they have: LF, CR LF or CR."""

import io
from pathlib import Path


def open_text(path: Path, *, is_damaged: bool = False) -> io.TextIOWrapper:
    """Open a UTF-8 file, with or without a byte order mark, its line ends kept.

    Of a damaged one, a byte that is not UTF-8 becomes a lone surrogate.
    """
    errors = "surrogateescape" if is_damaged else "strict"
    return path.open(encoding="utf-8-sig", errors=errors, newline="")
