"""Conflicts: who says what, which is in force, and the choice between them."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join

from imports.actions import close_conflicts
from imports.admin.conflict_filters import (
    SIDES,
    FieldFilter,
    PairFilter,
    RaceFilter,
    SourceFilter,
    file_pairs,
)
from imports.admin.conflict_history import decisions_on
from imports.admin.conflict_lines import (
    RULES,
    Line,
    Shown,
    file_link,
    files_of,
    show,
    state_badge,
)
from imports.admin.filters import RunFilter
from imports.admin.settle import MOST_AT_ONCE, confirm, settle_view
from imports.models import Conflict
from ingestion_site.lib import cells
from ingestion_site.lib.pagination import EstimatingPaginator
from ingestion_site.lib.read_only_admin import Fact, PageAdmin
from races.models import Entrant

LINE = '<span class="line">{}</span>'


class ConflictList(ChangeList):
    """The list, with what it shows of all its conflicts fetched at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shown = show(self.result_list)
        for one in shown:
            one.conflict.shown = one  # type: ignore[attr-defined]
        self.result_list = [one.conflict for one in shown]


@admin.register(Conflict)
class ConflictAdmin(PageAdmin):
    change_list_template = "admin/imports/conflict/list.html"
    change_form_template = "admin/imports/conflict/page.html"
    list_display = [
        "title",
        "place",
        "state_badge",
        "field",
        "older",
        "newer",
        "difference_count",
    ]
    list_filter = [
        "state",
        FieldFilter,
        "kind",
        RaceFilter,
        "rule",
        SourceFilter,
        PairFilter,
        RunFilter,
    ]
    search_fields = [
        "key",
        "meeting_key",
        "race_key",
        "race__name",
        "race__meeting__name",
    ]
    search_help_text = "Entrant, race or meeting, by key or name"
    list_select_related = ["race__meeting", "run", "settled_by"]
    ordering = ["meeting_key", "race_key", "key", "kind", "number", "pk"]
    actions = ["take_older", "take_newer", "close_gone"]
    list_per_page = 50
    paginator = EstimatingPaginator
    show_full_result_count = False
    empty_hint = "No two files ever said different things of one row."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conflict]:
        conflicts: QuerySet[Conflict] = super().get_queryset(request)
        return conflicts.select_related("race__meeting", "run", "settled_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Find conflicts also by the name of their entrant, which they know by key."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        term = search_term.strip()
        if not term:
            return found, may_repeat
        named = Q(name__icontains=term) | Q(competitor__name__icontains=term)
        entrants = Entrant.objects.filter(
            named, race=OuterRef("race"), key=OuterRef("key")
        )
        return found | queryset.filter(Exists(entrants)), may_repeat

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ConflictList

    def get_urls(self) -> list[URLPattern]:
        settle = path(
            "settle/",
            self.admin_site.admin_view(self.settle),
            name="imports_conflict_settle",
        )
        return [settle, *super().get_urls()]

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Whether the user may choose: those who may change conflicts."""
        return bool(request.user.has_perm("imports.change_conflict"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        data = getattr(response, "context_data", None)
        if data and "cl" in data:
            data["pairs"] = _pairs(data["cl"])
        return response

    def settle(self, request: HttpRequest) -> HttpResponse:
        """Show what a choice would write, and write it."""
        return settle_view(request, context=self.admin_site.each_context(request))

    def facts(self, obj: Conflict) -> list[Fact]:
        shown = _shown(obj)
        return [
            ("State", state_badge(obj)),
            (shown.title, shown.place),
            ("Source", obj.source),
            ("Settled by the rule", RULES[Conflict.Rule(obj.rule)]),
            ("Met by", cells.link(obj.run, f"Run {obj.run_id}")),
            ("Met", obj.created_at),
            ("Chosen by", obj.settled_by and obj.settled_by.get_username()),
            ("Chosen", obj.settled_at),
            ("Note", obj.note),
            ("Stated in", _settled_file(obj)),
        ]

    def page_context(self, request: HttpRequest, obj: Conflict) -> dict[str, Any]:
        shown = _shown(obj)
        return {
            "title": f"{shown.headline}: the files disagree",
            "shown": shown,
            "can_settle": self.has_settle_permission(request),
            "decisions": decisions_on(obj, shown.now),
        }

    @admin.display(description="Row", ordering="number")
    def title(self, conflict: Conflict) -> str:
        return _shown(conflict).title

    @admin.display(description="Of", ordering="race")
    def place(self, conflict: Conflict) -> str:
        return format_html_join("", LINE, ((p,) for p in _shown(conflict).places))

    @admin.display(description="State, rule, run", ordering="state")
    def state_badge(self, conflict: Conflict) -> str:
        return format_html(
            '{}{}<span class="line side-file">{}, {}</span>',
            state_badge(conflict),
            format_html(LINE, "the row is gone") if _shown(conflict).is_gone else "",
            RULES[Conflict.Rule(conflict.rule)],
            cells.link(conflict.run, f"run {conflict.run_id}"),
        )

    @admin.display(description="Field")
    def field(self, conflict: Conflict) -> str:
        lines = _shown(conflict).lines
        return format_html_join("", LINE, ((line.column,) for line in lines))

    @admin.display(description="Older file")
    def older(self, conflict: Conflict) -> str:
        return _side(_shown(conflict), "older")

    @admin.display(description="Newer file")
    def newer(self, conflict: Conflict) -> str:
        return _side(_shown(conflict), "newer")

    @admin.display(description="Difference")
    def difference_count(self, conflict: Conflict) -> str:
        lines = _shown(conflict).lines
        return format_html_join("", LINE, ((line.difference or " ",) for line in lines))

    @admin.action(description="Take the older side's values", permissions=["settle"])
    def take_older(self, request: HttpRequest, queryset: QuerySet) -> Any:
        return self._take(request, queryset, side=Conflict.Side.OLDER)

    @admin.action(description="Take the newer side's values", permissions=["settle"])
    def take_newer(self, request: HttpRequest, queryset: QuerySet) -> Any:
        return self._take(request, queryset, side=Conflict.Side.NEWER)

    @admin.action(
        description="Close: nothing to choose, the row is gone", permissions=["settle"]
    )
    def close_gone(self, request: HttpRequest, queryset: QuerySet) -> None:
        chosen = list(queryset[:MOST_AT_ONCE])
        closed = close_conflicts(chosen, by=request.user)  # type: ignore[arg-type]
        if closed:
            self.message_user(request, f"Closed, their rows being gone: {closed:,}.")
        if closed < len(chosen):
            self.message_user(
                request,
                f"Not closed: {len(chosen) - closed:,}. Their rows are stored, or they "
                "are not open. Choose a side of those that are.",
                messages.WARNING,
            )

    def _take(self, request: HttpRequest, queryset: QuerySet, *, side: str) -> Any:
        chosen = list(queryset[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            self.message_user(
                request,
                f"At most {MOST_AT_ONCE:,} conflicts are settled at once. Filter the "
                "list, by race for example, and choose again.",
                messages.ERROR,
            )
            return None
        context = self.admin_site.each_context(request)
        return confirm(request, chosen, side=side, context=context)


def _shown(conflict: Any) -> Shown:
    """Give what is shown of a conflict; the list has fetched it for all its rows."""
    if not hasattr(conflict, "shown"):
        [conflict.shown] = show([conflict])
    shown: Shown = conflict.shown
    return shown


def _settled_file(conflict: Conflict) -> str:
    file = conflict.settled_file
    return cells.link(file, file.name if file else "")


def _side(shown: Shown, side: str) -> str:
    lines = format_html_join("", LINE, ((marked(line, side),) for line in shown.lines))
    file = shown.older_file if side == "older" else shown.newer_file
    return format_html('{}<span class="line side-file">{}</span>', lines, file)


def marked(line: Line, side: str) -> str:
    """Give one side's value; the one in force with a sign and a word."""
    text = line.older if side == "older" else line.newer
    if line.in_force != side:
        return text
    return format_html(
        '<strong>{}</strong> <span class="in-force">✓ in force</span>', text
    )


def _pairs(changes: ChangeList) -> list[dict[str, Any]]:
    """Give the pairs of files of the filtered list, each with links."""
    pairs = file_pairs(changes.queryset)
    files = files_of(Conflict(**{n: pair[n] for n in SIDES}) for pair in pairs)
    for pair in pairs:
        pair["older_file"] = file_link(files, pair["source"], pair["older_version"])
        pair["newer_file"] = file_link(files, pair["source"], pair["newer_version"])
        pair["query"] = changes.get_query_string({"pair": pair["key"]}, ["p"])
    return pairs
