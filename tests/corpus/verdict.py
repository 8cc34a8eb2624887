"""What became of a file beside what should have: everything that differs, in words."""

import re
from collections.abc import Iterator

from tests.corpus.bad_file import BadFile
from tests.corpus.bring import Outcome

#: What no message for people holds: the words of our tools, and of Python.
JARGON = re.compile(
    r"Traceback|Exception|polars|<class|object at 0x|NoneType|\bexpr\b|ComputeError"
    r"|thread '|\.rs:|errno|codec can't|unexpected keyword",
    re.IGNORECASE,
)
#: Codes of faults of ours, not of a file.
NEVER = {"parser_crash", "reader_failed", "unexpected_failure", "imports_error"}
PARTLY = "partly:"
REJECTIONS_KEPT = 1_000


def faults(outcome: Outcome) -> list[str]:
    """Give what is not as it should be; nothing where all is."""
    file = outcome.file
    found = list(_of_any(outcome))
    if file.error and not file.error.startswith(PARTLY):
        return found + list(_of_refused(outcome, file))
    return found + list(_of_read(outcome, file))


def _of_any(outcome: Outcome) -> Iterator[str]:
    if outcome.error in NEVER:
        yield f"refused with {outcome.error}: {outcome.message}"
    for message in [outcome.message, *(row.message for row in outcome.refused[:5])]:
        if message and not message.rstrip().endswith("."):
            yield f"is no sentence: {message[-200:]!r}"
        if said := JARGON.search(message):
            yield f"says {said[0]!r}: {message[:300]}"
        if len(message) > 2_000:
            yield f"says {len(message):,} characters"


def _of_refused(outcome: Outcome, file: BadFile) -> Iterator[str]:
    if outcome.state != "rejected" or outcome.error not in file.error.split("|"):
        yield f"is {_shortly(outcome)}, not refused with {file.error}"
    if not file.is_said(outcome.message):
        yield f"does not say {file.says!r}: {outcome.message}"
    if len(re.findall(r"[.:] ?", outcome.message)) < 2 and file.error != "empty_file":
        yield f"does not say what to do: {outcome.message}"
    if outcome.staged or outcome.refused:
        yield f"left {outcome.staged} rows and {len(outcome.refused)} rejections"


def _of_read(outcome: Outcome, file: BadFile) -> Iterator[str]:
    if outcome.state != "staged" or outcome.error != file.error.removeprefix(PARTLY):
        yield f"is {_shortly(outcome)}, not read"
        return
    if (outcome.rows, outcome.rejected) != (file.rows, file.refused_rows):
        yield (
            f"has {outcome.rejected} of {outcome.rows} rows refused, not "
            f"{file.refused_rows} of {file.rows}"
        )
    rows = tuple((row.row, row.code) for row in outcome.refused)
    if not file.rejected and rows != file.rejections:
        yield f"refuses {rows[:9]}, not {file.rejections[:9]}"
    if len(rows) != min(file.refused_rows, REJECTIONS_KEPT):
        yield f"keeps {len(rows)} rejections"
    if outcome.refused and not file.is_said(outcome.refused[0].message):
        yield f"does not say {file.says!r}: {outcome.refused[0].message}"
    good = file.rows - file.refused_rows
    if outcome.layout == "canonical.laps" and outcome.staged != good:
        yield f"gives {outcome.staged} laps, not {good}"
    if file.notice and file.notice not in outcome.notices:
        yield f"has the notices {outcome.notices}, not {file.notice}"


def _shortly(outcome: Outcome) -> str:
    if outcome.error:
        return f"{outcome.state} ({outcome.error}: {outcome.message})"
    return f"{outcome.state} ({outcome.rejected} of {outcome.rows} rows refused)"
