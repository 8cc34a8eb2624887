-- Answers that are kept for requests with an Idempotency-Key.

-- name: claim_key
-- Waits for who has inserted the key and not yet committed.
INSERT INTO imports_keptanswer (user_id, key, request_sha256, status, location, body)
VALUES (%(user)s, %(key)s, %(sha256)s, 0, '', '')
ON CONFLICT (user_id, key) DO NOTHING

-- name: purge_answers
-- Whoever else purges takes others.
DELETE FROM imports_keptanswer WHERE id IN (
    SELECT id FROM imports_keptanswer WHERE created_at < %(oldest)s
    ORDER BY created_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
