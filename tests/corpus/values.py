"""Values in good files: dates, numbers, keys and texts that are none or mean trouble."""

from tests.corpus.bad_file import BadFile, given, lap, laps, lines

MEETINGS = "meeting,name,start_date"
RACES = "meeting,race,scheduled_start"
ENTRANTS = "meeting,race,entrant,name,points"


def _value(name: str, content: bytes, fault: str, **expected: object) -> BadFile:
    return BadFile(f"{name}.csv", given(content), fault, **expected)  # type: ignore[arg-type]


def _date(name: str, *dates: str, bad: int = -1) -> BadFile:
    """Give meetings on these dates, all bad unless said otherwise."""
    count = len(dates) if bad < 0 else bad
    rows = [f"{name}-{n},Ashford,{each}" for n, each in enumerate(dates)]
    return _value(
        f"date_{name}",
        lines(*rows, header=MEETINGS),
        "F64",
        rows=len(dates),
        rejections=tuple((n + 2, "not_a_date") for n in range(count)),
        says="such as 2022-03-20" if count else "",
    )


def _moment(name: str, *moments: str) -> BadFile:
    rows = [f"Ashford,{name}-{n},{each}" for n, each in enumerate(moments)]
    return _value(
        f"moment_{name}",
        lines(*rows, header=RACES),
        "F64",
        rows=len(moments),
        rejections=tuple((n + 2, "not_a_moment") for n in range(len(moments))),
        says="offset",
    )


def _laps(name: str, cells: list[str], code: str, fault: str = "F61") -> BadFile:
    """Give laps whose numbers are these."""
    rows = [f"Ashford,1,7,{cell},1:31.000" for cell in cells]
    return _value(
        f"lap_{name}",
        lines(*rows),
        fault,
        rows=len(cells),
        rejections=tuple((n + 2, code) for n in range(len(cells))),
    )


def _times(name: str, cells: list[str], code: str, fault: str = "F61") -> BadFile:
    rows = [f"Ashford,1,7,{n},{cell}" for n, cell in enumerate(cells, start=1)]
    return _value(
        f"time_{name}",
        lines(*rows),
        fault,
        rows=len(cells),
        rejections=tuple((n + 2, code) for n in range(len(cells))),
    )


def _entrants(name: str, cells: list[str], fault: str, **expected: object) -> BadFile:
    rows = [f"Ashford,{name},{n},{cell}," for n, cell in enumerate(cells)]
    return _value(
        name, lines(*rows, header=ENTRANTS), fault, rows=len(cells), **expected
    )


DATES = [
    _date("year_0", "0000-01-01", "0000-00-00"),
    _date("year_10000", "10000-01-01", "+12022-03-20"),
    _date("infinity", "infinity", "-infinity", "now", "today", "epoch"),
    _date("before_christ", "2022-03-20 BC", "-0044-03-15"),
    _date("no_leap_year", "2023-02-29", "1900-02-29", "2022-04-31", "2022-13-01"),
    _date("leap_year", "2024-02-29", "2000-02-29", bad=0),
    _date("excel_serial", "44640", "44640.5", "43178"),
    _date("other_orders", "20/03/2022", "03/20/2022", "20.03.2022"),
    _date("full_width", "\uff12\uff10\uff12\uff12-\uff10\uff13-\uff12\uff10"),
    _moment("without_zone", "2022-03-27T02:30:00", "2022-03-20 15:00"),
    _moment(
        "no_such",
        "2022-03-20T25:00:00Z",
        "2022-02-30T15:00:00Z",
        "0000-01-01T00:00:00Z",
    ),
    _moment("far", "10000-01-01T00:00:00Z", "infinity", "1e400"),
    _moment("odd_offset", "2022-03-20T15:00:00+99:00", "2022-03-20T15:00:00+24:00"),
]

NUMBERS = [
    _laps(
        "not_finite",
        ["NaN", "Infinity", "-Infinity", "inf", "1e400"],
        "not_a_whole_number",
    ),
    _laps(
        "huge", ["9" * 5_000, "9223372036854775808", "2147483648"], "not_a_whole_number"
    ),
    _laps("negative", ["-1", "-0.5"], "not_a_whole_number"),
    _laps(
        "fractions", ["1.5", "1/2", "½", "1e3", "0x10", "1_000"], "not_a_whole_number"
    ),
    _laps("full_width", ["\uff11\uff12", "١٢", "१२"], "not_a_whole_number", "F76"),
    _laps("superscript", ["²", "Ⅻ", "①"], "not_a_whole_number", "F76"),
    _laps("zero_width", ["1\u200b2", "\u2060", "1\u00ad"], "not_a_whole_number", "F77"),
    _laps(
        "formulas", ["=1+1", "+1+1", "@SUM(A1)", "-2+3"], "not_a_whole_number", "F65"
    ),
    _times("not_finite", ["NaN", "Infinity", "1e400", "nan"], "not_a_time"),
    _times("huge", ["9" * 5_000, "99999:59.999", "1e9"], "not_a_time"),
    _times("odd_minutes", ["1:61.000", "1:60.000", "::", "1:2:3:4"], "not_a_time"),
    _times("negative", ["-1:31.000", "-91.5"], "negative_time"),
    _times(
        "full_width",
        ["\uff11:\uff13\uff11.\uff10\uff10\uff10", "1\uff1a31.000"],
        "not_a_time",
        "F76",
    ),
    _value(
        "whole_floats",
        lines("Ashford,1,7,12.0,1:31.000", "Ashford,1,8,12,1:31.000"),
        "F76",
        rows=2,
    ),
    _value(
        "points_not_finite",
        lines(
            *(
                f"Ashford,1,{n},x,{each}"
                for n, each in enumerate(["NaN", "inf", "1e400", "9" * 5_000])
            ),
            header=ENTRANTS,
        ),
        "F61",
        rows=4,
        rejections=tuple((n, "not_a_number") for n in range(2, 6)),
    ),
]

