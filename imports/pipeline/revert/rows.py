"""Rows that are models (races, entrants, stops, shared rows, conflicts): each one's fate."""

import enum
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Max, Q, QuerySet

from imports.models import Conflict, RowRevision
from imports.pipeline.registers.journal import snapshot
from imports.pipeline.revert.columns import put_back_in_part
from races.models import Competitor, Entrant, Meeting, PitStop, Race, Team, Venue
from races.natural_keys import NATURAL_KEYS

Snapshot = dict[str, Any]
#: Kind and id.
RowId = tuple[str, int]

MODELS: dict[str, Any] = {
    str(model._meta.model_name): model
    for model in (Venue, Team, Competitor, Meeting, Race, Entrant, PitStop, Conflict)
}
FLOORS = ("laps_floor", "laps_floor_columns", "entrants_floor", "pit_stops_floor")
#: Columns that are no part of what a row says: floors are put back by themselves, and
#: a conflict loses its race where the race goes.
APART: dict[str, Collection[str]] = {"race": FLOORS, "conflict": ("race_id",)}


class Fate(enum.StrEnum):
    """What becomes of a row; but for REMOVED the names are those of `Counts`."""

    PUT_BACK = "updated"
    BROUGHT_BACK = "inserted"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    #: The store holds something newer.
    STAYS = "older"


@dataclass(frozen=True)
class RowPlan:
    """One row: what it is now, and what it is to be; None is no row."""

    kind: str
    row_id: int
    fate: Fate
    now: Snapshot | None
    after: Snapshot | None
    #: The later run because of which it stays, where that is known.
    run: int | None = None
    #: Columns that later runs changed, of a row that is put back without them.
    kept: tuple[str, ...] = ()
    #: Whether it stays only because rows of later runs hang on it.
    is_held: bool = False

    @property
    def is_written(self) -> bool:
        """Whether something is to be done."""
        return self.fate not in (Fate.UNCHANGED, Fate.STAYS)

    @property
    def why(self) -> Snapshot:
        """What else there is to say of a row that stays, or of its columns."""
        if self.fate != Fate.STAYS:
            return {"columns": list(self.kept)}
        return {"is_held": True} if self.is_held else {}

    @property
    def name(self) -> str:
        """What the row is called: its key."""
        row = self.now or self.after or {}
        return str(row.get("key") or row.get("number") or "")


