"""Write one race: the race, its entrants, its pit stops, its laps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from imports.errors import StagingLost
from imports.failpoints import failpoint
from imports.models import Counts
from imports.pipeline.registers.decide import NEVER
from imports.pipeline.registers.journal import Journal, Place
from imports.pipeline.registers.lap_batch import LapBatch, LapResult
from imports.pipeline.registers.laps import NO_FLOOR, Floor
from imports.pipeline.registers.records import (
    candidates_by_key,
    decide_entrants,
    decide_records,
    references_of,
    stated_rows,
)
from imports.pipeline.registers.staged import StagedRecord, StagedRecords, StagedRun
from imports.pipeline.stopwatch import Laptimer
from imports.pipeline.write.keep import keep_journal
from imports.pipeline.write.laps import write_laps
from imports.pipeline.write.records import write_records
from races.models import Entrant, LapColumn, PitStop, Race
from races.models.race import KINDS

COMPLETE_IS_HELD = (
    "A complete file contradicts stored values of this race, and conflict_policy is hold: "
    "it was taken as partial, nothing was removed. Settle the conflicts, then import the "
    "file again with --force."
)


@dataclass(frozen=True)
class RaceKey:
    """One race of a run, and how many rows of it are staged."""

    checkpoint_id: int
    meeting_key: str
    race_key: str
    laps_staged: int
    records_staged: int

    @property
    def place(self) -> Place:
        """Where what happens to it is recorded."""
        return Place(self.checkpoint_id, self.meeting_key, self.race_key)


@dataclass(frozen=True)
class RaceResult:
    """What became of the rows of one race."""

    #: None: there is none any more.
    race_id: int | None
    rows: Counts
    laps: Counts
    conflicts: int = 0
    removed: int = 0
    #: What was made and which floors were raised, for a revert.
    undo: dict[str, Any] = field(default_factory=dict)
    #: Whether a value changed that no count speaks of.
    is_changed: bool = False
    #: What a reader should know of a race that is in.
    notice: str = ""


@dataclass(frozen=True)
class Floors:
    """The versions of the newest complete files of a race, by kind of row."""

    laps: Floor = NO_FLOOR
    entrants: UUID = NEVER
    pit_stops: UUID = NEVER

    def as_columns(self) -> dict[str, Any]:
        """Give the floors as columns of the race."""
        return {
            "laps_floor": self.laps.version,
            "laps_floor_columns": int(self.laps.columns),
            "entrants_floor": self.entrants,
            "pit_stops_floor": self.pit_stops,
        }


@dataclass(frozen=True)
class OpenRace:
    """A stored race whose rows can be written: ids, floors, whether it has laps."""

    race_id: int
    floors: Floors
    entrant_ids: dict[str, int]
    has_laps: bool


def write_race(key: RaceKey, *, run: StagedRun, timer: Laptimer) -> RaceResult:
    """Write the staged rows of one race."""
    journal = Journal(run=run, place=key.place)
    records = _fetch(key, run=run)
    failpoint("after_records")
    timer.split("fetch")
    _write_race_row(key, records["race"], journal=journal)
    race = _open_race(key, records, journal=journal)
    entrant_ids, entrants_floor = _write_entrants(records, race=race, journal=journal)
    pit_stops_floor = _write_pit_stops(records, entrant_ids, race=race, journal=journal)
    timer.split("transform")
    failpoint("before_laps")
    laps = write_laps(
        LapBatch(
            run=run,
            place=key.place,
            race_id=race.race_id,
            staged=key.laps_staged,
            entrant_ids=entrant_ids,
            floor=race.floors.laps,
            has_laps=race.has_laps,
        ),
        journal=journal,
    )
    raised = Floors(laps.floor, entrants_floor, pit_stops_floor)
    undo = _raise_floors(race, raised) | {"inserted": _inserted(journal, laps)}
    keep_journal(journal, race_id=race.race_id)
    timer.split("write")
    failpoint("after_laps")
    return RaceResult(
        race_id=race.race_id,
        rows=journal.counts + laps.counts,
        laps=laps.counts,
        conflicts=journal.conflicts,
        removed=journal.removed + laps.removed,
        undo=undo,
        is_changed=journal.is_changed,
        notice=_notice(run, journal.counts + laps.counts),
    )


def _notice(run: StagedRun, rows: Counts) -> str:
    is_any_complete = any(file.is_complete for file in run.files.values())
    return COMPLETE_IS_HELD if rows.held and is_any_complete else ""


def _fetch(key: RaceKey, *, run: StagedRun) -> StagedRecords:
    if key.records_staged == 0:
        return StagedRecords([])
    rows = run.tables.rows(
        "staged_race_records", meeting_key=key.meeting_key, race_key=key.race_key
    )
    if len(rows) != key.records_staged:
        raise StagingLost
    return StagedRecords(rows)


def _write_race_row(
    key: RaceKey, stated: list[StagedRecord], *, journal: Journal
) -> None:
    """Write what files state of the race itself."""
    if not stated:
        return
    run = journal.run
    meeting_id = run.meeting_ids[key.meeting_key]
    stored = {
        race.key: race
        for race in Race.objects.filter(meeting_id=meeting_id, key=key.race_key)
    }
    candidates = candidates_by_key(
        Race, stated, key=lambda r: r.race_key, files=run.files
    )
    decisions = decide_records(candidates, stored=stored, holds=run.holds)
    journal.add(decisions[key.race_key], kind="race")
    write_records(
        Race,
        decisions,
        stored=stored,
        new=lambda name: Race(meeting_id=meeting_id, key=name, kind=kind_of(name)),
        journal=journal,
    )


def kind_of(race_key: str) -> str | None:
    """Give the kind of a race that no file states: the one that its key says."""
    return race_key if race_key in KINDS else None


def _open_race(key: RaceKey, records: StagedRecords, *, journal: Journal) -> OpenRace:
    """Give the stored race; it and its entrants become implied where only mentioned."""
    run = journal.run
    [(race_id, is_made, made, keys, ids, has_laps, *floors)] = run.tables.rows(
        "open_race",
        meeting=run.meeting_ids[key.meeting_key],
        meeting_key=key.meeting_key,
        race_key=key.race_key,
        kind=kind_of(key.race_key),
        mentioned=[stop.key for stop in records["pit_stop"]],
        stated=[entrant.key for entrant in records["entrant"]],
    )
    journal.inserted["race"] += [race_id] if is_made else []
    journal.inserted["entrant"] += made
    entrant_ids = dict(zip(keys, ids, strict=True))
    return OpenRace(race_id, _floors(*floors), entrant_ids, has_laps)


def _floors(
    laps: UUID | None, columns: int | None, entrants: UUID | None, stops: UUID | None
) -> Floors:
    if laps is None or entrants is None or stops is None:
        return Floors()
    return Floors(Floor(laps, LapColumn(columns or 0)), entrants, stops)


def _write_entrants(
    records: StagedRecords, *, race: OpenRace, journal: Journal
) -> tuple[dict[str, int], UUID]:
    """Write the entrants that files state; give ids by key, and the floor."""
    stated, run = records["entrant"], journal.run
    if not stated:
        return race.entrant_ids, race.floors.entrants
    found = Entrant.objects.filter(pk__in=race.entrant_ids.values())
    stored = {row.key: row for row in found.select_related(*references_of(Entrant))}
    candidates, complete = stated_rows(
        Entrant,
        stated,
        key=lambda r: r.key,
        run=run,
        floor=race.floors.entrants,
        stored=stored,
    )
    decisions = decide_entrants(
        candidates, stored=stored, complete=complete, holds=run.holds
    )
    for key, decision in decisions.items():
        journal.add(decision, kind="entrant", key=key)
        journal.removed += decision.is_withdrawn
    rows = write_records(
        Entrant,
        decisions,
        stored=stored,
        new=lambda name: Entrant(race_id=race.race_id, key=name),
        journal=journal,
    )
    ids = {name: row.pk for name, row in rows.items()}
    return race.entrant_ids | ids, complete.raised


def _write_pit_stops(
    records: StagedRecords,
    entrant_ids: Mapping[str, int],
    *,
    race: OpenRace,
    journal: Journal,
) -> UUID:
    """Write the pit stops that files state; give the floor."""
    stated, run = records["pit_stop"], journal.run
    if not stated:
        return race.floors.pit_stops
    found = PitStop.objects.filter(entrant__in=entrant_ids.values())
    stored = {(row.entrant_id, row.number): row for row in found}
    candidates, complete = stated_rows(
        PitStop,
        stated,
        key=lambda r: (entrant_ids[r.key], r.number),
        run=run,
        floor=race.floors.pit_stops,
        stored=stored,
    )
    decisions = decide_records(
        candidates, stored=stored, complete=complete, holds=run.holds
    )
    keys = {pk: key for key, pk in entrant_ids.items()}
    for (entrant_id, number), decision in decisions.items():
        journal.add(decision, kind="pit_stop", key=keys[entrant_id], number=number)
    write_records(
        PitStop,
        decisions,
        stored=stored,
        new=lambda name: PitStop(entrant_id=name[0], number=name[1]),
        journal=journal,
    )
    return complete.raised


def _raise_floors(race: OpenRace, raised: Floors) -> dict[str, Any]:
    """Keep the floors that the run's complete files raise; give what they were."""
    if raised == race.floors:
        return {}
    Race.objects.filter(pk=race.race_id).update(**raised.as_columns())
    before, after = race.floors.as_columns(), raised.as_columns()
    return {
        "floors": {
            name: value if isinstance(value, int) else value.hex
            for name, value in before.items()
            if value != after[name]
        }
    }


def _inserted(journal: Journal, laps: LapResult) -> dict[str, Any]:
    """Give what the transaction made: ids by model, and whether all laps are its."""
    made: dict[str, Any] = {kind: ids for kind, ids in journal.inserted.items() if ids}
    return made | ({"lap": "all"} if laps.is_fresh else {})
