"""Small worlds of rows with every odd thing that a row can hold, stored by hand."""

import datetime as dt
import unicodedata
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from races.models import (
    Competitor,
    Entrant,
    Lap,
    Meeting,
    PitStop,
    Race,
    Team,
    Venue,
)
from stats.refresh import refresh_race

INT16_MAX = 2**15 - 1
INT32_MAX = 2**31 - 1
NASTY = (
    "=1+1", "+5.598", "-5", "@x", "'=x", "''=x", "'s-Gravenmoer", "'", "''", "\uff1dx",
    "'\uff20x", "007", "1e5", "1.0", "true", "NULL", "null", "\\N", "\\.", "NaN", '"', '""',
    'a"b', "a,b", "a;b", "a\nb", "a\r\nb", "a\rb", "a\tb", "a\x1fb", "a\\nb", "{}", "[1]",
    "Zoë", "Ẑ", "黒", "🏁", "a\u200bb", "a\x7fb", "a%sb", "100%", "\ufeffx", "1:27:57.940",
)  # fmt: skip


def _stored(text: str) -> str:
    """Give a text as files come to be stored: composed, no blanks at its ends."""
    return unicodedata.normalize("NFC", text).strip()


#: Below, where all versions of Unicode compose alike.
ANY_TEXT = st.text(
    st.characters(max_codepoint=0x2FFF, categories=["L", "M", "N", "P", "S", "Zs", "Cc"],
                  exclude_characters="\0"),
    max_size=8,
)  # fmt: skip
words = (st.sampled_from(NASTY) | ANY_TEXT).map(_stored).filter(bool)
keys = st.lists(words, min_size=1, max_size=2, unique=True)
texts = st.none() | words
small = st.none() | st.integers(0, INT16_MAX)
whole = st.none() | st.integers(0, INT32_MAX)
truths = st.none() | st.booleans()
members = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from(NASTY)
)
attributes = st.dictionaries(
    st.sampled_from([*NASTY, "", "a.b", " x "]) | ANY_TEXT,
    members | st.lists(members, max_size=2) | ANY_TEXT,
    max_size=3,
)
days = st.none() | st.dates(dt.date(1850, 1, 1), dt.date(2099, 12, 31))
moments = st.none() | st.datetimes(
    dt.datetime(1850, 1, 1),  # noqa: DTZ001  the zone stands below
    dt.datetime(2099, 12, 31),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)
points = st.none() | st.decimals(-999_999, 999_999, places=3)

shared = st.fixed_dictionaries({"name": texts, "attributes": attributes})
venues = st.fixed_dictionaries(
    {
        "name": texts,
        "locality": texts,
        "country": texts,
        "timezone": texts,
        "attributes": attributes,
    }
)
laps = st.fixed_dictionaries(
    {
        **dict.fromkeys(
            ("time_ms", "elapsed_ms", "sector1_ms", "sector2_ms", "sector3_ms"), whole
        ),
        "position": st.none() | st.integers(1, INT16_MAX),
        "in_pit": truths,
        "is_deleted": truths,
    }
)
stops = st.fixed_dictionaries(
    {"lap": whole, "duration_ms": whole, "time_of_day": st.none() | st.times()}
)
entrants = st.fixed_dictionaries(
    {
        "name": texts,
        "number": texts,
        "status": texts,
        "is_withdrawn": truths,
        "grid": small,
        "position": small,
        "laps_completed": whole,
        "total_time_ms": whole,
        "gap": texts,
        "points": points,
        "fastest_lap_ms": whole,
        "attributes": attributes,
        "laps": st.dictionaries(st.integers(0, INT32_MAX), laps, max_size=2),
        "stops": st.dictionaries(st.integers(1, INT16_MAX), stops, max_size=2),
    }
)
races = st.fixed_dictionaries(
    {
        "name": texts,
        "number": st.none() | st.integers(-INT32_MAX - 1, INT32_MAX),
        "kind": texts,
        "status": texts,
        "scheduled_start": moments,
        "distance_m": whole,
        "scheduled_laps": whole,
        "attributes": attributes,
        "entrants": st.dictionaries(words, entrants, max_size=2),
    }
)
meetings = st.fixed_dictionaries(
    {
        "name": texts,
        "discipline": texts,
        "country": texts,
        "timezone": texts,
        "start_date": days,
        "season": small,
        "round": small,
        "status": texts,
        "attributes": attributes,
        "races": st.dictionaries(words, races, max_size=2),
    }
)
worlds = st.fixed_dictionaries(
    {
        "venues": st.dictionaries(words, venues, max_size=2),
        "teams": st.dictionaries(words, shared, max_size=2),
        "competitors": st.dictionaries(words, shared, max_size=2),
        "meetings": st.dictionaries(words, meetings, min_size=1, max_size=2),
    }
)

