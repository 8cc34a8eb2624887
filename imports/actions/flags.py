"""Put flags in force."""

from typing import Any

from imports import flags
from imports.flags import Flag
from imports.models import FeatureFlag


def set_flag(flag: Flag, text: str, *, reason: str, by: Any) -> FeatureFlag:
    """Put a flag's value in force; FlagInvalid says what it can take."""
    flags.parse(flag, text)
    row, _ = FeatureFlag.objects.update_or_create(
        name=flag.value,
        defaults={"value": text, "reason": reason, "changed_by": by},
    )
    return row
