"""Probes and metrics: plain answers, without a login and without secrets."""

from typing import Any

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import exposition

from imports import conf
from imports.alerts import worker_health
from imports.metrics import REGISTRY
from ingestion_site.lib import readiness

FRESH = {"Cache-Control": "no-store"}
THIS_MACHINE = ("127.0.0.1", "::1")
#: What proxies add: then the request is not from where it seems to be.
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; it touches nothing else."""
    return _answer(is_well=True)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the process can serve, and what fails where it cannot."""
    found = readiness.check_all()
    failing = [name for name, said in found.items() if said != readiness.OK]
    return _answer(is_well=not failing, failing=failing, checks=found)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Say whether anybody works what waits."""
    try:
        health = worker_health.look()
    except DatabaseError:
        said = "The database does not answer, so nobody can say; see /readyz."
        return _answer(is_well=False, message=said)
    return _answer(
        is_well=health.nobody_works_since is None,
        message=health.said,
        ingestion=health.is_enabled,
        runs_waiting=health.runs_waiting,
        waiting_since=health.waiting_since,
        last_worked_at=health.last_worked_at,
        nobody_works_since=health.nobody_works_since,
    )


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the metrics to the bearer of the token; without one, to this machine."""
    if not _may_read(request):
        return HttpResponse(status=401, headers={**FRESH, "WWW-Authenticate": "Bearer"})
    try:
        text = exposition.generate_latest(REGISTRY)
    except DatabaseError:
        return HttpResponse(
            "The database does not answer.\n", status=503, headers=FRESH
        )
    kind = exposition.CONTENT_TYPE_PLAIN_0_0_4
    return HttpResponse(text, content_type=kind, headers=FRESH)


def _may_read(request: HttpRequest) -> bool:
    token: str = conf.get("METRICS_TOKEN")
    if token:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given.encode(), f"Bearer {token}".encode())
    is_forwarded = any(name in request.headers for name in FORWARDED)
    is_direct = not (is_forwarded or conf.get("IS_BEHIND_PROXY"))
    return is_direct and request.META.get("REMOTE_ADDR") in THIS_MACHINE


def _answer(*, is_well: bool, **said: Any) -> HttpResponse:
    status = "ok" if is_well else "failing"
    return JsonResponse(
        {"status": status, **said}, status=200 if is_well else 503, headers=FRESH
    )
