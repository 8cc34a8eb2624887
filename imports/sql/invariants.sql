-- What must never be: each query gives the offenders as one text column, `key`.
-- `imports/invariants.py` says what each means. A query may read from the blocks
-- `versioned`, `stated` and `checked`; they are put before it as WITH.

-- name: versioned
-- The rows of few as one table: what they are, and what their columns hold.
SELECT 'venue' AS kind, id, source, version, column_versions, attributes,
       to_jsonb(t) - '{{id,source,key,version,column_versions,attributes}}'::text[]
           AS held
FROM races_venue t
UNION ALL
SELECT 'team', id, source, version, column_versions, attributes,
       to_jsonb(t) - '{{id,source,key,version,column_versions,attributes}}'::text[]
FROM races_team t
UNION ALL
SELECT 'competitor', id, source, version, column_versions, attributes,
       to_jsonb(t) - '{{id,source,key,version,column_versions,attributes}}'::text[]
FROM races_competitor t
UNION ALL
SELECT 'meeting', id, source, version, column_versions, attributes,
       to_jsonb(t) - '{{id,source,key,version,column_versions,attributes}}'::text[]
FROM races_meeting t
UNION ALL
SELECT 'race', t.id, m.source, t.version, t.column_versions, t.attributes,
       to_jsonb(t) - '{{id,meeting_id,key,version,column_versions,attributes,laps_floor,
                        laps_floor_columns,entrants_floor,pit_stops_floor}}'::text[]
FROM races_race t JOIN races_meeting m ON m.id = t.meeting_id
UNION ALL
SELECT 'entrant', t.id, m.source, t.version, t.column_versions, t.attributes,
       to_jsonb(t) - '{{id,race_id,key,version,column_versions,attributes}}'::text[]
FROM races_entrant t
JOIN races_race r ON r.id = t.race_id
JOIN races_meeting m ON m.id = r.meeting_id
UNION ALL
SELECT 'pit stop', t.id, m.source, t.version, t.column_versions, '{{}}',
       to_jsonb(t) - '{{id,entrant_id,number,version,column_versions}}'::text[]
FROM races_pitstop t
JOIN races_entrant e ON e.id = t.entrant_id
JOIN races_race r ON r.id = e.race_id
JOIN races_meeting m ON m.id = r.meeting_id

-- name: stated
-- Every version of every row of few, with the columns that it decides.
SELECT v.kind, v.id, v.source, v.attributes, v.held, pair.key AS version,
       CASE jsonb_typeof(pair.value) WHEN 'array' THEN pair.value ELSE '[]' END
           AS columns
FROM versioned v, jsonb_each(v.column_versions) AS pair

-- name: counts_do_not_add_up
-- Of runs, of checkpoints, and of the laps among both.
WITH counted AS (
    SELECT 'run ' || id AS key, id AS run_id, counts
    FROM imports_importrun, LATERAL (VALUES (rows), (laps)) AS c (counts)
    WHERE finished_at IS NOT NULL
    UNION ALL
    SELECT 'checkpoint ' || id, run_id, counts
    FROM imports_racecheckpoint, LATERAL (VALUES (rows), (laps)) AS c (counts)
    WHERE state = 'done'
)
SELECT DISTINCT key FROM counted
WHERE (%(run)s::bigint IS NULL OR run_id = %(run)s)
  AND coalesce((counts ->> 'read')::bigint, 0) <> (
      SELECT coalesce(sum(value::bigint), 0) FROM jsonb_each_text(counts)
      WHERE jsonb_each_text.key <> 'read'
  )

-- name: staged_rows_without_outcome
-- A done race gives an outcome to each row that was staged for it.
SELECT 'checkpoint ' || c.id AS key
FROM imports_racecheckpoint c JOIN imports_importrun r ON r.id = c.run_id
WHERE c.state = 'done' AND r.kind = 'import'
  AND (%(run)s::bigint IS NULL OR r.id = %(run)s)
  AND (coalesce((c.rows ->> 'read')::bigint, 0) <> c.laps_staged + c.records_staged
       OR coalesce((c.laps ->> 'read')::bigint, 0) <> c.laps_staged)

