"""How often somebody may ask: counted in the database, so that all processes count alike.

Comes in: a kind of request (read, upload, run, failures) and whose it is. Goes out: what
is left of the rate, or None where nothing is counted. It never refuses by itself, and
never fails: a server that cannot write is still read from.
"""

import hashlib
import ipaddress
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiToken, RequestCount
from ingestion_site.lib.env import Rate

log = structlog.get_logger(__name__)

FAILURES = "failures"
COMMENT = re.compile(r"^--.*\n", re.MULTILINE)
#: Addresses share so many counts, by a hash that nobody outside can know: the table is
#: bounded, however many addresses an attacker has.
BUCKETS = 2**16
#: An attacker has all of a network of this size.
IPV6_NETWORK_BITS = 64


@dataclass(frozen=True)
class Allowance:
    """What is left of a rate in the window that runs; negative: it is used up."""

    kind: str
    rate: Rate
    remaining: int
    #: Until the window ends.
    seconds: int

    def as_headers(self) -> dict[str, str]:
        """Give the fields of draft-ietf-httpapi-ratelimit-headers."""
        left = max(self.remaining, 0)
        return {
            "RateLimit-Policy": f'"{self.kind}";q={self.rate.requests};w={self.rate.seconds}',
            "RateLimit": f'"{self.kind}";r={left};t={self.seconds}',
        }


def spend(kind: str, *, key: str) -> Allowance | None:
    """Count one request; None where the rate is off or cannot be counted."""
    rate = _rate(kind)
    if rate is None:
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute(_statement(), {"key": key, "seconds": rate.seconds})
            requests, seconds = cursor.fetchone()
    except DatabaseError as error:
        log.warning("request_not_counted", kind=kind, reason=type(error).__name__)
        return None
    return _allowance(kind, rate, requests=requests, seconds=seconds)


def look(kind: str, *, key: str) -> Allowance | None:
    """Give what is left without counting; None where the rate is off or not readable."""
    rate = _rate(kind)
    if rate is None:
        return None
    try:
        held = RequestCount.objects.filter(pk=key).first()
    except DatabaseError as error:
        log.warning("request_not_counted", kind=kind, reason=type(error).__name__)
        return None
    if held is None:
        return _allowance(kind, rate, requests=0, seconds=rate.seconds)
    age = (timezone.now() - held.started_at).total_seconds()
    if age >= rate.seconds:
        return _allowance(kind, rate, requests=0, seconds=rate.seconds)
    seconds = math.ceil(rate.seconds - age)
    return _allowance(kind, rate, requests=held.requests, seconds=seconds)


def key_of(request: Request, *, kind: str) -> str | None:
    """Give whose count it is: the token's, else the user's; None of one not stored."""
    if isinstance(request.auth, ApiToken):
        return f"token:{request.auth.pk}:{kind}"
    return f"user:{request.user.pk}:{kind}" if request.user.pk else None


def key_of_address(request: Request) -> str:
    """Give the count that the address of a request falls into."""
    # What NUM_PROXIES allows: X-Forwarded-For is believed only behind our own proxy.
    text = BaseThrottle().get_ident(request) or ""
    named = f"{settings.SECRET_KEY}:{_network(text)}".encode()
    bucket = int.from_bytes(hashlib.sha256(named).digest()[:8]) % BUCKETS
    return f"address:{bucket}:{FAILURES}"


def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_NETWORK_BITS), strict=False))
    return str(address)


def _allowance(kind: str, rate: Rate, *, requests: int, seconds: int) -> Allowance:
    # A clock that was set back must not give a window without end.
    seconds = min(max(seconds, 1), rate.seconds)
    return Allowance(kind, rate, remaining=rate.requests - requests, seconds=seconds)


def _rate(kind: str) -> Rate | None:
    rates: Mapping[str, Rate | None] = settings.API_RATES
    return rates.get(kind)


@cache
def _statement() -> Any:
    # Comments are for readers; the server need not parse them for every request.
    return COMMENT.sub("", (Path(__file__).parent / "count.sql").read_text())
