"""One race's staged rows -> meeting, race, entrants, laps, in the caller's transaction.

`decide` says who wins, column by column; `records` writes the few rows that models
hold (races, entrants, pit stops); `merge` and `orm` write the many laps, one of them
as the flag says; `race` and `shared` put these together for one race, and for what
many races share.
"""
