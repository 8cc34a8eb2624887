"""A file that is written at one end and taken away at the other, piece by piece."""

import io
from typing import Any


class Outlet(io.RawIOBase):
    """What writers of files write to; `take` gives what they wrote since."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._place = 0

    def writable(self) -> bool:
        """Say that it is."""
        return True

    def tell(self) -> int:
        """Give how many bytes were written, taken or not."""
        return self._place

    def write(self, data: Any) -> int:
        """Keep the bytes until they are taken."""
        piece = bytes(data)
        self._pieces.append(piece)
        self._place += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """Give what was written and not yet taken."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
