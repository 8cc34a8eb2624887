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
-- The highest version of a key comes first, and stays.
ORDER BY e.id, s.number, f.version DESC, s.row_number DESC

-- name: classify_laps
-- The staged laps of one race beside the stored ones: what would become of each. Reads
-- only: merge_laps writes it, preview_laps shows it.
--
-- Holds where every row, staged and stored, states the same columns, and at most one
-- file is complete; is_mixed says that it does not (the orm writer then decides column
-- by column). A stored lap's effective version is the higher of its own and the floor.
file AS (
    SELECT * FROM unnest(
        %(file_numbers)s::integer[], %(versions)s::uuid[], %(columns)s::smallint[]
    ) AS f (file_number, version, columns)
),
entrant AS (
    SELECT * FROM unnest(%(entrant_keys)s::text[], %(entrant_ids)s::bigint[])
        AS e (entrant_key, id)
),
staged AS (
    SELECT e.id AS entrant_id, e.entrant_key, f.version, f.columns, s.number,
           s.row_number, s.time_ms, s.elapsed_ms, s.position, s.sector1_ms,
           s.sector2_ms, s.sector3_ms, s.in_pit, s.is_deleted
    FROM {laps} s
    JOIN file f USING (file_number)
    JOIN entrant e ON e.entrant_key = s.entrant_key COLLATE "C"
    WHERE s.meeting_key = %(meeting_key)s AND s.race_key = %(race_key)s
),
incoming AS (
    SELECT DISTINCT ON (entrant_id, number) * FROM staged
    ORDER BY entrant_id, number, version DESC, row_number DESC
),
compared AS (
    SELECT i.*,
           CASE WHEN l.entrant_id IS NOT NULL
                THEN greatest(l.version, %(floor)s::uuid) END AS was_version,
           l.version AS own_version, l.columns AS was_columns, l.older AS was_older,
           l.time_ms AS was_time_ms, l.elapsed_ms AS was_elapsed_ms,
           l.position AS was_position, l.sector1_ms AS was_sector1_ms,
           l.sector2_ms AS was_sector2_ms, l.sector3_ms AS was_sector3_ms,
           l.in_pit AS was_in_pit, l.is_deleted AS was_is_deleted,
           l.entrant_id IS NOT NULL
               AND (l.columns <> i.columns OR (l.older - '-') <> '{{}}'::jsonb) IS TRUE
               AS is_mixed,
           (i.time_ms, i.elapsed_ms, i.position, i.sector1_ms, i.sector2_ms,
            i.sector3_ms, i.in_pit, i.is_deleted)
           IS DISTINCT FROM
           (l.time_ms, l.elapsed_ms, l.position, l.sector1_ms, l.sector2_ms,
            l.sector3_ms, l.in_pit, l.is_deleted) AS differs
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
               WHEN was_version IS NULL THEN 'inserted'
               WHEN version < own_version THEN 'older'
               WHEN differs AND %(holds)s AND version <> was_version
                    AND version < %(manual)s THEN 'held'
               WHEN differs THEN 'updated'
               -- The stored version must rise, or a late file between the two wins; by
               -- a complete file the floor of the race rises instead.
               WHEN version > was_version AND %(complete)s::uuid IS NULL THEN 'raised'
               ELSE 'unchanged'
           END AS outcome,
           coalesce(differs AND version <> was_version, false) AS is_disputed
    FROM compared
),
-- Stored laps that the complete file does not hold.
omitted AS (
    SELECT l.*,
           l.version <= %(complete)s AND %(floor)s <= %(complete)s AS is_gone,
           (l.older - '-') <> '{{}}'::jsonb IS TRUE
               OR l.columns <> (SELECT min(columns) FROM incoming)
               -- It stays, and it must be kept that the file did not hold it.
               OR (NOT (l.version <= %(complete)s AND %(floor)s <= %(complete)s)
                   AND coalesce((l.older ->> '-')::uuid < %(complete)s, true))
               AS is_mixed
    FROM races_lap l
    WHERE %(complete)s::uuid IS NOT NULL
      AND l.entrant_id = ANY (%(entrant_ids)s::bigint[])
      AND NOT EXISTS (
          SELECT 1 FROM incoming i
          WHERE i.entrant_id = l.entrant_id AND i.number = l.number
      )
),
summary AS (
    SELECT (SELECT count(*) FROM staged) AS read,
           jsonb_build_object(
               'inserted', count(*) FILTER (WHERE outcome = 'inserted'),
               'updated', count(*) FILTER (WHERE outcome = 'updated'),
               'unchanged', count(*) FILTER (WHERE outcome IN ('raised', 'unchanged')),
               'older', count(*) FILTER (WHERE outcome = 'older'),
               'held', count(*) FILTER (WHERE outcome = 'held'),
               'removed', (SELECT count(*) FROM omitted WHERE is_gone),
               'conflicts',
               count(*) FILTER (WHERE is_disputed AND version < %(manual)s)
           ) AS counts,
           coalesce(bool_or(is_mixed), false)
               OR EXISTS (SELECT 1 FROM omitted WHERE is_mixed) AS is_mixed
    FROM classified
),
disputed AS (
    SELECT entrant_key AS key, number, was_version, 0 AS was_row, version,
           row_number AS row, outcome = 'held' AS is_held,
           jsonb_build_array(was_time_ms, was_elapsed_ms, was_position, was_sector1_ms,
                             was_sector2_ms, was_sector3_ms, was_in_pit,
                             was_is_deleted) AS was,
           jsonb_build_array(time_ms, elapsed_ms, position, sector1_ms, sector2_ms,
                             sector3_ms, in_pit, is_deleted) AS said
    FROM classified WHERE is_disputed
    ORDER BY entrant_id, number LIMIT %(details)s
)

