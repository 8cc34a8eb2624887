"""Mark what changes, in the transaction that changes it, by statement triggers.

No door can forget them, raw SQL included (docs/adr/0028). Every race and shared row that
is stored counts as changed by this migration.
"""

from django.db import migrations, models

MARKS = """
-- Whether a stored transaction is one of this server's life, or came with a dump from
-- another: those can lie ahead of every transaction that there was.
CREATE FUNCTION races_later(stored bigint, this bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN stored < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                THEN greatest(stored, this) ELSE this END
$$;

CREATE FUNCTION races_mark(of_kind text, ids bigint[], is_shown boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    this bigint := pg_current_xact_id()::text::bigint;
    -- Each change has a time of its own, whatever the clock does: it makes the ETag.
    instant interval := interval '1 microsecond';
BEGIN
    -- Most often this transaction has marked them before.
    ids := ARRAY(
        SELECT DISTINCT i.id FROM unnest(ids) AS i (id)
        WHERE i.id IS NOT NULL AND NOT EXISTS (
            SELECT FROM races_change c
            WHERE c.kind = of_kind AND c.row_id = i.id AND c.changed_in = this
              AND (NOT is_shown OR c.shown_in = this)
        )
    );
    IF cardinality(ids) = 0 THEN RETURN; END IF;
    -- Held first: the next statement then sees who marked them last, however late.
    PERFORM FROM races_change c WHERE c.kind = of_kind AND c.row_id = ANY (ids)
    ORDER BY c.row_id FOR NO KEY UPDATE;
    INSERT INTO races_change AS c (kind, row_id, changed_in, changed_at, shown_in, shown_at)
    SELECT of_kind, i.id, this, clock_timestamp(),
           CASE WHEN is_shown THEN this END, CASE WHEN is_shown THEN clock_timestamp() END
    FROM unnest(ids) AS i (id) ORDER BY i.id
    ON CONFLICT (kind, row_id) DO UPDATE SET
        changed_in = races_later(c.changed_in, EXCLUDED.changed_in),
        changed_at = greatest(c.changed_at + instant, EXCLUDED.changed_at),
        shown_in = CASE WHEN is_shown
                        THEN races_later(coalesce(c.shown_in, 0), EXCLUDED.shown_in)
                        ELSE c.shown_in END,
        shown_at = CASE WHEN is_shown THEN greatest(c.shown_at + instant, EXCLUDED.shown_at)
                        ELSE c.shown_at END;
END $$;

CREATE FUNCTION races_keep_removals(of_resource text, ids bigint[], numbers integer[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO races_removal AS r (resource, row_id, number, removed_in, removed_at)
    SELECT of_resource, i.id, i.number, pg_current_xact_id()::text::bigint,
           clock_timestamp()
    FROM unnest(ids, numbers) AS i (id, number) ORDER BY i.id, i.number
    ON CONFLICT (resource, row_id, number) DO UPDATE SET
        removed_in = races_later(r.removed_in, EXCLUDED.removed_in),
        removed_at = EXCLUDED.removed_at;
END $$;
"""

#: The rows of few: TG_ARGV is what the mark and the API call them.
ROWS = """
CREATE FUNCTION races_mark_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- Nobody else sees them yet: there is no other mark to look at or to wait for,
        -- but that of a row of old that went without its triggers.
        INSERT INTO races_change AS c (kind, row_id, changed_in, changed_at)
        SELECT TG_ARGV[0], id, pg_current_xact_id()::text::bigint, clock_timestamp()
        FROM new_rows ORDER BY id
        ON CONFLICT (kind, row_id) DO UPDATE SET
            changed_in = races_later(c.changed_in, EXCLUDED.changed_in),
            changed_at = greatest(c.changed_at + interval '1 microsecond',
                                  EXCLUDED.changed_at);
        RETURN NULL;
    END IF;
    PERFORM races_mark(TG_ARGV[0], ARRAY(SELECT id FROM new_rows), false);
    RETURN NULL;
END $$;

CREATE FUNCTION races_mark_shown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM races_mark(TG_ARGV[0], ARRAY[NEW.id], true);
    RETURN NULL;
END $$;

CREATE FUNCTION races_forget_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM races_keep_removals(
        TG_ARGV[1], array_agg(id), array_agg(0)) FROM old_rows HAVING count(*) > 0;
    DELETE FROM races_change
    WHERE kind IN (TG_ARGV[0], TG_ARGV[2]) AND row_id IN (SELECT id FROM old_rows);
    RETURN NULL;
END $$;
"""

