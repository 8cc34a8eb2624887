import enum


class Flag(enum.StrEnum):
    """The names of what can be changed while everything runs; see `imports.flags`."""

    INGEST_ENABLED = "ingest_enabled"
    CONCURRENCY = "concurrency"
    BATCH_ROWS = "batch_rows"
    RACES_PER_CLAIM = "races_per_claim"
    MEMORY_BUDGET_MB = "memory_budget_mb"
    WRITER = "writer"
    CONFLICT_POLICY = "conflict_policy"
    CONFLICT_DETAIL_ROWS = "conflict_detail_rows"
    SYNCHRONOUS_COMMIT = "synchronous_commit"


#: In an order of their own, so that the order above is free.
NAMES = sorted(flag.value for flag in Flag)
