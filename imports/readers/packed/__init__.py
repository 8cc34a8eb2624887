"""Gzip, Zstandard and ZIP -> the files inside, counted as they come out."""
