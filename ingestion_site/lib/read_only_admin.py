"""Admins for what only the pipeline writes: rows to look at, never to edit."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

#: The label and the value of one line of an object's summary.
Fact = tuple[str, Any]


class ReadOnlyAdmin(admin.ModelAdmin):
    """Nothing can be added, changed or deleted here."""

    #: What the list says while it has no row at all: what to do next.
    empty_hint = "Nothing yet. It comes with the files that are imported."

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(
            request,
            {"title": title, "empty_hint": self.empty_hint, **(extra_context or {})},
        )


class PageAdmin(ReadOnlyAdmin):
    """A read-only admin whose objects have a page with their facts, not a form."""

    change_form_template = "admin/page.html"

    def facts(self, obj: Any) -> list[Fact]:
        """Give what the top of the page says of the object."""
        return []

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Give what the page's template needs besides the facts."""
        return {}

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return []

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context |= {"title": str(obj), "subtitle": None, "facts": self.facts(obj)}
        context |= self.page_context(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)
