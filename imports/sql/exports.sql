-- name: begin_snapshot
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY

-- name: limit_snapshot
-- A client that reads slowly holds it no longer than this, between two tables neither.
-- Dates are written as we say, whatever the server is set to.
SELECT set_config('statement_timeout', %(seconds)s, true),
       set_config('idle_in_transaction_session_timeout', %(seconds)s, true),
       set_config('datestyle', 'ISO, YMD', true)
