-- The meetings of a season -> what it holds, how complete that is, and who won its races
-- and finals; in a dead heat there are several.
, held AS (
    SELECT s.source, s.season, s.discipline, r.id, coalesce(r.kind, '') AS kind,
           f.laps, f.expected_laps, f.missing_laps, f.warning_count
    FROM season s
    JOIN races_race r ON r.meeting_id = s.meeting_id
    LEFT JOIN stats_racestats f ON f.race_id = r.id
),
meetings AS (
    SELECT s.source, s.season, s.discipline, count(*) AS meetings,
           min(m.start_date) AS first_date, max(m.start_date) AS last_date,
           count(DISTINCT m.venue_id) AS venues
    FROM season s JOIN races_meeting m ON m.id = s.meeting_id
    GROUP BY s.source, s.season, s.discipline
),
races AS (
    SELECT source, season, discipline, count(*) AS races,
           coalesce(sum(laps), 0) AS laps, sum(expected_laps) AS expected_laps,
           sum(missing_laps) AS missing_laps,
           coalesce(sum(warning_count), 0) AS warnings,
           count(*) FILTER (WHERE missing_laps = 0) AS complete,
           count(*) FILTER (WHERE missing_laps > 0) AS incomplete,
           count(*) FILTER (WHERE missing_laps IS NULL) AS unknown
    FROM held GROUP BY source, season, discipline
),
kinds AS (
    SELECT source, season, discipline, jsonb_object_agg(kind, races) AS kinds
    FROM (SELECT source, season, discipline, kind, count(*) AS races
          FROM held GROUP BY source, season, discipline, kind) AS k
    GROUP BY source, season, discipline
),
entrants AS (
    SELECT h.source, h.season, h.discipline, count(*) AS entrants,
           count(DISTINCT e.competitor_id) AS competitors,
           count(DISTINCT e.team_id) AS teams
    FROM held h JOIN races_entrant e ON e.race_id = h.id
    WHERE e.is_withdrawn IS NOT TRUE
    GROUP BY h.source, h.season, h.discipline
),
winner AS (
    SELECT s.source, s.season, s.discipline,
           row_number() OVER (PARTITION BY s.source, s.season, s.discipline
                              ORDER BY m.start_date, m.round, m.key,
                                       r.scheduled_start, r.number, r.key, e.key)
               AS place,
           jsonb_build_object(
               'round', m.round, 'meeting', m.key, 'meeting_name', m.name,
               'date', m.start_date, 'venue', coalesce(v.name, v.key), 'race', r.key,
               'winner', c.key, 'name', coalesce(e.name, c.name, c.key, e.key),
               'team', coalesce(t.name, t.key), 'total_time_ms', e.total_time_ms,
               'fastest_lap_ms', f.fastest_lap_ms,
               'fastest_lap_by', coalesce(fe.name, fc.name, fc.key, fe.key)) AS line
    FROM season s
    JOIN races_meeting m ON m.id = s.meeting_id
    JOIN races_race r ON r.meeting_id = m.id AND r.kind IN ('race', 'final')
    JOIN races_entrant e ON e.race_id = r.id AND e.position = 1
                        AND e.is_withdrawn IS NOT TRUE
    LEFT JOIN races_venue v ON v.id = m.venue_id
    LEFT JOIN races_competitor c ON c.id = e.competitor_id
    LEFT JOIN races_team t ON t.id = e.team_id
    LEFT JOIN stats_racestats f ON f.race_id = r.id
    LEFT JOIN races_entrant fe ON fe.id = f.fastest_lap_entrant_id
    LEFT JOIN races_competitor fc ON fc.id = fe.competitor_id
),
winners AS (
    SELECT source, season, discipline, count(*) AS total,
           jsonb_agg(line ORDER BY place) FILTER (WHERE place <= %(most)s) AS rows
    FROM winner GROUP BY source, season, discipline
)
SELECT m.source, m.season, m.discipline,
       jsonb_build_object(
           'meetings', m.meetings, 'venues', m.venues, 'first_date', m.first_date,
           'last_date', m.last_date, 'races', coalesce(r.races, 0),
           'races_by_kind', coalesce(k.kinds, '{}'),
           'entrants', coalesce(e.entrants, 0),
           'competitors', coalesce(e.competitors, 0), 'teams', coalesce(e.teams, 0),
           'laps', coalesce(r.laps, 0), 'expected_laps', r.expected_laps,
           'missing_laps', r.missing_laps,
           'races_complete', coalesce(r.complete, 0),
           'races_incomplete', coalesce(r.incomplete, 0),
           'races_unknown', coalesce(r.unknown, 0),
           'warnings', coalesce(r.warnings, 0), 'total', coalesce(w.total, 0),
           'winners', coalesce(w.rows, '[]'))
FROM meetings m
LEFT JOIN races r ON r.source = m.source AND r.season = m.season
                 AND r.discipline IS NOT DISTINCT FROM m.discipline
LEFT JOIN kinds k ON k.source = m.source AND k.season = m.season
                 AND k.discipline IS NOT DISTINCT FROM m.discipline
LEFT JOIN entrants e ON e.source = m.source AND e.season = m.season
                    AND e.discipline IS NOT DISTINCT FROM m.discipline
LEFT JOIN winners w ON w.source = m.source AND w.season = m.season
                   AND w.discipline IS NOT DISTINCT FROM m.discipline
ORDER BY m.source, m.season, m.discipline NULLS FIRST
