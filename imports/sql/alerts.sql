-- Times by statement_timestamp(): clock_timestamp() is volatile, and no index serves it.

-- name: lock_evaluation
-- One watcher evaluates the rules; the others skip it.
SELECT pg_try_advisory_xact_lock(hashtextextended('alerts', 0)),
       set_config('statement_timeout', %(statement_timeout)s, true),
       set_config('jit', 'off', true)

-- name: duplicate_keys
-- Attempts that met a key which another writer had just taken, and a run of them.
SELECT count(*), count(DISTINCT run_id), max(run_id)
FROM imports_failedattempt
WHERE failed_at > statement_timestamp() - %(minutes)s * interval '1 minute'
  AND sqlstate = '23505'

-- name: write_errors
-- Races with an attempt that failed, and all races that were worked. Races that were
-- settled at once, unchanged, were not.
WITH failed AS (
    SELECT DISTINCT checkpoint_id AS id
    FROM imports_failedattempt
    WHERE failed_at > statement_timestamp() - %(minutes)s * interval '1 minute'
      AND checkpoint_id IS NOT NULL
),
written AS (
    SELECT id
    FROM imports_racecheckpoint
    WHERE finished_at > statement_timestamp() - %(minutes)s * interval '1 minute'
      AND state = 'done' AND attempts > 0
)
SELECT (SELECT count(*) FROM failed),
       (SELECT count(*) FROM (SELECT id FROM failed UNION SELECT id FROM written) AS a)

-- name: write_times
-- Milliseconds of writing 1,000 laps: races, p50, p95, p99. Small races are left out:
-- they cost what a transaction costs.
SELECT count(*),
       percentile_cont(ARRAY[0.5, 0.95, 0.99])
           WITHIN GROUP (ORDER BY write_ms * 1000 / laps_staged)
FROM imports_racecheckpoint
WHERE finished_at > statement_timestamp() - %(minutes)s * interval '1 minute'
  AND state = 'done' AND write_ms IS NOT NULL AND laps_staged >= %(laps)s

-- name: throughput
-- Laps a second of the runs that ended just now, and of those of the days before;
-- both medians, with how many runs they are of. Runs that were small say little.
WITH ended AS (
    SELECT finished_at > statement_timestamp() - %(minutes)s * interval '1 minute' AS is_new,
           (laps ->> 'read')::bigint
               / greatest(extract(epoch FROM finished_at - started_at), 0.001) AS pace
    FROM imports_importrun
    WHERE created_at > statement_timestamp() - (%(days)s + 1) * interval '1 day'
      AND finished_at > statement_timestamp() - %(days)s * interval '1 day'
      AND kind = 'import' AND state IN ('succeeded', 'partial')
      AND started_at IS NOT NULL AND (laps ->> 'read')::bigint >= %(laps)s
)
SELECT count(*) FILTER (WHERE is_new),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY pace) FILTER (WHERE is_new),
       count(*) FILTER (WHERE NOT is_new),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY pace) FILTER (WHERE NOT is_new)
FROM ended

-- name: failed_races
-- Runs with races that failed lately, or of which an alert says so: the races, those
-- that were quarantined, all races; open alerts first, and how many runs there are.
WITH told AS (
    SELECT substring(subject FROM 5)::bigint AS run_id
    FROM imports_alert
    WHERE rule = 'failed_races' AND state <> 'closed' AND subject ~ '^run \d{{1,18}}$'
)
SELECT c.run_id, count(*), count(*) FILTER (WHERE c.error_code = 'quarantined'),
       (array_agg(c.meeting_key || '/' || c.race_key ORDER BY c.number))[1],
       (array_agg(c.message ORDER BY c.number))[1],
       count(*) OVER ()
FROM imports_racecheckpoint c
LEFT JOIN told ON told.run_id = c.run_id
WHERE c.state = 'failed'
  AND (told.run_id IS NOT NULL
       OR c.finished_at > statement_timestamp() - %(hours)s * interval '1 hour')
GROUP BY c.run_id, told.run_id
HAVING count(*) > %(most)s
ORDER BY told.run_id IS NULL, c.run_id DESC
LIMIT %(limit)s

-- name: failed_runs
SELECT r.id, r.message, count(*) OVER ()
FROM imports_importrun r
LEFT JOIN imports_alert a
    ON a.rule = 'failed_runs' AND a.state <> 'closed' AND a.subject = 'run ' || r.id
WHERE r.state = 'failed'
  AND (a.id IS NOT NULL
       OR r.finished_at > statement_timestamp() - %(hours)s * interval '1 hour')
ORDER BY a.id IS NULL, r.id DESC
LIMIT %(limit)s

-- name: missing_laps
-- Runs that lately wrote laps of races whose results tell of more laps than are held.
WITH told AS (
    SELECT substring(subject FROM 5)::bigint AS run_id
    FROM imports_alert
    WHERE rule = 'missing_laps' AND state <> 'closed' AND subject ~ '^run \d{{1,18}}$'
),
brought AS (
    SELECT run_id, race_id, false AS is_told
    FROM imports_racecheckpoint
    WHERE finished_at > statement_timestamp() - %(minutes)s * interval '1 minute'
      AND state = 'done' AND laps_staged > 0 AND race_id IS NOT NULL
      AND run_id NOT IN (SELECT run_id FROM told)
    UNION ALL
    SELECT run_id, race_id, true
    FROM imports_racecheckpoint
    WHERE run_id IN (SELECT run_id FROM told)
      AND state = 'done' AND laps_staged > 0 AND race_id IS NOT NULL
)
SELECT b.run_id, count(*), sum(s.missing_laps)::bigint, sum(s.expected_laps)::bigint,
       (array_agg(b.race_id ORDER BY s.missing_laps DESC, b.race_id))[1],
       count(*) OVER ()
