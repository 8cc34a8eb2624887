-- What figures.sql gives of all races, as JSON by kind and id, to compare the stored
-- stats with. The number of warnings is that of the stored ones, compared apart.
SELECT 'entrant' AS kind, entrant_id AS id,
       to_jsonb(f) - '{entrant_id,race_id,key}'::text[] AS figures
FROM entrant_figure f
UNION ALL
SELECT 'race', r.id,
       jsonb_build_object('entrants', 0, 'entrants_with_laps', 0, 'laps', 0,
                          'held_laps', 0)
       || coalesce(to_jsonb(f) - 'race_id', '{}')
       || jsonb_build_object('warning_count', coalesce(w.count, 0))
FROM races_race r
LEFT JOIN race_figure f ON f.race_id = r.id
LEFT JOIN (SELECT race_id, sum(count) AS count
           FROM stats_racewarning GROUP BY race_id) AS w ON w.race_id = r.id
