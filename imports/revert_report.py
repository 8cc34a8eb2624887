"""What a revert would do or did: for programs as a dict, for people as text."""

from typing import Any

from imports.models import ImportRun, RaceCheckpoint
from imports.pipeline.revert.preview import Outcome
from imports.pipeline.revert.rows import Fate

#: Rows that the text names; the JSON and the admin have more.
NAMED_STAYS = 10

WORDS = {
    Fate.PUT_BACK: "put back",
    Fate.BROUGHT_BACK: "brought back",
    Fate.REMOVED: "removed",
    Fate.UNCHANGED: "as before already",
    Fate.STAYS: "stay",
}


def as_dict(
    run: ImportRun, outcome: Outcome, *, revert: ImportRun | None
) -> dict[str, Any]:
    """Give the JSON object of `ingest_revert --json`; of a preview, run is null."""
    return {
        "run": revert.pk if revert else None,
        "reverts": run.pk,
        "state": revert.state if revert else "preview",
        "message": revert.message if revert else "",
        "races": outcome.races,
        "back": outcome.back,
        "stay": outcome.stay,
        "rows": _figures(outcome.fates),
        "laps": _figures(outcome.laps),
        "stays": outcome.stays,
    }


def as_text(run: ImportRun, outcome: Outcome, *, revert: ImportRun | None) -> str:
    """Give it in words, the first rows that stay among them."""
    head = f"Revert of run {run.pk}, a preview: nothing is written."
    if revert:
        head = f"Run {revert.pk} {revert.state}: it reverts run {run.pk}"
        head += f". {revert.message}" if revert.message else "."
    lines = [
        head,
        f"  {summary(outcome)}",
        f"  races  {outcome.races:,}",
        f"  rows   {_words(outcome.fates)}",
    ]
    if revert:
        lines += _failures(revert)
    lines += [f"  stays: {sentence(stay)}" for stay in outcome.stays[:NAMED_STAYS]]
    if outcome.stay > NAMED_STAYS:
        lines.append(f"  and {outcome.stay - NAMED_STAYS:,} more; --json lists them.")
    return "\n".join(lines)


def summary(outcome: Outcome) -> str:
    """Give the one line: how many rows go back, how many stay and because of whom."""
    back = f"{outcome.back:,} row{'' if outcome.back == 1 else 's'} back"
    if not outcome.stay:
        return f"{back}, none stays."
    verb = "stays" if outcome.stay == 1 else "stay"
    if not outcome.runs:
        return f"{back}, {outcome.stay:,} {verb} because later runs changed them."
    runs = ", ".join(map(str, outcome.runs))
    noun = "run" if len(outcome.runs) == 1 else "runs"
    return f"{back}, {outcome.stay:,} {verb} because {noun} {runs} changed them later."


def sentence(stay: dict[str, Any]) -> str:
    """Name a row that stays, and the run because of which it does."""
    number = f" {stay['number']}" if stay["kind"] in ("lap", "pit stop") else ""
    place = "/".join(part for part in (stay["race"], stay["key"]) if part)
    why = f"run {stay['run']}" if stay["run"] else "a later run"
    return f"{stay['kind']}{number} {place} ({why})"


def _figures(fates: Any) -> dict[str, int]:
    return {words.replace(" ", "_"): fates[fate] for fate, words in WORDS.items()}


def _words(fates: Any) -> str:
    shown = [f"{fates[f]:,} {words}" for f, words in WORDS.items() if fates[f]]
    return ", ".join(shown) or "none"


def _failures(revert: ImportRun) -> list[str]:
    failed = revert.checkpoints.filter(state=RaceCheckpoint.State.FAILED)
    return [
        f"  race {race.meeting_key}/{race.race_key}: {race.message} ({race.error_code})"
        for race in failed.order_by("number")[:NAMED_STAYS]
    ]
