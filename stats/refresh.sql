-- One statement: the laps of a race -> stats of its entrants -> stats of the race.
WITH entrant AS (
    SELECT id, key, laps_completed FROM races_entrant WHERE race_id = %(race)s
),
lap AS (
    -- By an array of ids: a join may be planned as a scan of the laps of all races.
    SELECT entrant_id, number, time_ms
    FROM races_lap
    WHERE entrant_id = ANY (ARRAY(SELECT id FROM entrant))
      AND number >= 1 AND is_deleted IS NOT TRUE
),
figure AS (
    SELECT entrant_id,
           count(*) AS laps,
           count(time_ms) AS timed_laps,
           sum(time_ms)::bigint AS total_ms,
           min(time_ms) AS best_ms,
           avg(time_ms)::float8 AS mean_ms,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY time_ms) AS median_ms,
           stddev_samp(time_ms)::float8 AS stddev_ms
    FROM lap GROUP BY entrant_id
),
best AS (
    SELECT DISTINCT ON (entrant_id) entrant_id, number, time_ms
    FROM lap WHERE time_ms IS NOT NULL
    ORDER BY entrant_id, time_ms, number
),
gone AS (
    DELETE FROM stats_entrantstats s USING entrant e
    WHERE s.entrant_id = e.id
      AND NOT EXISTS (SELECT 1 FROM figure f WHERE f.entrant_id = e.id)
),
entrant_stats AS (
    INSERT INTO stats_entrantstats (entrant_id, laps, timed_laps, total_ms, best_ms,
                                    best_lap, mean_ms, median_ms, stddev_ms)
    SELECT f.entrant_id, f.laps, f.timed_laps, f.total_ms, f.best_ms,
           b.number, f.mean_ms, f.median_ms, f.stddev_ms
    FROM figure f LEFT JOIN best b USING (entrant_id)
    ORDER BY f.entrant_id
    ON CONFLICT (entrant_id) DO UPDATE SET
        laps = EXCLUDED.laps, timed_laps = EXCLUDED.timed_laps,
        total_ms = EXCLUDED.total_ms, best_ms = EXCLUDED.best_ms,
        best_lap = EXCLUDED.best_lap, mean_ms = EXCLUDED.mean_ms,
        median_ms = EXCLUDED.median_ms, stddev_ms = EXCLUDED.stddev_ms
),
fastest AS (
    -- By key: ids depend on the order in which files came.
    SELECT b.entrant_id, b.number, b.time_ms
    FROM best b JOIN entrant e ON e.id = b.entrant_id
    ORDER BY b.time_ms, b.number, e.key LIMIT 1
)
INSERT INTO stats_racestats (race_id, entrants, entrants_with_laps, laps,
                             expected_laps, total_ms, fastest_lap_ms,
                             fastest_lap_number, fastest_lap_entrant_id)
SELECT %(race)s,
       (SELECT count(*) FROM entrant),
       (SELECT count(*) FROM figure),
       (SELECT coalesce(sum(laps), 0) FROM figure),
       (SELECT sum(laps_completed) FROM entrant),
       (SELECT sum(total_ms) FROM figure),
       fastest.time_ms, fastest.number, fastest.entrant_id
FROM (VALUES (1)) AS one_row LEFT JOIN fastest ON true
ON CONFLICT (race_id) DO UPDATE SET
    entrants = EXCLUDED.entrants, entrants_with_laps = EXCLUDED.entrants_with_laps,
    laps = EXCLUDED.laps, expected_laps = EXCLUDED.expected_laps,
    total_ms = EXCLUDED.total_ms, fastest_lap_ms = EXCLUDED.fastest_lap_ms,
    fastest_lap_number = EXCLUDED.fastest_lap_number,
    fastest_lap_entrant_id = EXCLUDED.fastest_lap_entrant_id
