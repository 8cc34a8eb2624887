"""The feature flags: typed, bounded, read once per run and kept on the run.

Only the kill switch (`ingest_enabled`) is read again before each race, and the share
of a rollout. A stored value that cannot be used never stops a run: the profile's
default is in force, and the list of flags says so.
"""

from imports.flags.in_force import (
    current,
    is_ingest_enabled,
    profile,
    unusable,
)
from imports.flags.kinds import (
    FLAGS,
    Flag,
    FlagKind,
    FlagValue,
    Profile,
    as_text,
    parse,
)
from imports.flags.memory import fit

__all__ = [
    "FLAGS",
    "Flag",
    "FlagKind",
    "FlagValue",
    "Profile",
    "as_text",
    "current",
    "fit",
    "is_ingest_enabled",
    "parse",
    "profile",
    "unusable",
]
