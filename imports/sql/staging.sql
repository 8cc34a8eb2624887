-- Who reads or drops both tables takes the records first, or two would wait for each
-- other.

-- name: create_staged_laps
CREATE UNLOGGED TABLE IF NOT EXISTS {laps} (
    file_number integer NOT NULL,
    row_number bigint NOT NULL,
    meeting_key text COLLATE "C" NOT NULL,
    race_key text COLLATE "C" NOT NULL,
    entrant_key text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    time_ms integer,
    elapsed_ms integer,
    position smallint,
    sector1_ms integer,
    sector2_ms integer,
    sector3_ms integer,
    in_pit boolean,
    is_deleted boolean
) WITH (autovacuum_enabled = false)

-- name: create_staged_records
CREATE UNLOGGED TABLE IF NOT EXISTS {records} (
    file_number integer NOT NULL,
    row_number bigint NOT NULL,
    kind text NOT NULL,
    meeting_key text COLLATE "C",
    race_key text COLLATE "C",
    key text COLLATE "C",
    number integer,
    payload jsonb NOT NULL
) WITH (autovacuum_enabled = false)

-- name: index_staged_laps
CREATE INDEX IF NOT EXISTS {index} ON {laps} (meeting_key, race_key)

-- name: index_staged_records
CREATE INDEX IF NOT EXISTS {index} ON {records} (meeting_key, race_key)

-- name: analyze_staged
ANALYZE {records}, {laps}

-- name: drop_staging
DROP TABLE IF EXISTS {records}, {laps}

-- name: do_tables_stand
SELECT bool_and(to_regclass(quote_ident(name)) IS NOT NULL)
FROM unnest(%(names)s::text[]) AS name

-- name: wait_briefly
SELECT set_config('lock_timeout', '1s', true)

-- name: rename_table
ALTER TABLE IF EXISTS {table} RENAME TO {new}

-- name: rename_index
ALTER INDEX IF EXISTS {index} RENAME TO {new}

-- name: staged_counts
SELECT file_number, sum(laps)::bigint, sum(records)::bigint
FROM (
    SELECT file_number, 0 AS laps, count(*) AS records FROM {records} GROUP BY 1
    UNION ALL
    SELECT file_number, count(*), 0 FROM {laps} GROUP BY 1
) AS staged
GROUP BY 1

-- name: unstage_laps
DELETE FROM {laps} WHERE file_number = %(file_number)s

-- name: unstage_records
DELETE FROM {records} WHERE file_number = %(file_number)s

-- name: staged_races
SELECT meeting_key, race_key, sum(laps)::integer AS laps, sum(records)::integer AS records
FROM (
    SELECT meeting_key, race_key, 0 AS laps, count(*) AS records
    FROM {records} WHERE race_key IS NOT NULL GROUP BY 1, 2
    UNION ALL
    SELECT meeting_key, race_key, count(*), 0
    FROM {laps} GROUP BY 1, 2
) AS staged
GROUP BY 1, 2
ORDER BY 1, 2

-- name: staged_meeting_keys
SELECT meeting_key FROM {records} WHERE meeting_key IS NOT NULL
UNION
SELECT meeting_key FROM {laps} GROUP BY 1
ORDER BY 1

-- name: staged_references
SELECT DISTINCT payload ->> %(column)s AS key
FROM {records}
WHERE kind = %(kind)s AND payload ->> %(column)s IS NOT NULL
ORDER BY 1

-- name: staged_shared_records
SELECT file_number, row_number, kind, meeting_key, race_key, key, number, payload
FROM {records}
WHERE race_key IS NULL

-- name: staged_race_records
SELECT file_number, row_number, kind, meeting_key, race_key, key, number, payload
FROM {records}
WHERE meeting_key = %(meeting_key)s AND race_key = %(race_key)s
