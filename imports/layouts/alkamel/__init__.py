"""Al Kamel Systems: analyses, results and what is known of the rest."""

from imports.layouts.alkamel.analysis import LAYOUTS

__all__ = ["LAYOUTS"]
