"""The figures of a page's races and entrants: one query each, by primary key."""

from collections.abc import Iterable

from django import template

from races.models import Entrant, Race
from stats.models import EntrantStats, RaceStats

register = template.Library()


@register.simple_tag
def stats_of_races(races: Iterable[Race]) -> dict[int, RaceStats]:
    """Give the stats of races, with the winners and the entrants of fastest laps."""
    stats = RaceStats.objects.filter(race__in=[race.pk for race in races])
    named = stats.select_related(
        "fastest_lap_entrant__competitor", "winner__competitor"
    )
    return {figures.race_id: figures for figures in named}


@register.simple_tag
def stats_of_race(race: Race) -> RaceStats | None:
    """Give the stats of one race."""
    return stats_of_races([race]).get(race.pk)


@register.simple_tag
def stats_of_entrant(entrant: Entrant) -> EntrantStats | None:
    """Give the stats of one entrant."""
    return stats_of_entrants([entrant]).get(entrant.pk)


@register.simple_tag
def stats_of_entrants(entrants: Iterable[Entrant]) -> dict[int, EntrantStats]:
    """Give the stats of entrants."""
    stats = EntrantStats.objects.filter(entrant__in=[row.pk for row in entrants])
    return {figures.entrant_id: figures for figures in stats}
