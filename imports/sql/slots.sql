-- name: take_slot
-- The first slot that no session has. Its taker is then known by name.
SELECT slot, current_setting('application_name'),
       set_config('application_name', %(name)s, false)
FROM generate_series(1, %(slots)s) AS slot
WHERE pg_try_advisory_lock(%(space)s, slot)
LIMIT 1

-- name: give_slot_back
SELECT pg_advisory_unlock(%(space)s, %(slot)s),
       set_config('application_name', %(name)s, false)

-- name: lane_connections
-- Of lanes of all runs on this database, whatever process they are in.
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = %(name)s
