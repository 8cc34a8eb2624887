"""Rules about what lanes and processes take: connections, memory."""

from datetime import timedelta

from django.utils import timezone

from imports import conf, flags
from imports.alerts.limits import limit
from imports.alerts.rule import Finding, Rule
from imports.flags import Flag
from imports.models import Alert, Pulse
from imports.pipeline import session

MEBI = 1024**2


def _connections() -> list[Finding]:
    ceiling, share = conf.get("DB_POOL_MAX"), limit("CONNECTIONS_PERCENT")
    used = session.lane_connections()
    if used * 100 <= ceiling * share:
        return []
    return [
        Finding(
            f"Lanes have {used} of {ceiling} connections ({used / ceiling:.0%}); "
            f"{share} % is allowed. Lower the flag concurrency, or raise DB_POOL_MAX "
            "where the server has room."
        )
    ]


def _memory() -> list[Finding]:
    budget, share = budget_mb(), limit("MEMORY_PERCENT")
    since = timezone.now() - timedelta(minutes=limit("WINDOW_MINUTES"))
    most = budget * share // 100 * MEBI
    heavy = Pulse.objects.filter(seen_at__gt=since, peak_memory_bytes__gt=most)
    return [
        Finding(
            f"{pulse} has taken up to {_mebi(pulse):,} MB of memory, "
            f"{_mebi(pulse) / budget:.0%} of the budget of {budget:,} MB; {share} % is "
            "allowed. Lower the flags batch_rows and concurrency, or give it more.",
            subject=pulse.name,
        )
        for pulse in heavy.order_by("name")
    ]


def budget_mb() -> int:
    """Give what a process that works may have of memory."""
    return int(flags.current()[Flag.MEMORY_BUDGET_MB])


def _mebi(pulse: Pulse) -> int:
    return (pulse.peak_memory_bytes or 0) // MEBI


RULES = (
    Rule(
        "connections",
        Alert.Severity.WARNING,
        "Lanes take nearly all the connections that they may.",
        _connections,
    ),
    Rule(
        "memory",
        Alert.Severity.WARNING,
        "A process has taken nearly all the memory that it may.",
        _memory,
    ),
)
