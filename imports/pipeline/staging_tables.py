"""The two tables that hold a run's staged rows: UNLOGGED, its own, gone at its end.

They carry the epoch of the one who staged them: an owner that lost the run cannot add
to what its successor staged.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import ProgrammingError, connection

from imports.sql import statement


@dataclass(frozen=True)
class StagingTables:
    """The staging tables of one run and owner, by name."""

    run_id: int
    epoch: int

    @property
    def laps(self) -> str:
        """Laps, one typed column each: the many rows."""
        return f"imports_staged_laps_{self.run_id}_{self.epoch}"

    @property
    def records(self) -> str:
        """All other rows, their values as JSON: the few rows."""
        return f"imports_staged_records_{self.run_id}_{self.epoch}"

    def table_of(self, kind: str) -> str:
        """Give the table that a stream of this kind goes to."""
        return self.laps if kind == "lap" else self.records

    def execute(self, name: str, **parameters: Any) -> int:
        """Run a named statement on the tables; give the rows it touched."""
        with connection.cursor() as cursor:
            cursor.execute(self._compose(name), parameters)
            return int(cursor.rowcount)

    def rows(self, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run a named query on the tables; give all its rows."""
        with connection.cursor() as cursor:
            cursor.execute(self._compose(name), parameters)
            return list(cursor.fetchall())

    def column(self, name: str, **parameters: Any) -> list[Any]:
        """Run a named query of one column; give its values."""
        return [value for (value,) in self.rows(name, **parameters)]

    def create(self) -> None:
        """Create both, empty, unless they stand."""
        self.execute("create_staged_laps")
        self.execute("create_staged_records")

    def analyze(self) -> None:
        """Tell the planner what is in both."""
        self.execute("analyze_staged")

    def index(self) -> None:
        """Index both by race, for the lanes."""
        for name, table in (
            ("index_staged_laps", self.laps),
            ("index_staged_records", self.records),
        ):
            names = {"laps": self.laps, "records": self.records}
            _execute(statement(name, index=_index(table), **names))

    def drop(self) -> None:
        """Drop both."""
        self.execute("drop_staging")

    @property
    def do_stand(self) -> bool:
        """Whether both exist."""
        names = {"names": [self.laps, self.records]}
        with connection.cursor() as cursor:
            cursor.execute(statement("do_tables_stand"), names)
            return bool(cursor.fetchone()[0])

    def counts(self) -> dict[int, tuple[int, int]]:
        """Give laps and records by file number; nothing where the tables are gone."""
        if not self.do_stand:
            return {}
        try:
            counted = self.rows("staged_counts")
        except ProgrammingError as error:
            # Another has taken them over since: they have his name.
            if not isinstance(error.__cause__, psycopg.errors.UndefinedTable):
                raise
            return {}
        return {number: (laps, records) for number, laps, records in counted}

    def rename_to(self, heir: "StagingTables") -> None:
        """Give both to another owner, the indexes with them; in a transaction.

        An owner who is frozen while he writes to them is not waited for.
        """
        _execute(statement("wait_briefly"))
        for old, new in ((self.laps, heir.laps), (self.records, heir.records)):
            _execute(statement("rename_table", table=old, new=new))
            _execute(statement("rename_index", index=_index(old), new=_index(new)))

    def _compose(self, name: str) -> str:
        return statement(name, laps=self.laps, records=self.records)


def _index(table: str) -> str:
    return f"{table}_by_race"


def _execute(composed: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(composed)
