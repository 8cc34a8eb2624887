"""The staged rows of one race, as the writers take them."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from imports.models import ImportRun, RunFile
from imports.pipeline.staging_tables import StagingTables
from races.models import LapColumn, Meeting

#: Where a race's value of a flag is kept.
ATTRIBUTES = {
    "writer": "writer",
    "batch_rows": "batch_rows",
    "conflict_detail_rows": "conflict_rows",
}


@dataclass(frozen=True)
class StagedFile:
    """A file of the run: its version, the lap columns it states, if it is complete."""

    version: UUID
    lap_columns: LapColumn
    is_complete: bool = False


@dataclass(frozen=True)
class StagedRun:
    """The run as its writers know it: source, files by number, staging tables."""

    run_id: int
    #: Of the owner who staged it.
    epoch: int
    source: str
    files: Mapping[int, StagedFile]
    writer: str
    batch_rows: int
    #: Policy `hold`: a stored value that another file contradicts stays.
    holds: bool
    #: Conflicts kept in full, a race.
    conflict_rows: int
    #: The run that is put back, if that is what this one does.
    reverts: int | None = None

    @cached_property
    def tables(self) -> StagingTables:
        """The staging tables of the run."""
        return StagingTables(self.run_id, self.epoch)

    @property
    def lap_columns(self) -> frozenset[LapColumn]:
        """The sets of lap columns that the run's files state."""
        return frozenset(f.lap_columns for f in self.files.values() if f.lap_columns)

    @property
    def complete_laps(self) -> UUID | None:
        """The version of the run's one file of laps, if it is complete."""
        laps = [file for file in self.files.values() if file.lap_columns]
        return laps[0].version if len(laps) == 1 and laps[0].is_complete else None

    @cached_property
    def meeting_ids(self) -> dict[str, int]:
        """The ids of the run's meetings; the shared rows are written before races."""
        keys = self.tables.column("staged_meeting_keys")
        found = Meeting.objects.filter(source=self.source, key__in=keys)
        return dict(found.values_list("key", "id"))

    def file_arrays(self) -> dict[str, list[Any]]:
        """Give the files as parallel arrays, for SQL."""
        return {
            "file_numbers": list(self.files),
            "versions": [file.version for file in self.files.values()],
            "columns": [int(file.lap_columns) for file in self.files.values()],
        }

    def written_with(self, values: Mapping[str, Any]) -> "StagedRun":
        """Give the same run, to be written with other values of flags."""
        fields = {ATTRIBUTES[name]: value for name, value in values.items()}
        return replace(self, **fields)

    @classmethod
    def of(cls, run: ImportRun) -> "StagedRun":
        """Read what writers need of a run, once."""
        staged = run.run_files.filter(state=RunFile.State.STAGED)
        return cls(
            run_id=run.pk,
            epoch=run.epoch,
            source=run.source,
            files={
                number: StagedFile(version, LapColumn(columns), is_complete)
                for number, version, columns, is_complete in staged.values_list(
                    "number", "source_file__version", "lap_columns", "is_complete"
                )
            },
            writer=run.options["writer"],
            batch_rows=run.options["batch_rows"],
            holds=run.options["conflict_policy"] == "hold",
            conflict_rows=run.options["conflict_detail_rows"],
            reverts=run.reverts_id,
        )


@dataclass(frozen=True)
class StagedRecord:
    """One staged row that is not a lap."""

    file_number: int
    row_number: int
    kind: str
    meeting_key: str
    race_key: str
    key: str
    number: int
    payload: Mapping[str, Any]

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> "StagedRecord":
        """Read a row of the staged_…_records queries."""
        file_number, row_number, kind, meeting, race, key, number, payload = row
        return cls(
            file_number=file_number,
            row_number=row_number,
            kind=kind,
            meeting_key=meeting,
            race_key=race,
            key=key,
            number=number,
            payload=json.loads(payload),
        )


class StagedRecords:
    """The staged records of a race, or the shared ones of a run, by kind."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._by_kind: dict[str, list[StagedRecord]] = defaultdict(list)
        for row in rows:
            record = StagedRecord.of(row)
            self._by_kind[record.kind].append(record)

    def __getitem__(self, kind: str) -> list[StagedRecord]:
        return self._by_kind.get(kind, [])
