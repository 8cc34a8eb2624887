"""How long everything took: measures of a window of time, beside the window before.

Reads only, whatever the door. Percentiles are PostgreSQL's percentile_cont over the rows
that were measured, never averages of averages.
"""
