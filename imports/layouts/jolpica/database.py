"""The tables of jolpica's database as CSV -> laps, pit stops and entrants.

Rows name their session's entry by its id alone, which is the key of the entrant: of
which meeting and race they are, their uploader says. An entry of a round is an entrant of
the race `entries` of the meeting `round-65`, by the ids of the entry and of the round.

Not kept: ids of laps and stops (`id`, `lap_id`, `api_id`), `average_speed` and
`is_entry_fastest_lap`: laps and stops have no attributes.
"""

from imports.layouts import cells
from imports.layouts.attributes import attributes, held
from imports.layouts.cells import constant, said, text
from imports.layouts.jolpica import bodies, reference
from imports.layouts.layout import CanonicalTable, Layout

SAID = (said("meeting_key", "meeting"), said("race_key", "race"))
SESSION_ENTRY = (*SAID, cells.key("key", "session_entry_id"))
IS_SAID = frozenset({"meeting", "race"})


def _lap_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    number = cells.whole("number", "number").required()
    values = held(
        columns,
        cells.duration_ms("time_ms", "time"),
        cells.small("position", "position", lowest=1),
        cells.switch("is_deleted", "is_deleted"),
    )
    return (CanonicalTable(kind="lap", keys=(*SESSION_ENTRY, number), values=values),)


def _pit_stop_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    number = cells.small("number", "number", lowest=1).required()
    values = held(
        columns,
        cells.duration_ms("duration_ms", "duration"),
        cells.time_of_day("time_of_day", "local_timestamp"),
    )
    keys = (*SESSION_ENTRY, number)
    return (CanonicalTable(kind="pit_stop", keys=keys, values=values),)


def _round_entry_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    round_id = cells.key("meeting_key", "round_id")
    # Told from the ids of other tables that are keys of meetings.
    meeting = round_id.with_value(
        cells.storable("round-" + round_id.value, max_chars=200)
    )
    race = (meeting, reference.ENTRIES)
    return (
        CanonicalTable(
            kind="meeting",
            keys=(meeting,),
            values=(constant("discipline", "f1"),),
            is_distinct=True,
        ),
        CanonicalTable(
            kind="race",
            keys=race,
            values=reference.entry_list_values(),
            is_distinct=True,
        ),
        CanonicalTable(
            kind="entrant",
            keys=(*race, cells.key("key", "id")),
            values=(
                text("number", "car_number", max_chars=20),
                *attributes(columns, team_driver="team_driver_id", api="api_id"),
            ),
        ),
    )


def _session_entry_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    total = cells.duration_ms("total_time_ms", "time", highest=cells.INT32_MAX)
    return (
        CanonicalTable(
            kind="entrant",
            keys=(*SAID, cells.key("key", "id")),
            values=(
                *bodies.entry_values(columns),
                *held(columns, total),
                *attributes(
                    columns,
                    session="session_id",
                    round_entry="round_entry_id",
                    api="api_id",
                ),
            ),
        ),
    )


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="jolpica.db_laps",
        required=frozenset({"number", "time", "session_entry_id"}),
        tables=_lap_tables,
        says=IS_SAID,
        about="Laps of the database, by session entry.",
    ),
    Layout(
        name="jolpica.db_pit_stops",
        required=frozenset({"number", "duration", "session_entry_id"}),
        tables=_pit_stop_tables,
        says=IS_SAID,
        about="Pit stops of the database, by session entry.",
    ),
    Layout(
        name="jolpica.db_round_entries",
        required=frozenset({"id", "car_number", "round_id", "team_driver_id"}),
        tables=_round_entry_tables,
        about="Entries of rounds of the database.",
    ),
    Layout(
        name="jolpica.db_session_entries",
        required=frozenset({"id", "position", "round_entry_id", "session_id"}),
        tables=_session_entry_tables,
        says=IS_SAID,
        about="Entries of sessions of the database, with their results.",
    ),
)
