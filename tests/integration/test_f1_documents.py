"""JSON of jolpica's import and of its API: one meeting and race, whatever said it."""

import json
from pathlib import Path
from typing import Any

import pytest

from races.models import Competitor, Entrant, Lap, Meeting, PitStop, Race, Team, Venue
from tests.conftest import Ingest

pytestmark = pytest.mark.django_db

KEYS = {"year": 2023, "round": 18, "session": "R", "car_number": 4}
BODY = [
    {
        "object_type": "lap",
        "foreign_keys": KEYS,
        "objects": [
            {
                "number": 1,
                "position": 1,
                "time": {"_type": "timedelta", "milliseconds": m},
            }
            for m in (105_537,)
        ],
    },
    {
        "object_type": "PitStop",
        "foreign_keys": KEYS | {"lap": 1},
        "objects": [{"number": 1, "duration": {"milliseconds": 25_636}}],
    },
    {
        "object_type": "Driver",
        "foreign_keys": {},
        "objects": [{"reference": "norris", "forename": "Lando", "surname": "Norris"}],
    },
]
ROUND = {
    "season": "2023",
    "round": "18",
    "raceName": "United States Grand Prix",
    "Circuit": {"circuitId": "americas", "circuitName": "Circuit of the Americas"},
    "date": "2023-10-22",
    "time": "19:00:00Z",
}
RESULT = {
    "number": "4",
    "position": "2",
    "positionText": "2",
    "Driver": {"driverId": "norris", "givenName": "Lando", "familyName": "Norris"},
    "Constructor": {"constructorId": "mclaren", "name": "McLaren"},
    "grid": "2",
    "status": "Finished",
    "Time": {"millis": "5732092", "time": "+10.730"},
}
LAPS = [
    {
        "number": "1",
        "Timings": [
            {"driverId": "norris", "position": "1", "time": "1:45.537"},
            {"driverId": "max_verstappen", "position": "5", "time": "1:45.9"},
        ],
    },
    {
        "number": "2",
        "Timings": [{"driverId": "norris", "position": "1", "time": "99.1"}],
    },
]


def answer(**inside: Any) -> dict[str, Any]:
    """Give an answer of the API for one round."""
    table = {"season": "2023", "Races": [ROUND | inside]}
    return {"MRData": {"series": "f1", "limit": "30", "RaceTable": table}}


@pytest.mark.parametrize("is_reversed", [False, True])
def test_documents_of_one_race_meet(
    ingest: Ingest, tmp_path: Path, is_reversed: bool
) -> None:
    documents = [BODY, answer(Results=[RESULT]), answer(Laps=LAPS)]
    paths = [tmp_path / f"{n}.json" for n in range(len(documents))]
    for path, document in zip(paths, documents, strict=True):
        path.write_text(json.dumps(document))

    run = ingest(*(reversed(paths) if is_reversed else paths))

    assert run.state == "succeeded"
    assert run.row_counts.is_balanced
    assert run.rows["rejected"] == run.conflicts == 0
    [meeting], [race] = Meeting.objects.all(), Race.objects.all()
    assert (meeting.key, meeting.name, race.key) == (
        "2023-18",
        "United States Grand Prix",
        "race",
    )
    assert set(Entrant.objects.values_list("key", flat=True)) == {
        "4",
        "norris",
        "max_verstappen",
    }
    laps = Lap.objects.values_list("entrant__key", "number", "time_ms")
    assert set(laps) == {
        ("4", 1, 105_537),
        ("norris", 1, 105_537),
        ("norris", 2, 99_100),
        ("max_verstappen", 1, 105_900),
    }
    assert PitStop.objects.get().duration_ms == 25_636
    assert Competitor.objects.get(key="norris").name == "Lando Norris"
    assert (Team.objects.get().key, Venue.objects.get().key) == ("mclaren", "americas")


def test_object_of_another_type_is_refused_and_the_others_are_in(
    ingest: Ingest, tmp_path: Path
) -> None:
    penalty = {
        "object_type": "Penalty",
        "foreign_keys": KEYS,
        "objects": [{"number": 1}],
    }
    path = tmp_path / "body.json"
    path.write_text(json.dumps({"dry_run": True, "data": [*BODY, penalty]}))

    run = ingest(path)

    assert (run.rows["rejected"], Lap.objects.count()) == (1, 1)
    [file] = run.run_files.all()
    assert file.layout == "jolpica.laps_in_envelope"
