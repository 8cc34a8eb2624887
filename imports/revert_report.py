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
    """Give the one line: what goes back, what goes, what stays and because of whom."""
    removed = outcome.fates[Fate.REMOVED]
    back = f"{outcome.back - removed:,} put back or brought back, {removed:,} removed"
    kept = [stay for stay in outcome.stays if stay.get("columns")]
    held = [stay for stay in outcome.stays if stay.get("is_held")]
    changed = [s for s in outcome.stays if not s.get("columns") and s not in held]
    reasons = []
    if count := outcome.stay - len(held):
        by = _runs(changed)
        reasons.append(f"{count:,} {_stay(count)} because {by} changed them later")
    if held:
        by = f"rows of {_runs(held)} hang on them"
        reasons.append(f"{len(held):,} {_stay(len(held))} because {by}")
    if kept:
        by = f"{_runs(kept)} changed other columns of them later"
        reasons.append(f"{len(kept):,} only in part, because {by}")
    return f"{back}, {'; '.join(reasons) or 'none stays'}."


def sentence(stay: dict[str, Any]) -> str:
    """Name a row that stays, and the run because of which it does."""
    number = f" {stay['number']}" if stay["kind"] in ("lap", "pit stop") else ""
    place = "/".join(part for part in (stay["race"], stay["key"]) if part)
    columns = f": {', '.join(stay['columns'])}" if stay.get("columns") else ""
    why = f"run {stay['run']}" if stay["run"] else "a later run"
    why = f"rows of {why} hang on it" if stay.get("is_held") else why
    return f"{stay['kind']}{number} {place}{columns} ({why})"


def _stay(count: int) -> str:
    return "stays" if count == 1 else "stay"


def _runs(stays: list[dict[str, Any]]) -> str:
    runs = sorted({stay["run"] for stay in stays if stay["run"]})
    if not runs:
        return "later runs"
    return f"run{'' if len(runs) == 1 else 's'} {', '.join(map(str, runs))}"


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
