"""Gzip -> the bytes inside, in a scratch file, counted while they stream."""

import gzip
import zlib
from pathlib import Path

from imports.errors import MalformedFile

MAGIC = b"\x1f\x8b"
CHUNK_BYTES = 1 << 20
MAX_BYTES = 4 * 1024**3


def is_gzip(path: Path) -> bool:
    """Whether the file starts as gzip does, whatever its name says."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def unpack(path: Path, *, scratch: Path) -> Path:
    """Write what the gzip file holds to a scratch file and give its path."""
    target = scratch / "unpacked"
    size = 0
    try:
        with gzip.open(path) as packed, target.open("wb") as out:
            while chunk := packed.read(CHUNK_BYTES):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise MalformedFile(
                        f"The gzip file holds more than {MAX_BYTES:,} bytes. Split it."
                    )
                out.write(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise MalformedFile(
            f"The gzip file is cut off or damaged after {size:,} unpacked bytes "
            f"({error}). Send it again."
        ) from None
    return target
