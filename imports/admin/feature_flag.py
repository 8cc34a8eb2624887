"""Flags: every flag that there is, what is in force, what it does, and why."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from imports import actions, flags
from imports.admin import flag_views
from imports.admin.flag_forms import FlagForm, RolloutForm
from imports.admin.flag_lines import (
    Change,
    changes_of,
    flag_line,
    flag_lines,
    work_in_hand,
)
from imports.errors import ImportsError
from imports.flags import Flag, as_text
from imports.models import FeatureFlag, Rollout


@admin.register(FeatureFlag)
class FeatureFlagAdmin(admin.ModelAdmin):
    """One line for each flag of the code, stored or not."""

    form = FlagForm
    change_form_template = "admin/imports/featureflag/page.html"
    fieldsets = [(None, {"fields": ["value", "reason"]})]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own: dict[str, tuple[Callable[..., HttpResponse], str]] = {
            "profile/": (self.profile, "profile"),
            "<str:name>/rollout/": (require_POST(self.rollout), "rollout"),
            "change/<int:pk>/restore/": (require_POST(self.restore), "restore"),
        }
        paths = [
            path(
                route,
                self.admin_site.admin_view(view),
                name=f"imports_featureflag_{name}",
            )
            for route, (view, name) in own.items()
        ]
        return [*paths, *super().get_urls()]

    def profile(self, request: HttpRequest) -> HttpResponse:
        """Show what the profile would change; apply it when confirmed."""
        context = self.admin_site.each_context(request)
        return flag_views.profile_view(request, context=context)

    def rollout(self, request: HttpRequest, name: str) -> HttpResponse:
        """Try a candidate on a share of the races."""
        return flag_views.rollout_view(request, name)

    def restore(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put back what was before a change."""
        return flag_views.restore_view(request, pk)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> FeatureFlag | None:
        """Find a flag by its name; one that was never changed has no row yet."""
        if object_id.isdecimal():
            return FeatureFlag.objects.filter(pk=object_id).first()
        if object_id not in list(Flag):
            return None
        return flag_line(Flag(object_id)).row

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        lines = flag_lines()
        [switch] = [line for line in lines if line.flag == Flag.INGEST_ENABLED]
        context = {
            **self.admin_site.each_context(request),
            "title": "Feature flags",
            "opts": self.opts,
            "lines": lines,
            "switch": switch,
            "is_on": switch.value,
            "in_work": work_in_hand(),
            "profile": flags.profile().value,
            "differing": sum(not line.is_default for line in lines),
            "can_change": self.has_change_permission(request),
            **(extra_context or {}),
        }
        return render(request, "admin/imports/featureflag/list.html", context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Say in words what a change would do before it is saved."""
        if request.method == "POST" and "_confirmed" not in request.POST:
            obj = self.get_object(request, str(object_id))
            if obj and self.has_change_permission(request, obj):
                before = as_text(flag_line(Flag(obj.name)).value)
                form = self.get_form(request, obj, change=True)(
                    request.POST, instance=obj
                )
                if form.is_valid():
                    return self._ask(request, before, form.cleaned_data, obj.name)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ImportsError as error:
            messages.error(request, str(error))
            return redirect(request.path)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        line = flag_line(Flag(kwargs["obj"].name))
        is_tried = line.kind.acts_per_race
        if (offered := request.GET.get("value")) in line.kind.choices:
            context["adminform"].form.initial["value"] = offered
        context |= {
            "title": line.flag.value,
            "subtitle": None,
            "line": line,
            "profile": flags.profile().value,
            "changes": changes_of(line),
            "can_change": self.has_change_permission(request),
            "rollout_form": (
                RolloutForm(flag=line.flag, in_force=line.value) if is_tried else None
            ),
            "earlier": Rollout.objects.filter(
                flag=line.flag.value, ended_at__isnull=False
            ).count(),
            "show_save_and_continue": False,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: FeatureFlag, form: Any, change: bool
    ) -> None:
        before = flag_line(Flag(obj.name)).shown
        row = actions.set_flag(
            Flag(obj.name), obj.value, reason=obj.reason, by=request.user
        )
        obj.pk = row.pk
        obj.said = f"{before} → {obj.value}" + (f": {obj.reason}" if obj.reason else "")  # type: ignore[attr-defined]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_change(request, obj, obj.said)

    def _ask(
        self, request: HttpRequest, before: str, wanted: dict[str, Any], name: str
    ) -> HttpResponse:
        change = Change(Flag(name), before, wanted["value"])
        is_switch = change.flag == Flag.INGEST_ENABLED
        verb = "Switch ingestion" if is_switch else f"Set {name} to"
        context = {
            **self.admin_site.each_context(request),
            "title": f"Change {name}",
            "opts": self.opts,
            "changes": [change],
            "in_work": work_in_hand() if is_switch else "",
            "value": change.after,
            "reason": wanted["reason"],
            "button": f"{verb} {change.after}",
            "back": reverse("admin:imports_featureflag_change", args=[name]),
        }
        return render(request, "admin/imports/featureflag/confirm.html", context)
