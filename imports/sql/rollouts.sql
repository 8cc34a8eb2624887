-- name: rollout_arms
-- What came of the races of each arm since a moment: an attempt that was not the last
-- of its race has failed, and of a race that failed the last one too.
SELECT c.options -> 'arms' ->> %(rollout)s AS arm,
       count(*),
       sum(c.attempts),
       sum(CASE WHEN c.state = 'failed' THEN c.attempts
                ELSE greatest(c.attempts - 1, 0) END),
       count(w.ms),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY w.ms)
FROM imports_racecheckpoint c
CROSS JOIN LATERAL (
    SELECT c.write_ms * 1000 / nullif((c.laps ->> 'read')::integer, 0) AS ms
) AS w
WHERE c.finished_at >= %(since)s AND c.state IN ('done', 'failed')
  AND c.options -> 'arms' ->> %(rollout)s IS NOT NULL
GROUP BY 1
