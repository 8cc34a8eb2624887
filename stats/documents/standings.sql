-- The entrants of a season -> a standing of competitors or teams ({who}). Points are
-- those of all races, as the sources state them; wins, podiums and fastest laps those of
-- races and finals. Equal points: who has more wins, then more second places, and so on.
-- Ids decide nothing.
, entry AS (
    SELECT s.source, s.season, s.discipline, s.meeting_id, r.id AS race_id,
           coalesce(r.kind IN ('race', 'final'), false) AS is_deciding,
           coalesce(r.kind = 'sprint', false) AS is_sprint,
           e.{who}_id AS who_id, o.key AS other_key,
           coalesce(o.name, o.key) AS other_name, e.points, e.position,
           CASE '{who}' WHEN 'competitor' THEN e.name COLLATE "C" END AS entered_name,
           coalesce(f.fastest_lap_entrant_id = e.id, false) AS is_fastest
    FROM season s
    JOIN races_race r ON r.meeting_id = s.meeting_id
    JOIN races_entrant e ON e.race_id = r.id
    LEFT JOIN races_{other} o ON o.id = e.{other}_id
    LEFT JOIN stats_racestats f ON f.race_id = r.id
    WHERE e.is_withdrawn IS NOT TRUE
),
tally AS (
    SELECT source, season, discipline, who_id,
           trim_scale(sum(points)) AS points,
           count(DISTINCT race_id) FILTER (WHERE is_deciding) AS races,
           count(*) FILTER (WHERE is_deciding AND position = 1) AS wins,
           count(*) FILTER (WHERE is_deciding AND position <= 3) AS podiums,
           count(*) FILTER (WHERE is_deciding AND is_fastest) AS fastest_laps,
           count(*) FILTER (WHERE is_sprint AND position = 1) AS sprint_wins,
           min(position) FILTER (WHERE is_deciding) AS best_position,
           count(DISTINCT other_key) AS others,
           array_agg(DISTINCT other_name COLLATE "C")
               FILTER (WHERE other_key IS NOT NULL) AS other_names,
           -- Of a competitor that no file has named: as which it was entered most often.
           mode() WITHIN GROUP (ORDER BY entered_name) AS entered_name,
           -- Who has one finish more stands before who has none at its place.
           coalesce(array_agg(position::integer ORDER BY position)
                        FILTER (WHERE is_deciding AND position IS NOT NULL), '{}')
               || 2147483647 AS finishes
    FROM entry WHERE who_id IS NOT NULL
    GROUP BY source, season, discipline, who_id
),
ranked AS (
    SELECT t.*, w.key, coalesce(w.name, t.entered_name, w.key) AS name,
           rank() OVER standing AS rank,
           row_number() OVER (PARTITION BY t.source, t.season, t.discipline
                              ORDER BY t.points DESC NULLS LAST, t.finishes, w.key)
               AS place
    FROM tally t JOIN races_{who} w ON w.id = t.who_id
    WINDOW standing AS (PARTITION BY t.source, t.season, t.discipline
                        ORDER BY t.points DESC NULLS LAST, t.finishes)
),
listed AS (
    SELECT source, season, discipline, count(*) AS total,
           jsonb_agg(
               jsonb_build_object(
                   'rank', rank, 'key', key, 'name', name, 'points', points,
                   'wins', wins, 'podiums', podiums, 'fastest_laps', fastest_laps,
                   'sprint_wins', sprint_wins, 'best_position', best_position,
                   'races', races, '{other}s',
                   CASE '{who}' WHEN 'competitor'
                                THEN to_jsonb(coalesce(other_names, '{}'))
                                ELSE to_jsonb(others) END)
               ORDER BY place) FILTER (WHERE place <= %(most)s) AS rows
    FROM ranked GROUP BY source, season, discipline
),
covered AS (
    SELECT source, season, discipline, count(DISTINCT meeting_id) AS meetings,
           count(DISTINCT race_id) FILTER (WHERE is_deciding) AS races,
           count(*) FILTER (WHERE who_id IS NULL) AS without
    FROM entry GROUP BY source, season, discipline
)
SELECT c.source, c.season, c.discipline,
       jsonb_build_object(
           'meetings', c.meetings, 'races', c.races, 'total', coalesce(l.total, 0),
           'entrants_without_{who}', c.without,
           'standings', coalesce(l.rows, '[]'))
FROM covered c
LEFT JOIN listed l ON l.source = c.source AND l.season = c.season
                  AND l.discipline IS NOT DISTINCT FROM c.discipline
ORDER BY c.source, c.season, c.discipline NULLS FIRST
