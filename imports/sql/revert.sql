-- name: classify_reverted_laps
-- The laps of one race that the reverted checkpoint (%(target)s) has changed, and what
-- becomes of each. Reads only: preview_reverted_laps shows it, revert_laps writes it.
--
-- What the checkpoint left of a lap is what the first later revision says that it was,
-- or what is stored now. %(standing)s are the entrants that there will be.
later AS (
    SELECT c.id, c.run_id, c.finished_at,
           c.undo #> '{{inserted,lap}}' IS NOT NULL AS is_fresh
    FROM imports_racecheckpoint t
    JOIN imports_racecheckpoint c
        ON c.source = t.source AND c.meeting_key = t.meeting_key
       AND c.race_key = t.race_key AND (c.finished_at, c.id) > (t.finished_at, t.id)
    WHERE t.id = %(target)s AND c.state = 'done'
      -- By the index of the race; a race that is gone is named nowhere.
      AND (c.race_id = %(race)s OR c.race_id IS NULL)
),
since AS (
    SELECT DISTINCT ON (v.entrant_id, v.number) v.*
    FROM later l JOIN imports_laprevision v ON v.checkpoint_id = l.id
    ORDER BY v.entrant_id, v.number, l.finished_at, l.id
),
blame AS (
    SELECT DISTINCT ON (v.entrant_id, v.number) v.entrant_id, v.number, l.run_id
    FROM later l JOIN imports_laprevision v ON v.checkpoint_id = l.id
    ORDER BY v.entrant_id, v.number, l.finished_at DESC, l.id DESC
),
last_run AS (
    SELECT coalesce(
        %(confirmed_by)s::bigint,
        (SELECT run_id FROM later WHERE is_fresh
         ORDER BY finished_at DESC, id DESC LIMIT 1),
        (SELECT run_id FROM later ORDER BY finished_at DESC, id DESC LIMIT 1)
    ) AS run_id
),
changed AS (
    SELECT entrant_id, number, existed, NOT is_removed AS is_left, time_ms, elapsed_ms,
           sector1_ms, sector2_ms, sector3_ms, position, columns, in_pit, is_deleted,
           version, older
    FROM imports_laprevision WHERE checkpoint_id = %(target)s
    UNION ALL
    -- All laps that the race had then: not those that later runs have added.
    SELECT l.entrant_id, l.number, false, true, NULL, NULL, NULL, NULL, NULL, NULL, 0,
           NULL, NULL, NULL, NULL
    FROM races_lap l
    WHERE %(is_fresh)s AND l.entrant_id = ANY (%(standing)s::bigint[])
      AND NOT EXISTS (
          SELECT 1 FROM since s
          WHERE s.entrant_id = l.entrant_id AND s.number = l.number AND NOT s.existed
      )
),
compared AS (
    SELECT b.*, l.entrant_id IS NOT NULL AS exists_now,
           l.time_ms AS now_time_ms, l.elapsed_ms AS now_elapsed_ms,
           l.sector1_ms AS now_sector1_ms, l.sector2_ms AS now_sector2_ms,
           l.sector3_ms AS now_sector3_ms, l.position AS now_position,
           l.columns AS now_columns, l.in_pit AS now_in_pit,
           l.is_deleted AS now_is_deleted, l.version AS now_version,
           l.older AS now_older,
           (l.entrant_id IS NOT NULL) = b.existed AND (
               NOT b.existed
               OR (l.time_ms, l.elapsed_ms, l.sector1_ms, l.sector2_ms, l.sector3_ms,
                   l.position, l.columns, l.in_pit, l.is_deleted, l.version, l.older)
                  IS NOT DISTINCT FROM
                  (b.time_ms, b.elapsed_ms, b.sector1_ms, b.sector2_ms, b.sector3_ms,
                   b.position, b.columns, b.in_pit, b.is_deleted, b.version, b.older)
           ) AS is_as_before,
           (l.entrant_id IS NOT NULL) = b.is_left AND (
               NOT b.is_left OR s.checkpoint_id IS NULL
               OR (l.time_ms, l.elapsed_ms, l.sector1_ms, l.sector2_ms, l.sector3_ms,
                   l.position, l.columns, l.in_pit, l.is_deleted, l.version, l.older)
                  IS NOT DISTINCT FROM
                  (s.time_ms, s.elapsed_ms, s.sector1_ms, s.sector2_ms, s.sector3_ms,
                   s.position, s.columns, s.in_pit, s.is_deleted, s.version, s.older)
           ) AS is_as_left
    FROM changed b
    LEFT JOIN races_lap l ON l.entrant_id = b.entrant_id AND l.number = b.number
    LEFT JOIN since s ON s.entrant_id = b.entrant_id AND s.number = b.number
),
decided AS (
    SELECT *,
           CASE
               WHEN is_as_before THEN 'unchanged'
               -- A later complete file confirms all laps of the race.
               WHEN %(confirmed_by)s::bigint IS NOT NULL OR NOT is_as_left THEN 'older'
               WHEN NOT existed THEN 'removed'
               WHEN exists_now THEN 'updated'
               WHEN entrant_id = ANY (%(standing)s::bigint[]) THEN 'inserted'
               ELSE 'older'
           END AS fate
    FROM compared
)

