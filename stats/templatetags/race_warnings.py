"""The warnings of a race as its page shows them: texts, and the entrants to link to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import template

from races.models import Entrant, Race
from stats.models import RaceWarning
from stats.warning_texts import MEANINGS, example_text

register = template.Library()


@dataclass(frozen=True)
class ShownExample:
    """One case; entrants by key where the page does not know them."""

    entrants: list[Entrant | str]
    lap: int | None
    text: str


@dataclass(frozen=True)
class ShownWarning:
    """One code with its cases; `more` are counted and not stored."""

    label: str
    meaning: str
    count: int
    examples: list[ShownExample]
    more: int


@register.simple_tag
def warnings_of_race(race: Race, entrants: Iterable[Entrant]) -> list[ShownWarning]:
    """Give the warnings of a race by code, in one query."""
    by_key = {entrant.key: entrant for entrant in entrants}
    stored = RaceWarning.objects.filter(race=race).order_by("code")
    return [_shown(warning, by_key) for warning in stored]


def _shown(warning: RaceWarning, by_key: Mapping[str, Entrant]) -> ShownWarning:
    examples = [_example(warning.code, held, by_key) for held in warning.examples]
    return ShownWarning(
        label=RaceWarning.Code(warning.code).label,
        meaning=MEANINGS[warning.code],
        count=warning.count,
        examples=examples,
        more=warning.count - len(examples),
    )


def _example(
    code: str, held: Mapping[str, Any], by_key: Mapping[str, Entrant]
) -> ShownExample:
    return ShownExample(
        entrants=[by_key.get(key, key) for key in held["entrants"]],
        lap=held["lap"],
        text=example_text(code, held),
    )
