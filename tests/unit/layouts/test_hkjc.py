"""Hong Kong race days: results and sectional times, in small."""

import csv
import io

import pytest

from tests.unit.conftest import Answer, Read

RESULTS = (
    "date,venue,race_no,race_meeting_no,race_name,race_class,distance_m,rating_range,"
    "going,course,prize_hkd,race_finish_time,sectional_times_header,place,horse_no,"
    "horse_name,jockey,trainer,actual_wt_lbs,declared_wt_lbs,draw,lbw,"
    "running_position,finish_time,win_odds"
)
RESULT = {
    "date": "2025-01-01",
    "venue": "沙田",
    "race_no": "1",
    "race_meeting_no": "307",
    "race_name": "甲讓賽",
    "race_class": "第四班",
    "distance_m": "1200",
    "rating_range": "60-40",
    "going": "好地",
    "course": '草地 - "C" 賽道',
    "prize_hkd": "1170000",
    "race_finish_time": "(23.39) (45.60) (1:09.98)",
    "sectional_times_header": "23.39 22.21",
    "place": "1",
    "horse_no": "5",
    "horse_name": "甲馬 (J042)",
    "jockey": "甲",
    "trainer": "乙",
    "actual_wt_lbs": "124",
    "declared_wt_lbs": "1151",
    "draw": "5",
    "lbw": "---",
    "running_position": "3 3 1",
    "finish_time": "1:09.98",
    "win_odds": "2.8",
}
SECTIONALS = (
    "date,venue,race_no,finish_pos,horse_no,horse_name,finish_time,"
    "sec1_margin,sec1_running_pos,sec1_time,sec2_margin,sec2_running_pos,sec2_time,"
    "sec3_margin,sec3_running_pos,sec3_time"
)
SECTIONAL = {
    "date": "2025-01-01",
    "venue": "沙田",
    "race_no": "1",
    "finish_pos": "1",
    "horse_no": "5",
    "horse_name": "甲馬 (J042)",
    "finish_time": "45.88",
    "sec1_margin": "1",
    "sec1_running_pos": "3",
    "sec1_time": "23.55",
    "sec2_margin": "N",
    "sec2_running_pos": "1",
    "sec2_time": "22.33 10.95    11.38",
}


def csv_of(header: str, given: dict[str, str], *changes: dict[str, str]) -> str:
    columns = header.split(",")
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({**given, **change} for change in changes)
    return "\ufeff" + out.getvalue()


def results(read: Read, *changes: dict[str, str]) -> Answer:
    return read(csv_of(RESULTS, RESULT, *changes))


def sectionals(read: Read, *changes: dict[str, str]) -> Answer:
    return read(csv_of(SECTIONALS, SECTIONAL, *changes))


def test_result_states_meeting_race_horse_and_entrant(read: Read) -> None:
    answer = results(read, {}, {"horse_name": "乙馬 (K001)", "place": "2"})

    assert answer.result["layout"] == "hkjc.results"
    [meeting] = answer.records("meeting")
    assert meeting["meeting_key"] == "2025-01-01 沙田"
    assert meeting["payload"] == {
        "start_date": "2025-01-01",
        "venue": "沙田",
        "discipline": "gallops",
    }
    [race] = answer.records("race")
    assert (race["race_key"], race["payload"]["distance_m"]) == ("1", 1200)
    assert race["payload"]["attributes.course"] == '草地 - "C" 賽道'
    horses = {r["key"]: r["payload"]["name"] for r in answer.records("competitor")}
    assert horses == {"J042": "甲馬", "K001": "乙馬"}
    first, _ = answer.records("entrant")
    assert first["key"] == first["payload"]["competitor"] == "J042"
    assert first["payload"]["total_time_ms"] == 69_980
    assert first["payload"]["gap"] is None


def test_every_column_of_results_is_read(read: Read) -> None:
    marked = {"race_class": "x1", "rating_range": "x2", "going": "x3", "course": "x4"}
    marked |= {"race_finish_time": "x5", "sectional_times_header": "x6"}
    marked |= {"jockey": "x7", "trainer": "x8", "running_position": "x9"}
    numbers = {"race_meeting_no": "901", "prize_hkd": "902", "actual_wt_lbs": "903"}
    numbers |= {"declared_wt_lbs": "904", "draw": "905", "win_odds": "906.5"}

    answer = results(read, marked | numbers)

    [race], [entrant] = answer.records("race"), answer.records("entrant")
    held = {str(v) for r in (race, entrant) for v in r["payload"].values()}
    assert {*marked.values(), *numbers.values()} <= held


@pytest.mark.parametrize(
    ("venue", "key"),
    [
        ("ST", "2025-01-01 沙田"),
        ("Sha Tin", "2025-01-01 沙田"),
        ("HV", "2025-01-01 跑馬地"),
        ("Happy Valley", "2025-01-01 跑馬地"),
        ("跑馬地", "2025-01-01 跑馬地"),
        ("從化", "2025-01-01 從化"),
    ],
)
def test_racecourses_have_one_key_in_both_languages(
    read: Read, venue: str, key: str
) -> None:
    [meeting] = results(read, {"venue": venue}).records("meeting")

    assert meeting["meeting_key"] == key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("SPEEDY FORTUNE (H097)", "H097"),
        ("BARFOLD HERO (CC071)", "CC071"),
        ("甲馬\uff08J042\uff09", "J042"),
        ("ROMANTIC STAR (IRE)", "ROMANTIC STAR (IRE)"),
        ("無號馬", "無號馬"),
    ],
)
def test_horse_is_its_code_else_its_name(read: Read, name: str, key: str) -> None:
    [entrant] = results(read, {"horse_name": name}).records("entrant")

    assert entrant["key"] == key


