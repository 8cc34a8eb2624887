-- name: insert_laps
-- The laps of a race that has none yet, from staging into races_lap: nothing to
-- compare, half the work. Of a key that stands twice it inserts the row that wins;
-- merge_laps then counts the others, and finds what was inserted here unchanged.
--
-- The lock of the race keeps our other writers away. One that does not heed it makes
-- this fail with a duplicate key: the race is tried again, and merged.
WITH file AS (
    SELECT * FROM unnest(
        %(file_numbers)s::integer[], %(versions)s::uuid[], %(columns)s::smallint[]
    ) AS f (file_number, version, columns)
),
entrant AS (
    SELECT * FROM unnest(%(entrant_keys)s::text[], %(entrant_ids)s::bigint[])
        AS e (entrant_key, id)
)
INSERT INTO races_lap (
    entrant_id, number, time_ms, elapsed_ms, sector1_ms, sector2_ms, sector3_ms,
    position, columns, in_pit, is_deleted, version
)
SELECT DISTINCT ON (e.id, s.number)
       e.id, s.number, s.time_ms, s.elapsed_ms, s.sector1_ms, s.sector2_ms,
       s.sector3_ms, s.position, f.columns, s.in_pit, s.is_deleted, f.version
FROM {laps} s
JOIN file f USING (file_number)
JOIN entrant e ON e.entrant_key = s.entrant_key COLLATE "C"
WHERE s.meeting_key = %(meeting_key)s AND s.race_key = %(race_key)s
  AND f.version >= %(floor)s
-- The highest version of a key comes first, and stays.
ORDER BY e.id, s.number, f.version DESC, s.row_number DESC

-- name: merge_laps
-- The laps of one race, from staging into races_lap, in one statement.
--
-- Holds where every row, staged and stored, states the same columns; is_mixed says
-- that it does not, and then nothing was written (the orm writer decides column by
-- column). Rows that would not change are left out before the upsert, so that they
-- cost no write; ON CONFLICT carries the correctness.
WITH file AS (
    SELECT * FROM unnest(
        %(file_numbers)s::integer[], %(versions)s::uuid[], %(columns)s::smallint[]
    ) AS f (file_number, version, columns)
),
entrant AS (
    SELECT * FROM unnest(%(entrant_keys)s::text[], %(entrant_ids)s::bigint[])
        AS e (entrant_key, id)
),
incoming AS (
    SELECT DISTINCT ON (e.id, s.number)
           e.id AS entrant_id, s.number, f.version, f.columns,
           s.time_ms, s.elapsed_ms, s.sector1_ms, s.sector2_ms, s.sector3_ms,
           s.position, s.in_pit, s.is_deleted
    FROM {laps} s
    JOIN file f USING (file_number)
    JOIN entrant e ON e.entrant_key = s.entrant_key COLLATE "C"
    WHERE s.meeting_key = %(meeting_key)s AND s.race_key = %(race_key)s
    ORDER BY e.id, s.number, f.version DESC, s.row_number DESC
),
compared AS (
    SELECT i.*,
           l.version AS stored_version,
           l.entrant_id IS NOT NULL AND (l.older IS NOT NULL OR l.columns <> i.columns)
               AS is_mixed,
           (i.time_ms, i.elapsed_ms, i.sector1_ms, i.sector2_ms, i.sector3_ms,
            i.position, i.in_pit, i.is_deleted)
           IS DISTINCT FROM
           (l.time_ms, l.elapsed_ms, l.sector1_ms, l.sector2_ms, l.sector3_ms,
            l.position, l.in_pit, l.is_deleted) AS differs
    FROM incoming i
    LEFT JOIN races_lap l
        ON l.entrant_id = i.entrant_id AND l.number = i.number
       -- Said again for the planner: only these entrants' laps, whatever it estimates.
       AND l.entrant_id = ANY (%(entrant_ids)s::bigint[])
),
classified AS (
    SELECT *,
           CASE
               WHEN version < %(floor)s THEN 'older'
               WHEN stored_version IS NULL THEN 'inserted'
               WHEN version < stored_version THEN 'older'
               WHEN differs THEN 'updated'
               -- The stored version must rise, or a late file between the two wins.
               WHEN version > stored_version THEN 'raised'
               ELSE 'unchanged'
           END AS outcome
    FROM compared
),
summary AS (
    SELECT count(*) FILTER (WHERE outcome = 'inserted') AS inserted,
           count(*) FILTER (WHERE outcome = 'updated') AS updated,
           count(*) FILTER (WHERE outcome IN ('raised', 'unchanged')) AS unchanged,
           count(*) FILTER (WHERE outcome = 'older') AS older,
           count(*) FILTER (WHERE differs AND version <> stored_version) AS conflicts,
           coalesce(bool_or(is_mixed), false) AS is_mixed
    FROM classified
),
written AS (
    INSERT INTO races_lap AS l (
        entrant_id, number, time_ms, elapsed_ms, sector1_ms, sector2_ms, sector3_ms,
        position, columns, in_pit, is_deleted, version
    )
    SELECT entrant_id, number, time_ms, elapsed_ms, sector1_ms, sector2_ms, sector3_ms,
           position, columns, in_pit, is_deleted, version
    FROM classified
    WHERE outcome IN ('inserted', 'updated', 'raised')
      AND NOT (SELECT is_mixed FROM summary)
    ORDER BY entrant_id, number
    ON CONFLICT (entrant_id, number) DO UPDATE SET
        time_ms = EXCLUDED.time_ms, elapsed_ms = EXCLUDED.elapsed_ms,
        sector1_ms = EXCLUDED.sector1_ms, sector2_ms = EXCLUDED.sector2_ms,
        sector3_ms = EXCLUDED.sector3_ms, position = EXCLUDED.position,
        in_pit = EXCLUDED.in_pit, is_deleted = EXCLUDED.is_deleted,
        version = EXCLUDED.version
    WHERE l.version <= EXCLUDED.version
)
SELECT inserted, updated, unchanged, older, conflicts, is_mixed FROM summary

-- name: count_differing_duplicates
-- Staged laps that stand behind another of the same key and say something else.
SELECT count(*)
FROM (
    SELECT (time_ms, elapsed_ms, sector1_ms, sector2_ms, sector3_ms, position, in_pit,
            is_deleted)
           IS DISTINCT FROM
           first_value((time_ms, elapsed_ms, sector1_ms, sector2_ms, sector3_ms,
                        position, in_pit, is_deleted)) OVER same_key AS differs
    FROM {laps} s
    JOIN unnest(%(file_numbers)s::integer[], %(versions)s::uuid[])
         AS f (file_number, version) USING (file_number)
    WHERE s.meeting_key = %(meeting_key)s AND s.race_key = %(race_key)s
    WINDOW same_key AS (
        PARTITION BY entrant_key, number ORDER BY version DESC, row_number DESC
    )
) AS ranked
WHERE differs

-- name: staged_laps
SELECT s.file_number, s.row_number, e.id, s.number,
       s.time_ms, s.elapsed_ms, s.position, s.sector1_ms, s.sector2_ms, s.sector3_ms,
       s.in_pit, s.is_deleted
FROM {laps} s
JOIN unnest(%(entrant_keys)s::text[], %(entrant_ids)s::bigint[]) AS e (entrant_key, id)
     ON e.entrant_key = s.entrant_key COLLATE "C"
WHERE s.meeting_key = %(meeting_key)s AND s.race_key = %(race_key)s
ORDER BY e.id, s.number

-- name: analyze_races
ANALYZE races_lap, races_entrant, races_race, races_meeting
