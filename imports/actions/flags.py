"""Put flags in force; what was, what is, who and why is written with it, or nothing is."""

from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from imports import flags
from imports.errors import FlagBusy
from imports.flags import FLAGS, Flag, as_text
from imports.models import FeatureFlag, FlagChange, Rollout

log = structlog.get_logger(__name__)

Kind = FlagChange.Kind


def set_flag(
    flag: Flag,
    text: str,
    *,
    reason: str,
    by: Any,
    kind: FlagChange.Kind = Kind.SET,
) -> FeatureFlag:
    """Put a flag's value in force; FlagInvalid says what it can take."""
    value = as_text(flags.parse(flag, text))
    with transaction.atomic():
        refuse_while_rolled_out(flag)
        return put_in_force(flag, value, reason=reason, by=by, kind=kind)


def restore_flag(change: FlagChange, *, reason: str, by: Any) -> FeatureFlag:
    """Put the value in force again that was before a change."""
    return set_flag(
        Flag(change.flag), change.before, reason=reason, by=by, kind=Kind.RESTORED
    )


def apply_profile(*, reason: str, by: Any) -> list[Flag]:
    """Put every flag back to the profile's default; give those that changed.

    But for the kill switch: what a person has switched off stays off.
    """
    changed = []
    with transaction.atomic():
        # Rollouts before flags, as who promotes one: else each would wait for the other.
        list(_running().select_for_update().order_by("pk"))
        stored = FeatureFlag.objects.select_for_update().order_by("name")
        for row in stored.exclude(name=Flag.INGEST_ENABLED):
            flag = Flag(row.name)
            refuse_while_rolled_out(flag)
            default = as_text(FLAGS[flag].default_in(flags.profile()))
            row.delete()
            if row.value != default:
                record(
                    flag,
                    kind=Kind.PROFILE,
                    before=row.value,
                    after=default,
                    reason=reason,
                    by=by,
                )
                changed.append(flag)
    return changed


def put_in_force(
    flag: Flag,
    value: str,
    *,
    reason: str,
    by: Any,
    kind: FlagChange.Kind,
    rollout: Rollout | None = None,
) -> FeatureFlag:
    """Store a value that the flag can take, and the change; belongs to a transaction."""
    said = {"value": value, "reason": reason[:300], "changed_by": by}
    # Locked, so that of two changes at once the later knows the earlier's value.
    row, is_new = FeatureFlag.objects.select_for_update().get_or_create(
        name=flag.value, defaults=said
    )
    before = as_text(FLAGS[flag].default_in(flags.profile())) if is_new else row.value
    for name, what in said.items():
        setattr(row, name, what)
    row.save()
    record(
        flag,
        kind=kind,
        before=before,
        after=value,
        reason=reason,
        by=by,
        rollout=rollout,
    )
    return row


def record(
    flag: Flag,
    *,
    kind: FlagChange.Kind,
    before: str,
    after: str,
    reason: str,
    by: Any,
    rollout: Rollout | None = None,
) -> FlagChange:
    """Write a line of the history, in the transaction of what it speaks of."""
    change = FlagChange.objects.create(
        flag=flag.value,
        kind=kind,
        before=before,
        after=after,
        reason=reason[:500],
        changed_at=timezone.now(),
        changed_by=by,
        who=by.get_username() if by else "",
        rollout=rollout,
    )
    who = change.who or "the system"
    log.info("flag_changed", flag=flag.value, kind=kind.value, to=after, by=who)
    return change


def refuse_while_rolled_out(flag: Flag) -> None:
    """Raise FlagBusy while a change of the flag is tried on some of the races."""
    of_flag = _running().filter(flag=flag.value)
    if rollout := of_flag.select_for_update().first():
        raise FlagBusy(
            f"{flag}: {rollout.candidate} is being rolled out, at {rollout.percent} % of "
            "the races. Stop that rollout or promote it, then change the flag."
        )


def _running() -> QuerySet[Rollout]:
    return Rollout.objects.filter(state=Rollout.State.RUNNING)