#: What is below a race marks the race.
BELOW = """
CREATE FUNCTION races_mark_race_of_entrants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One look: most often this transaction has made the race or marked it before.
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT race_id FROM new_rows) AS n
        WHERE NOT EXISTS (
            SELECT FROM races_change c WHERE c.kind = 'race' AND c.row_id = n.race_id
              AND c.changed_in = pg_current_xact_id()::text::bigint
        )
    ) THEN
        PERFORM races_mark('race', ARRAY(SELECT race_id FROM new_rows), false);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION races_forget_entrants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM races_mark('race', ARRAY(
        SELECT r.id FROM old_rows o JOIN races_race r ON r.id = o.race_id), false);
    PERFORM races_keep_removals(
        'entrants', array_agg(id), array_agg(0)) FROM old_rows HAVING count(*) > 0;
    DELETE FROM races_change
    WHERE kind = 'entrant' AND row_id IN (SELECT id FROM old_rows);
    RETURN NULL;
END $$;

CREATE FUNCTION races_mark_race_of_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM races_mark('race', ARRAY(
        SELECT race_id FROM races_entrant
        WHERE id IN (SELECT entrant_id FROM new_rows)), false);
    RETURN NULL;
END $$;

CREATE FUNCTION races_forget_stops() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM races_mark('race', ARRAY(
        SELECT r.id FROM races_entrant e JOIN races_race r ON r.id = e.race_id
        WHERE e.id IN (SELECT entrant_id FROM old_rows)), false);
    PERFORM races_keep_removals(
        'pit-stops', array_agg(id), array_agg(0)) FROM old_rows HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION races_forget_laps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of an entrant that is gone: its own removal has marked the race.
    PERFORM races_mark('race', ARRAY(
        SELECT r.id FROM races_entrant e JOIN races_race r ON r.id = e.race_id
        WHERE e.id IN (SELECT entrant_id FROM old_rows)), false);
    PERFORM races_keep_removals(
        'laps', array_agg(entrant_id), array_agg(number)) FROM old_rows
    HAVING count(*) > 0;
    RETURN NULL;
END $$;
"""

#: The guard of 0002, which knows the entrants of new laps anyway; {mark} is after it.
GUARD = """
CREATE OR REPLACE FUNCTION races_lap_entrants_exist() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    missing bigint;
    races bigint[];
BEGIN
    -- FOR KEY SHARE: nobody deletes these entrants before this transaction ends.
    WITH mentioned AS (SELECT DISTINCT entrant_id FROM new_laps),
    locked AS (
        SELECT id, race_id FROM races_entrant
        WHERE id IN (SELECT entrant_id FROM mentioned)
        ORDER BY id FOR KEY SHARE
    )
    SELECT min(m.entrant_id) FILTER (WHERE l.id IS NULL), array_agg(DISTINCT l.race_id)
    INTO missing, races
    FROM mentioned m LEFT JOIN locked l ON l.id = m.entrant_id;
    IF missing IS NOT NULL THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('lap of entrant %s, which does not exist', missing),
            TABLE = 'races_lap', CONSTRAINT = 'lap_entrant_exists';
    END IF;
    {mark}
    RETURN NULL;
END $$;
"""
MARK_OF_LAPS = "PERFORM races_mark('race', races, false);"

TRIGGER = """
CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {rows}
    FOR EACH STATEMENT EXECUTE FUNCTION {function}({arguments});
"""
SHOWN = """
CREATE TRIGGER change_shown_{kind} AFTER UPDATE ON {table} FOR EACH ROW
    WHEN (({old}) IS DISTINCT FROM ({new}))
    EXECUTE FUNCTION races_mark_shown('{kind}');
"""

MARK_ALL = """
INSERT INTO races_change (kind, row_id, changed_in, changed_at)
SELECT '{kind}', id, pg_current_xact_id()::text::bigint, clock_timestamp() FROM {table};
"""

#: Kind, table, and what the API calls them.
SHARED = [
    ("venue", "races_venue", "venues"),
    ("team", "races_team", "teams"),
    ("competitor", "races_competitor", "competitors"),
    ("meeting", "races_meeting", "meetings"),
    ("race", "races_race", "races"),
]

#: What other rows show of a row of the kind.
SHOWN_COLUMNS = {
    "venue": ["key", "name", "country", "timezone"],
    "team": ["key", "name"],
    "competitor": ["key", "name"],
    "meeting": ["source", "key", "name"],
    "race": ["meeting_id", "key", "name", "kind"],
    "entrant": ["race_id", "key", "number", "name", "competitor_id"],
    # Which file a lap names, though it is not written: that of the race's floor.
    "laps": ["laps_floor", "laps_floor_columns"],
}

