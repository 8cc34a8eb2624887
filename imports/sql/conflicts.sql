-- name: record_conflicts
-- The disagreements of one transaction, each once, whatever came first. What a person
-- has chosen between before stays settled: a value that was on neither side is new.
INSERT INTO imports_conflict AS known (
    source, run_id, race_id, kind, meeting_key, race_key, key, number, older_version,
    newer_version, older_row, newer_row, fields, rule, in_force, state, settled_at,
    settled_by_id
)
SELECT %(source)s, r.id, %(race)s, c.kind, c.meeting_key, %(race_key)s, c.key, c.number,
       c.older_version, c.newer_version, c.older_row, c.newer_row, c.fields, c.rule,
       c.in_force, c.state,
       CASE WHEN c.state = 'settled' THEN clock_timestamp() END,
       CASE WHEN c.state = 'settled' THEN r.requested_by_id END
FROM jsonb_to_recordset(%(rows)s::jsonb) AS c (
    kind text, meeting_key text, key text, number integer, older_version uuid,
    newer_version uuid, older_row bigint, newer_row bigint, fields jsonb, rule text,
    in_force text, state text
)
JOIN imports_importrun r ON r.id = %(run)s
WHERE c.rule <> 'manual' OR EXISTS (
    SELECT 1 FROM jsonb_each(c.fields) AS d (column_name, sides)
    WHERE NOT EXISTS (
        SELECT 1 FROM imports_conflict s
        WHERE s.source = %(source)s AND s.kind = c.kind
          AND s.meeting_key = c.meeting_key AND s.race_key = %(race_key)s
          AND s.key = c.key AND s.number = c.number
          AND s.fields -> d.column_name @> jsonb_build_array(d.sides -> 0)
          -- A choice comes in before its conflict is marked as settled.
          AND (s.state = 'settled' OR (c.state = 'settled'
               AND s.fields -> d.column_name @> jsonb_build_array(d.sides -> 1)))
    )
)
ORDER BY c.kind, c.key, c.number, c.older_version, c.newer_version, c.older_row
ON CONFLICT (source, kind, meeting_key, race_key, key, number, older_version,
             newer_version, older_row)
DO UPDATE SET fields = EXCLUDED.fields, rule = EXCLUDED.rule,
              in_force = EXCLUDED.in_force, state = EXCLUDED.state,
              settled_at = EXCLUDED.settled_at, settled_by_id = EXCLUDED.settled_by_id,
              chosen = ''
-- The same files say something else since a layout was mended.
WHERE known.fields IS DISTINCT FROM EXCLUDED.fields
