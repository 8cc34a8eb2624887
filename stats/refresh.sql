-- What derive.sql gives of one race -> its tables. One statement: the laps are read
-- once, and all of it is as of one moment.
, gone AS (
    DELETE FROM stats_entrantstats s USING tally t
    WHERE s.entrant_id = t.id AND t.laps = 0
),
entrant_stats AS (
    INSERT INTO stats_entrantstats (entrant_id, laps, timed_laps, total_ms, best_ms,
                                    best_lap, mean_ms, median_ms, stddev_ms)
    SELECT id, laps, timed_laps, total_ms, best_ms, best_lap, mean_ms, median_ms,
           stddev_ms
    FROM tally WHERE laps > 0
    ORDER BY id
    ON CONFLICT (entrant_id) DO UPDATE SET
        laps = EXCLUDED.laps, timed_laps = EXCLUDED.timed_laps,
        total_ms = EXCLUDED.total_ms, best_ms = EXCLUDED.best_ms,
        best_lap = EXCLUDED.best_lap, mean_ms = EXCLUDED.mean_ms,
        median_ms = EXCLUDED.median_ms, stddev_ms = EXCLUDED.stddev_ms
),
mended AS (
    DELETE FROM stats_racewarning w
    WHERE w.race_id = $1
      AND NOT EXISTS (SELECT 1 FROM warning n WHERE n.code = w.code)
),
race_warnings AS (
    INSERT INTO stats_racewarning (race_id, code, count, examples)
    SELECT race_id, code, count, examples FROM warning
    ON CONFLICT (race_id, code) DO UPDATE SET
        count = EXCLUDED.count, examples = EXCLUDED.examples
),
fastest AS (
    -- By key: ids depend on the order in which files came.
    SELECT id, best_lap, best_ms
    FROM tally WHERE best_ms IS NOT NULL
    ORDER BY best_ms, best_lap, key LIMIT 1
)
INSERT INTO stats_racestats (race_id, entrants, entrants_with_laps, laps,
                             expected_laps, missing_laps, warning_count, total_ms,
                             fastest_lap_ms, fastest_lap_number,
                             fastest_lap_entrant_id)
SELECT $1, count(*), count(*) FILTER (WHERE laps > 0), coalesce(sum(laps), 0),
       sum(laps_completed) FILTER (WHERE NOT is_withdrawn),
       sum(greatest(laps_completed - held, 0))
           FILTER (WHERE NOT is_withdrawn AND laps_completed IS NOT NULL),
       (SELECT coalesce(sum(count), 0) FROM warning),
       sum(total_ms),
       (SELECT best_ms FROM fastest), (SELECT best_lap FROM fastest),
       (SELECT id FROM fastest)
FROM tally
ON CONFLICT (race_id) DO UPDATE SET
    entrants = EXCLUDED.entrants, entrants_with_laps = EXCLUDED.entrants_with_laps,
    laps = EXCLUDED.laps, expected_laps = EXCLUDED.expected_laps,
    missing_laps = EXCLUDED.missing_laps, warning_count = EXCLUDED.warning_count,
    total_ms = EXCLUDED.total_ms, fastest_lap_ms = EXCLUDED.fastest_lap_ms,
    fastest_lap_number = EXCLUDED.fastest_lap_number,
    fastest_lap_entrant_id = EXCLUDED.fastest_lap_entrant_id
