-- The meetings of each season, and once more those of each discipline in it. A meeting
-- whose season no file states is in none.
WITH season AS (
    SELECT source, season, NULL::text AS discipline, id AS meeting_id
    FROM races_meeting
    WHERE season IS NOT NULL
      AND (%(source)s::text IS NULL OR source = %(source)s)
      AND (%(season)s::integer IS NULL OR season = %(season)s)
    UNION ALL
    SELECT source, season, discipline, id
    FROM races_meeting
    WHERE season IS NOT NULL AND discipline IS NOT NULL
      AND (%(source)s::text IS NULL OR source = %(source)s)
      AND (%(season)s::integer IS NULL OR season = %(season)s)
)
