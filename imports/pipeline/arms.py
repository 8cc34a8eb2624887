"""Which value of a flag a race is written with while a change is rolled out.

A run keeps the rollouts that ran when it was made. What became of them is read again
before each race: after a rollback the next race is written as before. Writes nothing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Exists, OuterRef

from imports.models import FeatureFlag, ImportRun, Rollout
from imports.pipeline.checkpoint import Claim
from imports.pipeline.registers.staged import StagedRun

CONTROL, CANDIDATE = "control", "candidate"
HUNDREDTHS_OF_A_PERCENT = 10_000


def is_candidate(
    rollout_id: int, *, source: str, meeting_key: str, race_key: str, percent: float
) -> bool:
    """Whether a race is among the percent that are written with the candidate.

    Always the same for a race and rollout; who is among 10 % is among 50 %.
    """
    name = "\x1f".join((str(rollout_id), source, meeting_key, race_key))
    digest = hashlib.sha256(name.encode()).digest()
    place = int.from_bytes(digest[:8]) % HUNDREDTHS_OF_A_PERCENT
    return place < percent * HUNDREDTHS_OF_A_PERCENT / 100


class Arms:
    """Gives a lane's races the values of their arms."""

    def __init__(self, run: ImportRun) -> None:
        self._options: Mapping[str, Any] = run.options
        #: By the rollout's id: its flag, and the candidate as it fits the run.
        self._kept: dict[int, dict[str, Any]] = {
            kept["rollout"]: kept for kept in run.options.get("rollouts", [])
        }
        self._variants: dict[tuple[Any, ...], StagedRun] = {}

    def choose(self, claim: Claim, *, staged: StagedRun) -> tuple[Claim, StagedRun]:
        """Give the claim with its arms, and the run with the values that follow."""
        if not self._kept:
            return claim, staged
        arms, values = self._arms_and_values(claim)
        options = {**values, "arms": arms} if arms else values
        return replace(claim, options=options), self._variant(staged, values)

    def _arms_and_values(self, claim: Claim) -> tuple[dict[str, str], dict[str, Any]]:
        arms: dict[str, str] = {}
        values: dict[str, Any] = {}
        for rollout in self._standing():
            is_tried = is_candidate(
                rollout.pk,
                source=claim.source,
                meeting_key=claim.meeting_key,
                race_key=claim.race_key,
                percent=rollout.percent,
            )
            if rollout.is_running:
                arms[str(rollout.pk)] = CANDIDATE if is_tried else CONTROL
            kept = self._kept[rollout.pk]
            is_other = kept["value"] != self._options[kept["flag"]]
            if is_other and (is_tried or not rollout.is_running):
                values[kept["flag"]] = kept["value"]
        return arms, values

    def _standing(self) -> list[Rollout]:
        """Give the rollouts that run, and those whose candidate is in force by now."""
        in_force = FeatureFlag.objects.filter(
            name=OuterRef("flag"), value=OuterRef("candidate")
        )
        kept = Rollout.objects.filter(pk__in=self._kept)
        running = kept.filter(state=Rollout.State.RUNNING)
        passed = kept.filter(Exists(in_force), state=Rollout.State.PASSED)
        return list((running | passed).order_by("pk"))

    def _variant(self, staged: StagedRun, values: Mapping[str, Any]) -> StagedRun:
        if not values:
            return staged
        # Kept, as the run itself is: what it has looked up need not be again.
        key = (staged.epoch, *sorted(values.items()))
        if key not in self._variants:
            self._variants[key] = staged.written_with(values)
        return self._variants[key]
