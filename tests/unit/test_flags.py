"""A flag takes what it can be, and says what that is."""

import pytest

from imports.errors import FlagInvalid
from imports.flags import FLAGS, Flag, parse


def test_every_flag_has_a_kind_and_says_what_it_does() -> None:
    assert set(FLAGS) == set(Flag)
    assert all(kind.effect.endswith(".") for kind in FLAGS.values())


@pytest.mark.parametrize("flag", Flag)
def test_default_is_a_value_that_the_flag_takes(flag: Flag) -> None:
    default = FLAGS[flag].default
    text = "on" if default is True else str(default)

    assert parse(flag, text) == default


@pytest.mark.parametrize(
    ("flag", "text", "value"),
    [
        (Flag.INGEST_ENABLED, "on", True),
        (Flag.INGEST_ENABLED, "TRUE", True),
        (Flag.INGEST_ENABLED, "off", False),
        (Flag.INGEST_ENABLED, "False", False),
        (Flag.CONCURRENCY, "1", 1),
        (Flag.CONCURRENCY, "32", 32),
        (Flag.BATCH_ROWS, "100", 100),
        (Flag.BATCH_ROWS, "50000", 50_000),
        (Flag.WRITER, "orm", "orm"),
        (Flag.SYNCHRONOUS_COMMIT, "on", "on"),
    ],
)
def test_text_becomes_the_value(flag: Flag, text: str, value: object) -> None:
    assert parse(flag, text) == value
    assert type(parse(flag, text)) is type(value)


@pytest.mark.parametrize(
    ("flag", "text", "allowed"),
    [
        (Flag.INGEST_ENABLED, "maybe", "must be on or off"),
        (Flag.INGEST_ENABLED, "", "must be on or off"),
        (Flag.INGEST_ENABLED, "1", "must be on or off"),
        (Flag.CONCURRENCY, "0", "must be a whole number from 1 to 32"),
        (Flag.CONCURRENCY, "33", "must be a whole number from 1 to 32"),
        (Flag.CONCURRENCY, "-1", "must be a whole number from 1 to 32"),
        (Flag.CONCURRENCY, "2.0", "must be a whole number from 1 to 32"),
        (Flag.CONCURRENCY, "two", "must be a whole number from 1 to 32"),
        (Flag.BATCH_ROWS, "99", "must be a whole number from 100 to 50,000"),
        (Flag.BATCH_ROWS, "50001", "must be a whole number from 100 to 50,000"),
        (Flag.WRITER, "Merge", "must be one of merge, orm"),
        (Flag.WRITER, "", "must be one of merge, orm"),
        (Flag.SYNCHRONOUS_COMMIT, "true", "must be one of off, on"),
    ],
)
def test_what_a_flag_cannot_be_is_refused_with_what_it_can(
    flag: Flag, text: str, allowed: str
) -> None:
    with pytest.raises(FlagInvalid) as refused:
        parse(flag, text)

    assert str(refused.value) == f"{flag.value} = {text}: {allowed}."
