-- name: rollout_arms
-- What came of the newest races of each arm since a moment: an attempt that was not the
-- last of its race has failed, and of a race that failed the last one too.
SELECT c.options -> 'arms' ->> %(rollout)s AS arm,
       count(*),
       sum(c.attempts),
       sum(CASE WHEN c.state = 'failed' THEN c.attempts
                ELSE greatest(c.attempts - 1, 0) END),
       count(w.ms),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY w.ms)
FROM (
    SELECT options, state, attempts, write_ms, laps
    FROM imports_racecheckpoint
    WHERE finished_at >= %(since)s AND state IN ('done', 'failed')
      AND options -> 'arms' ->> %(rollout)s IS NOT NULL
    ORDER BY finished_at DESC
    LIMIT %(newest)s
) AS c
CROSS JOIN LATERAL (
    SELECT c.write_ms * 1000 / nullif((c.laps ->> 'read')::integer, 0) AS ms
) AS w
GROUP BY 1
