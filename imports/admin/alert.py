"""Alerts: what is wrong now, what was, who knows, and whom it was told."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from imports.actions import acknowledge_alerts, close_alerts
from imports.admin.badges import alert_badge, delivery_badge
from imports.alerts.rules import RULES, UNREACHABLE
from imports.models import Alert
from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact, PageAdmin
from ingestion_site.lib.typed import typed

ABOUT = {rule.name: rule.about for rule in RULES} | {
    UNREACHABLE: "A process could not reach the database."
}
NOTE_LENGTH = 500
MOST_AT_ONCE = 1_000


@admin.register(Alert)
class AlertAdmin(PageAdmin):
    change_list_template = "admin/imports/alert/list.html"
    change_form_template = "admin/imports/alert/page.html"
    list_display = [
        "title",
        "badge",
        "about",
        "since",
        "known",
    ]
    list_filter = ["state", "severity", "rule"]
    search_fields = ["rule", "subject", "message"]
    list_select_related = ["acknowledged_by", "closed_by"]
    actions = ["acknowledge", "close"]
    list_per_page = 50
    empty_hint = "No alert was ever opened. make worker and cron look for them."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        alerts: QuerySet[Alert] = super().get_queryset(request)
        return alerts.select_related("acknowledged_by", "closed_by")

    def get_ordering(self, request: HttpRequest) -> Any:
        order = [Alert.State.OPEN, Alert.State.ACKNOWLEDGED, Alert.State.CLOSED]
        by_state = Case(
            *(When(state=state, then=Value(n)) for n, state in enumerate(order))
        )
        # critical comes before warning by the alphabet too.
        return [by_state, "severity", "-opened_at", "-pk"]

    def get_urls(self) -> list[URLPattern]:
        settle = path(
            "<int:row_id>/settle/",
            self.admin_site.admin_view(require_POST(self.settle)),
            name="imports_alert_settle",
        )
        return [settle, *super().get_urls()]

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Whether the user may acknowledge and close: who may change alerts."""
        return bool(request.user.has_perm("imports.change_alert"))

    def settle(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Acknowledge or close one alert, with a note."""
        if not self.has_settle_permission(request):
            raise PermissionDenied
        alert = get_object_or_404(Alert, pk=row_id)
        note = typed(request, "note", most=NOTE_LENGTH)
        chosen = Alert.objects.filter(pk=alert.pk)
        if request.POST.get("what") == "close":
            self._close(request, chosen, note=note)
        else:
            self._acknowledge(request, chosen, note=note)
        return redirect("admin:imports_alert_change", alert.pk)

    def facts(self, obj: Alert) -> list[Fact]:
        return [
            ("State", alert_badge(obj)),
            ("Rule", obj.rule),
            ("Means", ABOUT.get(obj.rule)),
            ("Subject", _subject(obj)),
            ("Open since", obj.opened_at),
            ("Last seen", obj.seen_at),
            ("Times seen", obj.times_seen),
            ("Came back", obj.times_back),
            ("Acknowledged by", obj.acknowledged_by),
            ("Acknowledged", obj.acknowledged_at),
            ("Closed by", _closed_by(obj)),
            ("Closed", obj.closed_at),
            ("Note", obj.note),
        ]

    def page_context(self, request: HttpRequest, obj: Alert) -> dict[str, Any]:
        deliveries = list(obj.deliveries.order_by("-pk")[:50])
        for delivery in deliveries:
            delivery.badge = delivery_badge(delivery)  # type: ignore[attr-defined]
        can_settle = self.has_settle_permission(request)
        return {
            "title": f"{obj.severity}: {obj}",
            "deliveries": deliveries,
            "can_close": can_settle and obj.state != Alert.State.CLOSED,
            "can_acknowledge": can_settle and obj.state == Alert.State.OPEN,
            "note_length": NOTE_LENGTH,
        }

    @admin.display(description="Alert", ordering="rule")
    def title(self, alert: Alert) -> str:
        return str(alert)

    @admin.display(description="State", ordering="state")
    def badge(self, alert: Alert) -> str:
        return alert_badge(alert)

    @admin.display(description="What is wrong, and what to do")
    def about(self, alert: Alert) -> str:
        return alert.message

    @admin.display(description="Since, last seen", ordering="opened_at")
    def since(self, alert: Alert) -> str:
        return format_html(
            '{}<span class="line side-file">{}</span>',
            cells.ago(alert.opened_at),
            cells.ago(alert.seen_at),
        )

    @admin.display(description="Who knows")
    def known(self, alert: Alert) -> str:
        if alert.state == Alert.State.CLOSED:
            return f"closed by {_closed_by(alert)}"
        return str(alert.acknowledged_by or cells.UNKNOWN)

    @admin.action(description="Acknowledge: somebody knows", permissions=["settle"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._acknowledge(request, queryset)

    @admin.action(description="Close: it is over, or no matter", permissions=["settle"])
    def close(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._close(request, queryset)

    def _acknowledge(
        self, request: HttpRequest, alerts: QuerySet[Alert], *, note: str = ""
    ) -> None:
        chosen = list(alerts.filter(state=Alert.State.OPEN)[:MOST_AT_ONCE])
        number = acknowledge_alerts(chosen, by=request.user, note=note)
        self._say(request, chosen, done=number, what="Acknowledged")

    def _close(
        self, request: HttpRequest, alerts: QuerySet[Alert], *, note: str = ""
    ) -> None:
        chosen = list(alerts.exclude(state=Alert.State.CLOSED)[:MOST_AT_ONCE])
        number = close_alerts(chosen, by=request.user, note=note)
        self._say(request, chosen, done=number, what="Closed")

    def _say(
        self, request: HttpRequest, alerts: list[Alert], *, done: int, what: str
    ) -> None:
        for alert in alerts:
            self.log_change(request, alert, f"{what}.")
        if done:
            self.message_user(request, f"{what}: {done:,}.", messages.SUCCESS)
        else:
            said = f"{what}: none. They were {what.lower()} before."
            self.message_user(request, said, messages.WARNING)


def _subject(alert: Alert) -> str:
    """Give what an alert is about, with a link where it is a run."""
    word, _, number = alert.subject.partition(" ")
    if word != "run" or not number.isdecimal():
        return alert.subject
    url = reverse("admin:imports_importrun_change", args=[number])
    return format_html('<a href="{}">{}</a>', url, alert.subject)


def _closed_by(alert: Alert) -> str | None:
    if alert.state != Alert.State.CLOSED:
        return None
    if alert.closed_by:
        return str(alert.closed_by)
    return "somebody who is gone" if alert.is_closed_by_hand else "itself"
