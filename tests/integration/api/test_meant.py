"""What could be meant in two ways, or only by half, is refused and never guessed."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from imports.models import SourceFile
from races.models import Meeting, Race
from tests.integration.api.senders import FILES, HEADER, RUNS, laps, operator, send
from tests.integration.api.shape import assert_shape

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.unverified(reason="meetings and races of no file"),
]


@pytest.fixture
def races():
    meeting = Meeting.objects.create(source="club", key="ash")
    return [Race.objects.create(meeting=meeting, key=key) for key in "123"]


def cursor_of(get, resource, **parameters):
    """Give the cursor to the second page of a list."""
    page = get(resource, page_size=1, **parameters).data
    return parse_qs(urlsplit(page["next"]).query)["cursor"][0]


@pytest.mark.parametrize("id_", ["+{}", "%20{}", "{}%20", "%D9%A0{}", "-{}", "{}.0"])
def test_id_is_digits(client, races, id_):
    address = f"/api/v1/races/{id_.format(races[0].pk)}/"

    assert_shape(client.get(address), status=404, kind="not_found")


def test_id_of_other_digits_is_none(client, races):
    arabic = str(races[0].pk).translate({48 + n: 0x660 + n for n in range(10)})

    response = client.get(f"/api/v1/races/{arabic}/")

    assert_shape(response, status=404, kind="not_found")


def test_page_size_is_of_plain_digits(get, races):
    response = get("races", page_size="\u0663")

    assert_shape(response, status=400, kind="invalid_parameter")


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({}, {"source": "club"}),
        ({"source": "club"}, {}),
        ({"source": "club"}, {"source": "clubs"}),
        ({}, {"changed_since": "0"}),
    ],
)
def test_cursor_of_other_filters_is_refused(get, races, first, then):
    cursor = cursor_of(get, "races", **first)

    error = assert_shape(
        get("races", cursor=cursor, **then), status=400, kind="invalid_parameter"
    )

    assert error["param"] == "cursor"


def test_cursor_of_another_list_is_refused(get, races):
    cursor = cursor_of(get, "races")

    response = get("entrants", cursor=cursor)

    assert_shape(response, status=400, kind="invalid_parameter")


def test_cursor_is_good_for_other_sizes_and_includes(get, races):
    cursor = cursor_of(get, "races", source="club")

    page = get("races", cursor=cursor, source="club", page_size=7, include="entrants")

    assert [race["id"] for race in page.data["results"]] == [r.pk for r in races[1:]]


@pytest.mark.parametrize("address", [RUNS, FILES, f"{RUNS}1/cancel/"])
@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"Transfer-Encoding": "chunked"}, 411, "length_required"),
        ({"Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
    ],
)
def test_body_that_would_not_be_read_is_refused(address, headers, status, kind):
    # As a server gives one in chunks on: with no length, and nothing that says where it ends.
    extra = {"CONTENT_LENGTH": ""} if "Transfer-Encoding" in headers else {}

    response = operator().post(
        address,
        json.dumps({"source": "club"}),
        content_type="application/json",
        headers=headers,
        **extra,
    )

    assert_shape(response, status=status, kind=kind)


def test_form_of_too_many_files_is_refused_without_our_names():
    response = send(operator(), *(laps(f"{n}.csv") for n in range(101)))

    error = assert_shape(response, status=413, kind="too_large")
    assert "files" in error["detail"]
    assert "settings" not in error["detail"]
    assert not SourceFile.objects.exists()


def test_text_of_a_form_is_utf8():
    parts = [
        b'Content-Disposition: form-data; name="source"\r\n\r\nclub',
        b'Content-Disposition: form-data; name="meeting"\r\n\r\n\xff\xfe',
        b'Content-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
        + HEADER.encode(),
    ]
    body = b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"

    response = operator().generic(
        "POST", FILES, body, content_type="multipart/form-data; boundary=x"
    )

    error = assert_shape(response, status=400, kind="invalid_body")
    assert error["errors"][0]["param"] == "meeting"
    assert not SourceFile.objects.exists()
