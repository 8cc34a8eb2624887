"""Keep which conflicts and rejections were deleted, for who follows changes (races 0004).

The laps of a race show which of them files disagree on: one less, and they are marked.
"""

from django.db import migrations

TRIGGER = """
CREATE FUNCTION imports_forget_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM races_keep_removals(
        TG_ARGV[0], array_agg(id), array_agg(0)) FROM old_rows HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION imports_mark_disputed_laps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM races_mark('laps', ARRAY(
        SELECT r.id FROM old_rows o JOIN races_race r ON r.id = o.race_id
        WHERE o.kind = 'lap'), true);
    RETURN NULL;
END $$;

CREATE TRIGGER change_by_delete AFTER DELETE ON imports_conflict
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION imports_forget_rows('conflicts');

CREATE TRIGGER change_of_laps_by_delete AFTER DELETE ON imports_conflict
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION imports_mark_disputed_laps();

CREATE TRIGGER change_by_delete AFTER DELETE ON imports_rejection
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION imports_forget_rows('rejections');
"""
DROP = """
DROP TRIGGER change_by_delete ON imports_rejection;
DROP TRIGGER change_of_laps_by_delete ON imports_conflict;
DROP TRIGGER change_by_delete ON imports_conflict;
DROP FUNCTION imports_mark_disputed_laps();
DROP FUNCTION imports_forget_rows();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0007_keep_answers"),
        ("races", "0004_mark_changes"),
    ]

    operations = [migrations.RunSQL(TRIGGER, DROP)]
