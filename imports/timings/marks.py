"""When flags changed: the marks on a chart of a window.

The one place that knows where changes are kept.
"""

from dataclasses import dataclass
from datetime import datetime

from imports.models import FlagChange
from imports.timings.window import Window

#: More marks than this would hide the chart; the newest are kept.
MARKS_SHOWN = 20


@dataclass(frozen=True)
class Mark:
    """A flag that changed: when, to what, by whom and why."""

    at: datetime
    flag: str
    change: str
    by: str
    reason: str


def flag_marks(window: Window) -> list[Mark]:
    """Give the changes of flags in a window, in the order of time."""
    changed = FlagChange.objects.filter(
        changed_at__gte=window.since, changed_at__lt=window.until
    )
    newest = changed.order_by("-changed_at", "-pk")
    marks = [
        Mark(
            at=row.changed_at,
            flag=row.flag,
            change=_change(row),
            by=row.who or "the system",
            reason=row.reason,
        )
        for row in newest[:MARKS_SHOWN]
    ]
    return marks[::-1]


def _change(row: FlagChange) -> str:
    # Of a rollout the kind says more than the value, which not all races have.
    said = "" if row.kind == FlagChange.Kind.SET else f" ({row.kind})"
    return f"→ {row.after}{said}"
