"""A LiveRC page in the two styles that it comes in, and pages that are none."""

from pathlib import Path

import pytest

from imports.errors import FileRejected, MalformedFile, UnknownFormat
from imports.readers.pages import html_page
from imports.readers.pages.html_tokens import tokens
from tests.unit.conftest import Read
from tests.unit.readers.liverc_pages import DRIVERS, page, pretty

STYLES = {"minified": page(), "pretty": pretty(page())}


def tables(tmp_path: Path, text: str) -> dict[str, list[dict[str, str | None]]]:
    path = tmp_path / "page.html"
    path.write_text(text)
    parts = html_page.open_parts(path, scratch=tmp_path)
    held = {part.name: part.read(required=frozenset()) for part in parts}
    return {n: t.rows.select(t.columns).collect().to_dicts() for n, t in held.items()}


@pytest.mark.parametrize("style", STYLES)
def test_page_is_two_tables_in_either_style(tmp_path: Path, style: str) -> None:
    found = tables(tmp_path, STYLES[style])

    results, laps = found["results"], found["laps"]
    assert [row["driver_id"] for row in results] == ["101", "102", "103", None]
    assert [row["car_number"] for row in results] == ["1", "7", "007", "9"]
    assert [row["driver"] for row in results][:2] == ["ANNA O'LOUGHLIN", "Björn & Co"]
    assert [row["laps_listed"] for row in results] == ["5", "5", "3", None]
    assert (len(laps), sum(row["lap"] != "0" for row in laps)) == (13, 10)
    assert {row["driver_name"] for row in laps} >= {"ANNA O'LOUGHLIN", "Björn & Co"}
    assert [row["time"] for row in laps][:3] == ["0", "38.17", "38"]
    facts = ("track", "event", "date", "race_number", "class_header", "round")
    for row in results + laps:
        assert [row[name] for name in facts] == [
            "Ashford R/C",
            "Spring & Clay Cup",
            "Nov 16, 2025",
            "14",
            "1/8 Buggy A-Main",
            "Main Events",
        ]
        assert (row["length"], row["session"]) == ("30:00 Timed", "M1 Race #14")


def test_hidden_twins_and_lap_numbers_stay_apart(tmp_path: Path) -> None:
    _, second, *_ = tables(tmp_path, page())["results"]

    assert (second["fastest_lap"], second["fastest_lap_number"]) == ("37.1", "3")
    assert (second["avg_lap"], second["avg_top_10"]) == ("41.29", None)
    assert (second["behind"], second["consistency"]) == ("12.052", "-3.50%")
    assert second["top_2_consecutive"] == "74.504"


def test_driver_without_laps_has_the_id_of_the_script_of_his_name(
    tmp_path: Path,
) -> None:
    script = "racerLaps[109] = {'driverName':'DORA ZED','laps':[ ]};"
    text = page().replace("</script>", f"{script}</script>", 1)

    *_, absent = tables(tmp_path, text)["results"]

    assert (absent["driver_id"], absent["laps_listed"]) == ("109", "0")


@pytest.mark.parametrize(
    "top",
    [
        '<link rel="canonical" href="https://x.org/?p=view_race_result&amp;id=6304">',
        "<!-- saved from url=(0071)https://x.org/?p=view_race_result&id=6304 -->",
    ],
)
def test_page_that_gives_its_own_address_names_the_race(
    tmp_path: Path, top: str
) -> None:
    assert tables(tmp_path, page(top=top))["laps"][0]["race_id"] == "6304"


def test_links_to_other_races_do_not_name_it(tmp_path: Path) -> None:
    link = '<a href="/results/?p=view_race_result&id=99">B-Main</a>'
    text = page().replace("<body>", f"<body>{link}")

    assert tables(tmp_path, text)["laps"][0]["race_id"] is None


def test_row_of_other_width_is_a_bad_line(read: Read) -> None:
    text = page().replace("<td>2 Laps</td><td>37", "<td>37")

    [rejection] = read(text).rejections

    assert (rejection["code"], rejection["row_number"]) == ("too_few_cells", 3)


