"""The Ergast F1 tables, and those of a full set that hold nothing of ours."""

from imports.layouts.ergast import tables, unstored
from imports.layouts.layout import Layout

LAYOUTS: tuple[Layout, ...] = (*tables.LAYOUTS, *unstored.LAYOUTS)
