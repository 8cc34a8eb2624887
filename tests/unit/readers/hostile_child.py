"""A child whose reading does what its file says: eats memory, spins, dies, pries.

Started only by tests, in the place of `imports.readers.sandbox.child`, whose limits and
loop it keeps. The first word of a file names one of the deeds below.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from imports.errors import MalformedFile
from imports.readers.reading import Reading
from imports.readers.sandbox import child, confine
from imports.readers.sandbox.frames import write_message
from imports.readers.sandbox.limits import Limits

MIB = 1024**2
HELD: list[Any] = []


def eat_memory(_: str) -> None:
    while True:
        HELD.append(bytearray(16 * MIB))


def eat_memory_in_rust(_: str) -> None:
    for size in (10**6, 10**7, 10**8, 10**9):
        HELD.append(pl.select(pl.int_range(size).cast(pl.String)))


def eat_shared_memory(_: str) -> None:
    import mmap

    while True:
        HELD.append(mmap.mmap(-1, 1024 * MIB))


def recurse(_: str) -> None:
    recurse(_)


def panic(_: str) -> None:
    raise pl.exceptions.PanicException("index out of bounds")


def spin(_: str) -> None:
    while True:
        pass


def hang(_: str) -> None:
    time.sleep(600)


def trickle(_: str) -> None:
    while True:
        sys.stdout.buffer.write(b" ")
        sys.stdout.buffer.flush()
        time.sleep(0.02)


def segfault(_: str) -> None:
    ctypes.string_at(0)


def abort(_: str) -> None:
    os.abort()


def leave(_: str) -> None:
    os._exit(0)


def close_and_stay(_: str) -> None:
    os.close(1)
    time.sleep(600)


def flood(_: str) -> None:
    while True:
        write_message(sys.stdout.buffer, "D", {"size": MIB}, bytes(MIB))


def flood_stream(_: str) -> None:
    write_message(sys.stdout.buffer, "O", {"kind": "lap", "columns": ["a"]})
    flood(_)


def endless_line(_: str) -> None:
    while True:
        sys.stdout.buffer.write(b"R" * MIB)


def fill_disk(_: str) -> None:
    for number in range(100):
        Path(f"scratch-{number}").write_bytes(bytes(10 * MIB))
    time.sleep(600)


def fill_file(_: str) -> None:
    with Path("scratch").open("wb") as file:
        while True:
            file.write(bytes(MIB))


def open_files(_: str) -> None:
    while True:
        HELD.append(Path("/dev/null").open())  # noqa: SIM115


def say(text: str) -> None:
    """Send this in the place of an answer."""
    sys.stdout.buffer.write(text.encode())


def say_twice(text: str) -> None:
    """Send an answer, and behind it one for the next file."""
    write_message(
        sys.stdout.buffer, "X", {"type": "EmptyFile", "message": "one", "parts": []}
    )
    write_message(
        sys.stdout.buffer, "X", {"type": "EmptyFile", "message": "two", "parts": []}
    )
    sys.stdout.buffer.flush()
    time.sleep(600)


def pry(text: str) -> None:
    """Try what a reader may not; tell how each went."""
    folder, parent = json.loads(text)
    raise MalformedFile(
        json.dumps(
            {
                "is_confined": confine.is_confined(),
                "environment": sorted(os.environ),
                "inet": tried(lambda: socket.socket(socket.AF_INET)),
                "unix": tried(lambda: socket.socket(socket.AF_UNIX).connect(folder)),
                "pair": tried(socket.socketpair),
                "exec": tried(lambda: os.execv("/bin/true", ["true"])),  # noqa: S606
                "fork": tried(os.fork),
                "spawn": tried(lambda: os.posix_spawn("/bin/true", ["true"], {})),
                "kill": tried(lambda: os.kill(parent, 0)),
                "kill_all": tried(lambda: os.kill(-1, 0)),
                "kill_self": tried(lambda: os.kill(os.getpid(), 0)),
                "ptrace": called("ptrace", 16, parent, 0, 0),
                "memory": called("process_vm_readv", parent, 0, 0, 0, 0, 0),
                "mount": called("mount", 0, b"/mnt", b"tmpfs", 0, 0),
                "prlimit": called("prlimit", parent, 7, 0, 0),
                "thread": tried(start_thread),
            }
        )
    )


def start_thread() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def tried(deed: Callable[[], object]) -> str:
    try:
        deed()
    except OSError as error:
        return type(error).__name__
    return "done"


def called(name: str, *arguments: Any) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    ctypes.set_errno(0)
    failed = getattr(libc, name)(*arguments) == -1
    return os.strerror(ctypes.get_errno()) if failed else "done"


def _read(reading: Reading) -> dict[str, Any]:
    deed, _, rest = Path(reading.request["path"]).read_text().partition(" ")
    if deed in DEEDS:
        DEEDS[deed](rest)
        sys.stdout.buffer.flush()
        os._exit(0)
    return READ(reading)


DEEDS: dict[str, Callable[[str], None]] = {
    name: deed
    for name, deed in globals().items()
    if getattr(deed, "__module__", "") == __name__ and not name.startswith("_")
}
READ = Reading.read

if __name__ == "__main__":
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
    Reading.read = _read  # type: ignore[method-assign]
    child.main(Limits.from_argument(sys.argv[1]))
