-- name: basis_of_races
-- What a plan was computed against: a hash of every row of the run's open races, and
-- which races are not stored. Any change of any column changes it.
SELECT c.id, coalesce(stored.basis, 'none')
FROM imports_racecheckpoint c
LEFT JOIN LATERAL (
    SELECT md5(concat_ws(
        '/', r::text,
        (SELECT sum(hashtextextended(e::text, 0)) FROM races_entrant e
         WHERE e.race_id = r.id),
        (SELECT sum(hashtextextended(p::text, 0))
         FROM races_entrant e JOIN races_pitstop p ON p.entrant_id = e.id
         WHERE e.race_id = r.id),
        (SELECT concat(count(*), ':', sum(hashtextextended(l::text, 0)))
         FROM races_lap l
         WHERE l.entrant_id = ANY (ARRAY(SELECT id FROM races_entrant
                                         WHERE race_id = r.id)))
    )) AS basis
    FROM races_meeting m JOIN races_race r ON r.meeting_id = m.id
    WHERE m.source = c.source AND m.key = c.meeting_key AND r.key = c.race_key
) AS stored ON true
WHERE c.run_id = %(run)s AND c.id = ANY (
    coalesce(%(ids)s::bigint[], ARRAY(
        SELECT id FROM imports_racecheckpoint
        WHERE run_id = %(run)s AND state IN ('waiting', 'claimed')
    ))
)

-- name: basis_of_shared
-- The same of the venues, teams, competitors and meetings that the run states.
WITH stated AS (
    SELECT kind, coalesce(key, meeting_key) AS key FROM {records}
    WHERE race_key IS NULL
),
stored AS (
    SELECT v::text AS row FROM races_venue v JOIN stated s
        ON s.kind = 'venue' AND s.key = v.key WHERE v.source = %(source)s
    UNION ALL
    SELECT t::text FROM races_team t JOIN stated s
        ON s.kind = 'team' AND s.key = t.key WHERE t.source = %(source)s
    UNION ALL
    SELECT c::text FROM races_competitor c JOIN stated s
        ON s.kind = 'competitor' AND s.key = c.key WHERE c.source = %(source)s
    UNION ALL
    SELECT m::text FROM races_meeting m JOIN stated s
        ON s.kind = 'meeting' AND s.key = m.key WHERE m.source = %(source)s
)
SELECT md5(concat(count(*), ':', sum(hashtextextended(row, 0)))) FROM stored