@dataclass
class History:
    """What a run did to rows, and what became of them since."""

    #: Rows that it updated or deleted, as they were before.
    changed: dict[RowId, RowRevision] = field(default_factory=dict)
    #: Rows that it made.
    inserted: list[RowId] = field(default_factory=list)
    #: Revisions after the run, oldest first.
    since: dict[RowId, list[RowRevision]] = field(default_factory=dict)
    now: dict[RowId, Snapshot] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        revisions: QuerySet[RowRevision],
        inserted: Mapping[str, Any],
        *,
        kinds: Collection[str],
        made_after: int = 0,
    ) -> "History":
        """Read it, for rows of some kinds, from a run's revisions and undo.

        Rows that a revert brought back have revisions from before: up to `made_after`.
        """
        changed: dict[RowId, RowRevision] = {}
        for revision in revisions.filter(kind__in=kinds).order_by("pk"):
            changed.setdefault((revision.kind, revision.row_id), revision)
        made = [(kind, pk) for kind in kinds for pk in inserted.get(kind, ())]
        ids: dict[str, list[int]] = defaultdict(list)
        for kind, pk in (*changed, *made):
            ids[kind].append(pk)
        firsts = {row: revision.pk for row, revision in changed.items()}
        firsts = dict.fromkeys(made, made_after) | firsts
        return cls(changed, made, _since(ids, firsts), _now(ids))

    def blame(self, row: RowId) -> int | None:
        """Give the last run that changed the row."""
        later = self.since.get(row)
        return later[-1].run_id if later else None

    def is_as_left(self, row: RowId) -> bool:
        """Whether a stored row is what the run left.

        That is what the next revision says that it was, if there is any.
        """
        later = self.since.get(row)
        return not later or is_same(row[0], later[0].before, self.now[row])

    def decide_changed(self) -> list[RowPlan]:
        """Give the rows that were updated or deleted, references not yet looked at."""
        plans = []
        for row, revision in self.changed.items():
            now = self.now.get(row)
            if now is not None and is_same(row[0], now, revision.before):
                fate = Fate.UNCHANGED
            elif revision.is_deleted:
                fate = Fate.BROUGHT_BACK if now is None else Fate.STAYS
            elif now is None:
                fate = Fate.STAYS
            elif not self.is_as_left(row):
                plans.append(self._decide_columns(row, revision.before, now))
                continue
            else:
                fate = Fate.PUT_BACK
            after = _after(row[0], now, revision.before)
            plans.append(RowPlan(*row, fate, now, after, self.blame(row)))
        return plans

    def _decide_columns(self, row: RowId, before: Snapshot, now: Snapshot) -> RowPlan:
        """Give a row that later runs changed, and that the run had updated."""
        run = self.blame(row)
        stays = RowPlan(*row, Fate.STAYS, now, _after(row[0], now, before), run)
        if row[0] == "conflict":
            return stays
        left = self.since[row][0].before
        part = put_back_in_part(MODELS[row[0]], before=before, left=left, now=now)
        if part.after is None:
            return stays
        fate = Fate.UNCHANGED if is_same(row[0], part.after, now) else Fate.PUT_BACK
        return RowPlan(*row, fate, now, part.after, run, part.kept)

    def decide_inserted(self) -> list[RowPlan]:
        """Give the rows that the run made, not yet looking at what hangs on them."""
        plans = []
        for row in self.inserted:
            now = self.now.get(row)
            if now is None:
                fate = Fate.UNCHANGED
            else:
                fate = Fate.REMOVED if self.is_as_left(row) else Fate.STAYS
            plans.append(RowPlan(*row, fate, now, None, self.blame(row)))
        return plans


