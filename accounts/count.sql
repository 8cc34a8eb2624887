-- One request more: of the window that runs, or the first of a new one. Whoever comes at
-- the same time waits for the row and counts on. excluded.started_at is one value: with
-- clock_timestamp() in both places they could disagree about which window it is.
INSERT INTO accounts_requestcount AS held (key, started_at, requests)
VALUES (%(key)s, clock_timestamp(), 1)
ON CONFLICT (key) DO UPDATE SET
    started_at = CASE
        WHEN held.started_at <= excluded.started_at - make_interval(secs => %(seconds)s)
        THEN excluded.started_at ELSE held.started_at
    END,
    requests = CASE
        WHEN held.started_at <= excluded.started_at - make_interval(secs => %(seconds)s)
        THEN 1 ELSE held.requests + 1
    END
RETURNING
    requests,
    ceil(extract(epoch FROM started_at - clock_timestamp()) + %(seconds)s)::int
