"""Derived figures: recomputed race by race, never patched."""

from stats.models.entrant_stats import EntrantStats
from stats.models.race_stats import RaceStats
from stats.models.race_warning import RaceWarning

__all__ = ["EntrantStats", "RaceStats", "RaceWarning"]
