"""What runs in the child process: read a file, recognise it, send canonical rows.

Takes one JSON request a line on stdin (path, file number, name), answers with the
messages of `frames` on stdout. Holds no secret and no database connection.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from imports.errors import FileRejected
from imports.readers.reading import Reading
from imports.readers.rejects import RejectionLog, storable
from imports.readers.sandbox import confine, deaths
from imports.readers.sandbox.frames import write_message
from imports.readers.sandbox.limits import Limits


def main(limits: Limits) -> None:
    """Serve requests until stdin ends."""
    limits.apply()
    confine.confine()
    pipe = sys.stdout.buffer
    for line in sys.stdin.buffer:
        limits.begin_file()
        request = json.loads(line)
        with tempfile.TemporaryDirectory() as scratch:
            _answer(request, pipe=pipe, scratch=Path(scratch), limits=limits)
        pipe.flush()


def _answer(
    request: dict[str, Any], *, pipe: IO[bytes], scratch: Path, limits: Limits
) -> None:
    log = RejectionLog(per_code=request["rejections_per_code"])
    reading = Reading(
        request=request, pipe=pipe, scratch=scratch, log=log, limits=limits
    )
    try:
        result = reading.read()
    except FileRejected as error:
        _refuse(pipe, error)
    except deaths.ANSWERED as error:
        _refuse(pipe, deaths.of_exception(error, limits=limits))
    else:
        write_message(pipe, "R", result)


def _refuse(pipe: IO[bytes], error: FileRejected) -> None:
    header = {
        "type": type(error).__name__,
        "message": storable(str(error)),
        "parts": error.facts.get("parts", []),
    }
    write_message(pipe, "X", header)


if __name__ == "__main__":
    main(Limits.from_argument(sys.argv[1]))
