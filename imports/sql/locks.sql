-- name: take_source_lock
-- Of the session: it goes with its connection. A host that is cut off without a word
-- is noticed in a minute.
SELECT pg_try_advisory_lock(hashtextextended(%(key)s, 0)),
       set_config('tcp_keepalives_idle', '30', false),
       set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '3', false)

-- name: source_lock_holder
-- Who has it, since when, and for how long it has been silent.
SELECT a.pid, a.backend_start,
       EXTRACT(EPOCH FROM clock_timestamp() - a.state_change)
FROM pg_locks l
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
  AND a.datname = current_database()
  AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(%(key)s, 0)

-- name: end_source_lock
-- Of a holder that is frozen: its connection of locks, and no other.
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity WHERE pid = %(pid)s AND application_name = %(name)s

-- name: beat_source_lock
SELECT 1