@pytest.mark.parametrize(
    ("place", "position", "status"),
    [
        ("12", 12, "classified"),
        ("1 DH", 1, "classified"),
        ("3 平頭馬", 3, "classified"),
        ("WV-A", None, "withdrawn"),
        ("WX", None, "withdrawn"),
        ("PU", None, "pulled up"),
        ("UR", None, "unseated rider"),
        ("FE", None, "fell"),
        ("DISQ", None, "disqualified"),
        ("TNP", None, "took no part"),
        ("DNF", None, "did not finish"),
        ("VOID", None, "void"),
        ("XYZ", None, "XYZ"),
    ],
)
def test_place_or_code_and_what_was_written(
    read: Read, place: str, position: int | None, status: str
) -> None:
    [entrant] = results(read, {"place": place}).records("entrant")

    payload = entrant["payload"]
    assert (payload["position"], payload["status"]) == (position, status)
    assert payload["attributes.position_text"] == place


def test_what_was_not_known_yet_is_null(read: Read) -> None:
    unknown = ("draw", "lbw", "running_position", "finish_time", "win_odds")
    blank = {"place": "", "horse_no": ""} | dict.fromkeys(unknown, "---")

    [entrant] = results(read, blank).records("entrant")

    payload = entrant["payload"]
    kept = ("name", "competitor", "attributes.jockey", "attributes.trainer")
    kept += ("attributes.actual_weight_lbs", "attributes.declared_weight_lbs")
    assert {name for name, value in payload.items() if value is not None} == set(kept)


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("date", "01/01/2025", "not_a_date"),
        ("date", "", "missing_value"),
        ("venue", "", "missing_value"),
        ("race_no", "", "missing_value"),
        ("race_no", "one", "not_a_whole_number"),
        ("horse_name", "---", "missing_value"),
        ("place", "first?1", "not_a_place"),
        ("distance_m", "1200m", "not_a_whole_number"),
        ("prize_hkd", "1,170,000", "not_a_whole_number"),
        ("finish_time", "1:75.00", "not_a_time"),
        ("lbw", "x" * 51, "not_text"),
        ("jockey", "x" * 301, "not_text"),
    ],
)
def test_cell_that_cannot_be_refuses_its_row(
    read: Read, column: str, cell: str, code: str
) -> None:
    answer = results(read, {column: cell}, {"horse_name": "乙馬 (K001)"})

    [rejection] = answer.rejections
    assert (rejection["column"], rejection["code"]) == (column, code)
    assert [r["key"] for r in answer.records("entrant")] == ["K001"]


def test_sections_are_laps_and_their_parts_are_kept(read: Read) -> None:
    answer = sectionals(read, {})

    assert answer.result["layout"] == "hkjc.sectional_times"
    laps = [
        (lap["number"], lap["time_ms"], lap["elapsed_ms"], lap["position"])
        for lap in answer.rows("lap")
    ]
    assert laps == [("1", "23550", "23550", "3"), ("2", "22330", "45880", "1")]
    [entrant] = answer.records("entrant")
    payload = entrant["payload"]
    assert payload["attributes.sec2_splits"] == "10.95 11.38"
    assert payload["attributes.sec1_splits"] is None
    assert payload["attributes.sec2_margin"] == "N"
    assert (payload["position"], payload["total_time_ms"]) == (1, 45_880)


def test_sections_that_do_not_add_up_have_no_elapsed_time(read: Read) -> None:
    answer = sectionals(read, {"finish_time": "45.90"})

    assert {lap["elapsed_ms"] for lap in answer.rows("lap")} == {""}


def test_section_without_a_time_is_no_lap_and_keeps_its_position(read: Read) -> None:
    answer = sectionals(read, {"sec2_time": "", "finish_pos": "PU"})

    assert [lap["number"] for lap in answer.rows("lap")] == ["1"]
    [entrant] = answer.records("entrant")
    assert entrant["payload"]["attributes.sec2_running_pos"] == "1"
    assert entrant["payload"]["attributes.sec1_running_pos"] is None
    assert entrant["payload"]["status"] == "pulled up"


@pytest.mark.parametrize("sections", [1, 8])
def test_file_has_as_many_sections_as_it_has(read: Read, sections: int) -> None:
    columns = [f"sec{n}_time" for n in range(1, sections + 1)]
    header = ",".join(["date,venue,race_no,finish_pos,horse_no,horse_name", *columns])

    answer = read(
        csv_of(header, {c: SECTIONAL.get(c, "24.00") for c in header.split(",")}, {})
    )

    assert len(answer.rows("lap")) == sections


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("sec1_time", "fast", "not_a_time"),
        ("sec1_time", "23.55 and 11.38", "not_a_time"),
        ("sec2_running_pos", "0", "not_a_place"),
        ("finish_pos", "0", "not_a_place"),
        ("sec1_margin", "x" * 301, "not_text"),
        ("finish_time", "soon", "not_a_time"),
    ],
)
def test_section_that_cannot_be_refuses_its_row(
    read: Read, column: str, cell: str, code: str
) -> None:
    answer = sectionals(read, {column: cell}, {"horse_name": "乙馬 (K001)"})

    [rejection] = answer.rejections
    assert (rejection["column"], rejection["code"]) == (column, code)
    assert {lap["entrant_key"] for lap in answer.rows("lap")} == {"K001"}


def test_header_alone_is_an_empty_file(read: Read) -> None:
    header = "date,venue,race_no,finish_pos,horse_no,horse_name,finish_time\r\n"

    assert read("\ufeff" + header).refusal == "EmptyFile"
