"""What later runs did to a race: whom to name, and which floors they have raised."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from imports.models import RaceCheckpoint
from imports.pipeline.revert.rows import FLOORS, RowId
from races.models import Race

#: Floors by the kind of row that they are of; those of laps are one.
FLOORS_OF = {
    "lap": ("laps_floor", "laps_floor_columns"),
    "entrant": ("entrants_floor",),
    "pitstop": ("pit_stops_floor",),
}


@dataclass(frozen=True)
class Later:
    """The checkpoints of a race that were done after the reverted one, in order."""

    #: Run, ids of rows that it made by kind, floors as they were before it.
    done: list[tuple[int, dict[str, Any], dict[str, Any]]]

    @classmethod
    def than(cls, target: RaceCheckpoint, *, race_id: int | None) -> "Later":
        """Read them. The order is that of the race's lock."""
        at = target.finished_at
        after = Q(finished_at__gt=at) | Q(finished_at=at, pk__gt=target.pk)
        found = of_race(target, race_id=race_id).filter(after, state="done")
        rows = found.order_by("finished_at", "pk").values_list(
            "run_id", "undo__inserted", "undo__floors"
        )
        return cls([(run, made or {}, floors or {}) for run, made, floors in rows])

    @property
    def last_run(self) -> int | None:
        """The run that came last."""
        return self.done[-1][0] if self.done else None

    def maker(self, row: RowId) -> int | None:
        """Give the run that made a row; else the last one."""
        kind, pk = row
        makers = [run for run, made, _ in self.done if pk in (made.get(kind) or ())]
        return makers[-1] if makers else self.last_run

    def first_floor(self, column: str, *, now: Any) -> Any:
        """Give the floor as the reverted run left it."""
        values = (floors[column] for _, _, floors in self.done if column in floors)
        return next(values, now)

    def raiser(self, column: str) -> int | None:
        """Give the last run that changed a floor."""
        runs = [run for run, _, floors in self.done if column in floors]
        return runs[-1] if runs else self.last_run


@dataclass(frozen=True)
class FloorPlan:
    """The floors of a race: which are put back, and which a later run has changed."""

    #: Column -> what it is to be, and what it is.
    after: dict[str, Any] = field(default_factory=dict)
    now: dict[str, Any] = field(default_factory=dict)
    #: Kind of row -> the run that has changed its floor since.
    changed_by: dict[str, int | None] = field(default_factory=dict)

    @classmethod
    def of(cls, target: RaceCheckpoint, race: Race | None, later: Later) -> "FloorPlan":
        """Compare the floors with what the reverted checkpoint found and left."""
        if race is None:
            return cls()
        before = target.undo.get("floors", {})
        now = {column: _plain(getattr(race, column)) for column in FLOORS}
        plan = cls()
        for kind, columns in FLOORS_OF.items():
            moved = [c for c in columns if later.first_floor(c, now=now[c]) != now[c]]
            if moved:
                plan.changed_by[kind] = later.raiser(moved[0])
                continue
            given = {c: before[c] for c in columns if before.get(c, now[c]) != now[c]}
            plan.after.update(given)
            plan.now.update({c: now[c] for c in given})
        return plan


def of_race(target: RaceCheckpoint, *, race_id: int | None) -> Any:
    """Give the checkpoints of the same race, of all runs.

    By the index of the race; once a race is gone they name none.
    """
    same = RaceCheckpoint.objects.filter(
        source=target.source, meeting_key=target.meeting_key, race_key=target.race_key
    )
    return same.filter(Q(race_id=race_id) | Q(race=None))


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else value.hex
