"""System checks of the imports app."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.checks import Error as CheckError
from django.db import connection
from django.utils.module_loading import import_string

from imports import conf
from imports.alerts.channels import is_usable_secret
from imports.alerts.limits import LIMITS
from imports.doorbell import TASKS
from imports.readers.table import KEPT_PER_CODE


@register()
def engine_is_postgresql(**_: Any) -> list[CheckMessage]:
    """Refuse any other database: versions and merges lean on PostgreSQL."""
    if connection.vendor == "postgresql":
        return []
    return [
        CheckError(
            f"The database is {connection.vendor}, not PostgreSQL.",
            hint="Set DATABASE_URL to a postgres:// address, or unset it.",
            id="imports.E001",
        )
    ]


@register()
def task_paths_resolve(**_: Any) -> list[CheckMessage]:
    """A task is enqueued by its path: a path that does not resolve is lost work."""
    return [
        CheckError(f"The task {path} does not exist.", id="imports.E002")
        for path in TASKS
        if not _resolves(path)
    ]


@register()
def rejections_are_kept_by_the_reader(**_: Any) -> list[CheckMessage]:
    """Refuse to keep more rejected rows than the reader does: they would be missing."""
    wanted = conf.get("REJECTIONS_PER_CODE")
    if wanted <= KEPT_PER_CODE:
        return []
    return [
        CheckError(
            f"IMPORTS_REJECTIONS_PER_CODE is {wanted:,}; the reader keeps at most "
            f"{KEPT_PER_CODE:,} rejected rows of a code.",
            hint=f"Set it to {KEPT_PER_CODE:,} or less.",
            id="imports.E003",
        )
    ]


@register()
def thresholds_are_within_bounds(**_: Any) -> list[CheckMessage]:
    """A threshold out of its bounds would silence a rule, or never be quiet."""
    return [
        CheckError(
            f"IMPORTS_ALERT_{name} is {value!r}.",
            hint=f"Set a whole number from {limit.lowest:,} to {limit.highest:,}.",
            id="imports.E020",
        )
        for name, limit in LIMITS.items()
        if not _is_within(
            value := conf.get(f"ALERT_{name}"), limit.lowest, limit.highest
        )
    ]


@register()
def alerts_can_be_told(**_: Any) -> list[CheckMessage]:
    """Refuse a webhook that cannot be signed, or mail that would go nowhere."""
    found = []
    if conf.get("ALERT_WEBHOOK_URL"):
        found += _webhook_problems()
    to_console = settings.EMAIL_BACKEND.endswith("console.EmailBackend")
    if conf.get("ALERT_EMAILS") and to_console and not settings.DEBUG:
        found.append(
            CheckError(
                "ALERT_EMAILS is set and EMAIL_URL is not: no mail would leave.",
                hint="Set EMAIL_URL, such as smtp+tls://user:password@host:587.",
                id="imports.E023",
            )
        )
    return found


def _webhook_problems() -> list[CheckMessage]:
    scheme = urlsplit(conf.get("ALERT_WEBHOOK_URL")).scheme
    found: list[CheckMessage] = []
    if scheme != "https" and not (settings.DEBUG and scheme == "http"):
        found.append(
            CheckError(
                "ALERT_WEBHOOK_URL is no https:// address.",
                hint="Alerts name runs and races: send them by https.",
                id="imports.E021",
            )
        )
    if not is_usable_secret(conf.get("ALERT_WEBHOOK_SECRET")):
        found.append(
            CheckError(
                "ALERT_WEBHOOK_SECRET is missing, too short or not base64.",
                hint="Set whsec_ and 24 to 64 random bytes in base64: "
                "echo whsec_$(openssl rand -base64 32)",
                id="imports.E022",
            )
        )
    return found


def _is_within(value: Any, lowest: int, highest: int) -> bool:
    return type(value) is int and lowest <= value <= highest


def _resolves(path: str) -> bool:
    try:
        import_string(path)
    except ImportError:
        return False
    return True
