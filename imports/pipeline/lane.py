"""One worker of a run, and what stops it between races."""

from collections.abc import Callable
from dataclasses import dataclass, field

from imports import flags
from imports.errors import IngestDisabled
from imports.models import ImportRun
from imports.pipeline.checkpoint import Claim


@dataclass(frozen=True)
class Lane:
    """One worker of a run: its name, when it must stop, whom it tells."""

    name: str
    is_time_up: Callable[[], bool] = field(default=lambda: False)
    on_race: Callable[[Claim], None] = field(default=lambda claim: None)


def is_stopped(run: ImportRun) -> bool:
    """Whether the kill switch is off or a person cancelled; claims heed both."""
    if not flags.is_ingest_enabled():
        ImportRun.objects.filter(pk=run.pk).update(
            is_cancel_requested=True, message=str(IngestDisabled())
        )
        return True
    return ImportRun.objects.filter(pk=run.pk, is_cancel_requested=True).exists()
