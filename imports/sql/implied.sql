-- name: imply_race
-- The race by its key, made as an implied row where it is not stored.
WITH made AS (
    INSERT INTO races_race (meeting_id, key, kind)
    VALUES (%(meeting)s, %(key)s, %(kind)s)
    ON CONFLICT (meeting_id, key) DO NOTHING
    RETURNING id, laps_floor
)
SELECT id, laps_floor FROM made
UNION ALL
SELECT id, laps_floor FROM races_race WHERE meeting_id = %(meeting)s AND key = %(key)s

-- name: imply_entrants
-- The entrants of the race by key; those that only laps or stops mention are made.
WITH mentioned AS (
    SELECT entrant_key AS key FROM {laps}
    WHERE meeting_key = %(meeting_key)s AND race_key = %(race_key)s
    UNION
    SELECT unnest(%(keys)s::text[])
),
made AS (
    INSERT INTO races_entrant (race_id, key)
    SELECT %(race)s, key FROM mentioned ORDER BY key
    ON CONFLICT (race_id, key) DO NOTHING
    RETURNING key, id
)
SELECT key, id FROM made
UNION ALL
SELECT key, id FROM races_entrant WHERE race_id = %(race)s
