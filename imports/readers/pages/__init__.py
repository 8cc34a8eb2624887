"""Saved pages of race results -> the tables in them."""
