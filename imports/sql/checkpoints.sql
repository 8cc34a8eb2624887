-- name: open_checkpoints
INSERT INTO imports_racecheckpoint (
    run_id, number, source, meeting_key, race_key, laps_staged, state, epoch, attempts,
    owner, error_code, message, is_retryable, rows, laps, conflicts
)
SELECT %(run)s, p.number, %(source)s, p.meeting_key, p.race_key, p.laps, 'waiting', 0, 0,
       '', '', '', false, '{{}}', '{{}}', 0
FROM unnest(
    %(numbers)s::integer[], %(meeting_keys)s::text[], %(race_keys)s::text[],
    %(laps)s::integer[]
) AS p (number, meeting_key, race_key, laps)
ON CONFLICT (run_id, source, meeting_key, race_key) DO NOTHING

-- name: claim_race
-- The next open race of the run, or one whose lane has died.
UPDATE imports_racecheckpoint
SET state = 'claimed', epoch = epoch + 1, attempts = attempts + 1, owner = %(owner)s,
    claimed_at = clock_timestamp(),
    lease_until = clock_timestamp() + %(lease_seconds)s * interval '1 second'
WHERE id = (
    SELECT id FROM imports_racecheckpoint
    WHERE run_id = %(run)s AND state IN ('waiting', 'claimed')
      AND (state = 'waiting' OR lease_until < clock_timestamp())
    ORDER BY number
    FOR UPDATE SKIP LOCKED
    LIMIT 1
)
RETURNING id, number, source, meeting_key, race_key, laps_staged, epoch, attempts

-- name: begin_race
-- The limits of a race's transaction and its lock, in one round trip. Then the
-- checkpoint is read again, under the lock.
SELECT set_config('lock_timeout', %(lock_timeout)s, true),
       set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('idle_in_transaction_session_timeout', %(statement_timeout)s, true),
       pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))

-- name: lock_shared_rows
SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))
