-- name: register_worker
INSERT INTO imports_workerheartbeat
    (name, host, state, started_at, seen_at, restarts, message)
VALUES (%(name)s, %(host)s, 'starting', clock_timestamp(), clock_timestamp(), 0, '')
RETURNING id

-- name: restore_worker
-- Its row was removed, and it is here.
INSERT INTO imports_workerheartbeat
    (id, name, host, state, started_at, seen_at, restarts, message)
VALUES (%(id)s, %(name)s, %(host)s, 'starting', clock_timestamp(), clock_timestamp(), 0,
        '')
ON CONFLICT DO NOTHING

-- name: worker_started
UPDATE imports_workerheartbeat
SET pid = %(pid)s, state = 'starting', started_at = clock_timestamp(),
    seen_at = clock_timestamp(), asked_at = NULL, beat_at = NULL,
    restarts = %(restarts)s, message = %(message)s
WHERE id = %(id)s

-- name: move_worker
UPDATE imports_workerheartbeat
SET state = %(state)s, seen_at = clock_timestamp()
WHERE id = %(id)s

-- name: see_worker
-- The watchdog is here; what is answered is not asked any more. Gives for how long a
-- canary is unanswered (0: none is), and how long ago the last was rung or any task beat
-- (NULL: never).
UPDATE imports_workerheartbeat
SET seen_at = clock_timestamp(),
    asked_at = CASE WHEN beat_at >= asked_at THEN NULL ELSE asked_at END
WHERE id = %(id)s
RETURNING COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - asked_at), 0),
          EXTRACT(EPOCH FROM clock_timestamp() - GREATEST(rung_at, beat_at))

-- name: ask_worker
UPDATE imports_workerheartbeat
SET rung_at = clock_timestamp(), asked_at = COALESCE(asked_at, clock_timestamp())
WHERE id = %(id)s

-- name: forgive_worker
-- Nobody could have heard the answer: it is asked anew.
UPDATE imports_workerheartbeat SET asked_at = NULL WHERE id = %(id)s

-- name: beat_worker
UPDATE imports_workerheartbeat
SET beat_at = clock_timestamp(),
    state = CASE WHEN state = 'starting' THEN 'working' ELSE state END
WHERE id = %(id)s
RETURNING state = 'stopping'

-- name: is_canary_awaited
SELECT 1 FROM imports_workerheartbeat
WHERE id = %(id)s AND state IN ('starting', 'working')
  AND asked_at > clock_timestamp() - %(seconds)s * interval '1 second'
  AND (beat_at >= asked_at) IS NOT TRUE

-- name: forget_workers
DELETE FROM imports_workerheartbeat
WHERE seen_at < clock_timestamp() - %(seconds)s * interval '1 second'
