-- Where the rows of a page of the API came from. Both ask once, however many rows.

-- name: origins
-- Of each source, version and race: the file, and the run that brought its rows: the
-- first run with the file in it that is done with the race, or, where no race is meant,
-- with the shared rows. A run that was reverted comes last: where there is no other.
SELECT w.source, w.version, w.race_id, f.id, f.name, (
    SELECT rf.run_id
    FROM imports_runfile rf
    WHERE rf.source_file_id = f.id AND rf.state = 'staged'
      AND CASE
          WHEN w.race_id IS NULL THEN EXISTS (
              SELECT FROM imports_importrun r
              WHERE r.id = rf.run_id AND r.shared_rows IS NOT NULL
          )
          ELSE EXISTS (
              SELECT FROM imports_racecheckpoint c
              WHERE c.run_id = rf.run_id AND c.race_id = w.race_id
                AND c.state = 'done'
          )
      END
    ORDER BY EXISTS (
        SELECT FROM imports_importrun back
        WHERE back.reverts_id = rf.run_id AND back.state IN ('succeeded', 'partial')
          AND NOT EXISTS (
              SELECT FROM imports_importrun again
              WHERE again.reverts_id = back.id
                AND again.state IN ('succeeded', 'partial')
          )
    ), rf.run_id
    LIMIT 1
)
FROM unnest(%(sources)s::text[], %(versions)s::uuid[], %(races)s::bigint[])
    AS w (source, version, race_id)
JOIN imports_sourcefile f
    ON f.source = w.source COLLATE "C" AND f.version = w.version

-- name: disputed_laps
-- The states of the conflicts on laps of some races.
SELECT DISTINCT e.id, c.number, c.state
FROM imports_conflict c
JOIN races_entrant e ON e.race_id = c.race_id AND e.key = c.key
WHERE c.kind = 'lap' AND c.race_id = ANY (%(races)s::bigint[])
