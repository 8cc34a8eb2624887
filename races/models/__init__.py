"""Meetings have races, races have entrants, entrants have laps."""

from races.models.change import Change
from races.models.competitor import Competitor
from races.models.entrant import Entrant
from races.models.lap import Lap, LapColumn
from races.models.meeting import Meeting
from races.models.pit_stop import PitStop
from races.models.race import Race
from races.models.removal import Removal
from races.models.team import Team
from races.models.venue import Venue
from races.models.versioned import ZERO_VERSION, Versioned

__all__ = [
    "ZERO_VERSION",
    "Change",
    "Competitor",
    "Entrant",
    "Lap",
    "LapColumn",
    "Meeting",
    "PitStop",
    "Race",
    "Removal",
    "Team",
    "Venue",
    "Versioned",
]
