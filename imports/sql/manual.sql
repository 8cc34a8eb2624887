-- name: lock_manual_files
-- Until the end of the transaction: two edits never get the same moment.
SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))

-- name: stage_manual_laps
INSERT INTO {laps} (
    file_number, row_number, meeting_key, race_key, entrant_key, number, time_ms,
    elapsed_ms, position, sector1_ms, sector2_ms, sector3_ms, in_pit, is_deleted
)
SELECT %(file_number)s, row_number, line ->> 'meeting_key', line ->> 'race_key',
       line ->> 'key', (line ->> 'number')::integer, v.time_ms, v.elapsed_ms,
       v.position, v.sector1_ms, v.sector2_ms, v.sector3_ms, v.in_pit, v.is_deleted
FROM jsonb_array_elements(%(lines)s::jsonb) WITH ORDINALITY AS l (line, row_number),
     jsonb_to_record(line -> 'values') AS v (
         time_ms integer, elapsed_ms integer, position smallint, sector1_ms integer,
         sector2_ms integer, sector3_ms integer, in_pit boolean, is_deleted boolean
     )
WHERE line ->> 'kind' = 'lap'

-- name: stage_manual_records
INSERT INTO {records} (
    file_number, row_number, kind, meeting_key, race_key, key, number, payload
)
SELECT %(file_number)s, row_number, line ->> 'kind',
       nullif(line ->> 'meeting_key', ''), nullif(line ->> 'race_key', ''),
       nullif(line ->> 'key', ''), (line ->> 'number')::integer, line -> 'values'
FROM jsonb_array_elements(%(lines)s::jsonb) WITH ORDINALITY AS l (line, row_number)
WHERE line ->> 'kind' <> 'lap'

-- name: settle_conflicts
-- A person's choice on record, unless the conflict says something else by now, or a
-- later choice came between: its file is in force then.
UPDATE imports_conflict c
SET state = 'settled', chosen = %(side)s, settled_at = clock_timestamp(),
    settled_by_id = %(by)s, note = %(note)s, settled_file_id = f.id
FROM jsonb_to_recordset(%(seen)s::jsonb) AS seen (id bigint, fields jsonb, file bigint)
JOIN imports_sourcefile f ON f.id = seen.file
WHERE c.id = seen.id AND c.fields = seen.fields
  AND NOT EXISTS (
      SELECT 1 FROM imports_sourcefile later
      WHERE later.id = c.settled_file_id AND later.version > f.version
  )

-- name: name_edits
-- Of what the edit itself has overruled: the file that states it, and why.
UPDATE imports_conflict c
SET chosen = 'newer', note = %(note)s, settled_file_id = f.id
FROM imports_sourcefile f
WHERE c.run_id = %(run)s AND c.state = 'settled' AND c.settled_file_id IS NULL
  AND f.source = c.source AND f.version = c.newer_version
