"""FastF1: laps, results, and the tables of seasons that are made of it."""

from imports.layouts.fastf1.tables import LAYOUTS

__all__ = ["LAYOUTS"]
