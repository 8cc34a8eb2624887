"""Changes are said by sign and word."""

from datetime import UTC, datetime, timedelta

import pytest

from imports.templatetags.timings import MINUS, change, clock, figure, span, verdict
from imports.timings.figures import Compared, Figures
from ingestion_site.lib import cells


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (None, ""),
        (0.34, "+34 %"),
        (-0.12, f"{MINUS}12 %"),
        (0.001, "±0 %"),
        (-0.001, "±0 %"),
        (99.0, "\N{MULTIPLICATION SIGN} 100"),
    ],
)
def test_change_has_a_sign(number: float | None, said: str) -> None:
    assert change(number).replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize(
    ("p95", "said"),
    [(134.0, "▲ slower +34"), (66.0, f"▼ faster {MINUS}34"), (105.0, "about the same")],
)
def test_verdict_says_in_a_word_what_the_colour_says(p95: float, said: str) -> None:
    now, before = Figures(20, p95=p95), Figures(20, p95=100.0)

    assert said in verdict(Compared("Write", now, before))


def test_verdict_on_few_measures_is_none() -> None:
    now, before = Figures(19, p95=200.0), Figures(20, p95=100.0)

    assert verdict(Compared("Write", now, before)) == "not enough data"


def test_unknown_figure_is_a_dash() -> None:
    assert figure(None) == cells.UNKNOWN
    assert figure(0.0) == "0.0"
    assert figure(12345.67) == "12,345.7"


def test_axis_names_hours_or_days() -> None:
    at = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)

    assert clock(at, timedelta(hours=24)) == "12:30"
    assert clock(at, timedelta(days=7)) == "01 May 12:30"
    assert clock(at, timedelta(days=30)) == "01 May"


def test_length_of_a_bar_is_in_words() -> None:
    lengths = [timedelta(minutes=30), timedelta(hours=1), timedelta(days=2)]

    assert [span(length) for length in lengths] == ["30 minutes", "1 hour", "2 days"]
