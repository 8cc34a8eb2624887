"""The reference of laps to entrants holds in raw SQL, without a foreign key."""

import pytest
from django.db import IntegrityError, connection, transaction

from races.models import Entrant, Lap, Meeting, Race

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.unverified(reason="laps are written by hand, against the guard"),
]


@pytest.fixture
def alice():
    meeting = Meeting.objects.create(source="test", key="ashford")
    race = Race.objects.create(meeting=meeting, key="1")
    alice = Entrant.objects.create(race=race, key="7")
    Lap.objects.create(entrant=alice, number=1, time_ms=61_000)
    return alice


def _sql(text: str, *parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(text, parameters)


def test_orphan_lap_is_refused_in_raw_sql(alice):
    insert = "INSERT INTO races_lap (entrant_id, number, columns, version) VALUES (%s, 1, 0, gen_random_uuid())"

    with pytest.raises(IntegrityError, match="which does not exist"):
        _sql(insert, alice.pk + 1)


def test_deleted_entrant_takes_its_laps_along(alice):
    _sql("DELETE FROM races_entrant WHERE id = %s", alice.pk)

    assert not Lap.objects.exists()


def test_truncated_entrants_take_their_laps_along(alice):
    _sql("SET CONSTRAINTS ALL IMMEDIATE")
    _sql("TRUNCATE races_entrant CASCADE")

    assert not Lap.objects.exists()


def test_deleted_meeting_takes_its_laps_along(alice):
    Meeting.objects.all().delete()

    assert not Lap.objects.exists()


def test_lap_never_changes_its_entrant(alice):
    other = Entrant.objects.create(race=alice.race, key="8")

    with pytest.raises(IntegrityError, match="never changes"):
        _sql("UPDATE races_lap SET entrant_id = %s", other.pk)


def test_entrant_never_changes_its_id(alice):
    with pytest.raises(IntegrityError, match="never changes"):
        _sql("UPDATE races_entrant SET id = id + 1000")


@pytest.mark.parametrize("column", ["number", "time_ms", "sector2_ms", "elapsed_ms"])
def test_negative_lap_values_are_refused(alice, column):
    with pytest.raises(IntegrityError, match="lap_numbers_and_times_are_not_negative"):
        _sql(f"UPDATE races_lap SET {column} = -1")


def test_lap_position_starts_at_one(alice):
    with pytest.raises(IntegrityError, match="lap_numbers_and_times_are_not_negative"):
        _sql("UPDATE races_lap SET position = 0")
