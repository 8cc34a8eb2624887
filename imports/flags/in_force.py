"""Stored flags and the profile -> the values in force; writes nothing."""

import structlog

from imports import conf
from imports.errors import FlagInvalid
from imports.flags.kinds import FLAGS, Flag, FlagValue, Profile, parse
from imports.models import FeatureFlag

log = structlog.get_logger(__name__)


def profile() -> Profile:
    """Give the profile whose defaults are in force."""
    return Profile(conf.get("FLAG_PROFILE"))


def current() -> dict[Flag, FlagValue]:
    """Give the values in force: the stored ones that can be used, else the defaults."""
    stored = dict(FeatureFlag.objects.values_list("name", "value"))
    defaults = profile()
    in_force: dict[Flag, FlagValue] = {}
    for flag, kind in FLAGS.items():
        in_force[flag] = kind.default_in(defaults)
        if flag.value not in stored:
            continue
        try:
            in_force[flag] = parse(flag, stored[flag.value])
        except FlagInvalid as error:
            log.error("flag_unusable", flag=flag.value, why=str(error))
    return in_force


def unusable() -> dict[Flag, str]:
    """Say which stored values cannot be used, and why."""
    found: dict[Flag, str] = {}
    for name, value in FeatureFlag.objects.values_list("name", "value"):
        try:
            parse(Flag(name), value)
        except FlagInvalid as error:
            found[Flag(name)] = str(error)
    return found


def is_ingest_enabled() -> bool:
    """Read the kill switch now; the database holds that it is `on` or `off`."""
    is_off = FeatureFlag.objects.filter(name=Flag.INGEST_ENABLED, value="off")
    return not is_off.exists()
