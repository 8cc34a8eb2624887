-- name: make_room
-- For the sorts of a page's percentiles. Compiling its statements takes longer than they.
SELECT set_config('work_mem', '64MB', false), set_config('jit', 'off', false)

-- name: give_room_back
SELECT set_config('work_mem', reset_val, false) FROM pg_settings WHERE name = 'work_mem'
UNION ALL
SELECT set_config('jit', reset_val, false) FROM pg_settings WHERE name = 'jit'

-- name: timings_of_races
-- Races that were written, of a window and of the one before it; apart, so that two
-- processes of the server can sort at the same time. All columns stand in the index.
SELECT true AS is_now, measured.*
FROM (
-- include: measured_races
    WHERE finished_at >= %(since)s AND finished_at < %(until)s AND total_ms IS NOT NULL
) AS measured
UNION ALL
SELECT false, measured.*
FROM (
-- include: measured_races
    WHERE finished_at >= %(before)s AND finished_at < %(since)s AND total_ms IS NOT NULL
) AS measured

-- name: measured_races
SELECT count(*) AS races,
       coalesce(sum(laps_staged::bigint + records_staged), 0)::bigint AS rows,
       percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY fetch_ms)
           AS fetch,
       max(fetch_ms) AS fetch_max, sum(fetch_ms) AS fetch_sum,
       percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY transform_ms)
           AS transform,
       max(transform_ms) AS transform_max, sum(transform_ms) AS transform_sum,
       percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY write_ms)
           AS write,
       max(write_ms) AS write_max, sum(write_ms) AS write_sum,
       percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY total_ms)
           AS total,
       max(total_ms) AS total_max, sum(total_ms) AS total_sum
FROM imports_racecheckpoint

-- name: timings_of_stages
-- Stages of runs and files, that began in the window or in the one before it.
SELECT stage, started_at >= %(since)s AS is_now, count(*) AS n,
       percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY seconds * 1000)
           AS percentiles,
       max(seconds) * 1000 AS max, sum(seconds) * 1000 AS sum, sum(rows)::bigint AS rows
FROM imports_stagetiming
WHERE started_at >= %(before)s AND started_at < %(until)s
GROUP BY stage, is_now

-- name: waits_of_runs
-- Runs that were asked for in the window or in the one before it: until a worker began
-- with each, and until a lane claimed the first of its races. A run that was gone on with
-- has begun again: its first stage says when it first did.
WITH first_stage AS (
    SELECT run_id, min(started_at) AS started_at
    FROM imports_stagetiming
    WHERE started_at >= %(before)s AND started_at < %(until)s
    GROUP BY run_id
),
first_claim AS (
    SELECT run_id, min(claimed_at) AS claimed_at
    FROM imports_racecheckpoint
    WHERE finished_at >= %(before)s AND finished_at < %(until)s AND total_ms IS NOT NULL
    GROUP BY run_id
),
waited AS (
    SELECT r.created_at >= %(since)s AS is_now,
           date_part('epoch', least(r.started_at, s.started_at) - r.created_at) * 1000
               AS worker,
           date_part('epoch', f.claimed_at - r.created_at) * 1000 AS race
    FROM imports_importrun r
    LEFT JOIN first_stage s ON s.run_id = r.id
    LEFT JOIN first_claim f ON f.run_id = r.id
    WHERE r.created_at >= %(before)s AND r.created_at < %(until)s
)
SELECT is_now,
       count(worker) AS worker_n,
       percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY worker)
           AS worker,
       max(worker) AS worker_max,
       count(race) AS race_n,
       percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY race) AS race,
       max(race) AS race_max
FROM waited
GROUP BY is_now

