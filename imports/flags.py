"""The feature flags: typed, bounded, read once per run and kept on the run.

Only the kill switch (`ingest_enabled`) is read again before each race.
"""

import enum
from dataclasses import dataclass

from imports.errors import FlagInvalid
from imports.models.feature_flag import FeatureFlag

FlagValue = int | bool | str


class Flag(enum.StrEnum):
    """What can be changed while everything runs."""

    INGEST_ENABLED = "ingest_enabled"
    CONCURRENCY = "concurrency"
    BATCH_ROWS = "batch_rows"
    WRITER = "writer"
    CONFLICT_POLICY = "conflict_policy"
    CONFLICT_DETAIL_ROWS = "conflict_detail_rows"
    SYNCHRONOUS_COMMIT = "synchronous_commit"


@dataclass(frozen=True)
class FlagKind:
    """A flag's default, bounds or choices, and what it does in words."""

    default: FlagValue
    effect: str
    lowest: int = 0
    highest: int = 0
    choices: tuple[str, ...] = ()

    def parse(self, text: str) -> FlagValue:
        """Turn text into a value, or raise ValueError with what is allowed."""
        if isinstance(self.default, bool):
            return _parse_switch(text)
        if self.choices:
            if text not in self.choices:
                raise ValueError(f"must be one of {', '.join(self.choices)}")
            return text
        return self._parse_number(text)

    def _parse_number(self, text: str) -> int:
        allowed = f"must be a whole number from {self.lowest:,} to {self.highest:,}"
        try:
            number = int(text)
        except ValueError:
            raise ValueError(allowed) from None
        if not self.lowest <= number <= self.highest:
            raise ValueError(allowed)
        return number


def _parse_switch(text: str) -> bool:
    switches = {"on": True, "true": True, "off": False, "false": False}
    if text.lower() not in switches:
        raise ValueError("must be on or off")
    return switches[text.lower()]


FLAGS: dict[Flag, FlagKind] = {
    Flag.INGEST_ENABLED: FlagKind(
        default=True,
        effect="Off: races in work finish, no new race or run starts.",
    ),
    Flag.CONCURRENCY: FlagKind(
        default=2,
        lowest=1,
        highest=32,
        effect="Lanes that write races of one run at the same time, one connection "
        "each; below DB_POOL_MAX, whatever is asked.",
    ),
    Flag.BATCH_ROWS: FlagKind(
        default=5_000,
        lowest=100,
        highest=50_000,
        effect="Laps that the orm writer sends in one statement.",
    ),
    Flag.WRITER: FlagKind(
        default="merge",
        choices=("merge", "orm"),
        effect="How laps are written: merge is one set-based statement a race, orm is "
        "bulk_create in batches. Both give the same tables.",
    ),
    Flag.CONFLICT_POLICY: FlagKind(
        default="newest",
        choices=("newest", "hold"),
        effect="What is in force where files disagree: newest is the higher version, at "
        "once; hold is what is stored, until a person chooses.",
    ),
    Flag.CONFLICT_DETAIL_ROWS: FlagKind(
        default=50,
        lowest=0,
        highest=10_000,
        effect="Conflicts that are kept in full, a race and run; the counts are always "
        "exact.",
    ),
    Flag.SYNCHRONOUS_COMMIT: FlagKind(
        default="off",
        choices=("off", "on"),
        effect="Whether each race waits for the disk. Off loses nothing that a run "
        "reports as done: rows and checkpoint are lost together, the run's end waits.",
    ),
}


def parse(flag: Flag, text: str) -> FlagValue:
    """Turn text into the flag's value; FlagInvalid says what it can take."""
    try:
        return FLAGS[flag].parse(text)
    except ValueError as error:
        raise FlagInvalid(f"{flag} = {text}: {error}.") from None


def current() -> dict[Flag, FlagValue]:
    """Give the values in force: the stored ones over the defaults."""
    stored = dict(FeatureFlag.objects.values_list("name", "value"))
    return {
        flag: parse(flag, stored[flag]) if flag in stored else kind.default
        for flag, kind in FLAGS.items()
    }


def is_ingest_enabled() -> bool:
    """Read the kill switch now."""
    stored = FeatureFlag.objects.filter(name=Flag.INGEST_ENABLED).values_list(
        "value", flat=True
    )
    return bool(parse(Flag.INGEST_ENABLED, next(iter(stored), "on")))
