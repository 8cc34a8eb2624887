"""Refuse who asks more often than the rate of what they ask for."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import rates
from accounts.rates import Allowance
from ingestion_site.lib.api_access import access_of
from ingestion_site.lib.api_headers import add_headers


class RateThrottle(BaseThrottle):
    """One count a request, by scope: reading does not use up what uploads may."""

    seconds: int | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request, and say whether the rate has room for it."""
        allowance = spend(request, view)
        if allowance is None or allowance.remaining >= 0:
            return True
        self.seconds = allowance.seconds
        return False

    def wait(self) -> int | None:
        """Give the seconds after which it will."""
        return self.seconds


def spend(request: Request, view: Any) -> Allowance | None:
    """Count a request of a known user; None where nothing is counted."""
    kind = access_of(view, request).scope
    key = rates.key_of(request, kind=kind)
    allowance = rates.spend(kind, key=key) if key else None
    if allowance is not None:
        add_headers(request, allowance.as_headers())
        request._request.is_counted = True  # type: ignore[attr-defined]
    return allowance


def is_counted(request: Request) -> bool:
    """Say whether it was counted before: it is once."""
    return getattr(request._request, "is_counted", False)
