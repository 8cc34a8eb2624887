"""What is done with flags beside editing one: restore, apply the profile, roll out."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from imports import actions, flags
from imports.admin.flag_forms import RolloutForm
from imports.admin.flag_lines import changes_to_profile, flag_lines
from imports.errors import ImportsError
from imports.flags import Flag
from imports.models import FeatureFlag, FlagChange, Rollout
from ingestion_site.lib.typed import typed

LIST = "admin:imports_featureflag_changelist"
PAGE = "admin:imports_featureflag_change"


def restore_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the value in force again that was before a change."""
    refuse_unless_allowed(request)
    change = get_object_or_404(FlagChange, pk=pk)
    try:
        actions.restore_flag(change, reason=reason_of(request), by=request.user)
        messages.success(request, f"{change.flag} is {change.before} again.")
    except ImportsError as error:
        messages.error(request, str(error))
    return redirect(PAGE, change.flag)


def profile_view(request: HttpRequest, *, context: dict[str, Any]) -> HttpResponse:
    """Show what the profile would change; apply it when confirmed."""
    refuse_unless_allowed(request)
    name = flags.profile().value
    if request.method == "POST":
        try:
            changed = actions.apply_profile(reason=reason_of(request), by=request.user)
            said = ", ".join(changed) or "nothing: all was so already"
            messages.success(
                request, f"The profile {name} is in force. Changed: {said}."
            )
        except ImportsError as error:
            messages.error(request, str(error))
        return redirect(LIST)
    page = {
        **context,
        "title": f"Apply the profile {name}",
        "opts": FeatureFlag._meta,
        "changes": changes_to_profile(flag_lines()),
        "reason": f"Back to the profile {name}",
        "button": f"Apply the profile {name}",
        "back": reverse(LIST),
    }
    return render(request, "admin/imports/featureflag/confirm.html", page)


def rollout_view(request: HttpRequest, name: str) -> HttpResponse:
    """Try a candidate on a share of the races."""
    refuse_unless_allowed(request)
    if name not in list(Flag):
        raise Http404
    flag = Flag(name)
    form = RolloutForm(request.POST, flag=flag)
    if not form.is_valid():
        for field, errors in form.errors.items():
            messages.error(
                request, f"{form[field].label}: {' '.join(map(str, errors))}"
            )
        return redirect(PAGE, name)
    try:
        rollout = actions.start_rollout(
            flag,
            form.cleaned_data["candidate"],
            guard=form.guard,
            reason=form.cleaned_data["reason"],
            by=request.user,
        )
        messages.success(
            request,
            f"{rollout.percent} % of the races of new runs are written with {name} = "
            f"{rollout.candidate}.",
        )
    except ImportsError as error:
        messages.error(request, str(error))
    return redirect(PAGE, name)


def end_rollout_view(
    request: HttpRequest, pk: int, *, is_promoted: bool
) -> HttpResponse:
    """Stop a rollout, or put its candidate in force."""
    refuse_unless_allowed(request)
    rollout = get_object_or_404(Rollout, pk=pk)
    end = actions.promote_rollout if is_promoted else actions.stop_rollout
    value = rollout.candidate if is_promoted else rollout.control
    try:
        end(rollout, reason=reason_of(request), by=request.user)
        messages.success(
            request,
            f"The rollout is over. {rollout.flag} is {value}, from the next race on.",
        )
    except ImportsError as error:
        messages.error(request, str(error))
    return redirect(PAGE, rollout.flag)


def refuse_unless_allowed(request: HttpRequest) -> None:
    """Refuse who may not change flags."""
    if not request.user.has_perm("imports.change_featureflag"):
        raise PermissionDenied


def reason_of(request: HttpRequest) -> str:
    """Give the reason that a form states, cut to what is kept."""
    return typed(request, "reason", most=300)
