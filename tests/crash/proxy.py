"""A socket between worker and server that loses an answer.

The server has done it, the client sees its connection end: it cannot know. Frames are
not taken apart: libpq sends a COMMIT as one packet, and the answer comes in one.
"""

import socket
import threading
import time
from pathlib import Path

from django.db import connections

PORT = "7777"
COMMIT = b"COMMIT"
ANYTHING = b""


class LossyProxy:
    """Forwards bytes to the server; the answer to the Nth `word` is dropped, once.

    With a delay, each packet to the server is late by so many seconds.
    """

    def __init__(
        self,
        server: Path,
        folder: Path,
        *,
        nth: int = 0,
        word: bytes = COMMIT,
        delay: float = 0,
    ) -> None:
        self.folder = folder
        self.lost = 0
        #: When somebody asked for a connection.
        self.asked: list[float] = []
        self._delay = delay
        self._server = str(server / ".s.PGSQL.5432")
        self._word = word
        self._left = nth
        self._lock = threading.Lock()
        address = folder / f".s.PGSQL.{PORT}"
        address.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(address))
        self._listener.listen(20)
        threading.Thread(target=self._accept, daemon=True).start()

    def go_through(self) -> None:
        """Connect by this proxy from now on, in the process that calls it."""
        address = connections.settings["default"]
        address["HOST"], address["PORT"] = str(self.folder), PORT
        address["OPTIONS"] |= {"sslmode": "disable", "gssencmode": "disable"}

    def close(self) -> None:
        """Take no more connections."""
        _end(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.asked.append(time.monotonic())
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._server)
            except OSError:
                _end(client)
                continue
            threading.Thread(
                target=self._serve, args=(client, server), daemon=True
            ).start()

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        is_lost = threading.Event()
        answers = threading.Thread(
            target=_answer, args=(server, client, is_lost), daemon=True
        )
        answers.start()
        try:
            while data := client.recv(65_536):
                time.sleep(self._delay)
                if self._word in data and self._is_due():
                    is_lost.set()
                    server.sendall(data)
                    # The server has done it; only then the client hears of the end.
                    answers.join(5)
                    self.lost += 1
                    break
                server.sendall(data)
        except OSError:
            pass
        finally:
            _end(client)
            _end(server)

    def _is_due(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0


def _answer(
    server: socket.socket, client: socket.socket, is_lost: threading.Event
) -> None:
    try:
        while data := server.recv(65_536):
            if is_lost.is_set():
                return
            client.sendall(data)
    except OSError:
        return


def _end(connection: socket.socket) -> None:
    # A forked worker may hold the socket too: closing it here would not end it.
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
