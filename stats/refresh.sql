-- What derive.sql and figures.sql give of one race -> its tables. One statement: the
-- laps are read once, and all of it is as of one moment. A row that stays as it is is
-- not written: most of a race does when a file changes one entrant.
, entrant_stats AS (
    INSERT INTO stats_entrantstats (
        entrant_id, laps, timed_laps, total_ms, best_ms, best_lap, best_rank, mean_ms,
        median_ms, stddev_ms, theoretical_best_ms, green_laps, consistency, laps_led,
        gap_to_leader_ms, gap_to_leader_laps, gap_to_ahead_ms, gap_to_ahead_laps,
        stints)
    SELECT entrant_id, laps, timed_laps, total_ms, best_ms, best_lap, best_rank, mean_ms,
           median_ms, stddev_ms, theoretical_best_ms, green_laps, consistency, laps_led,
           gap_to_leader_ms, gap_to_leader_laps, gap_to_ahead_ms, gap_to_ahead_laps,
           stints
    FROM entrant_figure
    ORDER BY entrant_id
    ON CONFLICT (entrant_id) DO UPDATE SET
        laps = EXCLUDED.laps, timed_laps = EXCLUDED.timed_laps,
        total_ms = EXCLUDED.total_ms, best_ms = EXCLUDED.best_ms,
        best_lap = EXCLUDED.best_lap, best_rank = EXCLUDED.best_rank,
        mean_ms = EXCLUDED.mean_ms, median_ms = EXCLUDED.median_ms,
        stddev_ms = EXCLUDED.stddev_ms,
        theoretical_best_ms = EXCLUDED.theoretical_best_ms,
        green_laps = EXCLUDED.green_laps, consistency = EXCLUDED.consistency,
        laps_led = EXCLUDED.laps_led, gap_to_leader_ms = EXCLUDED.gap_to_leader_ms,
        gap_to_leader_laps = EXCLUDED.gap_to_leader_laps,
        gap_to_ahead_ms = EXCLUDED.gap_to_ahead_ms,
        gap_to_ahead_laps = EXCLUDED.gap_to_ahead_laps, stints = EXCLUDED.stints
    WHERE stats_entrantstats IS DISTINCT FROM EXCLUDED
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
    WHERE stats_racewarning IS DISTINCT FROM EXCLUDED
)
INSERT INTO stats_racestats (
    race_id, entrants, entrants_with_laps, laps, held_laps, expected_laps, missing_laps,
    warning_count, total_ms, fastest_lap_ms, fastest_lap_number, fastest_lap_entrant_id,
    order_from, winner_id, gaps_from, margin_ms, margin_laps, lead_from, led_laps,
    leaders, lead_changes)
-- A race without entrants has stats too.
SELECT $1, coalesce(entrants, 0), coalesce(entrants_with_laps, 0), coalesce(laps, 0),
       coalesce(held_laps, 0), expected_laps, missing_laps,
       (SELECT coalesce(sum(count), 0) FROM warning),
       total_ms, fastest_lap_ms, fastest_lap_number, fastest_lap_entrant_id,
       order_from, winner_id, gaps_from, margin_ms, margin_laps, lead_from, led_laps,
       leaders, lead_changes
FROM (SELECT 1) AS one LEFT JOIN race_figure ON true
ON CONFLICT (race_id) DO UPDATE SET
    entrants = EXCLUDED.entrants, entrants_with_laps = EXCLUDED.entrants_with_laps,
    laps = EXCLUDED.laps, held_laps = EXCLUDED.held_laps,
    expected_laps = EXCLUDED.expected_laps, missing_laps = EXCLUDED.missing_laps,
    warning_count = EXCLUDED.warning_count, total_ms = EXCLUDED.total_ms,
    fastest_lap_ms = EXCLUDED.fastest_lap_ms,
    fastest_lap_number = EXCLUDED.fastest_lap_number,
    fastest_lap_entrant_id = EXCLUDED.fastest_lap_entrant_id,
    order_from = EXCLUDED.order_from, winner_id = EXCLUDED.winner_id,
    gaps_from = EXCLUDED.gaps_from, margin_ms = EXCLUDED.margin_ms,
    margin_laps = EXCLUDED.margin_laps, lead_from = EXCLUDED.lead_from,
    led_laps = EXCLUDED.led_laps, leaders = EXCLUDED.leaders,
    lead_changes = EXCLUDED.lead_changes
WHERE stats_racestats IS DISTINCT FROM EXCLUDED