-- name: preview_reverted_laps
-- Counts by fate; the first laps that stay, each with the run that changed it last; and
-- of the entrants %(candidates)s those that will still have laps, with such a run; and
-- of the conflicts %(disputes)s those on laps that stay.
WITH
-- include: classify_reverted_laps
, staying AS (
    SELECT d.entrant_id, d.number, coalesce(b.run_id, l.run_id) AS run
    FROM decided d
    CROSS JOIN last_run l
    LEFT JOIN blame b ON b.entrant_id = d.entrant_id AND b.number = d.number
    WHERE d.fate = 'older'
    ORDER BY d.entrant_id, d.number
    LIMIT %(details)s
),
listed AS (
    SELECT coalesce(
               e.key,
               (SELECT v.before ->> 'key' FROM imports_rowrevision v
                WHERE v.kind = 'entrant' AND v.row_id = s.entrant_id LIMIT 1),
               ''
           ) AS key, s.number, s.run
    FROM staying s LEFT JOIN races_entrant e ON e.id = s.entrant_id
),
carrying AS (
    SELECT entrant_id FROM races_lap l
    WHERE entrant_id = ANY (%(candidates)s::bigint[])
      AND NOT EXISTS (
          SELECT 1 FROM decided d
          WHERE d.entrant_id = l.entrant_id AND d.number = l.number
            AND d.fate = 'removed'
      )
    UNION
    SELECT entrant_id FROM decided
    WHERE fate = 'inserted' AND entrant_id = ANY (%(candidates)s::bigint[])
)
SELECT (SELECT jsonb_object_agg(fate, laps)
        FROM (SELECT fate, count(*) AS laps FROM decided GROUP BY 1) AS f) AS fates,
       (SELECT jsonb_agg(to_jsonb(x) ORDER BY x.key, x.number) FROM listed x) AS stays,
       (SELECT jsonb_object_agg(c.entrant_id, coalesce(
                   (SELECT max(b.run_id) FROM blame b WHERE b.entrant_id = c.entrant_id),
                   l.run_id
               ))
        FROM carrying c CROSS JOIN last_run l) AS carrying,
       (SELECT jsonb_agg(c.id)
        FROM imports_conflict c
        JOIN races_entrant e ON e.race_id = %(race)s AND e.key = c.key
        JOIN decided d ON d.entrant_id = e.id AND d.number = c.number
        WHERE c.id = ANY (%(disputes)s::bigint[]) AND c.kind = 'lap'
          AND d.fate = 'older') AS disputed

-- name: revert_laps
-- Put back, bring back and remove the laps as classified; what they are now goes to the
-- revisions of %(checkpoint)s.
WITH
-- include: classify_reverted_laps
, put AS (
    INSERT INTO races_lap AS l (
        entrant_id, number, time_ms, elapsed_ms, sector1_ms, sector2_ms, sector3_ms,
        position, columns, in_pit, is_deleted, version, older
    )
    SELECT entrant_id, number, time_ms, elapsed_ms, sector1_ms, sector2_ms, sector3_ms,
           position, columns, in_pit, is_deleted, version, older
    FROM decided WHERE fate IN ('inserted', 'updated')
    ORDER BY entrant_id, number
    ON CONFLICT (entrant_id, number) DO UPDATE SET
        time_ms = EXCLUDED.time_ms, elapsed_ms = EXCLUDED.elapsed_ms,
        sector1_ms = EXCLUDED.sector1_ms, sector2_ms = EXCLUDED.sector2_ms,
        sector3_ms = EXCLUDED.sector3_ms, position = EXCLUDED.position,
        columns = EXCLUDED.columns, in_pit = EXCLUDED.in_pit,
        is_deleted = EXCLUDED.is_deleted, version = EXCLUDED.version,
        older = EXCLUDED.older
),
gone AS (
    DELETE FROM races_lap l USING decided d
    WHERE l.entrant_id = d.entrant_id AND l.number = d.number AND d.fate = 'removed'
)
INSERT INTO imports_laprevision (
    checkpoint_id, entrant_id, number, existed, is_removed, time_ms, elapsed_ms,
    sector1_ms, sector2_ms, sector3_ms, position, columns, in_pit, is_deleted, version,
    older
)
SELECT %(checkpoint)s, entrant_id, number, exists_now, fate = 'removed', now_time_ms,
       now_elapsed_ms, now_sector1_ms, now_sector2_ms, now_sector3_ms, now_position,
       coalesce(now_columns, 0), now_in_pit, now_is_deleted, now_version, now_older
FROM decided WHERE fate IN ('inserted', 'updated', 'removed')
