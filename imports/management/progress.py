"""Progress of a run on a terminal: bar, laps a second, time left; on stderr."""

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from imports.models import ImportRun
from imports.pipeline.checkpoint import Claim


class Progress:
    """Shows races as they are settled; use it as a context manager."""

    def __init__(self, run: ImportRun, *, is_shown: bool) -> None:
        self._run = run
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not is_shown,
            transient=True,
        )
        self._task = self._bar.add_task("Reading files", total=None, rate="")
        self._laps = 0

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def race_settled(self, claim: Claim) -> None:
        """Count one race; called from the lanes' threads."""
        task = self._bar.tasks[self._task]
        if task.total is None:
            total = self._run.checkpoints.count()
            self._bar.reset(self._task, total=total, description="Writing races")
        self._laps += claim.laps_staged
        rate = f"{self._laps / max(task.elapsed or 0.001, 0.001):,.0f} laps/s"
        self._bar.update(self._task, advance=1, rate=rate)
