-- The figures of docs/stats.md, from derive.sql: tally -> paced, ranked -> led -> placed ->
-- standing, a row an entrant -> entrant_figure, race_figure. Reads only; keys and never
-- ids break ties. Most races are small, and each step of the plan is made ready anew for
-- each of them: one more costs a race of ten entrants about as much as a hundred laps.
, stop AS (
    SELECT entrant_id, array_agg(DISTINCT lap) AS laps
    FROM races_pitstop
    WHERE entrant_id = ANY (ARRAY(SELECT id FROM entrant)) AND lap >= 1
    GROUP BY entrant_id
),
pitted AS (
    -- Laps that ended at a stop. Where a stop's own lap is not marked and the one before
    -- is, the file names the lap out. Marks tell it where no stop names a lap; the lap
    -- in and the lap out may both be marked, so of a row of them the first.
    SELECT t.id,
           CASE WHEN s.laps IS NOT NULL THEN ARRAY(
               SELECT p.lap - o.is_out
               FROM (SELECT EXISTS (SELECT FROM unnest(s.laps) AS n (lap)
                                    WHERE n.lap - 1 = ANY (t.pit_laps)
                                      AND n.lap <> ALL (t.pit_laps))::integer) AS o (is_out),
                    unnest(s.laps) AS p (lap)
               WHERE p.lap > o.is_out ORDER BY 1)
           WHEN t.pit_laps IS NOT NULL THEN ARRAY(
               SELECT p.lap FROM unnest(t.pit_laps) AS p (lap)
               WHERE p.lap - 1 <> ALL (t.pit_laps) ORDER BY 1)
           END AS laps,
           -- A time of 1.07 medians is still green.
           floor(1.07 * t.median_ms)::integer AS green_ms
    FROM tally t LEFT JOIN stop s ON s.entrant_id = t.id
    WHERE t.held > 0
),
stint AS (
    -- The nth stint has the laps after the nth lap of a stop until the next of them.
    SELECT id, nth, min(number) AS first_lap, max(number) AS last_lap, count(*) AS laps,
           min(timed_ms) AS best_ms, avg(timed_ms)::float8 AS mean_ms,
           count(timed_ms) FILTER (WHERE is_green) AS green_laps,
           sum(timed_ms) FILTER (WHERE is_green) AS green_ms,
           sum(timed_ms::bigint * timed_ms) FILTER (WHERE is_green) AS squares
    FROM (
        SELECT p.id, l.number, l.timed_ms, width_bucket(l.number - 1, p.laps) AS nth,
               -- Neither the first of a stint nor one that ends at a stop.
               l.timed_ms <= p.green_ms AND l.number > 1 AND NOT l.in_pit
               AND l.number <> ALL (p.laps) AND l.number - 1 <> ALL (p.laps) AS is_green
        FROM pitted p JOIN lap l ON l.entrant_id = p.id
        WHERE p.laps IS NOT NULL
    ) AS driven
    GROUP BY id, nth
    UNION ALL
    -- Who never stopped has one, which is all of the laps.
    SELECT t.id, 0, t.first_lap, t.last_lap, t.held, t.best_ms, t.mean_ms,
           g.laps, g.ms, g.squares
    FROM pitted p
    JOIN tally t ON t.id = p.id,
    LATERAL (SELECT count(*) AS laps, sum(ms) AS ms, sum(ms::bigint * ms) AS squares
             FROM (SELECT unnest(t.times_ms) AS ms) AS o WHERE ms <= p.green_ms) AS g
    WHERE p.laps IS NULL
),
paced AS (
    SELECT id, sum(green_laps) AS green_laps,
           jsonb_agg(jsonb_build_object(
               'first_lap', first_lap, 'last_lap', last_lap, 'laps', laps,
               'best_ms', best_ms, 'mean_ms', mean_ms) ORDER BY nth) AS stints,
           -- 1 - deviation / mean, from exact sums: no order of rows shows in it.
           CASE WHEN sum(green_laps) >= 5 THEN
               1 - sqrt((sum(green_laps) * sum(squares) - sum(green_ms) ^ 2)::float8
                        / (sum(green_laps) * (sum(green_laps) - 1))::float8)
                   * sum(green_laps)::float8 / sum(green_ms)::float8
           END AS consistency
    FROM stint GROUP BY id
),
ranked AS MATERIALIZED (
    SELECT t.id, t.race_id, t.key, t.is_withdrawn, t.is_contest, t.held, t.last_lap,
           t.elapsed_ms, t.clocked_ms, t.laps_completed, t.total_time_ms, t.position,
           t.led_laps, w.has_result,
           t.is_contest AND w.all_elapsed AS by_elapsed,
           t.is_contest AND (w.all_elapsed OR w.all_clocked) AS by_clock,
           CASE WHEN NOT t.is_contest THEN NULL
                WHEN w.has_positions THEN 'positions'
                WHEN w.has_elapsed THEN 'elapsed' ELSE 'laps' END AS lead_from,
           t.laps, t.timed_laps, t.total_ms, t.best_ms, t.best_lap, t.mean_ms,
           t.median_ms, t.stddev_ms,
           CASE WHEN (t.sector1_ms IS NOT NULL OR NOT w.has_sector1)
                 AND (t.sector2_ms IS NOT NULL OR NOT w.has_sector2)
                 AND (t.sector3_ms IS NOT NULL OR NOT w.has_sector3)
                 AND (w.has_sector1 OR w.has_sector2 OR w.has_sector3)
                THEN coalesce(t.sector1_ms::bigint, 0) + coalesce(t.sector2_ms, 0)
                     + coalesce(t.sector3_ms, 0) END AS theoretical_best_ms,
           CASE WHEN t.best_ms IS NOT NULL THEN
               rank() OVER (PARTITION BY t.race_id ORDER BY t.best_ms, t.best_lap)
           END AS best_rank,
           row_number() OVER (PARTITION BY t.race_id ORDER BY t.key) AS ordinal
    FROM tally t JOIN whole w ON w.race_id = t.race_id
),
led AS (
    -- Who was first over the line, lap by lap, where that is known: by the positions
    -- that a file states, else by a clock that all who drove the lap have.
    SELECT r.race_id, l.number, min(r.ordinal) AS ordinal
    FROM ranked r, unnest(r.led_laps) AS l (number)
    WHERE r.is_contest AND NOT r.is_withdrawn
    GROUP BY r.race_id, l.number
    UNION ALL
    SELECT race_id, number, min(ms << 20 | ordinal) & 1048575
    FROM (
        SELECT r.race_id, l.number, r.ordinal,
               CASE WHEN r.lead_from = 'elapsed' THEN l.elapsed_ms::bigint
                    WHEN count(nullif(l.time_ms, 0)) OVER driven = l.number
                    THEN sum(nullif(l.time_ms, 0)) OVER driven END AS ms
        FROM ranked r JOIN lap l ON l.entrant_id = r.id
        WHERE r.lead_from <> 'positions' AND NOT r.is_withdrawn
        WINDOW driven AS (PARTITION BY r.id ORDER BY l.number)
    ) AS crossing
    GROUP BY race_id, number HAVING count(*) = count(ms)
),
leader AS (
    SELECT race_id, ordinal, count(*) AS laps,
           count(*) FILTER (WHERE ordinal <> before) AS taken
    FROM (SELECT race_id, ordinal,
                 lag(ordinal) OVER (PARTITION BY race_id ORDER BY number) AS before
          FROM led) AS turn
    GROUP BY race_id, ordinal
),
placed AS (
    SELECT r.*, o.laps AS laps_led, o.taken,
           CASE WHEN r.has_result THEN 'result' WHEN by_clock THEN 'laps'
           END AS order_from,
           CASE WHEN r.is_withdrawn THEN NULL
                WHEN r.has_result THEN nullif(r.position, 0)
                WHEN by_clock AND r.held > 0 THEN
                    rank() OVER (PARTITION BY r.race_id, r.is_withdrawn
                                 ORDER BY r.last_lap DESC NULLS LAST,
                                          CASE WHEN by_elapsed THEN r.elapsed_ms
                                               ELSE r.clocked_ms END)
           END AS place,
           -- The clock of its last lap is the finish if the result knows of no other.
           r.last_lap = coalesce(r.laps_completed, r.last_lap) AS is_at_finish
    FROM ranked r
    LEFT JOIN leader o ON o.race_id = r.race_id AND o.ordinal = r.ordinal
),
fronted AS (
    -- The first of the race; those without a place come after all.
    SELECT p.*,
           first_value(total_time_ms) OVER front AS first_total_ms,
           first_value(laps_completed) OVER front AS first_completed,
           first_value(last_lap) OVER front AS first_held,
           first_value(place) OVER front AS first_place,
           first_value(CASE WHEN is_at_finish THEN elapsed_ms END) OVER front
               AS first_elapsed_ms,
           first_value(CASE WHEN is_at_finish THEN clocked_ms END) OVER front
               AS first_clocked_ms,
           sum(laps_led) OVER front AS led_laps_of_race
    FROM placed p
    WINDOW front AS (PARTITION BY race_id
                     ORDER BY place, laps_completed DESC NULLS LAST, total_time_ms, key
                     ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
measured AS (
    -- Laps and time of each in the one measure that the first of the race has.
    SELECT f.*,
           CASE WHEN gaps_from IS NULL THEN NULL
                WHEN is_published THEN laps_completed ELSE last_lap END AS gap_laps,
           CASE WHEN gaps_from IS NULL THEN NULL
                WHEN is_published THEN first_completed ELSE first_held END AS first_laps,
           CASE WHEN gaps_from = 'result' THEN total_time_ms
                WHEN NOT is_at_finish THEN NULL
                WHEN gaps_from = 'elapsed' THEN elapsed_ms
                WHEN gaps_from = 'laps' THEN clocked_ms END AS gap_ms,
           CASE gaps_from WHEN 'result' THEN first_total_ms
                          WHEN 'elapsed' THEN first_elapsed_ms
                          WHEN 'laps' THEN first_clocked_ms END AS first_ms
    FROM (SELECT g.*,
                 coalesce(first_completed, first_total_ms) IS NOT NULL AS is_published,
                 CASE WHEN place IS NULL THEN NULL
                      WHEN first_total_ms IS NOT NULL THEN 'result'
                      WHEN NOT is_contest THEN NULL
                      WHEN first_elapsed_ms IS NOT NULL THEN 'elapsed'
                      WHEN first_clocked_ms IS NOT NULL THEN 'laps'
                      WHEN first_completed IS NOT NULL THEN 'result'
                 END AS gaps_from
          FROM fronted g) AS f
),
standing AS MATERIALIZED (
    SELECT a.id, a.race_id, a.key, a.laps, a.timed_laps, a.total_ms, a.best_ms,
           a.best_lap, a.best_rank, a.mean_ms, a.median_ms, a.stddev_ms,
           a.theoretical_best_ms, p.green_laps, p.consistency, p.stints,
           CASE WHEN led_laps_of_race > 0 THEN coalesce(laps_led, 0) END AS laps_led,
           taken, lead_from, order_from, gaps_from, place, a.held, laps_completed,
           is_withdrawn,
           -- The places before it must all be there: else who was ahead is not known.
           CASE WHEN first_place = 1 THEN first_laps - gap_laps END AS leader_laps,
           CASE WHEN first_place = 1 AND gap_laps IS NOT DISTINCT FROM first_laps
                THEN gap_ms - first_ms END AS leader_ms,
           CASE WHEN place <= ahead_place + ahead_count
                THEN ahead_laps - gap_laps END AS ahead_laps,
           CASE WHEN place <= ahead_place + ahead_count
                     AND gap_laps IS NOT DISTINCT FROM ahead_laps
                THEN gap_ms - ahead_ms END AS ahead_ms
    FROM (SELECT m.*, min(place) OVER ahead AS ahead_place,
                 count(*) OVER ahead AS ahead_count,
                 max(gap_laps) OVER ahead AS ahead_laps, min(gap_ms) OVER ahead AS ahead_ms
          FROM measured m
          WINDOW ahead AS (PARTITION BY race_id ORDER BY place
                           GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING)) AS a
    LEFT JOIN paced p ON p.id = a.id
),
entrant_figure AS (
    SELECT id AS entrant_id, race_id, key, laps, timed_laps, total_ms, best_ms, best_lap,
           mean_ms, median_ms, stddev_ms, best_rank, theoretical_best_ms,
           coalesce(green_laps, 0) AS green_laps, consistency, laps_led,
           leader_ms AS gap_to_leader_ms, leader_laps AS gap_to_leader_laps,
           ahead_ms AS gap_to_ahead_ms, ahead_laps AS gap_to_ahead_laps,
           coalesce(stints, '[]') AS stints
    FROM standing
),
race_figure AS (
    SELECT race_id, count(*) AS entrants,
           count(*) FILTER (WHERE laps > 0) AS entrants_with_laps,
           sum(laps) AS laps, sum(held) AS held_laps,
           sum(laps_completed) FILTER (WHERE NOT is_withdrawn) AS expected_laps,
           sum(greatest(laps_completed - held, 0))
               FILTER (WHERE NOT is_withdrawn AND laps_completed IS NOT NULL)
               AS missing_laps,
           sum(total_ms) AS total_ms,
           min(best_ms) AS fastest_lap_ms,
           min(best_lap) FILTER (WHERE best_rank = 1) AS fastest_lap_number,
           -- By key: ids depend on the order in which files came.
           (array_agg(id ORDER BY key) FILTER (WHERE best_rank = 1))[1]
               AS fastest_lap_entrant_id,
           max(order_from) AS order_from, max(gaps_from) AS gaps_from,
           (array_agg(id ORDER BY key) FILTER (WHERE place = 1))[1] AS winner_id,
           (array_agg(leader_ms ORDER BY place, key) FILTER (WHERE place <= 2))[2]
               AS margin_ms,
           (array_agg(leader_laps ORDER BY place, key) FILTER (WHERE place <= 2))[2]
               AS margin_laps,
           max(lead_from) FILTER (WHERE laps_led IS NOT NULL) AS lead_from,
           sum(laps_led) AS led_laps,
           CASE WHEN count(laps_led) > 0 THEN count(*) FILTER (WHERE laps_led > 0) END
               AS leaders,
           CASE WHEN count(laps_led) > 0 THEN coalesce(sum(taken), 0) END AS lead_changes
    FROM standing GROUP BY race_id
)
