"""Runs over HTTP: start one, and stop, pause, go on with, confirm or revert it.

The same actions as in the admin, with the same permissions; what cannot be done is
a 409 that says what to do.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from imports import actions
from imports.api.bodies import expect_no_body, read_body
from imports.api.keyed import KEY_PARAMETER, asked_once, respond_once
from imports.api.refusals import Refused, told_as_errors
from imports.api.run_orders import RunBody, files_of, order_of
from imports.api.serializers import RunDetail
from imports.models import ImportRun
from ingestion_site.lib.api_access import Access
from ingestion_site.lib.api_bodies import BoundedBody
from ingestion_site.lib.api_filters import check_parameters

#: When it is worth looking at an unfinished run again.
LOOK_AGAIN_SECONDS = 2
MAY_CHANGE = Access("run", "imports.change_importrun")
MAY_IMPORT = Access("run", "imports.add_sourcefile")

STARTED = OpenApiResponse(RunDetail, description="The run, as it is now.")
EXAMPLES = [
    OpenApiExample(
        "Two files", value={"files": [17, 18], "dry_run": True}, request_only=True
    ),
    OpenApiExample("What is new", value={"source": "f1"}, request_only=True),
]


def _step(name: str, summary: str) -> Callable[[Any], Any]:
    """Make a method the operation of a run that is asked for by its name."""

    def decorate(method: Any) -> Any:
        routed = action(detail=True, methods=["post"], url_path=name, url_name=name)
        described = extend_schema(
            operation_id=f"runs_{name}",
            description=summary,
            request=None,
            responses={202: STARTED},
        )
        # In this order: the first makes what the second adds to.
        return described(routed(method))

    return decorate


class StartsRuns(BoundedBody, GenericViewSet):
    """What can be done with runs beside reading them."""

    access = {
        "create": MAY_IMPORT,
        "cancel": MAY_CHANGE,
        "pause": MAY_CHANGE,
        "go_on": MAY_CHANGE,
        "retry": MAY_CHANGE,
        "confirm": MAY_IMPORT,
        "revert": MAY_CHANGE,
    }

    def most_bytes(self) -> int:
        """Give what any request without files may have."""
        return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    @extend_schema(  # type: ignore[untyped-decorator]
        operation_id="runs_start",
        parameters=[KEY_PARAMETER],
        request=RunBody,
        responses={202: STARTED},
        examples=EXAMPLES,
    )
    def create(self, request: Request) -> Response:
        """Start a run of files that were sent before: it is queued for a worker."""
        check_parameters(request.query_params, known=[])
        said = read_body(RunBody, request.data)
        asked = asked_once(request, request.data)

        def start() -> Response:
            order = order_of(request, said)
            run = actions.start_run(files_of(said), order=order, in_queue=True)
            return run_response(run, request)

        with told_as_errors():
            return respond_once(asked, start)

    @_step("cancel", "Stop a run, or discard a plan. Races in work are finished.")
    def cancel(self, request: Request, pk: str) -> Response:
        """End it, or ask its workers to."""
        run = self._run_to_change(request)
        if not actions.cancel_runs([run], by=request.user):  # type: ignore[arg-type]
            run.refresh_from_db()
            raise Refused(
                f"Run {run.pk} is over ({run.state}): there is nothing to cancel. What "
                "it wrote can be put back by a revert.",
                "run_is_over",
            )
        return run_response(run, request)

    @_step("pause", "Begin no other race of a run; those in work are finished.")
    def pause(self, request: Request, pk: str) -> Response:
        """Let nobody take it on."""
        return self._act(request, actions.pause_run)

    @_step("continue", "Let a paused run go on.")
    def go_on(self, request: Request, pk: str) -> Response:
        """Ring for a worker again."""
        return self._act(request, actions.continue_run)

    @_step("retry", "Try the races again that are not in. Those that are stay.")
    def retry(self, request: Request, pk: str) -> Response:
        """Let what failed or was cancelled wait again."""
        run = self._run_to_change(request)
        with told_as_errors():
            actions.resume_run(run, by=request.user, in_queue=True)  # type: ignore[arg-type]
        return run_response(run, request)

    @_step(
        "confirm",
        "Let a dry run be written just as it was planned. Where what is stored has "
        "changed since, nothing is written and the answer is 409: the run is planned "
        "again, and the new plan is to be looked at and confirmed.",
    )
    def confirm(self, request: Request, pk: str) -> Response:
        """Write the plan, if it is still one."""
        run = self._run_to_change(request)
        with told_as_errors():
            moved = actions.confirm_plan(run, by=request.user, in_queue=True)  # type: ignore[arg-type]
        if moved:
            run.refresh_from_db()
            raise Refused(run.message, "plan_outdated")
        return run_response(run, request)

    @_step("revert", "Put back what a run changed, by a new run, which is answered.")
    def revert(self, request: Request, pk: str) -> Response:
        """Queue the run that puts it back."""
        run = self._run_to_change(request)
        with told_as_errors():
            revert = actions.start_revert(
                run,
                trigger=ImportRun.Trigger.API,
                by=request.user,  # type: ignore[arg-type]
                in_queue=True,
            )
        return run_response(revert, request)

    def _act(self, request: Request, act: Callable[..., None]) -> Response:
        run = self._run_to_change(request)
        with told_as_errors():
            act(run, by=request.user)
        return run_response(run, request)

    def _run_to_change(self, request: Request) -> ImportRun:
        expect_no_body(request)
        run: ImportRun = self.get_object()
        return run

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Say of a run that is not over when to look again."""
        response = super().finalize_response(request, response, *args, **kwargs)
        data: Any = getattr(response, "data", None)
        if isinstance(data, dict) and data.get("finished_at", "") is None:
            response.headers.setdefault("Retry-After", str(LOOK_AGAIN_SECONDS))
        return response


def run_response(run: ImportRun, request: Request, *, status: int = 202) -> Response:
    """Give a run as it is now, and its address."""
    return Response(
        run_detail(run.pk),
        status=status,
        headers={"Location": address_of(run, request)},
    )


def run_detail(pk: int) -> Any:
    """Give what is told of a run that stands alone."""
    runs = ImportRun.objects.with_race_counts().select_related("requested_by")
    return RunDetail(runs.prefetch_related("run_files__source_file").get(pk=pk)).data


def address_of(run: ImportRun, request: Request) -> str:
    """Give where the run can be looked at."""
    return str(reverse("importrun-detail", args=[run.pk], request=request))
