"""Files of an Ergast set that are known and hold nothing that is stored.

Seasons and words for status ids are in other files too; championships follow from the
results. Each fits a file with just its columns: one with a column more is another's.
"""

from imports.layouts.ergast.tables import NULLS
from imports.layouts.layout import Layout


def _holds_nothing(name: str, required: set[str], *, about: str) -> Layout:
    return Layout(
        name=f"ergast.{name}",
        required=frozenset(required),
        tables=lambda columns: (),
        null_markers=NULLS,
        is_exact=True,
        about=about,
    )


STANDING = {"raceId", "points", "position", "positionText", "wins"}

LAYOUTS: tuple[Layout, ...] = (
    _holds_nothing(
        "seasons", {"year", "url"}, about="The seasons and their pages; not stored."
    ),
    _holds_nothing(
        "status",
        {"statusId", "status"},
        about="The words for status ids; not stored.",
    ),
    _holds_nothing(
        "constructor_results",
        {"constructorResultsId", "raceId", "constructorId", "points", "status"},
        about="Points of constructors by race; not stored.",
    ),
    _holds_nothing(
        "constructor_standings",
        STANDING | {"constructorStandingsId", "constructorId"},
        about="The championship of constructors after each race; not stored.",
    ),
    _holds_nothing(
        "driver_standings",
        STANDING | {"driverStandingsId", "driverId"},
        about="The championship of drivers after each race; not stored.",
    ),
)
