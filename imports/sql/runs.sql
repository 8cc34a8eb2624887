-- name: claim_run
-- Committed before the work, so that an attempt that dies is counted. A run that goes
-- on where its staging was lost keeps the time of its start.
UPDATE imports_importrun
SET state = 'staging', owner = %(owner)s, epoch = epoch + 1, attempts = attempts + 1,
    claimed_at = clock_timestamp(), heartbeat_at = NULL,
    started_at = CASE WHEN state = 'queued' OR started_at IS NULL
                      THEN clock_timestamp() ELSE started_at END
WHERE id = %(run)s AND epoch = %(epoch)s AND state = %(from_state)s AND NOT is_paused

-- name: hold_run
SELECT 1 FROM imports_importrun
WHERE id = %(run)s AND epoch = %(epoch)s AND state IN ('staging', 'planned')
FOR UPDATE

-- name: move_run
UPDATE imports_importrun SET state = %(to_state)s
WHERE id = %(run)s AND epoch = %(epoch)s AND state IN ('staging', 'planned')

-- name: beat
UPDATE imports_importrun SET heartbeat_at = clock_timestamp()
WHERE id = %(run)s AND epoch = %(epoch)s AND state IN ('staging', 'planned')

-- name: seconds_alive
-- Of the one who prepares the run, or of the lanes that hold its races.
SELECT EXTRACT(EPOCH FROM
    CASE WHEN r.state IN ('staging', 'planned')
         THEN COALESCE(r.heartbeat_at, r.claimed_at, r.started_at, r.created_at)
              + %(lease)s * interval '1 second'
         ELSE (SELECT max(c.lease_until) FROM imports_racecheckpoint c
               WHERE c.run_id = r.id AND c.state = 'claimed')
    END - clock_timestamp())
FROM imports_importrun r
WHERE r.id = %(run)s
  AND (r.state IN ('staging', 'planned')
       OR EXISTS (SELECT 1 FROM imports_racecheckpoint c
                  WHERE c.run_id = r.id AND c.state = 'claimed'))

-- name: release_run
-- Its preparer cannot go on, but another attempt may.
UPDATE imports_importrun
SET state = 'queued', owner = '', queued_at = clock_timestamp()
WHERE id = %(run)s AND epoch = %(epoch)s AND state IN ('staging', 'planned')

-- name: hand_back_run
-- As above, and the attempt is not counted: it was stopped, it did not fail.
UPDATE imports_importrun
SET state = 'queued', owner = '', queued_at = clock_timestamp(),
    attempts = GREATEST(attempts - 1, 0)
WHERE id = %(run)s AND epoch = %(epoch)s AND state IN ('staging', 'planned')

-- name: forgotten_runs
-- They wait in the queue, and nobody was rung for, or had them, for a while. Who rings
-- for one marks it, so that ten sweepers ring once; a few at a time, because a worker
-- that comes goes on with the others.
-- Materialized: asked once for each row, as a plan may have it, the few would be others
-- each time.
WITH forgotten AS MATERIALIZED (
    SELECT id FROM imports_importrun
    WHERE state = 'queued' AND NOT is_cancel_requested AND NOT is_paused
      AND GREATEST(rung_at, queued_at, heartbeat_at, claimed_at, created_at)
          < clock_timestamp() - %(lease)s * interval '1 second'
      AND NOT EXISTS (
-- include: kill_switch
      )
    ORDER BY id
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)
UPDATE imports_importrun r
SET rung_at = clock_timestamp()
FROM forgotten WHERE r.id = forgotten.id
RETURNING r.id

-- name: requeue_dead_runs
-- Their preparer has given no sign of life for a lease; who never gave one counts from
-- its claim. A dry run that is planned waits for a person.
UPDATE imports_importrun
SET state = 'queued', owner = '', queued_at = clock_timestamp()
WHERE id IN (
    SELECT id FROM imports_importrun
    WHERE state IN ('staging', 'planned') AND NOT is_cancel_requested
      AND NOT (state = 'planned' AND COALESCE(options ->> 'dry_run', '') = 'true')
      AND attempts < %(max_attempts)s
      AND COALESCE(heartbeat_at, claimed_at, started_at, created_at)
          < clock_timestamp() - %(lease)s * interval '1 second'
    ORDER BY id
    -- Who holds one is alive, or sweeps.
    FOR UPDATE SKIP LOCKED
)
RETURNING id

-- name: hopeless_runs
-- As above, but cancelled, or prepared too often.
SELECT id FROM imports_importrun
WHERE state IN ('staging', 'planned')
  AND NOT (state = 'planned' AND COALESCE(options ->> 'dry_run', '') = 'true')
  AND (is_cancel_requested OR attempts >= %(max_attempts)s)
  AND COALESCE(heartbeat_at, claimed_at, started_at, created_at)
      < clock_timestamp() - %(lease)s * interval '1 second'
ORDER BY id
FOR UPDATE SKIP LOCKED

-- name: unattended_runs
-- Races of them wait, and no lane has claimed or settled one for a lease. The heartbeat
-- says when a lane was last rung for, so that ten sweepers ring once.
UPDATE imports_importrun
SET heartbeat_at = clock_timestamp()
WHERE id IN (
    SELECT r.id FROM imports_importrun r
    WHERE r.state = 'writing' AND NOT r.is_cancel_requested AND NOT r.is_paused
      AND COALESCE(r.heartbeat_at, r.claimed_at, r.started_at, r.created_at)
          < clock_timestamp() - %(lease)s * interval '1 second'
      AND EXISTS (
          SELECT 1 FROM imports_racecheckpoint c
          WHERE c.run_id = r.id AND c.state IN ('waiting', 'claimed')
      )
      AND NOT EXISTS (
          SELECT 1 FROM imports_racecheckpoint c
          WHERE c.run_id = r.id
            AND (c.lease_until > clock_timestamp()
                 OR GREATEST(c.claimed_at, c.finished_at)
                    > clock_timestamp() - %(lease)s * interval '1 second')
      )
    ORDER BY r.id
    FOR UPDATE SKIP LOCKED
)
RETURNING id

-- name: lock_sweeping
SELECT pg_try_advisory_xact_lock(hashtextextended('sweep', 0)),
       set_config('lock_timeout', '1s', true)

-- name: leaked_staging
-- Tables of runs that are over or gone, or of owners that lost them. What the last owner
-- staged stays while the next may take it on.
SELECT found.name
FROM (
    SELECT c.relname AS name,
           regexp_match(c.relname, '^imports_staged_(?:laps|records)_(\d+)(?:_(\d+))?$')
               AS ids
    FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
      AND starts_with(c.relname, 'imports_staged_')
) AS found
LEFT JOIN imports_importrun r ON r.id = found.ids[1]::bigint
WHERE found.ids IS NOT NULL
  AND (r.id IS NULL OR r.state IN ('succeeded', 'partial', 'failed', 'cancelled')
       OR COALESCE(found.ids[2]::bigint, 0)
          < r.epoch - CASE WHEN r.state = 'writing' THEN 0 ELSE 1 END)
ORDER BY found.name

-- name: drop_table
DROP TABLE IF EXISTS {table}
