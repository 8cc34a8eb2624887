"""What operators are told: rules that ask the tables, words, channels that tell.

Nothing here writes a table or opens a transaction; `actions.alerts` does.
"""