-- name: merge_laps
-- The laps of one race, from staging into races_lap, in one statement; where they are
-- mixed nothing is written. Rows that would not change are left out before the upsert,
-- so that they cost no write; ON CONFLICT carries the correctness. What was before goes
-- to the revisions.
WITH
-- include: classify_laps
, written AS (
    INSERT INTO races_lap AS l (
        entrant_id, number, time_ms, elapsed_ms, sector1_ms, sector2_ms, sector3_ms,
        position, columns, in_pit, is_deleted, version, older
    )
    SELECT entrant_id, number, time_ms, elapsed_ms, sector1_ms, sector2_ms, sector3_ms,
           position, columns, in_pit, is_deleted, version,
           CASE WHEN %(floor)s::uuid > %(never)s
                THEN jsonb_build_object('-', replace(%(floor)s::text, '-', '')) END
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
),
removed AS (
    DELETE FROM races_lap l USING omitted o
    WHERE l.entrant_id = o.entrant_id AND l.number = o.number AND o.is_gone
      AND NOT (SELECT is_mixed FROM summary)
),
kept AS (
    INSERT INTO imports_laprevision (
        checkpoint_id, entrant_id, number, existed, is_removed, time_ms, elapsed_ms,
        sector1_ms, sector2_ms, sector3_ms, position, columns, in_pit, is_deleted,
        version, older
    )
    SELECT %(checkpoint)s, entrant_id, number, was_version IS NOT NULL, false,
           was_time_ms, was_elapsed_ms, was_sector1_ms, was_sector2_ms, was_sector3_ms,
           was_position, coalesce(was_columns, 0), was_in_pit, was_is_deleted,
           own_version, was_older
    FROM classified
    WHERE outcome IN ('inserted', 'updated', 'raised') AND %(is_listed)s
      AND NOT (SELECT is_mixed FROM summary)
    UNION ALL
    SELECT %(checkpoint)s, entrant_id, number, true, true, time_ms, elapsed_ms,
           sector1_ms, sector2_ms, sector3_ms, position, columns, in_pit, is_deleted,
           version, older
    FROM omitted
    WHERE is_gone AND NOT (SELECT is_mixed FROM summary)
)
SELECT read, counts, is_mixed,
       (SELECT jsonb_agg(to_jsonb(d)) FROM disputed d) AS details
FROM summary

-- name: plan_laps
WITH
-- include: classify_laps
SELECT read, counts, is_mixed,
       (SELECT jsonb_agg(to_jsonb(d)) FROM disputed d) AS details
FROM summary

-- name: planned_laps
-- A page of the laps that would change: new, old to new, held, removed; or of those
-- with one outcome.
WITH
-- include: classify_laps
, changed AS (
    SELECT entrant_key AS key, number, outcome,
           CASE WHEN was_version IS NOT NULL THEN
               jsonb_build_array(was_time_ms, was_elapsed_ms, was_position,
                                 was_sector1_ms, was_sector2_ms, was_sector3_ms,
                                 was_in_pit, was_is_deleted) END AS was,
           jsonb_build_array(time_ms, elapsed_ms, position, sector1_ms, sector2_ms,
                             sector3_ms, in_pit, is_deleted) AS said
    FROM classified WHERE outcome IN ('inserted', 'updated', 'held')
    UNION ALL
    SELECT e.entrant_key, o.number, 'removed',
           jsonb_build_array(o.time_ms, o.elapsed_ms, o.position, o.sector1_ms,
                             o.sector2_ms, o.sector3_ms, o.in_pit, o.is_deleted),
           NULL
    FROM omitted o JOIN entrant e ON e.id = o.entrant_id WHERE o.is_gone
)
SELECT key, number, outcome, was, said FROM changed
WHERE %(action)s IN ('', outcome)
ORDER BY key, number OFFSET %(offset)s LIMIT %(limit)s

-- name: differing_duplicates
-- Staged laps that stand behind another of the same key and say something else: how
-- many, and the first of them with the one that won.
WITH ranked AS (
    SELECT s.entrant_key, s.number, s.row_number, f.version,
           first_value(s.row_number) OVER same_key AS won_row,
           first_value(f.version) OVER same_key AS won_version,
           jsonb_build_array(time_ms, elapsed_ms, position, sector1_ms, sector2_ms,
                             sector3_ms, in_pit, is_deleted) AS said,
           first_value(
               jsonb_build_array(time_ms, elapsed_ms, position, sector1_ms, sector2_ms,
                                 sector3_ms, in_pit, is_deleted)
           ) OVER same_key AS won
    FROM {laps} s
    JOIN unnest(%(file_numbers)s::integer[], %(versions)s::uuid[])
         AS f (file_number, version) USING (file_number)
    WHERE s.meeting_key = %(meeting_key)s AND s.race_key = %(race_key)s
    WINDOW same_key AS (
        PARTITION BY entrant_key, number ORDER BY version DESC, row_number DESC
    )
),
differing AS (SELECT * FROM ranked WHERE said <> won),
first_ones AS (
    SELECT entrant_key AS key, number, version AS was_version, row_number AS was_row,
           won_version AS version, won_row AS row, false AS is_held, said AS was,
           won AS said
    FROM differing ORDER BY entrant_key, number, row_number LIMIT %(details)s
)
SELECT (SELECT count(*) FROM differing),
       (SELECT jsonb_agg(to_jsonb(d)) FROM first_ones d)

-- name: files_of_race
SELECT DISTINCT file_number FROM {laps}
WHERE meeting_key = %(meeting_key)s AND race_key = %(race_key)s
ORDER BY 1

-- name: staged_lap_entrants
SELECT DISTINCT entrant_key FROM {laps}
WHERE meeting_key = %(meeting_key)s AND race_key = %(race_key)s
ORDER BY 1

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
