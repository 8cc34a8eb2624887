-- Documents -> snapshots, in one pass over the keys in their order: statements that
-- share keys wait for each other, and never in a ring.
--
-- A waiter goes on when the other has committed. What it then compares and writes is of
-- that moment: `held` is the newest version, clock_timestamp() is read again (the one of
-- VALUES is from before the wait), and a clock that was set back stays behind.
WITH given AS (
    SELECT *
    FROM unnest(%(scopes)s::text[], %(types)s::text[], %(texts)s::text[],
                %(expected)s::bigint[])
         AS g (scope, stats_type, data, expected)
)
INSERT INTO stats_statsnapshot AS held (scope, stats_type, data, version, fetched_at)
SELECT g.scope, g.stats_type, g.data::jsonb, coalesce(g.expected, 0) + 1,
       clock_timestamp()
FROM given g
-- Over a version that was read nothing is inserted, only updated.
WHERE coalesce(g.expected, 0) = 0
   OR EXISTS (SELECT 1 FROM stats_statsnapshot s
              WHERE s.scope = g.scope COLLATE "C"
                AND s.stats_type = g.stats_type COLLATE "C")
ORDER BY g.scope COLLATE "C", g.stats_type COLLATE "C"
ON CONFLICT (scope, stats_type) DO UPDATE SET
    data = EXCLUDED.data,
    version = held.version + 1,
    fetched_at = greatest(held.fetched_at, clock_timestamp())
WHERE held.version = coalesce(
    (SELECT g.expected FROM given g
     WHERE g.scope = EXCLUDED.scope AND g.stats_type = EXCLUDED.stats_type),
    held.version)
RETURNING held.id, held.scope, held.stats_type, held.version, held.fetched_at
