-- Where the rows of a page of the API came from. Each asks once, however many rows.

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
    ORDER BY
-- include: is_reverted
    , rf.run_id
    LIMIT 1
)
FROM unnest(%(sources)s::text[], %(versions)s::uuid[], %(races)s::bigint[])
    AS w (source, version, race_id)
JOIN imports_sourcefile f
    ON f.source = w.source COLLATE "C" AND f.version = w.version

-- name: is_reverted
EXISTS (
    SELECT FROM imports_importrun back
    WHERE back.reverts_id = rf.run_id AND back.state IN ('succeeded', 'partial')
      AND NOT EXISTS (
          SELECT FROM imports_importrun again
          WHERE again.reverts_id = back.id
            AND again.state IN ('succeeded', 'partial')
      )
)

-- name: disputed_laps
-- The states of the conflicts on laps of some races.
SELECT DISTINCT e.id, c.number, c.state
FROM imports_conflict c
JOIN races_entrant e ON e.race_id = c.race_id AND e.key = c.key
WHERE c.kind = 'lap' AND c.race_id = ANY (%(races)s::bigint[])

-- name: marks_of_race
-- What the answers about a race follow from: the last change of it and of each row whose
-- values are shown with it, then what `origins` and `disputed_laps` read beside them.
-- Nothing where there is no such race.
WITH race AS (SELECT id, meeting_id FROM races_race WHERE id = %(race)s),
entrants AS (
    SELECT competitor_id, team_id FROM races_entrant WHERE race_id = %(race)s
),
shown (kind, row_id) AS (
    SELECT 'race', id FROM race
    UNION SELECT 'meeting', meeting_id FROM race
    UNION SELECT 'venue', m.venue_id
          FROM race JOIN races_meeting m ON m.id = race.meeting_id
    UNION SELECT 'competitor', competitor_id FROM entrants
    UNION SELECT 'team', team_id FROM entrants
)
SELECT c.kind, c.row_id, c.changed_at::text
FROM shown s JOIN races_change c ON c.kind = s.kind COLLATE "C" AND c.row_id = s.row_id
UNION ALL
SELECT 'run', rf.run_id, concat_ws(' ', rf.files,
-- include: is_reverted
)
FROM race, LATERAL (
    SELECT c.run_id, (
        SELECT count(*) FROM imports_runfile f
        WHERE f.run_id = c.run_id AND f.state = 'staged'
    ) AS files
    FROM imports_racecheckpoint c WHERE c.race_id = race.id AND c.state = 'done'
) AS rf
UNION ALL
SELECT 'conflict', c.id, c.state
FROM race JOIN imports_conflict c ON c.race_id = race.id
ORDER BY 1, 2, 3
