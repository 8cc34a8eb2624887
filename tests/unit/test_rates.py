"""A rate as it is written in the environment."""

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from ingestion_site.lib.env import Rate, rate


def read(monkeypatch, text):
    monkeypatch.setenv("API_RATE_READ", text)
    return rate(environ.Env(), "API_RATE_READ", default="1/day")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("10/second", Rate(10, 1)),
        (" 600/minute ", Rate(600, 60)),
        ("1/hour", Rate(1, 3_600)),
        ("999999/day", Rate(999_999, 86_400)),
        ("off", None),
    ],
)
def test_rate_is_read(monkeypatch, text, meant):
    assert read(monkeypatch, text) == meant


def test_rate_that_is_not_set_has_its_default(monkeypatch):
    monkeypatch.delenv("API_RATE_READ", raising=False)

    assert rate(environ.Env(), "API_RATE_READ", default="5/minute") == Rate(5, 60)


@pytest.mark.parametrize(
    "text", ["", "10", "10/", "/minute", "0/minute", "-1/minute", "1.5/minute"]
)
def test_rate_that_cannot_be_meant_stops_the_start(monkeypatch, text):
    with pytest.raises(ImproperlyConfigured, match="such as 600/minute"):
        read(monkeypatch, text)


@pytest.mark.parametrize("text", ["1000000/minute", "10/min", "10/minutes", "OFF"])
def test_rate_that_is_nearly_right_is_not_guessed(monkeypatch, text):
    with pytest.raises(ImproperlyConfigured, match="API_RATE_READ is"):
        read(monkeypatch, text)