-- name: file_rows_lost
-- A row of a file is staged, refused, or one that is known to state nothing. As many
-- laps are staged as the rows state: one each, but for a matrix and the like. Our own
-- layouts give one record each; others may give several.
SELECT 'file ' || f.number || ' of run ' || f.run_id AS key
FROM imports_runfile f
CROSS JOIN LATERAL (
    -- Null where its tables were not counted.
    SELECT sum((part ->> 'laps_stated')::bigint) AS laps,
           coalesce(sum((part ->> 'rows_silent')::bigint), 0) AS silent
    FROM jsonb_array_elements(f.parts) AS p (part)
) told
WHERE f.state = 'staged' AND (%(run)s::bigint IS NULL OR f.run_id = %(run)s)
  AND (f.rows_rejected + told.silent > f.rows_read
       OR CASE
           WHEN f.lap_columns > 0
               THEN f.laps_staged <> coalesce(told.laps, f.rows_read - f.rows_rejected)
           WHEN f.layout LIKE 'canonical.%%'
               THEN f.records_staged <> f.rows_read - f.rows_rejected
           ELSE f.laps_staged + f.records_staged
               < f.rows_read - f.rows_rejected - told.silent
       END)

-- name: run_totals_are_not_the_sums
WITH race AS (
    SELECT run_id,
           sum((rows ->> 'read')::bigint) AS read,
           sum((rows ->> 'inserted')::bigint) AS inserted,
           sum((rows ->> 'updated')::bigint) AS updated,
           sum((laps ->> 'read')::bigint) AS laps,
           sum(conflicts) AS conflicts, sum(removed) AS removed
    FROM imports_racecheckpoint GROUP BY 1
),
file AS (
    -- Of a file whose tables were not counted, all rows are laps or none is.
    SELECT run_id, sum(rows_rejected) AS rejected,
           sum(coalesce(told.laps, CASE WHEN lap_columns > 0 THEN rows_rejected END))
               AS laps_rejected
    FROM imports_runfile
    CROSS JOIN LATERAL (
        SELECT sum((part ->> 'laps_rejected')::bigint) AS laps
        FROM jsonb_array_elements(parts) AS p (part)
    ) told
    GROUP BY 1
)
SELECT 'run ' || r.id AS key
FROM imports_importrun r
LEFT JOIN race ON race.run_id = r.id
LEFT JOIN file ON file.run_id = r.id
WHERE r.finished_at IS NOT NULL AND (%(run)s::bigint IS NULL OR r.id = %(run)s)
  -- A run that failed while it was prepared, or was cancelled in the queue, has none.
  AND NOT (r.rows = '{{}}' AND r.state IN ('failed', 'cancelled'))
  AND (
      coalesce((r.rows ->> 'read')::bigint, 0),
      coalesce((r.rows ->> 'inserted')::bigint, 0),
      coalesce((r.rows ->> 'updated')::bigint, 0),
      coalesce((r.rows ->> 'rejected')::bigint, 0),
      coalesce((r.laps ->> 'read')::bigint, 0),
      r.conflicts, r.removed
  ) IS DISTINCT FROM (
      coalesce(race.read, 0) + coalesce(file.rejected, 0)
          + coalesce((r.shared_rows #>> '{{rows,read}}')::bigint, 0),
      coalesce(race.inserted, 0)
          + coalesce((r.shared_rows #>> '{{rows,inserted}}')::bigint, 0),
      coalesce(race.updated, 0)
          + coalesce((r.shared_rows #>> '{{rows,updated}}')::bigint, 0),
      coalesce(file.rejected, 0),
      coalesce(race.laps, 0) + coalesce(file.laps_rejected, 0),
      coalesce(race.conflicts, 0)
          + coalesce((r.shared_rows ->> 'conflicts')::bigint, 0),
      -- A revert removes shared rows that its run made.
      coalesce(race.removed, 0) + coalesce((r.shared_rows ->> 'removed')::bigint, 0)
  )

-- name: run_read_other_than_its_files
-- Where all is in, what the run counts is what its files staged and refused.
WITH file AS (
    SELECT run_id, sum(laps_staged + records_staged + rows_rejected) AS rows
    FROM imports_runfile WHERE state = 'staged' GROUP BY 1
)
SELECT 'run ' || r.id AS key
FROM imports_importrun r JOIN file ON file.run_id = r.id
WHERE r.kind = 'import' AND r.state = 'succeeded'
  AND (%(run)s::bigint IS NULL OR r.id = %(run)s)
  AND coalesce((r.rows ->> 'read')::bigint, 0) <> file.rows

-- name: succeeded_run_lacks_something
SELECT 'run ' || r.id AS key
FROM imports_importrun r
WHERE r.state = 'succeeded' AND (%(run)s::bigint IS NULL OR r.id = %(run)s)
  AND (EXISTS (SELECT 1 FROM imports_racecheckpoint c
               WHERE c.run_id = r.id AND c.state <> 'done')
       OR EXISTS (SELECT 1 FROM imports_runfile f
                  WHERE f.run_id = r.id AND f.state IN ('waiting', 'rejected')))

-- name: finished_run_has_open_races
SELECT 'checkpoint ' || c.id AS key
FROM imports_racecheckpoint c JOIN imports_importrun r ON r.id = c.run_id
WHERE r.finished_at IS NOT NULL AND c.state IN ('waiting', 'claimed')
  AND (%(run)s::bigint IS NULL OR r.id = %(run)s)

-- name: rejections_are_not_those_counted
-- All of them are kept below the cap of a code; never more than were counted.
WITH kept AS (
    SELECT run_id, source_file_id, sum(rows) AS rows, max(rows) AS most
    FROM (
        SELECT run_id, source_file_id, code, count(*) AS rows
        FROM imports_rejection GROUP BY 1, 2, 3
    ) AS by_code
    GROUP BY 1, 2
)
SELECT 'file ' || f.number || ' of run ' || f.run_id AS key
FROM imports_runfile f
LEFT JOIN kept ON kept.run_id = f.run_id AND kept.source_file_id = f.source_file_id
WHERE f.state IN ('staged', 'rejected')
  AND (%(run)s::bigint IS NULL OR f.run_id = %(run)s)
  AND (coalesce(kept.rows, 0) > f.rows_rejected
       OR coalesce(kept.rows, 0) < f.rows_rejected
          AND coalesce(kept.most, 0) < %(rejections_per_code)s)

-- name: more_conflicts_than_counted
-- Of a run, and of each of its races; not each counted one is kept as a row.
WITH kept AS (
    SELECT run_id, meeting_key, race_key, count(*) AS rows
    FROM imports_conflict
    -- A person's edit over what is stored is on record, and no disagreement.
    WHERE NOT (rule = 'manual' AND state = 'settled')
    GROUP BY 1, 2, 3
)
SELECT 'run ' || r.id AS key
FROM imports_importrun r
JOIN (SELECT run_id, sum(rows) AS rows FROM kept GROUP BY 1) AS k ON k.run_id = r.id
WHERE r.finished_at IS NOT NULL AND k.rows > r.conflicts
  AND NOT (r.rows = '{{}}' AND r.state = 'failed')
  AND (%(run)s::bigint IS NULL OR r.id = %(run)s)
UNION ALL
SELECT 'checkpoint ' || c.id
FROM imports_racecheckpoint c
JOIN kept k USING (run_id, meeting_key, race_key)
WHERE c.state = 'done' AND k.rows > c.conflicts
  AND (%(run)s::bigint IS NULL OR c.run_id = %(run)s)

-- name: race_twice_in_a_run
SELECT 'race ' || race_id || ' in run ' || run_id AS key
FROM imports_racecheckpoint
WHERE race_id IS NOT NULL AND (%(run)s::bigint IS NULL OR run_id = %(run)s)
GROUP BY run_id, race_id HAVING count(*) > 1

-- name: claim_without_owner
SELECT 'checkpoint ' || id AS key
FROM imports_racecheckpoint
WHERE state = 'claimed'
  AND (owner = '' OR epoch < 1 OR claimed_at IS NULL
       OR lease_until IS NULL)
  AND (%(run)s::bigint IS NULL OR run_id = %(run)s)
UNION ALL
SELECT 'run ' || id
FROM imports_importrun
WHERE state = 'staging'
  AND (owner = '' OR epoch < 1 OR attempts < 1 OR claimed_at IS NULL)
  AND (%(run)s::bigint IS NULL OR id = %(run)s)

-- name: too_many_attempts
SELECT 'checkpoint ' || id AS key
FROM imports_racecheckpoint
WHERE attempts > %(max_attempts)s
  AND (%(run)s::bigint IS NULL OR run_id = %(run)s)

-- name: failed_without_reason
SELECT 'checkpoint ' || id AS key
FROM imports_racecheckpoint
WHERE state = 'failed' AND (error_code = '' OR message = '')
  AND (%(run)s::bigint IS NULL OR run_id = %(run)s)
UNION ALL
SELECT 'file ' || number || ' of run ' || run_id
FROM imports_runfile
WHERE state = 'rejected' AND (error_code = '' OR message = '')
  AND (%(run)s::bigint IS NULL OR run_id = %(run)s)

-- name: checkpoint_of_another_race
SELECT 'checkpoint ' || c.id AS key
FROM imports_racecheckpoint c
JOIN races_race r ON r.id = c.race_id
JOIN races_meeting m ON m.id = r.meeting_id
WHERE (c.source, c.meeting_key, c.race_key) <> (m.source, m.key, r.key)
  AND (%(run)s::bigint IS NULL OR c.run_id = %(run)s)

-- name: done_race_does_not_exist
-- A revert of that run or of another one since may have taken the race away.
SELECT 'checkpoint ' || c.id AS key
FROM imports_racecheckpoint c
WHERE c.state = 'done' AND c.race_id IS NULL
  AND (%(run)s::bigint IS NULL OR c.run_id = %(run)s)
  AND NOT EXISTS (
      SELECT 1 FROM imports_importrun v
      WHERE v.kind = 'revert' AND v.source = c.source AND v.id >= c.run_id
  )

-- name: file_imported_by_no_run
SELECT 'source file ' || s.id AS key
FROM imports_sourcefile s
WHERE s.imported_at IS NOT NULL AND s.kind = 'file'
  AND NOT EXISTS (
      SELECT 1 FROM imports_runfile f
      WHERE f.source_file_id = s.id AND f.state = 'staged'
        AND NOT EXISTS (SELECT 1 FROM imports_racecheckpoint c
                        WHERE c.run_id = f.run_id AND c.state <> 'done')
  )

-- name: version_is_not_that_of_its_file
-- 16 bits priority, 48 bits milliseconds since 1970, 64 bits sha256.
SELECT 'source file ' || id AS key
FROM imports_sourcefile
WHERE replace(version::text, '-', '') <>
      lpad(to_hex(priority), 4, '0')
      || lpad(to_hex((extract(epoch FROM observed_at) * 1000)::bigint), 12, '0')
      || left(sha256, 16)

-- name: version_without_file
-- Of a row of few or of a floor; that no file of the source has.
WITH named AS (
    SELECT kind, id, source, version FROM versioned
    UNION
    SELECT kind, id, source, version::uuid FROM stated
    WHERE version ~ '^[0-9a-f]{{32}}$'
    UNION
    SELECT 'race', r.id, m.source, floor
    FROM races_race r
    JOIN races_meeting m ON m.id = r.meeting_id,
    LATERAL (VALUES (r.laps_floor), (r.entrants_floor), (r.pit_stops_floor)) AS f (floor)
)
SELECT DISTINCT n.kind || ' ' || n.id AS key
FROM named n LEFT JOIN imports_sourcefile s USING (source, version)
WHERE s.id IS NULL AND n.version <> '00000000-0000-0000-0000-000000000000'

-- name: floor_of_no_complete_file
SELECT DISTINCT 'race ' || r.id AS key
FROM races_race r
JOIN races_meeting m ON m.id = r.meeting_id,
LATERAL (VALUES (r.laps_floor), (r.entrants_floor), (r.pit_stops_floor)) AS f (floor)
WHERE floor <> '00000000-0000-0000-0000-000000000000'
  AND NOT EXISTS (
      SELECT 1 FROM imports_sourcefile s
      WHERE s.source = m.source AND s.version = floor AND s.is_complete
  )

-- name: lap_version_without_file
WITH named AS (
    SELECT e.race_id, l.version
    FROM races_lap l JOIN races_entrant e ON e.id = l.entrant_id
    GROUP BY 1, 2
    UNION
    SELECT e.race_id, o.value::uuid
    FROM races_lap l
    JOIN races_entrant e ON e.id = l.entrant_id, jsonb_each_text(l.older) AS o
    WHERE l.older IS NOT NULL AND o.value ~ '^[0-9a-f]{{32}}$'
)
SELECT DISTINCT 'laps of race ' || n.race_id AS key
FROM named n
JOIN races_race r ON r.id = n.race_id
JOIN races_meeting m ON m.id = r.meeting_id
LEFT JOIN imports_sourcefile s ON s.source = m.source AND s.version = n.version
WHERE s.id IS NULL AND n.version <> '00000000-0000-0000-0000-000000000000'

-- name: version_is_not_the_highest
SELECT v.kind || ' ' || v.id AS key
FROM versioned v
WHERE replace(v.version::text, '-', '') <> coalesce(
    -- `-` is no column: a file that did not hold the row.
    (SELECT max(o.key COLLATE "C") FROM jsonb_each(v.column_versions) AS o
     WHERE o.value <> '["-"]'),
    repeat('0', 32)
)

-- name: column_versions_not_canonical
-- Keys are versions in hex; their columns are sorted, exist, and stand once.
SELECT kind || ' ' || id AS key
FROM stated s
WHERE version !~ '^[0-9a-f]{{32}}$' OR version = repeat('0', 32) OR columns = '[]'
   OR columns <> (
       SELECT jsonb_agg(DISTINCT c COLLATE "C" ORDER BY c COLLATE "C")
       FROM jsonb_array_elements_text(columns) AS c
   )
   OR EXISTS (
       SELECT 1 FROM jsonb_array_elements_text(columns) AS c
       WHERE NOT (c = '-' OR held ? c OR held ? (c || '_id')
                  OR c LIKE 'attributes.%%' AND attributes ? substr(c, 12))
   )
UNION
SELECT kind || ' ' || id
FROM stated, jsonb_array_elements_text(columns) AS c
GROUP BY kind, id, c HAVING count(*) > 1

-- name: value_without_version
-- The kind of a race may follow from its key alone.
SELECT DISTINCT v.kind || ' ' || v.id AS key
FROM versioned v,
     LATERAL (
         SELECT regexp_replace(h.key, '_id$', '') AS name
         FROM jsonb_each(v.held) AS h WHERE h.value <> 'null'
         UNION ALL
         SELECT 'attributes.' || a FROM jsonb_object_keys(v.attributes) AS a
     ) AS valued
WHERE NOT (v.kind = 'race' AND valued.name = 'kind')
  AND NOT EXISTS (
      SELECT 1 FROM jsonb_each(v.column_versions) AS o WHERE o.value ? valued.name
  )

-- name: lap_value_without_version
SELECT 'lap ' || number || ' of entrant ' || entrant_id AS key
FROM races_lap
WHERE (columns & 1 = 0 AND time_ms IS NOT NULL
       OR columns & 2 = 0 AND elapsed_ms IS NOT NULL
       OR columns & 4 = 0 AND position IS NOT NULL
       OR columns & 8 = 0 AND sector1_ms IS NOT NULL
       OR columns & 16 = 0 AND sector2_ms IS NOT NULL
       OR columns & 32 = 0 AND sector3_ms IS NOT NULL
       OR columns & 64 = 0 AND in_pit IS NOT NULL
       OR columns & 128 = 0 AND is_deleted IS NOT NULL)
  -- The usual lap is through; the others are looked at column by column.
  AND EXISTS (
      SELECT 1
      FROM (VALUES
          (1, 'time_ms', time_ms IS NOT NULL),
          (2, 'elapsed_ms', elapsed_ms IS NOT NULL),
          (4, 'position', position IS NOT NULL),
          (8, 'sector1_ms', sector1_ms IS NOT NULL),
          (16, 'sector2_ms', sector2_ms IS NOT NULL),
          (32, 'sector3_ms', sector3_ms IS NOT NULL),
          (64, 'in_pit', in_pit IS NOT NULL),
          (128, 'is_deleted', is_deleted IS NOT NULL)
      ) AS c (bit, name, is_valued)
      WHERE is_valued AND columns & bit = 0 AND NOT coalesce(older ? name, false)
  )

-- name: lap_versions_not_canonical
-- `columns` are those of `version`; `older` has the rest, each below it, or is NULL.
SELECT 'lap ' || number || ' of entrant ' || entrant_id AS key
FROM races_lap
WHERE columns NOT BETWEEN 0 AND 255
   OR (columns = 0) <> (version = '00000000-0000-0000-0000-000000000000')
   OR older IS NOT NULL AND (
       jsonb_typeof(older) <> 'object' OR older = '{{}}'
       OR EXISTS (
           SELECT 1
           FROM jsonb_each_text(
               CASE jsonb_typeof(older) WHEN 'object' THEN older ELSE '{{}}' END
           ) AS o
           LEFT JOIN (VALUES
               (1, 'time_ms'), (2, 'elapsed_ms'), (4, 'position'), (8, 'sector1_ms'),
               (16, 'sector2_ms'), (32, 'sector3_ms'), (64, 'in_pit'),
               (128, 'is_deleted'), (0, '-')
           ) AS c (bit, name) ON c.name = o.key
           WHERE c.bit IS NULL OR columns & c.bit <> 0
              OR o.value !~ '^[0-9a-f]{{32}}$'
              OR o.value COLLATE "C" > replace(version::text, '-', '')
              OR o.value = replace(version::text, '-', '') AND c.bit > 0
       )
   )

-- name: lap_without_entrant
SELECT 'lap ' || l.number || ' of entrant ' || l.entrant_id AS key
FROM races_lap l LEFT JOIN races_entrant e ON e.id = l.entrant_id
WHERE e.id IS NULL

-- name: value_out_of_its_domain
SELECT 'meeting ' || id AS key FROM races_meeting
WHERE start_date < '1850-01-01' OR start_date >= '2100-01-01'
   OR season NOT BETWEEN 1850 AND 2100
UNION ALL
SELECT 'race ' || id FROM races_race
WHERE scheduled_start < '1850-01-01+00' OR scheduled_start >= '2100-01-01+00'
   OR laps_floor_columns NOT BETWEEN 0 AND 255
UNION ALL
SELECT 'entrant ' || id FROM races_entrant
WHERE points IN ('NaN', 'Infinity', '-Infinity') OR fastest_lap_ms > 86400000
UNION ALL
SELECT 'lap ' || number || ' of entrant ' || entrant_id FROM races_lap
WHERE least(number, time_ms, elapsed_ms, sector1_ms, sector2_ms, sector3_ms,
            position - 1) < 0
   OR greatest(time_ms, sector1_ms, sector2_ms, sector3_ms) > 86400000
UNION ALL
SELECT 'source file ' || id FROM imports_sourcefile
WHERE observed_at < '1970-01-01+00' OR observed_at >= '2100-01-01+00'
   OR sha256 !~ '^[0-9a-f]{{64}}$'

-- name: stats_are_not_those_of_their_rows
-- `figures` is what stats/figures.sql gives of all races. As JSON, so that no column
-- is left out.
WITH stored AS (
    SELECT 'entrant' AS kind, entrant_id AS id, to_jsonb(s) - 'entrant_id' AS figures
    FROM stats_entrantstats s
    UNION ALL
    SELECT 'race', race_id, to_jsonb(s) - 'race_id' FROM stats_racestats s
)
SELECT coalesce(f.kind, s.kind) || ' ' || coalesce(f.id, s.id) AS key
FROM figures f FULL JOIN stored s ON s.kind = f.kind AND s.id = f.id
WHERE jsonb_strip_nulls(f.figures) IS DISTINCT FROM jsonb_strip_nulls(s.figures)
  -- A race that has no entrant yet need have no stats.
  AND NOT (s.id IS NULL AND f.kind = 'race' AND f.figures -> 'entrants' = '0')

-- name: race_warnings_are_not_those_of_its_rows
-- `checked` is what stats/derive.sql gives of all races.
SELECT 'race ' || coalesce(c.race_id, s.race_id) || ': ' || coalesce(c.code, s.code)
           AS key
FROM checked c
FULL JOIN stats_racewarning s ON s.race_id = c.race_id AND s.code = c.code
WHERE (c.count, c.examples) IS DISTINCT FROM (s.count, s.examples)

-- name: conflict_without_two_sides
-- Its sides differ in version or row, and in each value that it lists.
SELECT 'conflict ' || c.id AS key
FROM imports_conflict c
WHERE c.older_version > c.newer_version
   OR c.older_version = c.newer_version AND c.older_row >= c.newer_row
   OR c.fields = '{{}}' OR jsonb_typeof(c.fields) <> 'object'
   OR EXISTS (
       SELECT 1 FROM jsonb_each(
           CASE jsonb_typeof(c.fields) WHEN 'object' THEN c.fields ELSE '{{}}' END
       ) AS f
       WHERE f.value -> 0 IS NOT DISTINCT FROM f.value -> 1
   )

-- name: conflict_of_unknown_files
SELECT DISTINCT 'conflict ' || c.id AS key
FROM imports_conflict c,
     LATERAL (VALUES (c.older_version), (c.newer_version)) AS side (version)
WHERE NOT EXISTS (
    SELECT 1 FROM imports_sourcefile s
    WHERE s.source = c.source AND s.version = side.version
)

-- name: conflict_of_another_race
SELECT 'conflict ' || c.id AS key
FROM imports_conflict c
JOIN races_race r ON r.id = c.race_id
JOIN races_meeting m ON m.id = r.meeting_id
WHERE (c.source, c.meeting_key, c.race_key) <> (m.source, m.key, r.key)

-- name: conflict_settled_by_halves
SELECT 'conflict ' || id AS key
FROM imports_conflict
WHERE (state = 'settled' AND rule <> 'manual' AND chosen = '')
   OR (state <> 'settled' AND chosen <> '')
   OR (state = 'settled') <> (settled_at IS NOT NULL)

-- name: revision_of_another_run
SELECT 'row revision ' || v.id AS key
FROM imports_rowrevision v JOIN imports_racecheckpoint c ON c.id = v.checkpoint_id
WHERE c.run_id <> v.run_id

-- name: staging_without_run
-- Staging tables whose run is over or gone: …_<run>, or …_<run>_<epoch>.
SELECT 'table ' || t.relname AS key
FROM pg_class t,
     LATERAL regexp_match(
         t.relname, '^imports_staged_(?:laps|records)_(\d+)(?:_\d+)?$'
     ) AS found (ids)
LEFT JOIN imports_importrun r ON r.id = found.ids[1]::bigint
WHERE t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace
  AND found.ids IS NOT NULL AND (r.id IS NULL OR r.finished_at IS NOT NULL)

-- name: transaction_left_open
SELECT 'process ' || pid AS key
FROM pg_stat_activity
WHERE application_name = 'scrutineer' AND datname = current_database()
  AND state LIKE 'idle in transaction%%'
  AND state_change < clock_timestamp() - %(idle_seconds)s * interval '1 second'

-- name: keys_differ_in_case_only
SELECT 'meetings of ' || source || ': ' || string_agg(key, ', ' ORDER BY key) AS key
FROM races_meeting
GROUP BY source, lower(normalize(key, NFKC) COLLATE "default") HAVING count(*) > 1
UNION ALL
SELECT 'races of meeting ' || meeting_id || ': ' || string_agg(key, ', ' ORDER BY key)
FROM races_race
GROUP BY meeting_id, lower(normalize(key, NFKC) COLLATE "default") HAVING count(*) > 1
UNION ALL
SELECT 'entrants of race ' || race_id || ': ' || string_agg(key, ', ' ORDER BY key)
FROM races_entrant
GROUP BY race_id, lower(normalize(key, NFKC) COLLATE "default") HAVING count(*) > 1
UNION ALL
SELECT kind || 's of ' || source || ': ' || string_agg(key, ', ' ORDER BY key)
FROM (
    SELECT 'venue' AS kind, source, key FROM races_venue
    UNION ALL SELECT 'team', source, key FROM races_team
    UNION ALL SELECT 'competitor', source, key FROM races_competitor
) AS shared
GROUP BY kind, source, lower(normalize(key, NFKC) COLLATE "default") HAVING count(*) > 1

-- name: run_waits_long
SELECT 'run ' || id AS key
FROM imports_importrun
WHERE state = 'queued' AND NOT is_paused AND created_at < now() - interval '10 min'
  AND (%(run)s::bigint IS NULL OR id = %(run)s)

-- name: lease_long_over
SELECT 'checkpoint ' || id AS key
FROM imports_racecheckpoint
WHERE state = 'claimed'
  AND lease_until < clock_timestamp() - 2 * %(lease_seconds)s * interval '1 second'
  AND (%(run)s::bigint IS NULL OR run_id = %(run)s)

-- name: settled_by_nobody_known
SELECT 'conflict ' || id AS key
FROM imports_conflict
WHERE state = 'settled' AND settled_by_id IS NULL

-- name: first_offenders
SELECT count(*), (array_agg(key ORDER BY key COLLATE "C"))[1:%(named)s]
FROM offenders

-- name: verify_settings
-- Plans of many small joins: compiling them costs more than running them.
SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true),
       -- Of tables that were last analyzed when they were empty, nested loops seem cheap.
       set_config('enable_nestloop', 'off', true)