-- name: costs_of_races
-- What a race asked of the database, and how near it came to its windows.
SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY queries::float) AS queries,
       max(queries) AS queries_max,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY connections::float) AS connections_p95,
       max(connections) AS connections_max,
       count(*) FILTER (WHERE write_ms >= %(near)s * %(write)s AND write_ms <= %(write)s)
           AS write_near,
       count(*) FILTER (WHERE write_ms > %(write)s) AS write_over,
       count(*) FILTER (WHERE total_ms >= %(near)s * %(race)s AND total_ms <= %(race)s)
           AS race_near,
       count(*) FILTER (WHERE total_ms > %(race)s) AS race_over
FROM imports_racecheckpoint
WHERE finished_at >= %(since)s AND finished_at < %(until)s AND total_ms IS NOT NULL

-- name: rates_over_time
-- Rows that were written in each step of the window, and for how long at least one lane
-- worked at them: from the last race to the first, each adds what it worked before any
-- that ended after it had begun.
WITH worked AS (
    SELECT date_bin(%(step)s, finished_at, %(since)s) AS step,
           laps_staged::bigint + records_staged AS rows,
           date_part('epoch', least(finished_at, min(claimed_at) OVER (
               ORDER BY finished_at DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           )) - claimed_at) AS alone
    FROM imports_racecheckpoint
    WHERE finished_at >= %(since)s AND finished_at < %(until)s AND total_ms IS NOT NULL
)
SELECT step, count(*) AS races, sum(rows)::bigint AS rows,
       coalesce(sum(alone) FILTER (WHERE alone > 0), 0) AS seconds
FROM worked
GROUP BY step
ORDER BY step

-- name: raced_with
-- What was in force for each of the newest races that a lane settled: its own options
-- over its run's.
SELECT c.run_id, c.claimed_at, c.finished_at, c.laps_staged, c.write_ms, c.is_done,
       coalesce(c.options ->> 'writer', r.options ->> 'writer') AS writer,
       coalesce(c.options ->> 'batch_rows', r.options ->> 'batch_rows')::integer
           AS batch_rows,
       coalesce(c.options ->> 'concurrency', r.options ->> 'concurrency')::integer
           AS lanes
FROM (
    SELECT run_id, claimed_at, finished_at, laps_staged, write_ms, options,
           total_ms IS NOT NULL AS is_done
    FROM imports_racecheckpoint
    WHERE finished_at >= %(since)s AND finished_at < %(until)s
      AND (total_ms IS NOT NULL OR state = 'failed' AND claimed_at IS NOT NULL)
    ORDER BY finished_at DESC
    LIMIT %(newest)s
) AS c
JOIN imports_importrun r ON r.id = c.run_id

-- name: races_by_writer
WITH raced AS (
-- include: raced_with
)
SELECT writer, batch_rows,
       count(*) FILTER (WHERE is_done) AS races,
       count(*) FILTER (WHERE NOT is_done) AS failed,
       coalesce(sum(laps_staged) FILTER (WHERE is_done), 0)::bigint AS laps,
       percentile_cont(ARRAY[0.5, 0.95])
           WITHIN GROUP (ORDER BY write_ms * 1000 / nullif(laps_staged, 0))
           AS ms_per_1000,
       coalesce(sum(write_ms) FILTER (WHERE laps_staged > 0), 0) / 1000 AS seconds
FROM raced
GROUP BY writer, batch_rows
ORDER BY races DESC
LIMIT %(limit)s

