"""Keep which conflicts and rejections were deleted, for who follows changes (races 0004).

A lap shows whether files disagree on it: where they do no more, it is written as it was.
"""

from django.db import migrations

TRIGGER = """
CREATE FUNCTION imports_forget_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM races_keep_removals(
        TG_ARGV[0], array_agg(id), array_agg(0)) FROM old_rows HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION imports_touch_laps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE races_lap l SET time_ms = l.time_ms
    FROM old_rows o JOIN races_entrant e ON e.race_id = o.race_id AND e.key = o.key
    WHERE o.kind = 'lap' AND l.entrant_id = e.id AND l.number = o.number;
    RETURN NULL;
END $$;

CREATE TRIGGER change_by_delete AFTER DELETE ON imports_conflict
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION imports_forget_rows('conflicts');

CREATE TRIGGER change_of_laps_by_delete AFTER DELETE ON imports_conflict
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION imports_touch_laps();

CREATE TRIGGER change_by_delete AFTER DELETE ON imports_rejection
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION imports_forget_rows('rejections');
"""
DROP = """
DROP TRIGGER change_by_delete ON imports_rejection;
DROP TRIGGER change_of_laps_by_delete ON imports_conflict;
DROP TRIGGER change_by_delete ON imports_conflict;
DROP FUNCTION imports_touch_laps();
DROP FUNCTION imports_forget_rows();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0007_keep_answers"),
        ("races", "0004_mark_changes"),
    ]

    operations = [migrations.RunSQL(TRIGGER, DROP)]
