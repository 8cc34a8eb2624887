-- name: open_checkpoints
INSERT INTO imports_racecheckpoint (
    run_id, number, source, meeting_key, race_key, laps_staged, records_staged, state,
    epoch, attempts, owner, error_code, message, is_retryable, rows, laps, conflicts
)
SELECT %(run)s, p.number, %(source)s, p.meeting_key, p.race_key, p.laps, p.records,
       'waiting', 0, 0, '', '', '', false, '{{}}', '{{}}', 0
FROM unnest(
    %(numbers)s::integer[], %(meeting_keys)s::text[], %(race_keys)s::text[],
    %(laps)s::integer[], %(records)s::integer[]
) AS p (number, meeting_key, race_key, laps, records)
ON CONFLICT (run_id, source, meeting_key, race_key) DO UPDATE
-- Files that were staged again by a mended layout may hold more of a race, or less.
SET laps_staged = EXCLUDED.laps_staged, records_staged = EXCLUDED.records_staged
WHERE imports_racecheckpoint.state = 'waiting'

-- name: claim_races
-- The next open races of the run, or those whose lane has died, or those that this lane
-- itself claimed without being told, because the answer was lost with its connection.
-- None once a person has cancelled the run or paused it or the kill switch is off, and
-- none while the run is prepared. Of every eighth it is kept how many lanes there are:
-- to ask costs as much as to claim.
--
-- Only the first is begun with it, so only of that an attempt is counted: a lane that
-- dies costs the races that it took and had not begun nothing.
WITH next AS MATERIALIZED (
    SELECT id, number FROM imports_racecheckpoint
    WHERE run_id = %(run)s AND state IN ('waiting', 'claimed')
      AND (state = 'waiting' OR lease_until < clock_timestamp() OR owner = %(owner)s)
      AND attempts < %(max_attempts)s
      AND (%(numbers)s::integer[] IS NULL OR number = ANY (%(numbers)s))
-- include: may_go_on
    -- A race that failed is tried again when the others had their turn. The index
    -- racecheckpoint_open has this order.
    ORDER BY state = 'waiting' AND attempts > 0, number
    FOR UPDATE SKIP LOCKED
    LIMIT %(races)s
)
UPDATE imports_racecheckpoint c
SET state = 'claimed', epoch = c.epoch + 1, owner = %(owner)s,
    attempts = c.attempts + (c.number = (SELECT min(number) FROM next))::integer,
    claimed_at = clock_timestamp(),
    connections = CASE WHEN c.number %% 8 = 1 THEN (
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = %(lanes)s
    ) END,
    lease_until = clock_timestamp() + %(lease_seconds)s * interval '1 second'
FROM next WHERE c.id = next.id
RETURNING c.id, c.number, c.source, c.meeting_key, c.race_key, c.laps_staged,
          c.records_staged, c.epoch, c.attempts, c.basis

-- name: may_go_on
-- No definition of its own: what claims of a run's races have in common.
AND EXISTS (
    SELECT 1 FROM imports_importrun
    WHERE id = %(run)s AND state = 'writing' AND NOT is_cancel_requested
      AND NOT is_paused
)
AND NOT EXISTS (
-- include: kill_switch
)

-- name: kill_switch
-- Part of statements: a row where ingestion is switched off. The table holds on or off.
SELECT 1 FROM imports_featureflag WHERE name = 'ingest_enabled' AND value = 'off'

-- name: begin_claimed_race
-- The next of the races that a lane has claimed at once: where nothing says stop and it
-- still holds it, its attempt is counted and the lease begins anew.
UPDATE imports_racecheckpoint
SET attempts = attempts + 1, claimed_at = clock_timestamp(),
    lease_until = clock_timestamp() + %(lease_seconds)s * interval '1 second'
WHERE id = %(id)s AND epoch = %(epoch)s AND state = 'claimed'
-- include: may_go_on
RETURNING attempts

-- name: keep_claims
-- Of the races that a lane has claimed and not begun, those whose lease is half over:
-- while it writes the others, nobody may take them.
UPDATE imports_racecheckpoint
SET lease_until = clock_timestamp() + %(lease_seconds)s * interval '1 second'
WHERE id = ANY(%(ids)s) AND owner = %(owner)s AND state = 'claimed'
  AND lease_until < clock_timestamp() + %(lease_seconds)s * interval '0.5 second'

-- name: hand_back_claims
-- Races that a lane has claimed and not begun: no attempt of them was counted.
UPDATE imports_racecheckpoint
SET state = 'waiting', lease_until = NULL, owner = ''
WHERE id = ANY(%(ids)s) AND owner = %(owner)s AND state = 'claimed'

