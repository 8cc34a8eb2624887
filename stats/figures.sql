-- The figures of docs/stats.md, from derive.sql: tally -> stint, ranked -> gap -> led ->
-- entrant_figure, a row an entrant -> race_figure, a row a race. Reads only; keys and
-- never ids break ties.
, stop AS MATERIALIZED (
    SELECT DISTINCT entrant_id, lap FROM races_pitstop
    WHERE entrant_id = ANY (ARRAY(SELECT id FROM entrant)) AND lap >= 1
),
pit_lap AS (
    -- Laps that ended at a stop. Where a stop's own lap is not marked and the one before
    -- is, the file names the lap out. Marks tell it where no stop names a lap; the lap
    -- in and the lap out may both be marked, so of a row of them the first.
    SELECT DISTINCT entrant_id, lap - names_lap_out::integer AS lap
    FROM (SELECT s.entrant_id, s.lap,
                 bool_or(coalesce(s.lap - 1 = ANY (t.pit_laps)
                                  AND s.lap <> ALL (t.pit_laps), false))
                     OVER (PARTITION BY s.entrant_id) AS names_lap_out
          FROM stop s JOIN tally t ON t.id = s.entrant_id) AS named
    WHERE lap > names_lap_out::integer
    UNION ALL
    SELECT t.id, p.lap
    FROM tally t, unnest(t.pit_laps) AS p (lap)
    WHERE t.id NOT IN (SELECT entrant_id FROM stop) AND p.lap - 1 <> ALL (t.pit_laps)
),
span AS (
    -- Stints as laps (after, until]; a time of 1.07 medians is still green.
    SELECT t.id, b.lap AS after,
           lead(b.lap, 1, 2147483647) OVER (PARTITION BY t.id ORDER BY b.lap) AS until,
           floor(1.07 * t.median_ms)::integer AS slowest_ms
    FROM (SELECT id AS entrant_id, 0 AS lap FROM entrant
          UNION ALL SELECT entrant_id, lap FROM pit_lap) AS b
    JOIN tally t ON t.id = b.entrant_id AND t.held > 0
),
stint AS (
    SELECT s.id, s.after, min(l.number) AS first_lap, max(l.number) AS last_lap,
           count(*) AS laps, min(l.timed_ms) AS best_ms,
           avg(l.timed_ms)::float8 AS mean_ms,
           count(g.ms) AS green_laps, sum(g.ms)::bigint AS green_ms,
           sum(g.ms::bigint * g.ms) AS squares
    FROM span s
    JOIN lap l ON l.entrant_id = s.id AND l.number > s.after AND l.number <= s.until,
    LATERAL (
        SELECT CASE WHEN l.timed_ms <= s.slowest_ms AND NOT l.in_pit
                         AND l.number > s.after + 1 AND l.number < s.until
                    THEN l.timed_ms END AS ms
    ) AS g
    GROUP BY s.id, s.after
),
paced AS (
    SELECT id, sum(green_laps) AS green_laps,
           jsonb_agg(jsonb_build_object(
               'first_lap', first_lap, 'last_lap', last_lap, 'laps', laps,
               'best_ms', best_ms, 'mean_ms', mean_ms) ORDER BY after) AS stints,
           -- 1 - deviation / mean, from exact sums: no order of rows shows in it.
           CASE WHEN sum(green_laps) >= 5 THEN
               1 - sqrt((sum(green_laps) * sum(squares) - sum(green_ms) ^ 2)::float8
                        / (sum(green_laps) * (sum(green_laps) - 1))::float8)
                   * sum(green_laps)::float8 / sum(green_ms)::float8
           END AS consistency
    FROM stint GROUP BY id
),
field AS (
    -- What all entrants of a race decide together.
    SELECT t.*, coalesce(r.kind, '') NOT IN ('practice', 'qualifying') AS is_contest,
           row_number() OVER (PARTITION BY t.race_id ORDER BY t.key) AS ordinal,
           rank() OVER (PARTITION BY t.race_id ORDER BY t.best_ms, t.best_lap)
               AS best_rank,
           count(t.sector1_ms) OVER race > 0 AS has_sector1,
           count(t.sector2_ms) OVER race > 0 AS has_sector2,
           count(t.sector3_ms) OVER race > 0 AS has_sector3,
           bool_or(t.has_positions) OVER race AS race_has_positions,
           bool_or(t.has_elapsed) OVER race AS race_has_elapsed,
           count(t.position) FILTER (WHERE NOT t.is_withdrawn) OVER race > 0
               AS has_result,
           -- Whether the clocks of all that drove can be compared.
           bool_and(t.elapsed_ms IS NOT NULL)
               FILTER (WHERE t.held > 0 AND NOT t.is_withdrawn) OVER race AS all_elapsed,
           bool_and(t.clocked_ms IS NOT NULL)
               FILTER (WHERE t.held > 0 AND NOT t.is_withdrawn) OVER race AS all_clocked
    FROM tally t JOIN races_race r ON r.id = t.race_id
    WINDOW race AS (PARTITION BY t.race_id)
),
ranked AS (
    SELECT f.*,
           CASE WHEN has_result THEN 'result'
                WHEN is_contest AND (all_elapsed OR all_clocked) THEN 'laps'
           END AS order_from,
           CASE WHEN is_withdrawn THEN NULL
                WHEN has_result THEN position
                WHEN is_contest AND held > 0 AND (all_elapsed OR all_clocked) THEN
                    rank() OVER (PARTITION BY race_id, is_withdrawn
                                 ORDER BY last_lap DESC NULLS LAST,
                                          CASE WHEN all_elapsed THEN elapsed_ms
                                               ELSE clocked_ms END)
           END AS place,
           -- The clock of its last lap is the finish if the result knows of no other.
           CASE WHEN last_lap = coalesce(laps_completed, last_lap)
                THEN elapsed_ms END AS finish_elapsed_ms,
           CASE WHEN last_lap = coalesce(laps_completed, last_lap)
                THEN clocked_ms END AS finish_clocked_ms
    FROM field f
),
led_by AS (
    SELECT r.*,
           first_value(total_time_ms) OVER front AS first_total_ms,
           first_value(laps_completed) OVER front AS first_completed,
           first_value(last_lap) OVER front AS first_held,
           first_value(finish_elapsed_ms) OVER front AS first_elapsed_ms,
           first_value(finish_clocked_ms) OVER front AS first_clocked_ms
    FROM ranked r WHERE place IS NOT NULL
    WINDOW front AS (PARTITION BY race_id
                     ORDER BY place, laps_completed DESC NULLS LAST, total_time_ms, key)
),
measured AS (
    -- Laps and time of each in the one measure that the first of the race has.
    SELECT id, race_id, key, place, gaps_from,
           CASE WHEN gaps_from IS NULL THEN NULL
                WHEN is_published THEN laps_completed ELSE last_lap END AS laps,
           CASE WHEN gaps_from IS NULL THEN NULL
                WHEN is_published THEN first_completed ELSE first_held END AS first_laps,
           CASE gaps_from WHEN 'result' THEN total_time_ms
                          WHEN 'elapsed' THEN finish_elapsed_ms
                          WHEN 'laps' THEN finish_clocked_ms END AS ms,
           CASE gaps_from WHEN 'result' THEN first_total_ms
                          WHEN 'elapsed' THEN first_elapsed_ms
                          WHEN 'laps' THEN first_clocked_ms END AS first_ms
    FROM (SELECT l.*,
                 coalesce(first_completed, first_total_ms) IS NOT NULL AS is_published,
                 CASE WHEN first_total_ms IS NOT NULL THEN 'result'
                      WHEN NOT is_contest THEN NULL
                      WHEN first_elapsed_ms IS NOT NULL THEN 'elapsed'
                      WHEN first_clocked_ms IS NOT NULL THEN 'laps'
                      WHEN first_completed IS NOT NULL THEN 'result'
                 END AS gaps_from
          FROM led_by l WHERE l.place >= 1) AS m
),
gap AS (
    SELECT id, race_id, place, gaps_from,
           -- The places before it must all be there: else who was ahead is not known.
           CASE WHEN first_place = 1 THEN first_laps - laps END AS leader_laps,
           CASE WHEN first_place = 1 AND laps IS NOT DISTINCT FROM first_laps
                THEN ms - first_ms END AS leader_ms,
           CASE WHEN place <= ahead_place + ahead_count
                THEN ahead_laps - laps END AS ahead_laps,
           CASE WHEN place <= ahead_place + ahead_count
                     AND laps IS NOT DISTINCT FROM ahead_laps
                THEN ms - ahead_ms END AS ahead_ms,
           row_number() OVER (PARTITION BY race_id ORDER BY place, key) AS nth
    FROM (SELECT m.*, min(place) OVER (PARTITION BY race_id) AS first_place,
                 min(place) OVER ahead AS ahead_place,
                 count(*) OVER ahead AS ahead_count,
                 max(laps) OVER ahead AS ahead_laps, min(ms) OVER ahead AS ahead_ms
          FROM measured m
          WINDOW ahead AS (PARTITION BY race_id ORDER BY place
                           GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING)) AS a
),
led AS (
    -- Who was first over the line, lap by lap, where that is known: by the positions
    -- that a file states, else by a clock that all who drove the lap have.
    SELECT f.race_id, l.number, min(f.ordinal) AS ordinal
    FROM field f, unnest(f.led_laps) AS l (number)
    WHERE f.is_contest AND NOT f.is_withdrawn
    GROUP BY f.race_id, l.number
    UNION ALL
    SELECT race_id, number, min(ms << 20 | ordinal) & 1048575
    FROM (
        SELECT f.race_id, l.number, f.ordinal,
               CASE WHEN f.race_has_elapsed THEN l.elapsed_ms::bigint
                    WHEN count(nullif(l.time_ms, 0)) OVER driven = l.number
                    THEN sum(nullif(l.time_ms, 0)) OVER driven END AS ms
        FROM field f JOIN lap l ON l.entrant_id = f.id
        WHERE f.is_contest AND NOT f.race_has_positions AND NOT f.is_withdrawn
        WINDOW driven AS (PARTITION BY f.id ORDER BY l.number)
    ) AS crossing
    GROUP BY race_id, number HAVING count(*) = count(ms)
),
lead_of_race AS (
    SELECT race_id, count(*) AS led_laps, count(DISTINCT ordinal) AS leaders,
           count(*) FILTER (WHERE ordinal <> before) AS lead_changes
    FROM (SELECT race_id, ordinal,
                 lag(ordinal) OVER (PARTITION BY race_id ORDER BY number) AS before
          FROM led) AS turn
    GROUP BY race_id
),
entrant_figure AS (
    SELECT r.id AS entrant_id, r.race_id, r.key, r.laps, r.timed_laps, r.total_ms,
           r.best_ms, r.best_lap, r.mean_ms, r.median_ms, r.stddev_ms,
           CASE WHEN r.best_ms IS NOT NULL THEN r.best_rank END AS best_rank,
           CASE WHEN (r.sector1_ms IS NOT NULL OR NOT has_sector1)
                 AND (r.sector2_ms IS NOT NULL OR NOT has_sector2)
                 AND (r.sector3_ms IS NOT NULL OR NOT has_sector3)
                 AND (has_sector1 OR has_sector2 OR has_sector3)
                THEN coalesce(r.sector1_ms::bigint, 0) + coalesce(r.sector2_ms, 0)
                     + coalesce(r.sector3_ms, 0) END AS theoretical_best_ms,
           coalesce(p.green_laps, 0) AS green_laps, p.consistency,
           CASE WHEN w.led_laps > 0 THEN coalesce(o.laps, 0) END AS laps_led,
           g.leader_ms AS gap_to_leader_ms, g.leader_laps AS gap_to_leader_laps,
           g.ahead_ms AS gap_to_ahead_ms, g.ahead_laps AS gap_to_ahead_laps,
           coalesce(p.stints, '[]') AS stints
    FROM ranked r
    LEFT JOIN paced p ON p.id = r.id
    LEFT JOIN gap g ON g.id = r.id
    LEFT JOIN lead_of_race w ON w.race_id = r.race_id
    LEFT JOIN (SELECT race_id, ordinal, count(*) AS laps FROM led GROUP BY 1, 2) AS o
           ON o.race_id = r.race_id AND o.ordinal = r.ordinal
),
race_figure AS (
    SELECT r.race_id, count(*) AS entrants,
           count(*) FILTER (WHERE r.laps > 0) AS entrants_with_laps,
           sum(r.laps) AS laps, sum(r.held) AS held_laps,
           sum(r.laps_completed) FILTER (WHERE NOT r.is_withdrawn) AS expected_laps,
           sum(greatest(r.laps_completed - r.held, 0))
               FILTER (WHERE NOT r.is_withdrawn AND r.laps_completed IS NOT NULL)
               AS missing_laps,
           sum(r.total_ms) AS total_ms,
           -- By key: ids depend on the order in which files came.
           min(r.best_ms) AS fastest_lap_ms,
           min(r.best_lap) FILTER (WHERE r.best_rank = 1 AND r.best_ms IS NOT NULL)
               AS fastest_lap_number,
           min(r.id) FILTER (WHERE r.key = fastest.key) AS fastest_lap_entrant_id,
           max(r.order_from) AS order_from, max(g.gaps_from) AS gaps_from,
           min(r.id) FILTER (WHERE g.nth = 1 AND g.place = 1) AS winner_id,
           min(g.leader_ms) FILTER (WHERE g.nth = 2 AND g.place <= 2) AS margin_ms,
           min(g.leader_laps) FILTER (WHERE g.nth = 2 AND g.place <= 2) AS margin_laps,
           CASE WHEN min(w.led_laps) IS NULL THEN NULL
                WHEN bool_or(r.race_has_positions) THEN 'positions'
                WHEN bool_or(r.race_has_elapsed) THEN 'elapsed'
                ELSE 'laps' END AS lead_from,
           min(w.led_laps) AS led_laps, min(w.leaders) AS leaders,
           min(w.lead_changes) AS lead_changes
    FROM ranked r
    LEFT JOIN gap g ON g.id = r.id
    LEFT JOIN lead_of_race w ON w.race_id = r.race_id
    LEFT JOIN (SELECT race_id, min(key) AS key FROM field
               WHERE best_rank = 1 AND best_ms IS NOT NULL GROUP BY race_id) AS fastest
           ON fastest.race_id = r.race_id
    GROUP BY r.race_id
)
