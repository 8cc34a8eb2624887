"""Derived figures, recomputed race by race and never patched, and named documents."""

from stats.models.entrant_stats import EntrantStats
from stats.models.race_stats import RaceStats
from stats.models.race_warning import RaceWarning
from stats.models.stat_snapshot import StatSnapshot

__all__ = ["EntrantStats", "RaceStats", "RaceWarning", "StatSnapshot"]
