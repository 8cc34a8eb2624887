"""Write one race: the race, its entrants, its pit stops, its laps."""

from dataclasses import dataclass

from imports.models import Counts
from imports.pipeline.stopwatch import Laptimer
from imports.pipeline.write.lap_batch import LapBatch
from imports.pipeline.write.laps import write_laps
from imports.pipeline.write.records import candidates_by_key, write_records
from imports.pipeline.write.shared import ids_by_key
from imports.pipeline.write.staged import StagedRecords, StagedRun
from imports.pipeline.write.tally import Tally
from races.models import Competitor, Entrant, Meeting, PitStop, Race, Team
from races.models.race import KINDS


@dataclass(frozen=True)
class RaceKey:
    """One race of a run, and how many laps of it are staged."""

    meeting_key: str
    race_key: str
    laps_staged: int


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
    race = _write_race_row(key, records, run=run, tally=tally)
    entrants = _write_entrants(key, records, race=race, run=run, tally=tally)
    _write_pit_stops(records, entrants=entrants, tally=tally)
    timer.split("transform")
    laps = write_laps(
        LapBatch(
            run=run,
            race_id=race.pk,
            meeting_key=key.meeting_key,
            race_key=key.race_key,
            staged=key.laps_staged,
            floor=race.laps_floor,
        )
    )
    timer.split("write")
    return RaceResult(
        race_id=race.pk,
        rows=tally.counts + laps.counts,
        laps=laps.counts,
        conflicts=tally.conflicts + laps.conflicts,
    )


def _fetch(key: RaceKey, *, run: StagedRun) -> StagedRecords:
    rows = run.tables.rows(
        "staged_race_records", meeting_key=key.meeting_key, race_key=key.race_key
    )
    return StagedRecords(rows, files=run.files)


def _write_race_row(
    key: RaceKey, records: StagedRecords, *, run: StagedRun, tally: Tally
) -> Race:
    meeting = Meeting.objects.only("id").get(source=run.source, key=key.meeting_key)
    stored = Race.objects.filter(meeting=meeting, key=key.race_key)
    # A race that only its laps speak of has the kind that its key says.
    kind = key.race_key if key.race_key in KINDS else None
    rows = write_records(
        Race,
        candidates_by_key(
            Race,
            records["race"],
            key=lambda r: r.race_key,
            staged=records,
            references={},
        ),
        stored={race.key: race for race in stored},
        mentioned=[key.race_key],
        new=lambda name: Race(meeting=meeting, key=name, kind=kind),
        tally=tally,
    )
    return rows[key.race_key]


def _write_entrants(
    key: RaceKey, records: StagedRecords, *, race: Race, run: StagedRun, tally: Tally
) -> dict[str, Entrant]:
    stated = records["entrant"]
    mentioned = {record.key for record in records["pit_stop"]}
    if key.laps_staged:
        mentioned |= set(
            run.tables.column(
                "staged_entrant_keys",
                meeting_key=key.meeting_key,
                race_key=key.race_key,
            )
        )
    references = {
        column: ids_by_key(
            model, {r.payload[column] for r in stated if r.payload.get(column)}, run=run
        )
        for column, model in (("competitor", Competitor), ("team", Team))
    }
    return write_records(
        Entrant,
        candidates_by_key(
            Entrant,
            stated,
            key=lambda r: r.key,
            staged=records,
            references=references,
        ),
        stored={row.key: row for row in Entrant.objects.filter(race=race)},
        mentioned=mentioned,
        new=lambda name: Entrant(race=race, key=name),
        tally=tally,
    )


def _write_pit_stops(
    records: StagedRecords, *, entrants: dict[str, Entrant], tally: Tally
) -> None:
    stated = records["pit_stop"]
    if not stated:
        return
    by_id = {entrant.pk: entrant for entrant in entrants.values()}
    stored = PitStop.objects.filter(entrant__in=by_id)
    write_records(
        PitStop,
        candidates_by_key(
            PitStop,
            stated,
            key=lambda r: (entrants[r.key].pk, r.number),
            staged=records,
            references={},
        ),
        stored={(row.entrant_id, row.number): row for row in stored},
        new=lambda name: PitStop(entrant=by_id[name[0]], number=name[1]),
        tally=tally,
    )
