"""What runs in the child process: read a file, recognise it, send canonical rows.

Takes one JSON request a line on stdin (path, file number, name), answers with the
messages of `frames` on stdout. Holds no secret and no database connection.
"""

import json
import resource
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import polars as pl

from imports.errors import FileRejected
from imports.readers.frames import write_message
from imports.readers.reading import Reading
from imports.readers.rejects import RejectionLog

#: Polars reserves 1.3 GB of address space and touches a tenth of it.
ADDRESS_SPACE_BYTES = 4 * 1024**3


def main() -> None:
    """Serve requests until stdin ends."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pipe = sys.stdout.buffer
    for line in sys.stdin.buffer:
        request = json.loads(line)
        with tempfile.TemporaryDirectory() as scratch:
            _answer(request, pipe=pipe, scratch=Path(scratch))
        pipe.flush()


def _answer(request: dict[str, Any], *, pipe: IO[bytes], scratch: Path) -> None:
    log = RejectionLog(per_code=request["rejections_per_code"])
    reading = Reading(request=request, pipe=pipe, scratch=scratch, log=log)
    try:
        result = reading.read()
    except FileRejected as error:
        _refuse(pipe, type(error).__name__, str(error), **error.facts)
    except pl.exceptions.PolarsError as error:
        first_line = str(error).splitlines()[0]
        _refuse(pipe, "MalformedFile", f"The file cannot be read: {first_line}")
    else:
        write_message(pipe, "R", result)


def _refuse(pipe: IO[bytes], error_type: str, message: str, **facts: Any) -> None:
    header = {"type": error_type, "message": message, "parts": facts.get("parts", [])}
    write_message(pipe, "X", header)


if __name__ == "__main__":
    main()
