"""What follows from a cluster's silence, and when a dead one is started again."""

from dataclasses import dataclass

from imports.watchdog.heartbeat import Silence

#: A canary is rung after this share of the time that a cluster may be silent; what is
#: not answered in the rest of it is not answered in time.
RING_SHARE = 0.25
#: A cluster that ends at once, again and again, is started again less and less often.
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
#: One that has lived so long did not end at once.
LIVED_SECONDS = 60.0


@dataclass(frozen=True)
class Verdict:
    """What the watchdog is to do."""

    is_wedged: bool
    is_to_be_rung: bool


def judge(silence: Silence, *, seconds: float) -> Verdict:
    """Judge a cluster that may be silent for so many seconds."""
    quiet = silence.quiet_seconds
    return Verdict(
        is_wedged=silence.unanswered_seconds > seconds * (1 - RING_SHARE),
        # A cluster that works beats by itself: canaries would pile up behind its tasks.
        is_to_be_rung=quiet is None or quiet >= seconds * RING_SHARE,
    )


def next_pause(pause: float, *, lived: float) -> float:
    """Give the seconds to wait before a cluster that ended is started again."""
    if lived >= LIVED_SECONDS:
        return FIRST_PAUSE_SECONDS
    return min(max(pause * 2, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
