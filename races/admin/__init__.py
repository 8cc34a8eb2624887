"""What races are made of, to look at; only files write it. In menu order.

The pages are composed in templates/admin/races/: figures come from the tags of
`stats`, file names from those of `imports`, so that nothing here imports either.
"""

# isort: off
from races.admin.meeting import MeetingAdmin
from races.admin.race import RaceAdmin
from races.admin.entrant import EntrantAdmin
from races.admin.shared import CompetitorAdmin, TeamAdmin, VenueAdmin

__all__ = [
    "CompetitorAdmin",
    "EntrantAdmin",
    "MeetingAdmin",
    "RaceAdmin",
    "TeamAdmin",
    "VenueAdmin",
]
