"""Guard the reference of laps to entrants set by set, not row by row.

A foreign key checks each row by a trigger of its own, which is half of the cost of
writing laps (docs/adr/0004). These triggers check each statement once, for INSERT,
UPDATE and DELETE in raw SQL too. Deploy before the code that writes laps.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION races_lap_entrants_exist() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
    -- FOR KEY SHARE: nobody deletes these entrants before this transaction ends.
    WITH mentioned AS (SELECT DISTINCT entrant_id FROM new_laps),
    locked AS (
        SELECT id FROM races_entrant
        WHERE id IN (SELECT entrant_id FROM mentioned)
        ORDER BY id FOR KEY SHARE
    )
    SELECT m.entrant_id INTO missing
    FROM mentioned m LEFT JOIN locked l ON l.id = m.entrant_id
    WHERE l.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('lap of entrant %s, which does not exist', missing),
            TABLE = 'races_lap', CONSTRAINT = 'lap_entrant_exists';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER lap_entrant_exists AFTER INSERT ON races_lap
    REFERENCING NEW TABLE AS new_laps
    FOR EACH STATEMENT EXECUTE FUNCTION races_lap_entrants_exist();

CREATE FUNCTION races_refuse_key_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE foreign_key_violation USING
        MESSAGE = format('%s of %s never changes: delete and insert', TG_ARGV[0],
                         TG_TABLE_NAME),
        TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
END $$;

CREATE TRIGGER lap_entrant_is_fixed BEFORE UPDATE OF entrant_id ON races_lap
    FOR EACH ROW WHEN (NEW.entrant_id IS DISTINCT FROM OLD.entrant_id)
    EXECUTE FUNCTION races_refuse_key_change('entrant_id');

CREATE TRIGGER entrant_id_is_fixed BEFORE UPDATE OF id ON races_entrant
    FOR EACH ROW WHEN (NEW.id IS DISTINCT FROM OLD.id)
    EXECUTE FUNCTION races_refuse_key_change('id');

CREATE FUNCTION races_delete_laps_of_entrants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM races_lap WHERE entrant_id IN (SELECT id FROM old_entrants);
    RETURN NULL;
END $$;

CREATE TRIGGER entrant_laps_go_along AFTER DELETE ON races_entrant
    REFERENCING OLD TABLE AS old_entrants
    FOR EACH STATEMENT EXECUTE FUNCTION races_delete_laps_of_entrants();

CREATE FUNCTION races_delete_all_laps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM races_lap;
    RETURN NULL;
END $$;

CREATE TRIGGER all_laps_go_along AFTER TRUNCATE ON races_entrant
    FOR EACH STATEMENT EXECUTE FUNCTION races_delete_all_laps();
"""

DROP_GUARD = """
DROP TRIGGER all_laps_go_along ON races_entrant;
DROP TRIGGER entrant_laps_go_along ON races_entrant;
DROP TRIGGER entrant_id_is_fixed ON races_entrant;
DROP TRIGGER lap_entrant_is_fixed ON races_lap;
DROP TRIGGER lap_entrant_exists ON races_lap;
DROP FUNCTION races_delete_all_laps();
DROP FUNCTION races_delete_laps_of_entrants();
DROP FUNCTION races_refuse_key_change();
DROP FUNCTION races_lap_entrants_exist();
"""


class Migration(migrations.Migration):
    dependencies = [("races", "0001_initial")]

    operations = [migrations.RunSQL(GUARD, DROP_GUARD)]
