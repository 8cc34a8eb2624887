"""What a revert would do, or did: figures and the rows that stay. Reads only."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from imports.models import Counts, ImportRun, RaceCheckpoint
from imports.pipeline.revert import rows, shared
from imports.pipeline.revert.race import RacePlan, Stay, plan_race
from imports.pipeline.revert.rows import Fate, RowId, RowPlan, Snapshot
from imports.pipeline.revert.runs import races_done, refuse_unless_revertable


@dataclass
class Outcome:
    """The rows of a revert by what becomes of them, and those that stay, by name."""

    races: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    laps: Counter[str] = field(default_factory=Counter)
    #: Each has kind, race, key, number and run; at most `STAYS_KEPT` a race.
    stays: list[Stay] = field(default_factory=list)

    @property
    def back(self) -> int:
        """Rows that are afterwards as they were before the reverted run."""
        return sum(self.fates[f] for f in _BACK)

    @property
    def stay(self) -> int:
        """Rows that stay because later runs changed them."""
        return self.fates[Fate.STAYS]

    @property
    def runs(self) -> list[int]:
        """The later runs because of which rows stay."""
        return sorted({stay["run"] for stay in self.stays if stay["run"]})

    def add(self, fates: Counter[str], stays: list[Stay], *, race: str = "") -> None:
        """Take in a race, or the shared rows."""
        self.fates.update(fates)
        self.stays += [{"race": race, **stay} for stay in stays]


_BACK = (Fate.PUT_BACK, Fate.BROUGHT_BACK, Fate.REMOVED)


def preview(run: ImportRun) -> Outcome:
    """Say what a revert of the run would do now; RunNotRevertable why it cannot be."""
    refuse_unless_revertable(run)
    outcome = Outcome()
    changed = shared.plan_changed(run)
    coming = {
        (plan.kind, plan.row_id) for plan in changed if plan.fate == Fate.BROUGHT_BACK
    }
    planned = _after(changed)
    for done in races_done(run):
        done.run = run
        plan = plan_race(done, coming=coming)
        planned |= _after(plan.plans.values())
        _add_race(outcome, plan)
    inserted = shared.plan_inserted(run, planned=planned)
    for plans in (changed, inserted):
        outcome.add(Counter(rows.fates(plans)), shared.stays_of(plans))
    return outcome


def outcome_of(revert: ImportRun) -> Outcome:
    """Say what a revert did, from what it keeps."""
    done = list(revert.checkpoints.filter(state=RaceCheckpoint.State.DONE))
    outcome = Outcome(races=len(done))
    for race in done:
        name = f"{race.meeting_key}/{race.race_key}"
        outcome.add(_fates(race.row_counts), race.undo.get("stays", []), race=name)
        outcome.fates[Fate.REMOVED] += race.removed
        outcome.laps.update(_fates(race.lap_counts))
        outcome.laps[Fate.REMOVED] += race.undo.get("laps_removed", 0)
    kept, undo = revert.shared_rows or {}, revert.shared_undo or {}
    stays = [*undo.get("stays", []), *undo.get("left", [])]
    outcome.add(_fates(Counts.of(kept.get("rows"))), stays)
    outcome.fates[Fate.REMOVED] += kept.get("removed", 0)
    return outcome


def _add_race(outcome: Outcome, plan: RacePlan) -> None:
    name = f"{plan.target.meeting_key}/{plan.target.race_key}"
    outcome.races += 1
    outcome.add(plan.fates, plan.stays, race=name)
    outcome.laps.update(plan.laps)


def _after(plans: Any) -> dict[RowId, Snapshot | None]:
    written: list[RowPlan] = [plan for plan in plans if plan.is_written]
    return {(plan.kind, plan.row_id): plan.after for plan in written}


def _fates(counts: Counts) -> Counter[str]:
    named = counts.as_dict()
    names = (Fate.PUT_BACK, Fate.BROUGHT_BACK, Fate.UNCHANGED, Fate.STAYS)
    return Counter({name: named[name] for name in names if named[name]})
