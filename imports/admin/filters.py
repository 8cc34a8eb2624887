"""Filters of the admin lists that stock ones would make too long."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from imports.models import ImportRun

#: Runs that the filter names; any other is found by its number in the address.
NAMED_RUNS = 10


class RunFilter(admin.SimpleListFilter):
    """Rows of one run: the newest that have any are named, the chosen one always."""

    title = "run"
    parameter_name = "run"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = model_admin.model.objects.filter(run=OuterRef("pk"))
        newest = ImportRun.objects.filter(Exists(rows)).order_by("-pk")
        ids = list(newest.values_list("pk", flat=True)[:NAMED_RUNS])
        chosen = self._chosen()
        if chosen and chosen not in ids:
            ids.append(chosen)
        return [(str(pk), f"Run {pk}") for pk in ids]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if self.value() is None:
            return None
        return queryset.filter(run=self._chosen())

    def _chosen(self) -> int | None:
        text = self.used_parameters.get(self.parameter_name) or ""
        # Beyond this PostgreSQL has no such number, nor a run with it.
        return int(text) if text.isdecimal() and len(text) < 19 else None


class CorrectedFilter(admin.SimpleListFilter):
    """Refused rows that a file brought again, and those that wait for it."""

    title = "corrected"
    parameter_name = "corrected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "No"), ("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if self.value() not in ("no", "yes"):
            return None
        return queryset.filter(corrected_by__isnull=self.value() == "no")
