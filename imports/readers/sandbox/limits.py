"""What the child that reads may use: numbers, told to it as it starts.

`apply` sets in the child what the kernel holds it to; wall time, output and scratch
are counted by the parent (`answer_pipe`). Nothing here reads a setting.
"""

import json
import math
import resource
import time
from dataclasses import asdict, dataclass

MIB = 1024**2
GIB = 1024**3

#: A packed file may hold this much, however small it is.
FREE_UNPACKED_BYTES = 10 * MIB
#: Reserved and hardly touched: polars alone asks for 1.3 GB of addresses.
UNTOUCHED_ADDRESS_BYTES = 3 * GIB


@dataclass(frozen=True)
class Limits:
    """Bounds of the child; those of time and output are for each file anew."""

    #: Writable memory (RLIMIT_DATA). A file of 600,000 laps takes about 0.2 GB.
    memory_bytes: int = GIB
    #: Of all its threads together.
    cpu_seconds: int = 600
    #: While the parent waits for it; what the parent itself takes does not count.
    wall_seconds: int = 300
    open_files: int = 128
    #: What it may write to disk: one file, and all of its scratch folder.
    scratch_bytes: int = 5 * GIB
    #: What it may send of one file: so many bytes, and so many times the file's.
    output_bytes: int = 8 * GIB
    output_ratio: int = 1_000
    #: What a packed file may hold: bytes, times its own size, members.
    unpacked_bytes: int = 2 * GIB
    unpacked_ratio: int = 200
    unpacked_members: int = 1_000

    @classmethod
    def from_argument(cls, text: str) -> "Limits":
        """Read what `as_argument` wrote."""
        return cls(**json.loads(text))

    def as_argument(self) -> str:
        """Give the limits as an argument of a command."""
        return json.dumps(asdict(self))

    def unpacked_at_most(self, packed_bytes: int) -> int:
        """Give how many bytes a packed file of this size may hold."""
        by_ratio = max(FREE_UNPACKED_BYTES, packed_bytes * self.unpacked_ratio)
        return min(by_ratio, self.unpacked_bytes)

    def apply(self) -> None:
        """Hold this process to them; there is no way back."""
        # Counts what can be written to, whether it was touched or not: true memory
        # is always less. Shared memory it does not count; addresses bound that.
        _lower(resource.RLIMIT_DATA, self.memory_bytes)
        _lower(resource.RLIMIT_AS, self.memory_bytes + UNTOUCHED_ADDRESS_BYTES)
        _lower(resource.RLIMIT_NOFILE, self.open_files)
        _lower(resource.RLIMIT_FSIZE, self.scratch_bytes)
        _lower(resource.RLIMIT_CORE, 0)

    def begin_file(self) -> None:
        """Give this process the CPU time of one more file."""
        used = math.ceil(time.process_time())
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = _at_most(used + self.cpu_seconds, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _lower(kind: int, bound: int) -> None:
    _, hard = resource.getrlimit(kind)
    bound = _at_most(bound, hard)
    resource.setrlimit(kind, (bound, bound))


def _at_most(bound: int, hard: int) -> int:
    return bound if hard == resource.RLIM_INFINITY else min(bound, hard)
