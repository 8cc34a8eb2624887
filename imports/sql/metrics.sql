-- Times by statement_timestamp(): clock_timestamp() is volatile, and no index serves it.

-- name: count_races
-- An index holds the states alone.
SELECT state, count(*) FROM imports_racecheckpoint GROUP BY state

-- name: count_runs
-- All runs by state and trigger: how many, the laps they wrote and the rows they refused,
-- and when the last one ended.
SELECT state, trigger, count(*),
       coalesce(sum(COALESCE((laps ->> 'inserted')::bigint, 0)
                    + COALESCE((laps ->> 'updated')::bigint, 0)), 0)::bigint,
       coalesce(sum((rows ->> 'rejected')::bigint), 0)::bigint,
       extract(epoch FROM max(finished_at))::float8
FROM imports_importrun
GROUP BY state, trigger

-- name: count_alerts
SELECT severity, state, count(*) FROM imports_alert WHERE state <> 'closed' GROUP BY 1, 2

-- name: count_deliveries
-- Those that wait or were given up on; the sent ones are many.
SELECT state, count(*) FROM imports_alertdelivery
WHERE state IN ('waiting', 'given up') GROUP BY state

-- name: count_open_conflicts
SELECT count(*) FROM imports_conflict WHERE state = 'open'

-- name: queue_depth
-- Doorbells that no worker has heard yet.
SELECT count(*) FROM django_q_ormq

-- name: pulses
-- By what processes are: there is a new one every so many tasks.
SELECT role, extract(epoch FROM max(seen_at))::float8,
       max(peak_memory_bytes)
           FILTER (WHERE seen_at > statement_timestamp() - interval '15 minutes')
FROM imports_pulse
GROUP BY role
