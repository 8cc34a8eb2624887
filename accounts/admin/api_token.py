"""Tokens: made, listed and revoked; nobody changes or deletes one.

Who may add tokens makes, sees and revokes their own. Seeing those of others needs the
permission to view, revoking them the one to revoke, making one for another a superuser.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_variables

from accounts import tokens
from accounts.admin.token_form import TokenForm
from accounts.models import ApiToken
from ingestion_site.lib import cells
from ingestion_site.lib.read_only_admin import Fact, PageAdmin

TONES = {
    ApiToken.State.ACTIVE: "good",
    ApiToken.State.EXPIRED: "idle",
    ApiToken.State.REVOKED: "bad",
    ApiToken.State.INACTIVE: "warn",
}
ADD, VIEW, REVOKE = (
    f"accounts.{permission}_apitoken" for permission in ("add", "view", "revoke")
)


@admin.register(ApiToken)
class ApiTokenAdmin(PageAdmin):
    """What each may, until when, and when it was last used."""

    list_display = ["name", "starts_with", "user", "may", "is_now", "expires", "used"]
    list_display += ["made"]
    list_select_related = ["user", "created_by"]
    list_filter = ["user"]
    search_fields = ["name", "prefix", "user__username"]
    ordering = ["-pk"]
    actions = ["revoke"]
    empty_hint = "No tokens yet. Add one for each program that reads the API."

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(VIEW) or request.user.has_perm(ADD)

    def has_view_permission(
        self, request: HttpRequest, obj: ApiToken | None = None
    ) -> bool:
        if obj is None or obj.user_id == request.user.pk:
            return self.has_module_permission(request)
        return request.user.has_perm(VIEW)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return request.user.has_perm(ADD)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Say whether the action is offered: it leaves out what is another's."""
        return self.has_module_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        found: QuerySet[ApiToken] = super().get_queryset(request)
        return (
            found if request.user.has_perm(VIEW) else found.filter(user=request.user.pk)
        )

    @admin.action(permissions=["revoke"], description="Revoke for good")
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        """Revoke those that the user may; the others are told of."""
        mine = chosen
        if not request.user.has_perm(REVOKE):
            mine = chosen.filter(user=request.user.pk)
        left = chosen.count() - mine.count()
        for token in mine.filter(revoked_at=None):
            self.log_change(request, token, "Revoked.")
        revoked = tokens.revoke(mine, by=request.user)
        self.message_user(request, f"Revoked: {revoked}. They are refused from now on.")
        if left:
            self.message_user(
                request,
                f"{left} are not yours: revoking them needs the permission {REVOKE}.",
                messages.WARNING,
            )

    @sensitive_variables("issued")
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Make a token; its secret stands on the answer, and nowhere after it."""
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        form = TokenForm(*([request.POST] if request.POST else []), by=request.user)
        if request.method != "POST" or not form.is_valid():
            return self._page(request, "add", form=form, title="Add an API token")
        given = form.cleaned_data
        issued = tokens.issue(
            given.get("user", request.user),
            name=given["name"],
            scopes=given["scopes"],
            days=given["days"],
            by=request.user,
        )
        self.log_addition(request, issued.token, "Made.")
        response = self._page(request, "made", issued=issued, title="The new token")
        response["Cache-Control"] = "no-store"
        return response

    def facts(self, obj: ApiToken) -> list[Fact]:
        return [
            ("State", self.is_now(obj)),
            ("Starts with", obj.prefix),
            ("User", obj.user),
            ("Scopes", self.may(obj)),
            ("Made", cells.show(obj.created_at)),
            ("Made by", obj.created_by),
            ("Expires", cells.show(obj.expires_at)),
            ("Last used", cells.show(obj.last_used_at)),
            ("Revoked", cells.show(obj.revoked_at)),
            ("Revoked by", obj.revoked_by),
        ]

    @admin.display(description="starts with", ordering="prefix")
    def starts_with(self, token: ApiToken) -> str:
        return f"{token.prefix}…"

    @admin.display(description="scopes")
    def may(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def is_now(self, token: ApiToken) -> SafeString:
        return cells.badge(token.state, TONES[token.state])

    @admin.display(description="expires", ordering="expires_at")
    def expires(self, token: ApiToken) -> Any:
        return cells.show(token.expires_at)

    @admin.display(description="last used", ordering="last_used_at")
    def used(self, token: ApiToken) -> Any:
        return cells.show(token.last_used_at)

    @admin.display(description="made", ordering="created_at")
    def made(self, token: ApiToken) -> str:
        return f"{token.created_at:%Y-%m-%d %H:%M} by {cells.show(token.created_by)}"

    @sensitive_variables("context")
    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        context |= self.admin_site.each_context(request)
        context |= {
            "opts": self.opts,
            "list_url": reverse("admin:accounts_apitoken_changelist"),
        }
        template = f"admin/accounts/apitoken/{name}.html"
        return TemplateResponse(request, template, context)