FROM brought b
JOIN stats_racestats s USING (race_id)
WHERE s.missing_laps > 0
GROUP BY b.run_id, b.is_told
HAVING sum(s.missing_laps) > %(most)s
ORDER BY b.is_told DESC, b.run_id DESC
LIMIT %(limit)s

-- name: unworked
-- Part of statements: the runs that wait for a worker, and since when. Nothing waits
-- while the kill switch is off; a cancelled run, a paused one and a plan wait for nobody.
SELECT r.id, r.state, COALESCE(r.queued_at, r.created_at) AS since
FROM imports_importrun r
WHERE r.state = 'queued' AND NOT r.is_cancel_requested AND NOT r.is_paused AND (SELECT is_on FROM switch)
UNION ALL
SELECT r.id, r.state,
       COALESCE(r.heartbeat_at, r.claimed_at, r.started_at, r.created_at)
FROM imports_importrun r
WHERE r.state IN ('staging', 'planned') AND NOT r.is_cancel_requested AND NOT r.is_paused
  AND NOT (r.state = 'planned' AND COALESCE(r.options ->> 'dry_run', '') = 'true')
  AND (SELECT is_on FROM switch)
UNION ALL
SELECT r.id, r.state, GREATEST(
    r.claimed_at,
    (SELECT max(CASE WHEN c.lease_until > statement_timestamp() THEN statement_timestamp()
                     ELSE c.claimed_at END)
     FROM imports_racecheckpoint c
     WHERE c.state = 'claimed' AND c.run_id = r.id),
    (SELECT max(c.finished_at)
     FROM imports_racecheckpoint c
     WHERE c.run_id = r.id AND c.state IN ('done', 'failed')
       AND c.finished_at > statement_timestamp() - %(seconds)s * interval '1 second')
)
FROM imports_importrun r
WHERE r.state = 'writing' AND NOT r.is_cancel_requested AND NOT r.is_paused AND (SELECT is_on FROM switch)
  AND EXISTS (SELECT 1 FROM imports_racecheckpoint c
              WHERE c.run_id = r.id AND c.state IN ('waiting', 'claimed'))

-- name: signs_of_life
-- Part of statements: when a lane last claimed or ended a race, or a run was taken on.
SELECT GREATEST(
    (SELECT max(CASE WHEN lease_until > statement_timestamp() THEN statement_timestamp()
                     ELSE claimed_at END)
     FROM imports_racecheckpoint WHERE state = 'claimed'),
    (SELECT max(finished_at) FROM imports_racecheckpoint
     WHERE state IN ('done', 'failed')),
    (SELECT max(GREATEST(claimed_at, CASE WHEN state IN ('staging', 'planned')
                                          THEN heartbeat_at END))
     FROM imports_importrun WHERE state IN ('queued', 'staging', 'planned', 'writing'))
) AS at

-- name: ingestion_is_on
-- Part of statements.
SELECT NOT EXISTS (
-- include: kill_switch
) AS is_on

-- name: runs_nobody_works
-- Queued runs wait behind others as long as any worker takes something; they are told
-- of together. Any other run is told of by itself.
WITH switch AS (
-- include: ingestion_is_on
),
unworked AS (
-- include: unworked
),
life AS (
-- include: signs_of_life
)
SELECT CASE WHEN u.state = 'queued' THEN 'queue' ELSE 'run ' || u.id END AS subject,
       count(*), min(u.id),
       extract(epoch FROM statement_timestamp() - CASE
           WHEN u.state = 'queued'
           THEN GREATEST(min(u.since), (SELECT at FROM life)) ELSE min(u.since)
       END)::float8,
       count(*) OVER ()
FROM unworked u
WHERE u.since < statement_timestamp() - %(seconds)s * interval '1 second'
  AND (u.state <> 'queued'
       OR (SELECT at FROM life) < statement_timestamp() - %(seconds)s * interval '1 second'
          IS NOT FALSE)
GROUP BY 1, u.state
ORDER BY u.state <> 'queued', 3
LIMIT %(limit)s

-- name: worker_health
-- Whether ingestion is on, runs that wait, since when the first does, and when anybody
-- last worked.
WITH switch AS (
-- include: ingestion_is_on
),
unworked AS (
-- include: unworked
),
life AS (
-- include: signs_of_life
)
SELECT (SELECT is_on FROM switch), count(*), min(since), (SELECT at FROM life),
       statement_timestamp()
FROM unworked

-- name: claim_delivery
-- The next message of a channel that is due, for nobody else until it should long be
-- sent. What is told of one alert keeps its order.
UPDATE imports_alertdelivery
SET attempts = attempts + 1,
    next_at = statement_timestamp() + %(seconds)s * interval '1 second'
WHERE id = (
    SELECT d.id FROM imports_alertdelivery d
    WHERE d.channel = %(channel)s AND d.state = 'waiting'
      AND d.next_at <= statement_timestamp()
      AND NOT EXISTS (
          SELECT 1 FROM imports_alertdelivery e
          WHERE e.alert_id = d.alert_id AND e.channel = d.channel AND e.id < d.id
            AND e.state = 'waiting'
      )
    ORDER BY d.next_at, d.id
    FOR UPDATE SKIP LOCKED
    LIMIT 1
)
RETURNING id
