-- Column mappings.

-- name: lock_mappings
SELECT pg_advisory_xact_lock(hashtextextended('mappings', 0))
