"""A stream of raw timing, as GR Cup publishes it: a line is a lap of a vehicle.

Meeting, race and entrant are meta_event, meta_session and vehicle_id. A lap numbered
32768 is the decoder's mark for no lap: such a line is rejected. A time of zero is what
the stream says and is kept.

Files of when laps began or ended have the very same columns; their value is a moment,
no number. A line with a moment states nothing, whatever its file is called.
Not kept: meta_source, meta_time, timestamp, expire_at, outing (laps have no attributes).
"""

import polars as pl

from imports.layouts import cells
from imports.layouts.cells import Cell, Slip, clean
from imports.layouts.layout import CanonicalTable, Layout

NO_LAP = "32768"
MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]"

MEETING = cells.key("meeting_key", "meta_event")
RACE = cells.key("race_key", "meta_session")
VEHICLE = cells.key("key", "vehicle_id")


def _lap() -> Cell:
    number = cells.whole("number", "lap").required()
    is_no_lap = pl.col(clean("lap")) == NO_LAP
    return number.with_value(pl.when(~is_no_lap).then(number.value)).with_slips(
        Slip(
            when=is_no_lap,
            code="no_lap",
            expected="a lap: it is the decoder's mark for no lap",
        )
    )


def _tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    keys = (MEETING, RACE, VEHICLE)
    is_moment = pl.col(clean("value")).str.contains(MOMENT).fill_null(value=False)
    laps = CanonicalTable(
        kind="lap",
        keys=(*keys, _lap()),
        values=(cells.milliseconds("time_ms", "value"),),
        where=~is_moment,
    )
    if "vehicle_number" not in columns:
        return (laps,)
    vehicle = CanonicalTable(
        kind="entrant",
        keys=keys,
        values=(cells.text("number", "vehicle_number", max_chars=20),),
        where=~is_moment & pl.col(clean("vehicle_number")).is_not_null(),
        is_distinct=True,
    )
    return (laps, vehicle)


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="timing_stream.laps",
        required=frozenset(
            {"meta_event", "meta_session", "vehicle_id", "outing", "lap", "value"}
        ),
        tables=_tables,
        about="Raw laps of a stream of timing; when laps began or ended is not stored.",
    ),
)
