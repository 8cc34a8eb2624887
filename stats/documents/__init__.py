"""Leaderboards and season summaries: what the rows give, as snapshots.

    leaderboards.py   standings of competitors and teams, fastest laps of venues
    summaries.py      what a season holds, and its winners
    refresh.py        builds them and writes them, beside any number of others

Each document is read by one statement, so it is as of one moment; two documents may be
of two.
"""
