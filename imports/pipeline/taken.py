"""The races that a lane has claimed at once: begun in turn, or handed back."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from imports.errors import DatabaseAway
from imports.failpoints import failpoint
from imports.models import ImportRun
from imports.pipeline import checkpoint, session, trouble
from imports.pipeline.checkpoint import Claim
from imports.pipeline.lane import Lane


class Taken:
    """What a lane holds of its run: races_per_claim at most."""

    def __init__(self, run: ImportRun, *, lane: Lane) -> None:
        self._run, self._lane = run, lane
        self._left: list[Claim] = []

    def begin_next(self) -> Claim | None:
        """Begin the next race, claimed now or before; None where there is none."""
        claim = self._begin_claimed() if self._left else None
        if claim is None:
            # Another lane has taken it over, or all is to stop: the claim tells.
            self.hand_back()
            claim = trouble.patiently(self._claim)
        if claim:
            failpoint("after_claim")
        return claim

    def hand_back(self) -> None:
        """Let the races wait again that are not begun."""
        if not self._left:
            return
        left, self._left = self._left, []
        # Where the server is away, the leases end by themselves.
        with suppress(DatabaseAway):
            trouble.drop_lost_connection()
            back = partial(checkpoint.hand_back_claims, left, owner=self._lane.owner)
            trouble.patiently(back)

    def _claim(self) -> Claim | None:
        session.set_synchronous_commit(self._run.options["synchronous_commit"])
        claims = checkpoint.claim_races(
            self._run.pk,
            owner=self._lane.owner,
            # Runs of before there was this flag go on as they began.
            races=self._run.options.get("races_per_claim", 1),
            numbers=self._lane.numbers,
        )
        self._left = claims[1:]
        return claims[0] if claims else None

    def _begin_claimed(self) -> Claim | None:
        keep = partial(checkpoint.keep_claims, self._left, owner=self._lane.owner)
        trouble.patiently(keep)
        first = partial(checkpoint.begin_claimed, self._left[0], run_id=self._run.pk)
        claim = trouble.patiently(first)
        if claim:
            del self._left[0]
        return claim


@contextmanager
def taken_races(run: ImportRun, *, lane: Lane) -> Iterator[Taken]:
    """Give what a lane takes; whatever ends it, nothing is kept that is not begun."""
    taken = Taken(run, lane=lane)
    try:
        yield taken
    finally:
        taken.hand_back()
