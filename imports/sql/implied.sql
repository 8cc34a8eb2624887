-- name: imply_shared
-- Venues, teams, competitors or meetings that are only referred to.
INSERT INTO {table} (source, key)
SELECT %(source)s, key FROM unnest(%(keys)s::text[]) AS k (key) ORDER BY key
ON CONFLICT (source, key) DO NOTHING
RETURNING id

-- name: open_race
-- The race by its key and its entrants' ids, all that its rows need to be written.
-- What is not stored and only mentioned, by laps or stops, is made as an implied row;
-- entrants that the run states (%(stated)s) are left to the one who writes them.
WITH made_race AS (
    INSERT INTO races_race (meeting_id, key, kind)
    SELECT %(meeting)s, %(race_key)s, %(kind)s
    WHERE NOT EXISTS (
        SELECT 1 FROM races_race WHERE meeting_id = %(meeting)s AND key = %(race_key)s
    )
    ON CONFLICT (meeting_id, key) DO NOTHING
    RETURNING id
),
race AS (
    SELECT id FROM made_race
    UNION ALL
    SELECT id FROM races_race
    WHERE meeting_id = %(meeting)s AND key = %(race_key)s
),
stored AS (
    SELECT key, id FROM races_entrant WHERE race_id = (SELECT id FROM race)
),
mentioned AS (
    SELECT entrant_key AS key FROM {laps}
    WHERE meeting_key = %(meeting_key)s AND race_key = %(race_key)s
    UNION
    SELECT unnest(%(mentioned)s::text[])
    EXCEPT
    SELECT unnest(%(stated)s::text[])
    EXCEPT
    SELECT key FROM stored
),
made AS (
    INSERT INTO races_entrant (race_id, key)
    SELECT race.id, mentioned.key FROM race, mentioned ORDER BY mentioned.key
    ON CONFLICT (race_id, key) DO NOTHING
    RETURNING key, id
),
entrant AS (
    SELECT key, id FROM made UNION ALL SELECT key, id FROM stored
)
SELECT race.id,
       EXISTS (SELECT 1 FROM made_race) AS is_made,
       ARRAY(SELECT id FROM made ORDER BY key) AS made_entrants,
       ARRAY(SELECT key FROM entrant ORDER BY key),
       ARRAY(SELECT id FROM entrant ORDER BY key),
       EXISTS (
           SELECT 1 FROM races_lap WHERE entrant_id = ANY (ARRAY(SELECT id FROM stored))
       ) AS has_laps,
       r.laps_floor, r.laps_floor_columns, r.entrants_floor, r.pit_stops_floor
FROM race
-- None for a race that this statement makes: its floors are the first ones.
LEFT JOIN races_race r USING (id)
