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


def write_race(key: RaceKey, *, run: StagedRun, timer: Laptimer) -> RaceResult:
    """Write the staged rows of one race."""
    tally = Tally()
    records = _fetch(key, run=run)
    timer.split("fetch")
    race_id, floor = _write_race_row(key, records["race"], run=run, tally=tally)
    _write_entrants(records["entrant"], race_id=race_id, run=run, tally=tally)
    stops = records["pit_stop"]
    entrant_ids = _entrant_ids(key, stops, race_id=race_id, run=run)
    _write_pit_stops(stops, entrant_ids=entrant_ids, run=run, tally=tally)
    timer.split("transform")
    laps = write_laps(
        LapBatch(
            run=run,
            race_id=race_id,
            meeting_key=key.meeting_key,
            race_key=key.race_key,
            staged=key.laps_staged,
            entrant_ids=entrant_ids,
            floor=floor,
        )
    )
    timer.split("write")
    return RaceResult(
        race_id=race_id,
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
) -> tuple[int, UUID]:
    """Write what files state of the race itself; give its id and its laps' floor."""
    meeting_id = run.meeting_ids[key.meeting_key]
    # A race that only its laps speak of has the kind that its key says.
    kind = key.race_key if key.race_key in KINDS else None
    if not stated:
        [(race_id, floor)] = run.tables.rows(
            "imply_race", meeting=meeting_id, key=key.race_key, kind=kind
        )
        return race_id, floor
    stored = Race.objects.filter(meeting_id=meeting_id, key=key.race_key)
    rows = write_records(
        Race,
        candidates_by_key(Race, stated, key=lambda r: r.race_key, files=run.files),
        stored={race.key: race for race in stored},
        new=lambda name: Race(meeting_id=meeting_id, key=name, kind=kind),
        tally=tally,
    )
    race = rows[key.race_key]
    return race.pk, race.laps_floor


def _write_entrants(
    stated: list[StagedRecord], *, race_id: int, run: StagedRun, tally: Tally
) -> None:
    if not stated:
        return
    references = {
        column: ids_by_key(model, stated, column=column, source=run.source)
        for column, model in (("competitor", Competitor), ("team", Team))
    }
    write_records(
        Entrant,
        candidates_by_key(
            Entrant,
            stated,
            key=lambda r: r.key,
            files=run.files,
            references=references,
        ),
        stored={row.key: row for row in Entrant.objects.filter(race_id=race_id)},
        new=lambda name: Entrant(race_id=race_id, key=name),
        tally=tally,
    )


def _entrant_ids(
    key: RaceKey, stops: list[StagedRecord], *, race_id: int, run: StagedRun
) -> dict[str, int]:
    """Give the entrants of the race by key; those only mentioned become implied."""
    return dict(
        run.tables.rows(
            "imply_entrants",
            race=race_id,
            meeting_key=key.meeting_key,
            race_key=key.race_key,
            keys=[stop.key for stop in stops],
        )
    )


def _write_pit_stops(
    stated: list[StagedRecord],
    *,
    entrant_ids: Mapping[str, int],
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
