"""Names of files say of which meeting and race they are, by a pattern."""

import pytest

from imports.errors import StatementInvalid
from imports.readers.file_names import read_name


@pytest.mark.parametrize(
    ("pattern", "path", "said"),
    [
        ("{meeting}_laps.csv", "/in/bahrain_laps.csv", {"meeting": "bahrain"}),
        ("{meeting}_laps", "bahrain_laps.csv.gz", {"meeting": "bahrain"}),
        ("{meeting}_laps", "bahrain_laps", {"meeting": "bahrain"}),
        ("{meeting}_LAPS.csv", "bahrain_laps.CSV", {"meeting": "bahrain"}),
        (
            "{meeting}/{race}.csv",
            "a/spa/heat 1.csv",
            {"meeting": "spa", "race": "heat 1"},
        ),
        ("{meeting}/{meeting}.csv", "data\\2025\\spa.csv", {"meeting": "2025-spa"}),
        ("*_{meeting}_*.csv", "23_spa_official.csv", {"meeting": "spa"}),
        ("{meeting}.csv", "a.b.csv", {"meeting": "a.b"}),
        ("{meeting}.*.csv", "spa.v2.csv", {"meeting": "spa"}),
        ("{meeting}_laps.csv", "spa_results.csv", {}),
        ("{meeting}_laps.csv", "_laps.csv", {}),
        ("{meeting}/{race}.csv", "race.csv", {}),
        ("(.+){meeting}.csv", "xxspa.csv", {}),
    ],
)
def test_pattern_is_the_end_of_a_path(
    pattern: str, path: str, said: dict[str, str]
) -> None:
    assert read_name(path, pattern=pattern) == said


@pytest.mark.parametrize(
    "pattern",
    [
        *("laps.csv", "{team}.csv", "{meeting.csv", "{}.csv", "*", "meeting}"),
        # Each more would take a hundred times as long.
        "{meeting}{race}" * 2 + ".csv",
        "a/*_*_*_{race}.csv",
    ],
)
def test_pattern_that_says_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(StatementInvalid):
        read_name("a.csv", pattern=pattern)
