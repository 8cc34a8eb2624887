"""Exports of Al Kamel timing: the analysis lap by lap, and files beside the results.

An analysis (`23_…`) states laps, the cars that drove them and, where PIT_TIME stands,
pit stops. A stop has the number of the lap that PIT_TIME stands beside, which is the one
that begins in the pit: counted, it would depend on where a file was cut. A car's name is
its drivers' in order of DRIVER_NUMBER, `Ann LEE / Bo RAY`, told from all laps of the car,
so rows that come back corrected do not state it. Al Kamel's own files name no meeting
and no race.

Not kept, for laps have no attributes: DRIVER_NUMBER (who drove the lap), HOUR, KPH,
TOP_SPEED, *_IMPROVEMENT, FLAG_AT_FL, POWER, FANBOOST, ATTACK_MODE, the times between
sectors (IM…, FL_…), and the sectors' second spellings (S1_LARGE, S1_SECONDS).
"""

import polars as pl

from imports.layouts import attributes, cells
from imports.layouts.alkamel import cars, results, seasons
from imports.layouts.cells import OURS, Cell, clean
from imports.layouts.layout import CanonicalTable, Layout

SAYS = frozenset({"meeting", "race"})

#: The drivers of the car.
DRIVERS = f"{OURS}drivers"
DRIVER_SEPARATOR = " / "
SECTOR_SPELLINGS = ("S{}", "S{}_LARGE", "S{}_SECONDS")
CAR_ATTRIBUTES = {
    "CLASS": "class",
    "GROUP": "group",
    "DIVISION": "division",
    "MANUFACTURER": "manufacturer",
    "VEHICLE": "vehicle",
}


def _prepare_analysis(rows: pl.LazyFrame) -> pl.LazyFrame:
    held = rows.collect_schema().names()
    races = seasons.race_columns(rows)
    rows = cars.of_laps(rows, races=races)
    car = (*races, cars.NUMBER, cars.CAR)
    if clean("DRIVER_NAME") in held:
        rows = rows.with_columns(_drivers().over(*car).alias(DRIVERS))
    return rows


def _drivers() -> pl.Expr:
    number = pl.col(clean("DRIVER_NUMBER")).cast(pl.Int64, strict=False)
    names = pl.col(clean("DRIVER_NAME")).sort_by(
        number, nulls_last=True, maintain_order=True
    )
    return names.drop_nulls().unique(maintain_order=True).str.join(DRIVER_SEPARATOR)


def _analysis_tables(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    keys = (*seasons.keys(columns), cars.key())
    lap = CanonicalTable(
        kind="lap",
        keys=(*keys, cells.whole("number", "LAP_NUMBER").required()),
        values=_lap_values(columns),
    )
    car = CanonicalTable(
        kind="entrant", keys=keys, values=_car_values(columns), is_distinct=True
    )
    if "PIT_TIME" not in columns:
        return (lap, car)
    pit_stop = CanonicalTable(
        kind="pit_stop",
        keys=(*keys, cells.small("number", "LAP_NUMBER", lowest=1).required()),
        values=(
            cells.whole("lap", "LAP_NUMBER"),
            cells.duration_ms("duration_ms", "PIT_TIME"),
        ),
        where=pl.col(clean("PIT_TIME")).is_not_null(),
    )
    return (lap, car, pit_stop)


def _lap_values(columns: frozenset[str]) -> tuple[Cell, ...]:
    values = [cells.duration_ms("time_ms", "LAP_TIME")]
    if "ELAPSED" in columns:
        # The clock of a race of 24 hours runs on to the finish line.
        elapsed = cells.duration_ms("elapsed_ms", "ELAPSED", highest=cells.INT32_MAX)
        values.append(elapsed)
    for sector in (1, 2, 3):
        spellings = [name.format(sector) for name in SECTOR_SPELLINGS]
        if held := [name for name in spellings if name in columns]:
            values.append(cells.duration_ms(f"sector{sector}_ms", held[0]))
    in_pit = cells.mark("in_pit", "CROSSING_FINISH_LINE_IN_PIT", mark="B")
    return (*values, in_pit)


def _car_values(columns: frozenset[str]) -> tuple[Cell, ...]:
    values = [cells.text("number", "NUMBER", max_chars=20)]
    if "DRIVER_NAME" in columns:
        name = cells.text("name", "DRIVER_NAME")
        drivers = cells.storable(pl.col(DRIVERS), max_chars=300)
        values.append(name.with_value(drivers))
    if "TEAM" in columns:
        values.append(cells.text("team", "TEAM", max_chars=200))
    return (*values, *attributes.named(columns, CAR_ATTRIBUTES))


def _nothing(columns: frozenset[str]) -> tuple[CanonicalTable, ...]:
    return ()


ANALYSIS = Layout(
    name="alkamel.analysis",
    required=frozenset(
        {
            "NUMBER",
            "DRIVER_NUMBER",
            "LAP_NUMBER",
            "LAP_TIME",
            "CROSSING_FINISH_LINE_IN_PIT",
        }
    ),
    tables=_analysis_tables,
    prepare=_prepare_analysis,
    whole=frozenset({"DRIVER_NAME"}),
    says=SAYS,
    columns_say=seasons.columns_say,
    about="An analysis or time cards (`23_…`): a line is a lap of a car.",
)

LAYOUTS: tuple[Layout, ...] = (
    ANALYSIS,
    seasons.spelled(ANALYSIS, seasons.lower_case, name="alkamel.analysis_lower_case"),
    seasons.spelled(ANALYSIS, seasons.camel_case, name="alkamel.analysis_camel_case"),
    *results.LAYOUTS,
    Layout(
        name="alkamel.weather",
        required=frozenset({"TIME_UTC_SECONDS", "AIR_TEMP", "TRACK_TEMP"}),
        tables=_nothing,
        about="Weather (`26_…`), minute by minute: nothing of it is stored.",
    ),
    Layout(
        name="alkamel.best_laps",
        required=frozenset({"NUMBER", "TOTAL_DRIVER_LAPS", "BESTLAP_1"}),
        tables=_nothing,
        about="Best laps (`99_…`), which the analysis says too: nothing is stored.",
    ),
    Layout(
        name="alkamel.flags",
        required=frozenset({"TIME", "ELAPSED", "REC_TYPE", "FLAG", "MESSAGE"}),
        tables=_nothing,
        about="Flags and messages (`25_…`) of race control: nothing of it is stored.",
    ),
)