TEXTS = [
    _entrants(
        "formula_text",
        [
            "=1+1",
            "+1",
            "-1",
            "@SUM(1)",
            '"=HYPERLINK(""http://x"")"',
            "=cmd|' /C calc'!A0",
        ],
        "F65",
    ),
    _entrants("tab_text", ["\t=1+1", '"\r=1+1"'], "F65"),
    _entrants(
        "markup_text",
        ["<script>alert(1)</script>", "&lt;", "{{ 7*7 }}", "%s%n", "${jndi:x}"],
        "F65",
    ),
    _entrants(
        "sql_text",
        ["'; DROP TABLE races_lap; --", "\\N", "\\.", "NULL", "\\x00"],
        "F65",
    ),
    _entrants("direction_text", ["a\u202eb", "\u2066x", "\ufeffx"], "F77"),
    _entrants(
        "emoji_text",
        ["👩‍👩‍👧‍👦", "🏇" * 50, "e" + "\u0301" * 500],
        "F77",
        rejections=((4, "not_text"),),
    ),
    _entrants("noncharacters", ["\ufffe", "\uffff", "\U0010ffff", "\ufffd"], "F77"),
    _entrants("controls", ["\x01", "\x1b[31m", "\x7f", "\x85"], "F77"),
]

KEYS = [
    _value(
        "nfd_keys",
        lines("Zu\u0308rich,1,7,1,1:31", "Z\u00fcrich,1,7,2,1:32"),
        "F77",
        rows=2,
    ),
    _value(
        "spaces_in_keys",
        lines(" Ashford ,1,7,1,1:31", "Ashford,1, 7,2,1:32"),
        "F77",
        rows=2,
    ),
    _value("zero_width_keys", lines("Ash\u200bford,1,7,1,1:31"), "F77", rows=1),
    _value(
        "look_alike_keys",
        lines("\u0410shford,1,7,1,1:31", "Ashford,1,7,1,1:31"),
        "F77",
        rows=2,
    ),
    _value("full_width_keys", lines("Ashford,\uff11,7,1,1:31"), "F76", rows=1),
    _value("whole_float_keys", lines("Ashford,12.0,7,1,1:31"), "F76", rows=1),
    _value(
        "empty_keys",
        lines(
            ",1,7,1,1:31", "Ashford,,7,1,1:31", "Ashford,1,,1,1:31", "Ashford,1,7,,1:31"
        ),
        "F76",
        rows=4,
        rejections=tuple((n, "missing_value") for n in range(2, 6)),
    ),
    _value(
        "blank_keys",
        lines("\u00a0,1,7,1,1:31", "\u3000,1,7,1,1:31"),
        "F77",
        rows=2,
        rejections=((2, "missing_value"), (3, "missing_value")),
    ),
    _value(
        "key_of_201",
        lines(f"{'k' * 201},1,7,1,1:31"),
        "F76",
        rows=1,
        rejections=((2, "not_text"),),
    ),
    _value("key_of_200_bytes", lines(f"{'漢' * 200},1,7,1,1:31"), "F76", rows=1),
    _value(
        "unknown_driver",
        lines("999999,888888,1,1:31.0", header="raceId,driverId,lap,time"),
        "F76",
        rows=1,
    ),
]


def _mixed(name: str, *, good: int, bad: int) -> BadFile:
    """Give a file of which every so-manieth row is bad."""
    total = good + bad
    step = total // bad

    def content() -> bytes:
        rows = laps(total, race=name)
        for place in range(step - 1, total, step):
            rows[place] = lap(place + 1, race=name, time="slow")
        return lines(*rows)

    return BadFile(
        f"mixed_{name}.csv",
        content,
        "F79",
        rows=total,
        rejected=bad,
        says="time is 'slow'",
    )


MIXED = [
    _mixed("0.1_percent", good=9_990, bad=10),
    _mixed("1_percent", good=9_900, bad=100),
    _mixed("50_percent", good=5_000, bad=5_000),
]

FILES = [*DATES, *NUMBERS, *TEXTS, *KEYS, *MIXED]
