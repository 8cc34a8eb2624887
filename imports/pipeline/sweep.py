"""What the dead left: found here, each by one statement that ten sweepers may run.

`actions.sweep` puts these in order, in their transactions.
"""

from dataclasses import dataclass, fields

from django.db import connection

from imports import conf
from imports.models import ImportRun
from imports.sql import statement


@dataclass(frozen=True)
class Swept:
    """What a sweep did: ids of runs, names of tables."""

    #: Their preparer was dead: they wait for a worker again.
    requeued: tuple[int, ...] = ()
    #: Prepared too often, or cancelled: they are over.
    given_up: tuple[int, ...] = ()
    #: Their lanes were dead and nothing was left to write: they are over.
    ended: tuple[int, ...] = ()
    #: Their lanes were dead: a worker is rung for.
    rung: tuple[int, ...] = ()
    #: They wait in the queue, and their rings were lost or late: a worker is rung for.
    rung_again: tuple[int, ...] = ()
    #: Staging tables of nobody.
    dropped: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def __str__(self) -> str:
        said = [
            ("waiting for a worker again", self.requeued),
            ("given up", self.given_up),
            ("ended", self.ended),
            ("without a lane, a worker is rung for", self.rung),
            ("waiting for long, a worker is rung for again", self.rung_again),
        ]
        parts = [
            f"run{'s' * (len(runs) > 1)} {', '.join(map(str, runs))} {what}"
            for what, runs in said
            if runs
        ]
        if self.dropped:
            parts.append(f"{len(self.dropped)} staging tables dropped")
        return (
            "Swept up: " + "; ".join(parts) + "." if parts else "Nothing to sweep up."
        )


def requeue_dead_runs() -> list[int]:
    """Let runs whose preparer died wait for a worker again."""
    return _ids("requeue_dead_runs")


def hopeless_runs() -> list[ImportRun]:
    """Lock and give the runs whose preparer died and that none may take on."""
    return list(ImportRun.objects.filter(pk__in=_ids("hopeless_runs")))


def writing_runs() -> list[ImportRun]:
    """Give the runs that lanes write, or should."""
    return list(ImportRun.objects.filter(state=ImportRun.State.WRITING))


def unattended_runs() -> list[int]:
    """Mark and give the runs whose races wait for lanes that are dead."""
    return _ids("unattended_runs")


def forgotten_runs(*, most: int) -> list[int]:
    """Mark and give some of the runs that wait in the queue and nobody comes for."""
    return _ids("forgotten_runs", most=most)


def leaked_staging() -> list[str]:
    """Give the staging tables of nobody; nothing where another sweeps them now."""
    with connection.cursor() as cursor:
        cursor.execute(statement("lock_sweeping"))
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(statement("leaked_staging"))
        return [name for (name,) in cursor.fetchall()]


def drop_table(name: str) -> None:
    """Drop a staging table, unless somebody holds it."""
    with connection.cursor() as cursor:
        cursor.execute(statement("drop_table", table=name))


def _ids(name: str, **more: int) -> list[int]:
    limits = {
        **more,
        "lease": conf.get("LEASE_SECONDS"),
        "max_attempts": conf.get("MAX_ATTEMPTS"),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement(name), limits)
        return sorted(id_ for (id_,) in cursor.fetchall())
