"""The figures of a rollout's two arms -> does the candidate hold. Pure.

Error rate: attempts that failed, of all attempts. Write time: the 95th percentile over
races of the milliseconds that writing took per 1,000 laps.
"""

import enum
from dataclasses import asdict, dataclass
from typing import Any

from imports.models import Rollout


class Verdict(enum.Enum):
    """What is to be done with a stage."""

    #: Too few races yet.
    WAIT = enum.auto()
    HOLDS = enum.auto()
    #: More attempts fail.
    FAILS = enum.auto()
    #: Writing takes longer.
    SLOWER = enum.auto()


@dataclass(frozen=True)
class Arm:
    """What came of the races of an arm since the stage began."""

    races: int = 0
    attempts: int = 0
    errors: int = 0
    #: Races with laps that were written, and their p95 in ms per 1,000 laps.
    measured: int = 0
    p95_ms: float | None = None

    @property
    def error_percent(self) -> float:
        """Failed attempts of a hundred."""
        return 100 * self.errors / self.attempts if self.attempts else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Give the figures to be kept."""
        return asdict(self)


def judge_arms(control: Arm, candidate: Arm, *, guard: Rollout) -> tuple[Verdict, str]:
    """Compare the arms; say why, with the figures, where the candidate is worse."""
    if control.races < guard.min_races:
        return Verdict.WAIT, ""
    # Failures need not wait for the rest: also if all that come to n went well, they
    # would be too many.
    attempts = max(candidate.attempts, guard.min_races)
    percent = 100 * candidate.errors / attempts
    if percent > control.error_percent + guard.max_error_points:
        return Verdict.FAILS, (
            f"{percent:.1f} % of the attempts with {guard.candidate} failed, "
            f"{control.error_percent:.1f} % with {guard.control}; allowed are "
            f"{guard.max_error_points:g} points more"
        )
    if candidate.races < guard.min_races:
        return Verdict.WAIT, ""
    if min(control.measured, candidate.measured) < guard.min_races:
        return Verdict.WAIT, ""
    return _compare_times(control.p95_ms or 0, candidate.p95_ms or 0, guard=guard)


def _compare_times(
    control_ms: float, candidate_ms: float, *, guard: Rollout
) -> tuple[Verdict, str]:
    if candidate_ms <= control_ms * (1 + guard.max_p95_percent / 100):
        return Verdict.HOLDS, ""
    more = 100 * (candidate_ms / control_ms - 1) if control_ms else float("inf")
    return Verdict.SLOWER, (
        f"writing 1,000 laps took {candidate_ms:,.1f} ms with {guard.candidate} and "
        f"{control_ms:,.1f} ms with {guard.control} (p95): {more:,.0f} % more, allowed "
        f"are {guard.max_p95_percent:g} %"
    )
