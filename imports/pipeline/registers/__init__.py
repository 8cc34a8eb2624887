"""What rows say: staged and stored rows as registers, and who wins between them.

Reads only, so that a plan and a write decide the same: `staged` are the rows of a run,
`decide` the rule, `records` and `laps` turn rows of the tables into registers and back.
"""
