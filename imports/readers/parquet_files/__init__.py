"""Parquet -> a table of text, row groups and all."""