-- name: races_by_lanes
-- By the lanes that their runs were given. Of each run the time in which at least one of
-- its lanes worked is counted once; five races that were claimed one after another are a
-- batch, the last of a run may be smaller.
WITH raced AS MATERIALIZED (
    SELECT run_id, lanes, is_done, laps_staged, write_ms, claimed_at, finished_at,
           date_part('epoch', finished_at - greatest(claimed_at, max(finished_at) OVER (
               in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ))) AS alone,
           (row_number() OVER in_order - 1) / 5 AS batch
    FROM (
-- include: raced_with
    ) AS raced
    WINDOW in_order AS (PARTITION BY is_done, run_id ORDER BY claimed_at)
),
batches AS (
    SELECT lanes, count(*) AS judged,
           count(*) FILTER (WHERE wall >= %(near)s * %(batch)s AND wall <= %(batch)s)
               AS near,
           count(*) FILTER (WHERE wall > %(batch)s) AS over
    FROM (
        SELECT min(lanes) AS lanes,
               date_part('epoch', max(finished_at) - min(claimed_at)) * 1000 AS wall
        FROM raced WHERE is_done GROUP BY run_id, batch
    ) AS batch
    GROUP BY lanes
),
sums AS (
    SELECT lanes,
           count(*) FILTER (WHERE is_done) AS races,
           count(*) FILTER (WHERE NOT is_done) AS failed,
           coalesce(sum(laps_staged) FILTER (WHERE is_done), 0)::bigint AS laps,
           percentile_cont(ARRAY[0.5, 0.95])
               WITHIN GROUP (ORDER BY write_ms * 1000 / nullif(laps_staged, 0))
               AS ms_per_1000,
           coalesce(sum(alone) FILTER (WHERE is_done AND alone > 0), 0) AS seconds
    FROM raced
    GROUP BY lanes
)
SELECT s.lanes, s.races, s.failed, s.laps, s.ms_per_1000, s.seconds,
       coalesce(b.judged, 0) AS batches, coalesce(b.near, 0) AS batches_near,
       coalesce(b.over, 0) AS batches_over
FROM sums s
LEFT JOIN batches b ON b.lanes IS NOT DISTINCT FROM s.lanes
ORDER BY s.lanes

-- name: slowest_races
SELECT id FROM imports_racecheckpoint
WHERE finished_at >= %(since)s AND finished_at < %(until)s AND total_ms IS NOT NULL
ORDER BY total_ms DESC, id
LIMIT %(limit)s

-- name: connections_by_name
-- Of this database, whatever process they are in.
SELECT coalesce(nullif(application_name, ''), 'unnamed') AS name, count(*) AS connections
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT %(limit)s

-- name: batches_of_run
-- Five races that were claimed one after another, from the first claim to the last end.
SELECT batch + 1 AS number,
       date_part('epoch', max(finished_at) - min(claimed_at)) * 1000 AS wall
FROM (
    SELECT claimed_at, finished_at,
           (row_number() OVER (ORDER BY claimed_at) - 1) / 5 AS batch
    FROM imports_racecheckpoint
    WHERE run_id = %(run)s AND total_ms IS NOT NULL
) AS raced
GROUP BY batch
ORDER BY batch

-- name: lanes_of_run
-- What each lane did: a race in work counts up to now, unless its lane has lost it.
SELECT owner, count(*) AS races, sum(laps_staged)::bigint AS laps,
       min(claimed_at) AS since, max(ended_at) AS until,
       date_part('epoch', sum(ended_at - claimed_at)) AS seconds
FROM (
    SELECT owner, laps_staged, claimed_at,
           coalesce(finished_at, least(lease_until, clock_timestamp())) AS ended_at
    FROM imports_racecheckpoint
    WHERE run_id = %(run)s AND claimed_at IS NOT NULL
      AND state IN ('claimed', 'done', 'failed')
) AS raced
GROUP BY owner
ORDER BY since, owner
LIMIT %(limit)s

-- name: stages_of_run
SELECT stage, count(*) AS n, sum(seconds) AS seconds, sum(rows)::bigint AS rows,
       min(started_at) AS since, max(started_at + seconds * interval '1 second') AS until
FROM imports_stagetiming
WHERE run_id = %(run)s AND started_at IS NOT NULL
GROUP BY stage
ORDER BY since, min(id)

-- name: closeness_of_batches
SELECT count(*) FILTER (WHERE wall >= %(near)s * %(batch)s AND wall <= %(batch)s) AS near,
       count(*) FILTER (WHERE wall > %(batch)s) AS over
FROM (
-- include: batches_of_run
) AS batch
