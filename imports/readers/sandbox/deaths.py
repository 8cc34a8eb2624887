"""How the child ended -> the error that its file is refused with.

Takes exit codes, last words and exceptions; gives subclasses of FileRejected whose
messages say what happened and what to do. It ends no process itself.
"""

import re
import signal

import polars as pl

from imports.errors import (
    FileRejected,
    MalformedFile,
    ParserCrashed,
    ParserOutOfMemory,
    ParserTimeout,
    ReaderOutputTooLarge,
)
from imports.readers.sandbox.limits import MIB, Limits

#: What the languages below us say when they get no memory.
NO_MEMORY = re.compile(
    r"memory allocation of [\d,]+ bytes failed|MemoryError|out of memory"
    r"|Cannot allocate memory|capacity overflow|bad_alloc",
    re.IGNORECASE,
)
#: What can be answered for; anything else ends the child and its traceback is told.
ANSWERED = (
    MemoryError,
    RecursionError,
    OSError,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
)
TAKEN = "Nothing of it was taken in"
MAX_REASON_CHARS = 500


def of_exit(code: int | None, *, words: str, limits: Limits) -> FileRejected:
    """Say why a child died, by its exit code and what it wrote before."""
    if code == -signal.SIGXCPU:
        return too_slow("CPU time", limits.cpu_seconds)
    if NO_MEMORY.search(words):
        return out_of_memory(limits)
    if code == -signal.SIGKILL:
        return ParserCrashed(
            "The reader was killed from outside while it read this file; a system that "
            f"is short of memory does that. {TAKEN}; look at the memory of the machine "
            "and retry the run."
        )
    lines = words.strip().splitlines()
    reason = _short(lines[-1]) if lines else "it gave no reason"
    if code is not None and code < 0:
        reason = f"{_signal_name(-code)}: {reason}"
    return ParserCrashed(
        f"The reader died on this file ({reason}). {TAKEN}; check the file and send it "
        "again."
    )


def of_exception(error: BaseException, *, limits: Limits) -> FileRejected:
    """Say of one of ANSWERED what it means for the file."""
    reason = _short((str(error).splitlines() or [""])[0])
    if isinstance(error, MemoryError) or NO_MEMORY.search(str(error)):
        return out_of_memory(limits)
    if isinstance(error, RecursionError):
        return MalformedFile("The file nests too deeply to be read. Export it flat.")
    if isinstance(error, pl.exceptions.PolarsError):
        return MalformedFile(f"The file cannot be read: {reason}")
    return ParserCrashed(
        f"The reader failed on this file ({type(error).__name__}: {reason}). {TAKEN}; "
        "check the file and send it again."
    )


def out_of_memory(limits: Limits) -> ParserOutOfMemory:
    """Say that the child wanted more memory than it may have."""
    return ParserOutOfMemory(
        f"Reading the file takes more than {limits.memory_bytes // MIB:,} MiB of memory. "
        f"{TAKEN}; split the file or export it as CSV."
    )


def too_slow(kind: str, seconds: int) -> ParserTimeout:
    """Say that the child used up its time."""
    return ParserTimeout(
        f"Reading the file took more than {seconds:,} seconds of {kind}. {TAKEN}; "
        "split the file or export it as CSV."
    )


def too_much_output(what: str, bound: int) -> ReaderOutputTooLarge:
    """Say that the child gave more than any honest file does."""
    return ReaderOutputTooLarge(
        f"{what} more than {bound // MIB:,} MiB. {TAKEN}; split the file, or check "
        "whether it repeats itself."
    )


def bad_message(reason: str) -> ParserCrashed:
    """Say that what came from the child is not what a sound child sends."""
    return ParserCrashed(
        f"The reader gave an answer that cannot be ({reason}). {TAKEN}; check the file "
        "and send it again."
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _short(reason: str) -> str:
    kept = "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in reason
    )
    return kept[:MAX_REASON_CHARS]
