"""Faults of the queue, on real clusters under their watchdogs.

`run.py` plays each of them several times and prints figures; `tests/acceptance` plays
each once. Processes are found and killed by their numbers, as the kernel knows them.
"""
