"""Pieces that know no app of ours."""
