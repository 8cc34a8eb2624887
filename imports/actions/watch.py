"""What keeps the system right while nobody looks; run every so often, anywhere."""

from imports.actions.sweep import sweep
from imports.pipeline.sweep import Swept


def watch() -> Swept:
    """See to what dead workers left; safe beside any number of others."""
    return sweep()