def is_same(kind: str, one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots of a row say the same, in the columns that both have."""
    apart = APART.get(kind, ())
    columns = (one.keys() & other.keys()).difference(apart)
    return all(one[column] == other[column] for column in columns)


def unsupported(
    plans: Sequence[RowPlan], *, coming: Collection[RowId] = ()
) -> set[RowId]:
    """Give the rows that cannot be what they were.

    What they refer to is gone and not among the `coming`, or another row has taken
    their key.
    """
    written = [p for p in plans if p.fate in (Fate.PUT_BACK, Fate.BROUGHT_BACK)]
    found: set[RowId] = set()
    for kind in {plan.kind for plan in written}:
        of_kind = [plan for plan in written if plan.kind == kind]
        found |= _without_referent(of_kind, coming=coming)
        if kind != "conflict":
            found |= _displaced([p for p in of_kind if p.fate == Fate.BROUGHT_BACK])
    return found


def apply(plans: Iterable[RowPlan], *, kinds: Sequence[str]) -> None:
    """Write the rows that are put or brought back, kind by kind."""
    written = [p for p in plans if p.fate in (Fate.PUT_BACK, Fate.BROUGHT_BACK)]
    for kind in kinds:
        model = MODELS[kind]
        pk = model._meta.pk.name
        rows = [_instance(model, p.after or {}) for p in written if p.kind == kind]
        columns = [f.name for f in model._meta.concrete_fields if not f.primary_key]
        model._default_manager.bulk_create(
            sorted(rows, key=lambda row: row.pk),
            update_conflicts=True,
            unique_fields=[pk],
            update_fields=columns,
        )


def remove(plans: Iterable[RowPlan], *, kinds: Sequence[str]) -> None:
    """Delete the rows that go, kind by kind."""
    for kind in kinds:
        ids = [p.row_id for p in plans if p.kind == kind and p.fate == Fate.REMOVED]
        if ids:
            MODELS[kind]._default_manager.filter(pk__in=ids).delete()


def keep(
    plans: Iterable[RowPlan], *, run_id: int, checkpoint_id: int | None = None
) -> None:
    """Keep what the rows are, before they are changed."""
    RowRevision.objects.bulk_create(
        RowRevision(
            run_id=run_id,
            checkpoint_id=checkpoint_id,
            kind=plan.kind,
            row_id=plan.row_id,
            before=plan.now,
            is_deleted=plan.fate == Fate.REMOVED,
        )
        for plan in plans
        if plan.fate in (Fate.PUT_BACK, Fate.REMOVED)
    )


def brought_back(plans: Iterable[RowPlan]) -> dict[str, list[int]]:
    """Give the ids of the rows that are made again, by kind."""
    made: dict[str, list[int]] = defaultdict(list)
    for plan in plans:
        if plan.fate == Fate.BROUGHT_BACK:
            made[plan.kind].append(plan.row_id)
    return dict(made)


def made_again(plans: Iterable[RowPlan]) -> dict[str, Any]:
    """Give what the undo of a revert says of the rows that it brings back.

    Their ids by kind, and their last revision: those after it are of later runs.
    """
    made = brought_back(plans)
    asked = Q(pk__in=[])
    for kind, ids in made.items():
        asked |= Q(kind=kind, row_id__in=ids)
    last = RowRevision.objects.filter(asked).aggregate(last=Max("pk"))["last"]
    return {"inserted": made, **({"made_after": last} if last else {})}


def fates(plans: Iterable[RowPlan]) -> Counter[Fate]:
    """Count the rows by fate; conflicts are records of rows, and no rows."""
    return Counter(plan.fate for plan in plans if plan.kind != "conflict")


def _since(
    ids: Mapping[str, Sequence[int]], firsts: Mapping[RowId, int]
) -> dict[RowId, list[RowRevision]]:
    asked = Q(pk__in=[])
    for kind, of_kind in ids.items():
        asked |= Q(kind=kind, row_id__in=of_kind)
    since: dict[RowId, list[RowRevision]] = defaultdict(list)
    # Revisions of a row are numbered under its lock: their order is that of the runs.
    for revision in RowRevision.objects.filter(asked).order_by("pk") if ids else ():
        row = (revision.kind, revision.row_id)
        if revision.pk > firsts[row]:
            since[row].append(revision)
    return dict(since)


def _now(ids: Mapping[str, Sequence[int]]) -> dict[RowId, Snapshot]:
    return {
        (kind, row.pk): snapshot(row)
        for kind, of_kind in ids.items()
        for row in MODELS[kind]._default_manager.filter(pk__in=of_kind)
    }


def _after(kind: str, now: Snapshot | None, before: Snapshot) -> Snapshot:
    if now is None:
        return before
    kept = {c: now[c] for c in APART.get(kind, ()) if c in now}
    return {**now, **before, **kept}


def _instance(model: Any, values: Snapshot) -> Any:
    fields = {f.attname: f for f in model._meta.concrete_fields}
    known = {name: fields[name] for name in values if name in fields}
    return model(**{n: f.to_python(values[n]) for n, f in known.items()})


def _without_referent(
    plans: Sequence[RowPlan], *, coming: Collection[RowId]
) -> set[RowId]:
    found: set[RowId] = set()
    for column in MODELS[plans[0].kind]._meta.concrete_fields:
        if not isinstance(column, models.ForeignKey):
            continue
        referred: Any = column.related_model
        named = {(p.after or {}).get(column.attname) for p in plans} - {None}
        there = set(referred._default_manager.filter(pk__in=named).values_list("pk"))
        kind = referred._meta.model_name
        gone = {pk for pk in named if (pk,) not in there and (kind, pk) not in coming}
        found |= {
            (p.kind, p.row_id)
            for p in plans
            if (p.after or {}).get(column.attname) in gone
        }
    return found


def _displaced(plans: Sequence[RowPlan]) -> set[RowId]:
    """Give the rows whose natural key another row has by now."""
    if not plans:
        return set()
    model = MODELS[plans[0].kind]
    names = NATURAL_KEYS[model.__name__]
    key = [model._meta.get_field(name).attname for name in names]
    wanted = {tuple((p.after or {})[c] for c in key): (p.kind, p.row_id) for p in plans}
    asked = {
        f"{column}__in": {values[at] for values in wanted}
        for at, column in enumerate(key)
    }
    taken = model._default_manager.filter(**asked).values_list(*key)
    return {wanted[values] for values in taken if values in wanted}