@pytest.mark.parametrize(
    "text",
    [
        "<html><body><table><tr><td>1</td></tr></table></body></html>",
        '<?xml version="1.0"?><races/>',
        "  <p>racerLaps",
    ],
)
def test_other_pages_are_refused_by_type(read: Read, text: str) -> None:
    answer = read(text)

    assert answer.refusal == "UnknownFormat"
    assert "LiveRC" in answer.result["message"]


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6, 0.8, 0.97])
def test_page_that_is_cut_off_is_refused_whole(read: Read, share: float) -> None:
    text = page()

    answer = read(text[: int(len(text) * share)])

    assert answer.refusal in ("MalformedFile", "UnknownFormat")
    assert answer.rows("lap") == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("racerLaps[1] = {'driverName':'AN", "no end"),
        ("racerLaps[1] = {'laps':[{'lapNum':'1'} {'lapNum':'2'}]}", "missing"),
        ("racerLaps[1] = {'laps':'none'}", "no array"),
        ("racerLaps[1] = {'laps':['1']}", "no object"),
        ("racerLaps[1] = 'x'", "no object"),
        ("racerLaps[1] = {'a' 'b'}", "colon"),
        ("racerLaps[1] = " + "[" * 100_000, "deep"),
        ("racerLaps[1] = {'driverName':'\\uD800'}", "half a character"),
    ],
)
def test_script_that_is_no_literal_is_refused(
    read: Read, script: str, reason: str
) -> None:
    answer = read(page(script=script))

    assert answer.refusal == "MalformedFile"
    assert reason in answer.result["message"]


def test_nothing_of_a_script_is_run(tmp_path: Path) -> None:
    script = "racerLaps[1] = {'driverName': alert, 'laps': []}; alert('x' + 1);"

    assert "laps" not in tables(tmp_path, page(script=script))


def test_two_tables_of_results_are_refused(read: Read) -> None:
    text = page() + '<table class="race_result"></table>'

    assert read(text).refusal == "MalformedFile"


@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", "<a b='", "<!--", "</", "<!", "<?", "<![", "<script>", "&", "<div>"],
)
# Where a reader looks at the rest of the page at every piece, this takes hours.
def test_hostile_pages_are_refused(tmp_path: Path, piece: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(piece * (1_000_000 // len(piece)))

    with pytest.raises((UnknownFormat, MalformedFile)):
        html_page.open_parts(path, scratch=tmp_path)


def test_page_of_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    with path.open("wb") as file:
        file.truncate(html_page.MAX_PAGE_BYTES + 1)

    with pytest.raises(FileRejected, match="more than"):
        html_page.open_parts(path, scratch=tmp_path)


def test_tokens_are_what_a_browser_would_see() -> None:
    text = "a &lt; b<br/><P Class=x title='>'>1 < 2</p><script>if (a<b) '</p>'</script>"

    found = [(t.name, t.text, t.attributes) for t in tokens(text)]

    assert found == [
        ("#text", "a < b", {}),
        ("br", "", {}),
        ("p", "", {"class": "x", "title": ">"}),
        ("#text", "1 ", {}),
        ("#text", "<", {}),
        ("#text", " 2", {}),
        ("/p", "", {}),
        ("script", "", {}),
        ("#script", "if (a<b) '</p>'", {}),
        ("/script", "", {}),
    ]


def test_csv_with_names_in_angle_brackets_is_no_page(read: Read) -> None:
    assert read("<DATE>,<TIME>\n1,2\n").refusal == "UnknownLayout"


def test_laps_add_up_to_the_total_of_the_page() -> None:
    """The pages here keep what holds in real ones: laps are the total, rounded."""
    for *_, cells, positions, times in DRIVERS:
        laps, total = cells.split("|")[1].split("/")
        minutes, seconds = total.split(":")
        assert len(positions) == len(times) == int(laps)
        assert abs(60 * int(minutes) + float(seconds) - sum(map(float, times))) < 0.002
