"""Write one race: the race, its entrants, its pit stops, its laps."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from imports.models import Counts
from imports.pipeline.stopwatch import Laptimer
from imports.pipeline.write.lap_batch import LapBatch
from imports.pipeline.write.laps import write_laps
from imports.pipeline.write.records import candidates_by_key, write_records
from imports.pipeline.write.shared import ids_by_key
from imports.pipeline.write.staged import StagedRecord, StagedRecords, StagedRun
from imports.pipeline.write.tally import Tally
from races.models import Competitor, Entrant, PitStop, Race, Team
from races.models.race import KINDS


@dataclass(frozen=True)
class RaceKey:
    """One race of a run, and how many rows of it are staged."""

    meeting_key: str
    race_key: str
    laps_staged: int
    records_staged: int


@dataclass(frozen=True)
class RaceResult:
    """What became of the rows of one race."""

    race_id: int
    rows: Counts
    laps: Counts
    conflicts: int


@dataclass(frozen=True)
class OpenRace:
    """A stored race whose rows can be written: ids, floor, whether it has laps."""

    race_id: int
    laps_floor: UUID
    entrant_ids: dict[str, int]
    has_laps: bool


def write_race(key: RaceKey, *, run: StagedRun, timer: Laptimer) -> RaceResult:
    """Write the staged rows of one race."""
    tally = Tally()
    records = _fetch(key, run=run)
    timer.split("fetch")
    _write_race_row(key, records["race"], run=run, tally=tally)
    race = _open_race(key, records, run=run)
    stated = _write_entrants(records["entrant"], race=race, run=run, tally=tally)
    entrant_ids = race.entrant_ids | stated
    _write_pit_stops(records["pit_stop"], entrant_ids, run=run, tally=tally)
    timer.split("transform")
    laps = write_laps(
        LapBatch(
            run=run,
            race_id=race.race_id,
            meeting_key=key.meeting_key,
            race_key=key.race_key,
            staged=key.laps_staged,
            entrant_ids=entrant_ids,
            floor=race.laps_floor,
            has_laps=race.has_laps,
        )
    )
    timer.split("write")
    return RaceResult(
        race_id=race.race_id,
        rows=tally.counts + laps.counts,
        laps=laps.counts,
        conflicts=tally.conflicts + laps.conflicts,
    )


def _fetch(key: RaceKey, *, run: StagedRun) -> StagedRecords:
    if key.records_staged == 0:
        return StagedRecords([])
    rows = run.tables.rows(
        "staged_race_records", meeting_key=key.meeting_key, race_key=key.race_key
    )
    return StagedRecords(rows)


def _write_race_row(
    key: RaceKey, stated: list[StagedRecord], *, run: StagedRun, tally: Tally
) -> None:
    """Write what files state of the race itself."""
    if not stated:
        return
    meeting_id = run.meeting_ids[key.meeting_key]
    stored = Race.objects.filter(meeting_id=meeting_id, key=key.race_key)
    write_records(
        Race,
        candidates_by_key(Race, stated, key=lambda r: r.race_key, files=run.files),
        stored={race.key: race for race in stored},
        new=lambda name: Race(meeting_id=meeting_id, key=name, kind=_kind(name)),
        tally=tally,
    )


def _kind(race_key: str) -> str | None:
    """Give the kind of a race that no file states: the one that its key says."""
    return race_key if race_key in KINDS else None


def _open_race(key: RaceKey, records: StagedRecords, *, run: StagedRun) -> OpenRace:
    """Give the stored race; it and its entrants become implied where only mentioned."""
    [(race_id, floor, keys, ids, has_laps)] = run.tables.rows(
        "open_race",
        meeting=run.meeting_ids[key.meeting_key],
        meeting_key=key.meeting_key,
        race_key=key.race_key,
        kind=_kind(key.race_key),
        mentioned=[stop.key for stop in records["pit_stop"]],
        stated=[entrant.key for entrant in records["entrant"]],
    )
    entrant_ids = dict(zip(keys, ids, strict=True))
    return OpenRace(race_id, floor, entrant_ids, has_laps)


def _write_entrants(
    stated: list[StagedRecord], *, race: OpenRace, run: StagedRun, tally: Tally
) -> dict[str, int]:
    """Write the entrants that files state; give their ids by key."""
    if not stated:
        return {}
    references = {
        column: ids_by_key(model, stated, column=column, source=run.source)
        for column, model in (("competitor", Competitor), ("team", Team))
    }
    stored = Entrant.objects.filter(pk__in=race.entrant_ids.values())
    rows = write_records(
        Entrant,
        candidates_by_key(
            Entrant,
            stated,
            key=lambda r: r.key,
            files=run.files,
            references=references,
        ),
        stored={row.key: row for row in stored},
        new=lambda name: Entrant(race_id=race.race_id, key=name),
        tally=tally,
    )
    return {name: row.pk for name, row in rows.items()}


def _write_pit_stops(
    stated: list[StagedRecord],
    entrant_ids: Mapping[str, int],
    *,
    run: StagedRun,
    tally: Tally,
) -> None:
    if not stated:
        return
    stored = PitStop.objects.filter(entrant__in=entrant_ids.values())
    write_records(
        PitStop,
        candidates_by_key(
            PitStop,
            stated,
            key=lambda r: (entrant_ids[r.key], r.number),
            files=run.files,
        ),
        stored={(row.entrant_id, row.number): row for row in stored},
        new=lambda name: PitStop(entrant_id=name[0], number=name[1]),
        tally=tally,
    )
