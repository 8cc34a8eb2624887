"""Stored rows -> files, streamed: CSV, NDJSON, Parquet, or all tables of a source."""
