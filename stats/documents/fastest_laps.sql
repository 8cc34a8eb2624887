-- The best laps of entrants -> for each venue and kind of race the fastest, one of each
-- competitor; an entrant without one stands for itself. Of equal times the earlier one.
WITH best AS (
    SELECT DISTINCT ON (m.venue_id, r.kind, e.competitor_id,
                        CASE WHEN e.competitor_id IS NULL THEN e.id END)
           m.source, m.venue_id, r.kind, s.best_ms, s.best_lap, e.number,
           c.key AS competitor, coalesce(e.name, c.name, c.key, e.key) AS name,
           coalesce(t.name, t.key) AS team, m.key AS meeting, m.name AS meeting_name,
           m.season, m.start_date, r.key AS race, e.key AS entrant
    FROM stats_entrantstats s
    JOIN races_entrant e ON e.id = s.entrant_id
    JOIN races_race r ON r.id = e.race_id
    JOIN races_meeting m ON m.id = r.meeting_id
    LEFT JOIN races_competitor c ON c.id = e.competitor_id
    LEFT JOIN races_team t ON t.id = e.team_id
    WHERE s.best_ms IS NOT NULL AND e.is_withdrawn IS NOT TRUE
      AND m.venue_id IS NOT NULL
      AND (%(source)s::text IS NULL OR m.source = %(source)s)
      AND (%(season)s::integer IS NULL
           OR m.venue_id IN (SELECT venue_id FROM races_meeting
                             WHERE season = %(season)s))
    ORDER BY m.venue_id, r.kind, e.competitor_id,
             CASE WHEN e.competitor_id IS NULL THEN e.id END,
             s.best_ms, m.start_date, m.key, r.key, e.key
),
ranked AS (
    SELECT b.*, rank() OVER fast AS rank,
           row_number() OVER (PARTITION BY venue_id, kind
                              ORDER BY best_ms, start_date, meeting, race, entrant)
               AS place
    FROM best b
    WINDOW fast AS (PARTITION BY venue_id, kind ORDER BY best_ms)
)
SELECT r.source, v.key, r.kind,
       jsonb_build_object(
           'venue_name', v.name, 'total', count(*),
           'laps', jsonb_agg(
               jsonb_build_object(
                   'rank', r.rank, 'time_ms', r.best_ms, 'lap', r.best_lap,
                   'competitor', r.competitor, 'name', r.name, 'team', r.team,
                   'number', r.number, 'season', r.season, 'meeting', r.meeting,
                   'meeting_name', r.meeting_name, 'race', r.race)
               ORDER BY r.place) FILTER (WHERE r.place <= %(most)s))
FROM ranked r JOIN races_venue v ON v.id = r.venue_id
GROUP BY r.source, v.key, v.name, r.kind
ORDER BY r.source, v.key, r.kind NULLS FIRST