-- name: reopen_races
-- Failed and cancelled races wait again, and those whose lane died. The epoch stays: the
-- next claim raises it, so lanes of before stay fenced.
UPDATE imports_racecheckpoint
SET state = 'waiting', attempts = 0, finished_at = NULL, lease_until = NULL,
    owner = '', error_code = '', message = '', is_retryable = false
WHERE run_id = %(run)s
  AND (state IN ('failed', 'cancelled')
       OR (state = 'claimed' AND lease_until < clock_timestamp()))

-- name: settle_open_races
UPDATE imports_racecheckpoint
SET state = %(state)s, finished_at = clock_timestamp(), lease_until = NULL,
    error_code = %(error_code)s, message = %(message)s, is_retryable = true
WHERE run_id = %(run)s AND state IN ('waiting', 'claimed')

-- name: record_failed
-- The attempt is kept beside the race, which forgets it where it is tried again.
WITH failed AS (
    UPDATE imports_racecheckpoint
    SET state = %(state)s, lease_until = NULL, is_retryable = %(is_retryable)s,
        finished_at = CASE WHEN %(state)s = 'failed' THEN clock_timestamp() END,
        error_code = %(error_code)s, options = %(options)s, message = %(message)s
    WHERE id = %(id)s AND epoch = %(epoch)s AND state = 'claimed'
    RETURNING id, run_id
)
INSERT INTO imports_failedattempt (run_id, checkpoint_id, failed_at, error_code, sqlstate)
SELECT run_id, id, clock_timestamp(), %(error_code)s, %(sqlstate)s FROM failed

-- name: hand_back_race
UPDATE imports_racecheckpoint
SET state = 'waiting', attempts = GREATEST(attempts - 1, 0), lease_until = NULL,
    error_code = %(error_code)s, message = %(message)s, is_retryable = true
WHERE id = %(id)s AND epoch = %(epoch)s AND state = 'claimed'

-- name: settle_abandoned_races
-- Races whose lane died, where none may take them over: tried too often, or the run is
-- cancelled.
UPDATE imports_racecheckpoint c
SET state = CASE WHEN r.is_cancel_requested THEN 'cancelled' ELSE 'failed' END,
    error_code = CASE WHEN r.is_cancel_requested THEN '' ELSE 'quarantined' END,
    message = CASE WHEN r.is_cancel_requested THEN '' ELSE
        'Its lane died, on the last of its attempts. Nothing of it was written.' END,
    is_retryable = NOT r.is_cancel_requested, finished_at = clock_timestamp(), lease_until = NULL
FROM imports_importrun r
WHERE r.id = c.run_id AND c.run_id = %(run)s
  AND c.state = 'claimed' AND c.lease_until < clock_timestamp()
  AND (r.is_cancel_requested OR c.attempts >= %(max_attempts)s)

-- name: begin_race
-- The limits of a race's transaction and its lock, in one round trip. Then the
-- checkpoint is read again, under the lock.
--
-- Every row that a race touches is found by its key, so scanning a whole table is
-- never right here; but a plan that was made while the tables were empty does that,
-- and the foreign keys' triggers keep such plans for as long as the connection lives.
SELECT set_config('lock_timeout', %(lock_timeout)s, true),
       set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('idle_in_transaction_session_timeout', %(statement_timeout)s, true),
       set_config('enable_seqscan', 'off', true),
       set_config('jit', 'off', true),
       pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))

-- name: lock_shared_rows
SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))

-- name: is_held
SELECT 1 FROM imports_racecheckpoint
WHERE id = %(id)s AND epoch = %(epoch)s AND state = 'claimed'

-- name: record_done
UPDATE imports_racecheckpoint
SET state = 'done', race_id = %(race)s, rows = %(rows)s, laps = %(laps)s,
    conflicts = %(conflicts)s, removed = %(removed)s, undo = %(undo)s, fetch_ms = %(fetch)s, transform_ms = %(transform)s,
    write_ms = %(write)s, total_ms = %(total)s, queries = %(queries)s, finished_at = clock_timestamp(),
    lease_until = NULL, error_code = '', message = %(message)s, options = %(options)s
WHERE id = %(id)s AND epoch = %(epoch)s AND state = 'claimed'

-- name: set_synchronous_commit
SELECT set_config('synchronous_commit', %(mode)s, false)

-- name: reset_synchronous_commit
RESET synchronous_commit

