"""Each flag: its defaults, what it can be, and what it does, in words.

Comes in as text, goes out as a typed value or as FlagInvalid; reads no database.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from imports.errors import FlagInvalid
from imports.models.flag import Flag as Flag

FlagValue = int | bool | str


class Profile(enum.StrEnum):
    """Sets of defaults: for a developer's machine, and for the real thing."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


@dataclass(frozen=True)
class FlagKind:
    """A flag's defaults, bounds or choices, and what it does in words."""

    default: FlagValue
    effect: str
    lowest: int = 0
    highest: int = 0
    #: What it can be, with what each does.
    choices: Mapping[str, str] = field(default_factory=dict)
    #: Of a number: what the value {value} does.
    says: str = ""
    #: The default of a profile where it is not the one above.
    defaults: Mapping[Profile, FlagValue] = field(default_factory=dict)
    #: Whether each race can be written with a value of its own, and its write time
    #: tells of it: then a change can be rolled out race by race.
    acts_per_race: bool = False

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off."""
        return isinstance(self.default, bool)

    @property
    def allowed(self) -> str:
        """What it can be, in words."""
        if self.is_switch or self.choices:
            return " or ".join(self.choices)
        return f"{self.lowest:,} to {self.highest:,}"

    def default_in(self, profile: Profile) -> FlagValue:
        """Give the default of a profile."""
        return self.defaults.get(profile, self.default)

    def describe(self, value: FlagValue) -> str:
        """Say what a value does."""
        if self.choices:
            return self.choices[as_text(value)]
        return self.says.format(value=value, s="" if value == 1 else "s")

    def parse(self, text: str) -> FlagValue:
        """Turn text into a value, or raise ValueError with what is allowed."""
        if self.is_switch:
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
        effect="The kill switch. Off: races in work finish, no new race or run starts.",
        choices={
            "on": "Runs start, and their races are written.",
            "off": "Races in work finish and stay. No other race starts: runs in work "
            "end as cancelled and can be resumed later. New runs are refused.",
        },
    ),
    Flag.CONCURRENCY: FlagKind(
        default=4,
        defaults={Profile.DEVELOPMENT: 2},
        lowest=1,
        highest=32,
        effect="Lanes that write races of one run at the same time, one connection "
        "each; below DB_POOL_MAX, whatever is asked.",
        says="Up to {value} lane{s} a run, one connection each.",
    ),
    Flag.BATCH_ROWS: FlagKind(
        default=5_000,
        lowest=100,
        highest=50_000,
        effect="Laps that the orm writer sends in one statement.",
        says="The orm writer sends {value:,} laps in one statement; merge is not "
        "touched by it.",
        acts_per_race=True,
    ),
    Flag.RACES_PER_CLAIM: FlagKind(
        default=1,
        lowest=1,
        highest=50,
        effect="Races that a lane takes from its run at once, to write them one after "
        "another. More is for runs of thousands of small races; other lanes of the run "
        "cannot help with what one has taken.",
        says="A lane takes {value} race{s} at once; what it has not begun when it "
        "stops waits again.",
    ),
    Flag.MEMORY_BUDGET_MB: FlagKind(
        default=4_096,
        defaults={Profile.DEVELOPMENT: 1_024},
        lowest=256,
        highest=1_048_576,
        effect="Memory that the lanes of one run may take together; a new run's "
        "batch_rows and concurrency shrink to fit.",
        says="The lanes of a run stay below {value:,} MB together: first batch_rows "
        "shrinks, then concurrency.",
    ),
    Flag.WRITER: FlagKind(
        default="merge",
        effect="How laps are written: merge is one set-based statement a race, orm is "
        "bulk_create in batches. Both give the same tables.",
        choices={
            "merge": "The laps of a race are written by one set-based statement; where "
            "its files state different columns, by orm.",
            "orm": "The laps of a race are decided in Python and written by "
            "bulk_create, batch_rows at a time: several times as slow.",
        },
        acts_per_race=True,
    ),
    Flag.CONFLICT_POLICY: FlagKind(
        default="newest",
        effect="What is in force where files disagree: newest is the higher version, at "
        "once; hold is what is stored, until a person chooses.",
        choices={
            "newest": "Where files disagree, the higher version is in force at once.",
            "hold": "Where files disagree, what is stored stays until a person chooses.",
        },
    ),
    Flag.CONFLICT_DETAIL_ROWS: FlagKind(
        default=50,
        lowest=0,
        highest=10_000,
        effect="Conflicts that are kept in full, a race and run; the counts are always "
        "exact.",
        says="The first {value:,} conflict{s} of a race and run can be looked at one by "
        "one; the others are counted.",
        acts_per_race=True,
    ),
    Flag.SYNCHRONOUS_COMMIT: FlagKind(
        default="off",
        effect="Whether each race waits for the disk. Off loses nothing that a run "
        "reports as done: rows and checkpoint are lost together, the run's end waits.",
        choices={
            "off": "A race does not wait for the disk; the end of its run does.",
            "on": "Each race waits until the disk has it: slower, by the disk's time "
            "for a race.",
        },
    ),
}


def as_text(value: FlagValue) -> str:
    """Give a flag's value as it is stored and typed."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def parse(flag: Flag, text: str) -> FlagValue:
    """Turn text into the flag's value; FlagInvalid says what it can take."""
    try:
        return FLAGS[flag].parse(text)
    except ValueError as error:
        raise FlagInvalid(f"{flag} = {text}: {error}.") from None
