-- What derive.sql finds in all races, to compare the stored warnings with.
SELECT race_id, code, count, examples FROM warning
