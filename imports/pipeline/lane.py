"""One worker of a run, and what stops it between races."""

from collections.abc import Callable
from dataclasses import dataclass, field

from imports import flags
from imports.errors import IngestDisabled
from imports.models import ImportRun
from imports.pipeline import checkpoint
from imports.pipeline.checkpoint import Claim


@dataclass(frozen=True)
class Lane:
    """One worker of a run: its name, when it must stop, whom it tells."""

    name: str
    is_time_up: Callable[[], bool] = field(default=lambda: False)
    on_race: Callable[[Claim], None] = field(default=lambda claim: None)


def heed_stop(run: ImportRun) -> None:
    """Cancel the races that wait, where a person or the kill switch says stop."""
    is_off = not flags.is_ingest_enabled()
    this = ImportRun.objects.filter(pk=run.pk)
    if not is_off and not this.filter(is_cancel_requested=True).exists():
        return
    if checkpoint.cancel_waiting(run.pk) and is_off:
        this.update(is_cancel_requested=True, message=str(IngestDisabled()))
