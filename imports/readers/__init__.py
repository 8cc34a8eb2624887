"""Bytes -> tables of text with row numbers -> canonical rows. Imports no Django.

All of it runs in the child process that `sandbox` starts. `reading` is the way of one
file: `documents` tells its format and opens its tables, a package each; `canonical_rows`
runs a layout over each and sends what it states.
"""