World = dict[str, dict[str, Any]]


def store(world: World, *, source: str) -> None:
    """Store a world; its rows take the shared ones in turn, and some take none."""
    named: dict[str, list[Any]] = {}
    for name, model in (
        ("venues", Venue),
        ("teams", Team),
        ("competitors", Competitor),
    ):
        rows = [model(source=source, key=k, **v) for k, v in world[name].items()]
        named[name] = [*model.objects.bulk_create(rows), None]
    for number, (key, meeting) in enumerate(world["meetings"].items()):
        own = {name: value for name, value in meeting.items() if name != "races"}
        stored = Meeting.objects.create(
            source=source, key=key, venue=_turn(named["venues"], number), **own
        )
        for race_key, race in meeting["races"].items():
            _store_race(stored, race_key, race, named=named)


def _store_race(
    meeting: Meeting, key: str, race: dict[str, Any], *, named: dict[str, list[Any]]
) -> None:
    own = {name: value for name, value in race.items() if name != "entrants"}
    stored = Race.objects.create(meeting=meeting, key=key, **own)
    for number, (entrant_key, entrant) in enumerate(race["entrants"].items()):
        own = {n: v for n, v in entrant.items() if n not in ("laps", "stops")}
        runner = Entrant.objects.create(
            race=stored,
            key=entrant_key,
            team=_turn(named["teams"], number),
            competitor=_turn(named["competitors"], number),
            **own,
        )
        Lap.objects.bulk_create(
            Lap(entrant=runner, number=n, **lap) for n, lap in entrant["laps"].items()
        )
        PitStop.objects.bulk_create(
            PitStop(entrant=runner, number=n, **stop)
            for n, stop in entrant["stops"].items()
        )
    refresh_race(stored.pk)


def _turn(rows: list[Any], number: int) -> Any:
    return rows[number % len(rows)]


EVERYTHING: World = {
    "venues": {"=v": {"name": "'=x", "locality": "a\nb", "attributes": {"a.b": None}}},
    "teams": {"t": {"name": None, "attributes": {}}},
    "competitors": {"007": {"name": "Zoë", "attributes": {"": "=1", "n": 1}}},
    "meetings": {
        "m": {
            "name": "@x",
            "start_date": dt.date(2022, 3, 20),
            "attributes": {"url": "https://example.org/?a=1,2", "odd\nkey": [1, "x"]},
            "races": {
                "race": {
                    "number": -1,
                    "scheduled_start": dt.datetime(2022, 3, 20, 15, 0, 0, 5, dt.UTC),
                    "entrants": {
                        "7": {
                            "points": Decimal("-12.500"),
                            "gap": "1:27:57.940",
                            "is_withdrawn": True,
                            "total_time_ms": 5_000_000_000,
                            "laps": {
                                0: {"time_ms": None, "in_pit": False},
                                1: {"time_ms": 90_000, "is_deleted": True},
                            },
                            "stops": {1: {"time_of_day": dt.time(15, 0, 0, 250_000)}},
                        },
                        "8": {"laps": {}, "stops": {}},
                    },
                },
                "empty": {"entrants": {}},
            },
        }
    },
}
