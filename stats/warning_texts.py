"""Warnings in plain English: what each code means, and what one example of it says."""

from collections.abc import Callable, Mapping
from typing import Any

from ingestion_site.lib.cells import lap_time, seconds
from stats.models import RaceWarning

Code = RaceWarning.Code
Example = Mapping[str, Any]

#: What a code means and what to look at.
MEANINGS: dict[str, str] = {
    Code.LAPS_DO_NOT_SUM: "The laps of an entrant do not add up to the time in its "
    "result. A time penalty does that, and so does a wrong lap: compare both.",
    Code.LAPS_DIFFER_FROM_RESULT: "A classified entrant has other laps than its result "
    "says. Bring a file with its laps, or look for a lap that is not its own.",
    Code.LAP_NUMBERS_MISSING: "Laps are missing between those that are there. Bring a "
    "file that has them.",
    Code.LAP_MAY_BE_TWO: "A lap took about twice the entrant's median while the others "
    "were not slow: a transponder that was missed once makes one lap of two.",
    Code.LAP_VERY_LONG: "A lap took more than 5 times the usual lap of the race while "
    "the others were not slow: look at its unit, or what stopped the entrant.",
    Code.LAP_VERY_SHORT: "A lap took less than 30 % of the entrant's median: a passing "
    "may have been counted that was none.",
    Code.LAP_TIME_ZERO: "A lap has the time zero. It is kept, and counts in no best "
    "lap, mean, median or deviation.",
    Code.SECTORS_DO_NOT_SUM: "The three sectors do not add up to the lap time.",
    Code.ELAPSED_GOES_DOWN: "The time since the start is less than a lap before: a "
    "clock was set anew, or laps are numbered in another order.",
    Code.NUMBER_TWICE: "Entrants of one race have the same car number: a shared car, "
    "two classes, or a number that is wrong.",
}


def example_text(code: str, example: Example) -> str:
    """Say what was found; the entrants and the lap are named beside it."""
    return TEXTS[code](example)


def _laps_do_not_sum(example: Example) -> str:
    held, published = example["sum_ms"], example["published_ms"]
    text = (
        f"{_laps(example['laps'])} sum to {lap_time(held)}, the result says "
        f"{lap_time(published)}: {_difference(published - held)}"
    )
    is_like_penalty = published > held and (published - held) % 1000 == 0
    return f"{text}, whole seconds as penalties are" if is_like_penalty else text


def _laps_differ_from_result(example: Example) -> str:
    held, published = example["held"], example["published"]
    way = "more" if held > published else "fewer"
    return (
        f"{_laps(held)} held, {abs(held - published):,} {way} than the {published:,} "
        "of the result"
    )


def _lap_numbers_missing(example: Example) -> str:
    first, last = example["lap"], example["last_lap"]
    if first == last:
        return f"lap {first} is missing"
    return f"laps {first} to {last} are missing"


def _lap_may_be_two(example: Example) -> str:
    return f"{_times_median(example)}; may be two laps"


def _lap_very_long(example: Example) -> str:
    time, usual = example["time_ms"], example["race_median_ms"]
    return f"{lap_time(time)}, {time / usual:.1f} x the race's {lap_time(usual)}"


def _lap_very_short(example: Example) -> str:
    return f"{_times_median(example)}; may be a passing that was none"


def _lap_time_zero(example: Example) -> str:
    return "the time is zero"


def _sectors_do_not_sum(example: Example) -> str:
    sectors, time = example["sectors_ms"], example["time_ms"]
    return (
        f"sectors sum to {lap_time(sectors)}, the lap took {lap_time(time)}: "
        f"{_difference(time - sectors)}"
    )


def _elapsed_goes_down(example: Example) -> str:
    now, before = lap_time(example["elapsed_ms"]), lap_time(example["before_ms"])
    return f"{now} since the start, {before} at the lap before"


def _number_twice(example: Example) -> str:
    return f"{len(example['entrants']):,} entrants have number {example['number']}"


def _times_median(example: Example) -> str:
    time, median = example["time_ms"], example["median_ms"]
    return f"{lap_time(time)}, {time / median:.2f} x the median {lap_time(median)}"


def _difference(milliseconds: int) -> str:
    way = "more" if milliseconds > 0 else "less"
    return f"{seconds(abs(milliseconds))} {way}"


def _laps(number: int) -> str:
    return f"{number:,} lap" if number == 1 else f"{number:,} laps"


TEXTS: dict[str, Callable[[Example], str]] = {
    Code.LAPS_DO_NOT_SUM: _laps_do_not_sum,
    Code.LAPS_DIFFER_FROM_RESULT: _laps_differ_from_result,
    Code.LAP_NUMBERS_MISSING: _lap_numbers_missing,
    Code.LAP_MAY_BE_TWO: _lap_may_be_two,
    Code.LAP_VERY_LONG: _lap_very_long,
    Code.LAP_VERY_SHORT: _lap_very_short,
    Code.LAP_TIME_ZERO: _lap_time_zero,
    Code.SECTORS_DO_NOT_SUM: _sectors_do_not_sum,
    Code.ELAPSED_GOES_DOWN: _elapsed_goes_down,
    Code.NUMBER_TWICE: _number_twice,
}
