"""Good files with something done to them -> rows or one typed refusal, nothing else.

`edits` is what is done, `seeds` what it is done to, `reading` reads one and looks at
the answer. The suite does a little of it (`tests/unit/readers/test_any_bytes.py`),
`make fuzz` much (`run`, in batches of processes of their own: `batch`).
"""