BELOW_TRIGGERS = [
    ("races_entrant", "races_mark_race_of_entrants", "races_forget_entrants"),
    ("races_pitstop", "races_mark_race_of_rows", "races_forget_stops"),
    ("races_lap", "races_mark_race_of_rows", "races_forget_laps"),
]

MARKED_BY_GUARD = ("races_lap", "insert")

FUNCTIONS = [
    "races_forget_laps()",
    "races_forget_stops()",
    "races_mark_race_of_rows()",
    "races_forget_entrants()",
    "races_mark_race_of_entrants()",
    "races_forget_rows()",
    "races_mark_shown()",
    "races_mark_rows()",
    "races_keep_removals(text, bigint[], integer[])",
    "races_mark(text, bigint[], boolean)",
    "races_later(bigint, bigint)",
]


def _triggers(table: str, *, marks: str, forgets: str, arguments: str = "") -> str:
    written = "NEW TABLE AS new_rows"
    events = [
        ("insert", written, marks),
        ("update", written, marks),
        ("delete", "OLD TABLE AS old_rows", forgets),
    ]
    return "".join(
        TRIGGER.format(
            name=f"change_by_{event}",
            event=event.upper(),
            table=table,
            rows=rows,
            function=function,
            arguments=arguments,
        )
        for event, rows, function in events
        if (table, event) != MARKED_BY_GUARD
    )


def _shown(kind: str) -> str:
    columns = SHOWN_COLUMNS[kind]
    return SHOWN.format(
        kind=kind,
        table=_shown_table(kind),
        old=", ".join(f"OLD.{column}" for column in columns),
        new=", ".join(f"NEW.{column}" for column in columns),
    )


def _shown_table(kind: str) -> str:
    return "races_race" if kind == "laps" else f"races_{kind}"


def _all_triggers() -> str:
    shared = "".join(
        _triggers(
            table,
            marks="races_mark_rows",
            forgets="races_forget_rows",
            arguments=f"'{kind}', '{resource}'" + (", 'laps'" * (kind == "race")),
        )
        for kind, table, resource in SHARED
    )
    below = "".join(
        _triggers(table, marks=marks, forgets=forgets)
        for table, marks, forgets in BELOW_TRIGGERS
    )
    guard = GUARD.replace("{mark}", MARK_OF_LAPS)
    return shared + below + "".join(map(_shown, SHOWN_COLUMNS)) + guard


def _drop_triggers() -> str:
    tables = [table for _, table, _ in SHARED] + [row[0] for row in BELOW_TRIGGERS]
    drops = [
        f"DROP TRIGGER change_by_{event} ON {table};"
        for table in tables
        for event in ("insert", "update", "delete")
        if (table, event) != MARKED_BY_GUARD
    ]
    drops += [
        f"DROP TRIGGER change_shown_{kind} ON {_shown_table(kind)};"
        for kind in SHOWN_COLUMNS
    ]
    drops += [f"DROP FUNCTION {function};" for function in FUNCTIONS]
    return GUARD.replace("{mark}", "") + "\n".join(drops)


def _mark_all() -> str:
    return "".join(MARK_ALL.format(kind=kind, table=row) for kind, row, _ in SHARED)


class Migration(migrations.Migration):
    dependencies = [
        ("races", "0003_add_floors_and_withdrawals"),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind",
                        "row_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("race", "Race"),
                            ("meeting", "Meeting"),
                            ("venue", "Venue"),
                            ("team", "Team"),
                            ("competitor", "Competitor"),
                            ("entrant", "Entrant"),
                            ("laps", "Laps"),
                        ],
                        db_collation="C",
                        max_length=10,
                    ),
                ),
                ("row_id", models.BigIntegerField()),
                ("changed_in", models.BigIntegerField()),
                ("changed_at", models.DateTimeField()),
                ("shown_in", models.BigIntegerField(null=True)),
                ("shown_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["kind", "changed_in", "row_id"], name="change_by_xid"
                    ),
                    models.Index(
                        condition=models.Q(("shown_in__isnull", False)),
                        fields=["kind", "shown_in", "row_id"],
                        name="change_by_shown_xid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Removal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("resource", models.CharField(db_collation="C", max_length=20)),
                ("row_id", models.BigIntegerField()),
                ("number", models.IntegerField(default=0)),
                ("removed_in", models.BigIntegerField()),
                ("removed_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["removed_in", "id"], name="removal_by_xid")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("resource", "row_id", "number"),
                        name="removal_one_per_row",
                    )
                ],
            },
        ),
        migrations.RunSQL(MARKS + ROWS + BELOW, migrations.RunSQL.noop),
        migrations.RunSQL(_mark_all(), migrations.RunSQL.noop),
        migrations.RunSQL(_all_triggers(), _drop_triggers()),
    ]
