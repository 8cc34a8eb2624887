"""Derived figures: recomputed race by race, never patched."""

from stats.models.entrant_stats import EntrantStats
from stats.models.race_stats import RaceStats

__all__ = ["EntrantStats", "RaceStats"]
