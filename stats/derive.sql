-- What follows from the rows of a race, or of all: entrant and lap -> tally, a row an
-- entrant -> fault, a row a doubt -> warning, a row a race and code. Reads only; ids
-- decide nothing. docs/domain-checks.md says why each limit is what it is.
WITH entrant AS (
    SELECT e.id, race_id, e.key, e.number, position, laps_completed, total_time_ms,
           is_withdrawn IS TRUE AS is_withdrawn,
           -- Elsewhere laps are driven at will: out, in, cooling down.
           coalesce(r.kind, '') NOT IN ('practice', 'qualifying') AS is_contest
    FROM races_entrant e JOIN races_race r ON r.id = e.race_id
    WHERE {races}
),
lap AS (
    -- By an array of ids: a join may be planned as a scan of the laps of all races.
    -- Each look reads a row up to the last column that it needs: often asked for first.
    SELECT entrant_id, number,
           -- A time that figures may rest on: of a lap that stands, and not zero.
           CASE WHEN is_deleted IS NOT TRUE THEN nullif(time_ms, 0) END AS timed_ms,
           in_pit IS TRUE AS in_pit, is_deleted IS TRUE AS is_deleted,
           time_ms, elapsed_ms, position, sector1_ms, sector2_ms, sector3_ms,
           sector1_ms::bigint + sector2_ms + sector3_ms AS sectors_ms
    FROM races_lap
    WHERE entrant_id = ANY (ARRAY(SELECT id FROM entrant)) AND number >= 1
    ORDER BY entrant_id, number
),
figure AS (
    SELECT entrant_id,
           count(*) AS held,
           count(*) FILTER (WHERE is_deleted) AS deleted,
           min(number) AS first_lap,
           max(number) AS last_lap,
           count(timed_ms) AS timed_laps,
           sum(timed_ms)::bigint AS total_ms,
           -- The time and, of equal times, the lap: two numbers as one.
           min(timed_ms::bigint << 32 | number) AS best,
           avg(timed_ms)::float8 AS mean_ms,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY timed_ms) AS median_ms,
           stddev_samp(timed_ms)::float8 AS stddev_ms,
           min(sector1_ms) FILTER (WHERE sector1_ms > 0 AND NOT is_deleted) AS sector1_ms,
           min(sector2_ms) FILTER (WHERE sector2_ms > 0 AND NOT is_deleted) AS sector2_ms,
           min(sector3_ms) FILTER (WHERE sector3_ms > 0 AND NOT is_deleted) AS sector3_ms,
           -- A lap that was struck out took its time too.
           count(nullif(time_ms, 0)) FILTER (WHERE is_deleted) AS deleted_timed,
           coalesce(sum(time_ms) FILTER (WHERE is_deleted), 0) AS deleted_ms,
           -- The last lap with a time since the start, and that time: two as one.
           max(number::bigint << 32 | elapsed_ms) FILTER (WHERE elapsed_ms IS NOT NULL)
               AS clock,
           count(position) > 0 AS has_positions,
           array_agg(number) FILTER (WHERE position = 1) AS led_laps,
           array_agg(number) FILTER (WHERE in_pit) AS pit_laps,
           -- What may be green where nobody stops, to look at again without the laps.
           array_agg(timed_ms) FILTER (WHERE number > 1 AND timed_ms IS NOT NULL)
               AS times_ms,
           -- Of the checks below: whether to look at this entrant's laps at all.
           max(timed_ms) FILTER (WHERE NOT in_pit) AS slowest_ms,
           coalesce(bool_or(time_ms = 0) FILTER (WHERE NOT is_deleted), false)
           OR coalesce(bool_or(abs(sectors_ms - timed_ms) > 2), false) AS is_doubtful
    FROM lap GROUP BY entrant_id
),
tally AS MATERIALIZED (
    SELECT e.id, e.race_id, e.key, e.position, e.laps_completed, e.total_time_ms,
           e.is_withdrawn, e.is_contest, coalesce(f.held, 0) AS held,
           coalesce(f.held - f.deleted, 0) AS laps, f.first_lap, f.last_lap,
           coalesce(f.timed_laps, 0) AS timed_laps, f.total_ms,
           (f.best >> 32)::integer AS best_ms,
           (f.best & 4294967295)::integer AS best_lap,
           f.mean_ms, f.median_ms, f.stddev_ms, f.sector1_ms, f.sector2_ms,
           f.sector3_ms, f.has_positions, f.clock IS NOT NULL AS has_elapsed, f.led_laps,
           f.pit_laps, f.times_ms, f.slowest_ms,
           CASE WHEN f.clock >> 32 = f.last_lap THEN f.clock & 4294967295
                END AS elapsed_ms,
           CASE WHEN f.first_lap = 1 AND f.last_lap = f.held
                     AND f.timed_laps + f.deleted_timed = f.held
                THEN coalesce(f.total_ms, 0) + f.deleted_ms END AS clocked_ms,
           coalesce(f.last_lap - f.first_lap >= f.held, false) AS has_gap,
           f.is_doubtful OR f.clock IS NOT NULL
           OR coalesce((f.best >> 32) < 0.3 * f.median_ms, false)
           OR coalesce(f.slowest_ms >= 1.8 * f.median_ms, false) AS is_doubtful
    FROM entrant e LEFT JOIN figure f ON f.entrant_id = e.id
),
whole AS MATERIALIZED (
    -- What all entrants of a race say together.
    SELECT race_id, sum(held) > 0 AS has_laps,
           -- Each entrant counts once, however far it came.
           percentile_cont(0.5) WITHIN GROUP (ORDER BY median_ms) AS usual_ms,
           count(sector1_ms) > 0 AS has_sector1, count(sector2_ms) > 0 AS has_sector2,
           count(sector3_ms) > 0 AS has_sector3,
           bool_or(has_positions) AS has_positions, bool_or(has_elapsed) AS has_elapsed,
           count(position) FILTER (WHERE NOT is_withdrawn) > 0 AS has_result,
           -- Whether the clocks of all that drove can be compared.
           bool_and(elapsed_ms IS NOT NULL) FILTER (WHERE held > 0 AND NOT is_withdrawn)
               AS all_elapsed,
           bool_and(clocked_ms IS NOT NULL) FILTER (WHERE held > 0 AND NOT is_withdrawn)
               AS all_clocked
    FROM tally GROUP BY race_id
),
doubtful AS MATERIALIZED (
    SELECT t.race_id, t.id, t.key, t.timed_laps, t.median_ms, w.usual_ms, t.is_contest,
           t.has_gap, l.number, l.time_ms, l.timed_ms, l.sectors_ms, l.elapsed_ms,
           l.in_pit, l.is_deleted
    FROM tally t
    JOIN whole w ON w.race_id = t.race_id
    JOIN lap l ON l.entrant_id = t.id
    WHERE t.is_doubtful OR t.has_gap OR t.slowest_ms >= 5 * w.usual_ms
),
slow AS MATERIALIZED (
    SELECT race_id, key, number, timed_ms, median_ms, usual_ms,
           timed_laps >= 3
           AND timed_ms BETWEEN 1.8 * median_ms AND 2.2 * median_ms AS is_double,
           timed_ms > 5 * usual_ms AS is_long,
           timed_ms >= 1.25 * median_ms AS is_slow
    FROM doubtful d
    WHERE is_contest AND NOT in_pit
      AND (timed_ms > 5 * usual_ms
           OR timed_ms BETWEEN 1.8 * median_ms AND 2.2 * median_ms)
      -- Counted, so that it is asked of the few laps that come this far.
      AND (SELECT count(*) FROM races_pitstop p
           WHERE p.entrant_id = d.id AND d.number - p.lap IN (0, 1)) = 0
),
pace AS (
    -- How many drove the lap in which one was slow, and how many of them were slow.
    SELECT t.race_id, l.number, count(*) AS entrants,
           count(*) FILTER (WHERE l.timed_ms >= 1.25 * t.median_ms) AS slow
    FROM lap l JOIN tally t ON t.id = l.entrant_id
    WHERE (t.race_id, l.number) IN (SELECT race_id, number FROM slow)
      AND l.timed_ms IS NOT NULL
    GROUP BY t.race_id, l.number
),
alone AS (
    -- Not where half of the others were slow too: a safety car or a red flag is true.
    SELECT s.*
    FROM slow s JOIN pace p ON p.race_id = s.race_id AND p.number = s.number
    WHERE p.entrants = 1 OR 2 * (p.slow - s.is_slow::integer) < p.entrants - 1
),
fault AS (
    SELECT race_id, 'laps_do_not_sum' AS code, key, NULL::integer AS lap,
           jsonb_build_object('laps', held, 'sum_ms', total_ms,
                              'published_ms', total_time_ms) AS facts
    FROM tally
    WHERE held = laps_completed AND timed_laps = held
      AND first_lap = 1 AND last_lap = held
      AND abs(total_ms - total_time_ms) > held * 0.5 + 1
    UNION ALL
    -- A lap that was struck out may count in the result or not: both are right.
    SELECT race_id, 'laps_differ_from_result', key, NULL,
           jsonb_build_object('held', CASE WHEN laps_completed > held THEN held
                                           ELSE laps END,
                              'published', laps_completed)
    FROM tally
    WHERE position IS NOT NULL AND NOT is_withdrawn
      AND laps_completed NOT BETWEEN laps AND held
      AND race_id IN (SELECT race_id FROM whole WHERE has_laps)
    UNION ALL
    SELECT race_id, 'lap_numbers_missing', key, before + 1,
           jsonb_build_object('last_lap', number - 1)
    FROM (SELECT race_id, key, number,
                 lag(number) OVER (PARTITION BY id ORDER BY number) AS before
          FROM doubtful WHERE has_gap) AS numbered
    WHERE number > before + 1
    UNION ALL
    SELECT race_id, code, key, number,
           jsonb_build_object('time_ms', timed_ms, median, round(median_ms))
    FROM (SELECT a.race_id, a.key, a.number, a.timed_ms, c.*
          FROM alone a, LATERAL (VALUES
              ('lap_may_be_two', is_double, 'median_ms', a.median_ms),
              ('lap_very_long', is_long, 'race_median_ms', usual_ms)
          ) AS c (code, is_so, median, median_ms)) AS slowly
    WHERE is_so
    UNION ALL
    SELECT race_id, 'lap_very_short', key, number,
           jsonb_build_object('time_ms', timed_ms, 'median_ms', round(median_ms))
    FROM doubtful WHERE timed_laps >= 3 AND timed_ms < 0.3 * median_ms
    UNION ALL
    SELECT race_id, 'lap_time_zero', key, number, '{}'
    FROM doubtful WHERE time_ms = 0 AND NOT is_deleted
    UNION ALL
    SELECT race_id, 'sectors_do_not_sum', key, number,
           jsonb_build_object('sectors_ms', sectors_ms, 'time_ms', timed_ms)
    FROM doubtful WHERE abs(sectors_ms - timed_ms) > 2
    UNION ALL
    SELECT race_id, 'elapsed_goes_down', key, number,
           jsonb_build_object('elapsed_ms', elapsed_ms, 'before_ms', before_ms)
    FROM (SELECT race_id, key, number, elapsed_ms,
                 lag(elapsed_ms) OVER (PARTITION BY id ORDER BY number) AS before_ms
          FROM doubtful WHERE elapsed_ms IS NOT NULL AND NOT is_deleted) AS clock
    WHERE elapsed_ms < before_ms
    UNION ALL
    SELECT race_id, 'number_twice', min(key), NULL,
           jsonb_build_object('number', number,
                              'entrants', jsonb_agg(key ORDER BY key))
    FROM entrant WHERE number IS NOT NULL AND NOT is_withdrawn
    GROUP BY race_id, number HAVING count(*) > 1
),
warning AS (
    SELECT race_id, code, count(*) AS count,
           jsonb_agg(jsonb_build_object('entrants', jsonb_build_array(key), 'lap', lap)
                     || facts ORDER BY place) FILTER (WHERE place <= 20) AS examples
    FROM (
        SELECT *, row_number() OVER (PARTITION BY race_id, code ORDER BY key, lap)
                      AS place
        FROM fault
    ) AS ordered
    GROUP BY race_id, code
)
