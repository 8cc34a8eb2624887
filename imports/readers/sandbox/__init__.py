"""The child process that reads, and the worker's side of it. Imports no Django.

`parent` starts the child and speaks to it; `child` is what runs there; `frames` is what
the two say, `limits` and `confine` what holds the child, `deaths` how its end is told.
"""
