"""How gaps and parts look on pages."""

import pytest

from ingestion_site.lib.cells import UNKNOWN
from stats.models import EntrantStats, RaceStats
from stats.templatetags import figures


@pytest.mark.parametrize(
    ("milliseconds", "laps", "shown"),
    [
        (5_598, 0, "+5.598"),
        (0, 0, "+0.000"),
        (-200, None, "-0.200"),
        (83_004, None, "+83.004"),
        (None, 1, "+1 lap"),
        (None, 12, "+12 laps"),
        (None, -1, "-1 lap"),
        (None, 0, UNKNOWN),
        (None, None, UNKNOWN),
    ],
)
def test_gap_is_laps_or_seconds(milliseconds, laps, shown):
    assert figures.gap(milliseconds, laps) == shown


def test_gaps_of_stats_are_shown():
    stats = EntrantStats(gap_to_leader_ms=9_675, gap_to_ahead_ms=4_077)

    assert (figures.to_leader(stats), figures.to_ahead(stats)) == ("+9.675", "+4.077")
    assert (figures.to_leader(None), figures.to_ahead("")) == (UNKNOWN, UNKNOWN)


def test_margin_has_no_sign():
    assert figures.margin(RaceStats(margin_ms=5_598, margin_laps=0)) == "5.598 s"
    assert figures.margin(RaceStats(margin_laps=2)) == "2 laps"
    assert figures.margin(None) == UNKNOWN


@pytest.mark.parametrize(
    ("part", "shown"),
    [(1.0, "100.00 %"), (0.99999, "99.99 %"), (0.9282, "92.82 %"), (None, UNKNOWN)],
)
def test_percent_rounds_nothing_up_to_all(part, shown):
    assert figures.percent(part) == shown


@pytest.mark.parametrize(
    ("expected", "missing", "part"),
    [(100, 25, 0.75), (100, 0, 1), (0, 0, None), (None, None, None)],
)
def test_completeness_is_the_part_that_is_there(expected, missing, part):
    stats = RaceStats(expected_laps=expected, missing_laps=missing)

    assert stats.completeness == part