-- name: limit_idleness
SELECT set_config('idle_in_transaction_session_timeout', %(seconds)s, true)

-- name: join_whole_tables
-- For one statement that joins all staged laps with all stored ones: row by row, which
-- a wrong estimate can choose, it would take minutes.
SELECT set_config('enable_nestloop', 'off', true)

-- name: lock_races
-- The races of a run from one number to another, in the order of their keys.
SELECT pg_advisory_xact_lock(hashtextextended(lock, 0))
FROM (
    SELECT 'race:' || source || ':' || meeting_key || ':' || race_key AS lock
    FROM imports_racecheckpoint
    WHERE run_id = %(run)s AND number BETWEEN %(first)s AND %(last)s
    ORDER BY number
    OFFSET 0
) AS in_order

-- name: settle_unchanged_races
-- Races of which every staged lap is stored as it is, by the same file or, where the
-- run's one file of laps is complete (%(complete)s), by older ones: no lap is to be
-- written, so they are done, all at once, and the floor of the race says the rest. A
-- staged row that stands twice makes its race miss the count, and go the usual way.
WITH race AS (
    SELECT c.id AS checkpoint_id, c.laps_staged, m.key AS meeting_key,
           r.key AS race_key, r.id, r.laps_floor, r.laps_floor_columns
    FROM imports_racecheckpoint c
    JOIN races_meeting m ON m.source = c.source AND m.key = c.meeting_key
    JOIN races_race r ON r.meeting_id = m.id AND r.key = c.race_key
    WHERE c.run_id = %(run)s AND c.state = 'waiting' AND c.records_staged = 0
      AND c.number BETWEEN %(first)s AND %(last)s
      AND (r.laps_floor = %(never)s OR r.laps_floor_columns = %(lap_columns)s)
),
same AS (
    SELECT r.id, count(*) AS laps
    FROM race r
    JOIN races_entrant e ON e.race_id = r.id
    JOIN races_lap l ON l.entrant_id = e.id
    WHERE l.columns = %(lap_columns)s AND (l.older - '-') <> '{{}}'::jsonb IS NOT TRUE
      AND EXISTS (
          SELECT 1
          FROM {laps} s
          JOIN unnest(%(file_numbers)s::integer[], %(versions)s::uuid[])
               AS f (file_number, version) USING (file_number)
          WHERE s.meeting_key = r.meeting_key AND s.race_key = r.race_key
            AND s.entrant_key = e.key AND s.number = l.number
            AND (f.version = greatest(l.version, r.laps_floor)
                 OR (f.version = %(complete)s
                     AND f.version > greatest(l.version, r.laps_floor)))
            AND (s.time_ms, s.elapsed_ms, s.sector1_ms, s.sector2_ms, s.sector3_ms,
                 s.position, s.in_pit, s.is_deleted)
                IS NOT DISTINCT FROM
                (l.time_ms, l.elapsed_ms, l.sector1_ms, l.sector2_ms, l.sector3_ms,
                 l.position, l.in_pit, l.is_deleted)
      )
    GROUP BY 1
),
stored AS (
    SELECT r.id, count(*) AS laps
    FROM race r
    JOIN races_entrant e ON e.race_id = r.id
    JOIN races_lap l ON l.entrant_id = e.id
    WHERE %(complete)s::uuid IS NOT NULL
    GROUP BY 1
),
unchanged AS (
    SELECT r.*, r.laps_floor < %(complete)s::uuid IS TRUE AS is_raised,
           jsonb_build_object('read', r.laps_staged, 'unchanged', r.laps_staged) AS counts
    FROM race r
    JOIN same ON same.id = r.id AND same.laps = r.laps_staged
    LEFT JOIN stored ON stored.id = r.id
    WHERE r.laps_floor >= %(complete)s::uuid IS NOT FALSE OR stored.laps = same.laps
),
raised AS (
    UPDATE races_race r
    SET laps_floor = %(complete)s, laps_floor_columns = %(lap_columns)s
    FROM unchanged u WHERE r.id = u.id AND u.is_raised
)
UPDATE imports_racecheckpoint c
SET state = 'done', finished_at = clock_timestamp(), race_id = u.id, rows = u.counts,
    laps = u.counts,
    undo = CASE WHEN u.is_raised THEN jsonb_build_object('floors', jsonb_build_object(
        'laps_floor', replace(u.laps_floor::text, '-', ''),
        'laps_floor_columns', u.laps_floor_columns
    )) ELSE '{{}}' END
FROM unchanged u
WHERE c.id = u.checkpoint_id
