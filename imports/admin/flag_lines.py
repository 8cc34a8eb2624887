"""What the pages of flags say: each flag with its value, its effect and its changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from imports import conf, flags
from imports.errors import FlagInvalid
from imports.flags import FLAGS, Flag, FlagKind, FlagValue, as_text
from imports.models import FeatureFlag, FlagChange, ImportRun, RaceCheckpoint, Rollout
from ingestion_site.lib import cells

CHANGES_SHOWN = 20
#: Changes that put another value in force; a rollout that began or ended does not.
RESTORABLE = (
    FlagChange.Kind.SET,
    FlagChange.Kind.RESTORED,
    FlagChange.Kind.PROFILE,
    FlagChange.Kind.PROMOTED,
)


@dataclass(frozen=True)
class FlagLine:
    """A flag as the list shows it; `row` is unsaved where the profile is in force."""

    flag: Flag
    kind: FlagKind
    row: FeatureFlag
    value: FlagValue
    #: Why the stored value cannot be used, if so; then the default is in force.
    problem: str = ""
    change: FlagChange | None = None
    rollout: Rollout | None = None

    @property
    def shown(self) -> str:
        """The value, as a reader expects it."""
        return shown(self.value)

    @property
    def says(self) -> str:
        """What the value does."""
        return says(self.flag, self.value)

    @property
    def default(self) -> str:
        """The profile's value."""
        return shown(self.kind.default_in(flags.profile()))

    @property
    def is_default(self) -> bool:
        """Whether the profile's value is in force."""
        return self.value == self.kind.default_in(flags.profile())


@dataclass(frozen=True)
class Change:
    """A change that a person is asked to confirm."""

    flag: Flag
    before: str
    after: str

    @property
    def says_before(self) -> str:
        """What is in force does."""
        return says(self.flag, flags.parse(self.flag, self.before))

    @property
    def says_after(self) -> str:
        """What the new value would do."""
        return says(self.flag, flags.parse(self.flag, self.after))


def flag_lines() -> list[FlagLine]:
    """Give every flag with what is in force."""
    rows = {row.name: row for row in FeatureFlag.objects.all()}
    newest = FlagChange.objects.order_by("flag", "-pk").distinct("flag")
    changes = {change.flag: change for change in newest}
    running = {rollout.flag: rollout for rollout in _running()}
    return [
        _line(
            flag,
            rows.get(flag.value),
            change=changes.get(flag.value),
            rollout=running.get(flag.value),
        )
        for flag in FLAGS
    ]


def flag_line(flag: Flag) -> FlagLine:
    """Give one flag with what is in force."""
    return _line(
        flag,
        FeatureFlag.objects.filter(name=flag.value).first(),
        change=FlagChange.objects.filter(flag=flag.value).order_by("pk").last(),
        rollout=_running().filter(flag=flag.value).first(),
    )


def changes_of(line: FlagLine) -> list[FlagChange]:
    """Give the newest changes of a flag, marked where the value before can return."""
    newest = list(FlagChange.objects.filter(flag=line.flag).order_by("-pk"))
    for change in newest[:CHANGES_SHOWN]:
        is_other = change.before != as_text(line.value)
        # The kill switch has a page of its own, that says what it does now.
        is_free = not line.rollout and line.flag != Flag.INGEST_ENABLED
        change.can_restore = (  # type: ignore[attr-defined]
            is_free and is_other and change.kind in RESTORABLE
        )
    return newest[:CHANGES_SHOWN]


def changes_to_profile(lines: Iterable[FlagLine]) -> list[Change]:
    """Give what applying the profile would change; the kill switch stays as it is."""
    return [
        Change(
            line.flag,
            as_text(line.value),
            as_text(line.kind.default_in(flags.profile())),
        )
        for line in lines
        if not line.is_default and line.flag != Flag.INGEST_ENABLED
    ]


def says(flag: Flag, value: FlagValue) -> str:
    """Say what a value does, here: with the bounds that settings set."""
    text = FLAGS[flag].describe(value)
    if flag != Flag.CONCURRENCY:
        return text
    ceiling = conf.get("DB_POOL_MAX")
    return f"{text} All lanes together share {ceiling:,} connections (DB_POOL_MAX)."


def shown(value: FlagValue) -> str:
    """Give a value as a reader expects it."""
    return cells.count(value) if type(value) is int else as_text(value)


def work_in_hand() -> str:
    """Say what the kill switch would stop, or lets wait."""
    runs = ImportRun.objects.filter(state=ImportRun.State.WRITING).count()
    races = RaceCheckpoint.objects.filter(run__state=ImportRun.State.WRITING)
    held = races.filter(state=RaceCheckpoint.State.CLAIMED).count()
    waiting = races.filter(state=RaceCheckpoint.State.WAITING).count()
    queued = ImportRun.objects.filter(state=ImportRun.State.QUEUED).count()
    return (
        f"Now: {_several(runs, 'run')} in work with {_several(held, 'race')} being "
        f"written and {waiting:,} waiting; {_several(queued, 'run')} queued."
    )


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _running() -> Any:
    return Rollout.objects.filter(state=Rollout.State.RUNNING)


def _line(
    flag: Flag,
    row: FeatureFlag | None,
    *,
    change: FlagChange | None,
    rollout: Rollout | None,
) -> FlagLine:
    kind = FLAGS[flag]
    value, problem = kind.default_in(flags.profile()), ""
    row = row or FeatureFlag(name=flag.value, value=as_text(value))
    try:
        value = flags.parse(flag, row.value)
    except FlagInvalid as error:
        problem = str(error)
    return FlagLine(
        flag=flag,
        kind=kind,
        row=row,
        value=value,
        problem=problem,
        change=change,
        rollout=rollout,
    )
