"""Jolpica: bodies of its data import, answers of its API, tables of its database."""

from imports.layouts.jolpica import api, bodies, database
from imports.layouts.layout import Layout

LAYOUTS: tuple[Layout, ...] = (*bodies.LAYOUTS, *api.LAYOUTS, *database.LAYOUTS)
