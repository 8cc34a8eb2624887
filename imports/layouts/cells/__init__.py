"""Text cells -> typed values, as polars expressions that also say what is wrong.

The one door to the makers of cells: layouts say `cells.whole("number", "lap")`.
"""

from imports.layouts.cells.cell import (
    OURS,
    Cell,
    Slip,
    clean,
    constant,
    key,
    raw,
    said,
    said_column,
    storable,
    text,
)
from imports.layouts.cells.moments import sane_moment
from imports.layouts.cells.number_cells import (
    DAY_MS,
    INT16_MAX,
    INT32_MAX,
    count,
    decimal,
    milliseconds,
    money,
    number_text,
    percent,
    small,
    timedelta_ms,
    whole,
)
from imports.layouts.cells.object_cells import attributes
from imports.layouts.cells.outcome_cells import (
    STATUS_BY_CODE,
    mark,
    outcome,
    place,
    switch,
)
from imports.layouts.cells.time_cells import (
    clock_text,
    date,
    duration_ms,
    gap,
    laps_and_time,
    moment,
    start,
    time_of_day,
)

__all__ = [
    "DAY_MS",
    "INT16_MAX",
    "INT32_MAX",
    "OURS",
    "STATUS_BY_CODE",
    "Cell",
    "Slip",
    "attributes",
    "clean",
    "clock_text",
    "constant",
    "count",
    "date",
    "decimal",
    "duration_ms",
    "gap",
    "key",
    "laps_and_time",
    "mark",
    "milliseconds",
    "moment",
    "money",
    "number_text",
    "outcome",
    "percent",
    "place",
    "raw",
    "said",
    "said_column",
    "sane_moment",
    "small",
    "start",
    "storable",
    "switch",
    "text",
    "time_of_day",
    "timedelta_ms",
    "whole",
]
