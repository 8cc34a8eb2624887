"""What is not there, not allowed or not meant: one shape, never a 500."""

import base64

import pytest
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

from tests.integration.api.shape import assert_shape

pytestmark = pytest.mark.django_db

RESOURCES = [
    "meetings",
    "races",
    "entrants",
    "laps",
    "pit-stops",
    "entrant-stats",
    "race-stats",
    "files",
    "runs",
    "rejections",
    "snapshots",
]
#: Those that can be sent something.
SENT_TO = ("files", "runs")
ADDRESSES = ["", "nothing/", *(f"{name}/" for name in RESOURCES)]


def basic(name, password):
    """Give the headers of HTTP Basic."""
    token = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"HTTP_AUTHORIZATION": f"Basic {token}"}


@pytest.mark.parametrize("address", ADDRESSES)
def test_anonymous_is_asked_for_credentials(address):
    response = APIClient().get(f"/api/v1/{address}")

    assert_shape(response, status=401, kind="not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("address", ["docs/", "redoc/", "schema/"])
def test_anonymous_does_not_read_the_schema(address):
    response = APIClient().get(f"/api/v1/{address}")

    assert_shape(response, status=401, kind="not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("name", ["nobody", "a\x00b"])
def test_wrong_credentials_are_refused(name, settings):
    settings.API_PASSWORDS = True
    response = APIClient().get("/api/v1/races/", **basic(name, "wrong"))

    assert_shape(response, status=401, kind="authentication_failed")


def test_user_reads_with_password_or_session(settings):
    settings.API_PASSWORDS = True
    user = get_user_model().objects.create_user("reader", password="long enough")
    session = APIClient()
    session.force_login(user)

    by_password = APIClient().get("/api/v1/races/", **basic("reader", "long enough"))

    assert by_password.status_code == 200
    assert session.get("/api/v1/races/").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("resource", RESOURCES)
def test_unsafe_methods_are_not_allowed(client, resource, method):
    if method == "post" and resource in SENT_TO:
        pytest.skip("Files are sent there, and runs started.")
    response = getattr(client, method)(f"/api/v1/{resource}/", {})

    assert_shape(response, status=405, kind="method_not_allowed")


@pytest.mark.parametrize("resource", [name for name in RESOURCES if name != "laps"])
@pytest.mark.parametrize("pk", ["1", "x", "-1", "9" * 30, "9" * 5_000])
def test_row_that_is_not_there_is_not_found(client, resource, pk):
    response = client.get(f"/api/v1/{resource}/{pk}/")

    assert_shape(response, status=404, kind="not_found")


@pytest.mark.parametrize("address", ["nothing/", "races/1/laps/", "laps/1/"])
def test_address_that_is_none_is_not_found(client, address):
    response = client.post(f"/api/v1/{address}")

    assert_shape(response, status=404, kind="not_found")


def test_address_without_its_slash_is_redirected(client):
    response = client.get("/api/v1/races?kind=sprint")

    assert response.status_code == 301
    assert response["Location"] == "/api/v1/races/?kind=sprint"


@pytest.mark.parametrize("resource", RESOURCES)
def test_only_json_is_spoken(client, resource):
    response = client.get(f"/api/v1/{resource}/", HTTP_ACCEPT="text/csv")

    assert_shape(response, status=406, kind="not_acceptable")


@pytest.mark.parametrize("resource", RESOURCES)
def test_options_and_head_are_answered(client, resource):
    options = client.options(f"/api/v1/{resource}/")

    post = "POST, " if resource in SENT_TO else ""
    assert options["Allow"] == f"GET, {post}HEAD, OPTIONS"
    assert client.head(f"/api/v1/{resource}/").status_code == 200


@pytest.mark.parametrize("resource", RESOURCES)
def test_unknown_parameter_is_named(get, resource):
    response = get(resource, page=2, ordering="id", page_size=1)

    assert_shape(response, status=400, kind="unknown_parameter")
    assert "Unknown: ordering, page. Known: " in response.data["detail"]
    assert "cursor, page_size" in response.data["detail"]


def test_row_has_no_parameters(client):
    response = client.get("/api/v1/races/1/?kind=sprint")

    assert_shape(response, status=400, kind="unknown_parameter")
    assert response.data["detail"] == "Unknown: kind. Known: include."


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize(
    "size", ["0", "-1", "2001", "x", "1.0", "1e3", "²", "9" * 5_000]
)
def test_invalid_page_size_is_refused(get, resource, size):
    response = get(resource, page_size=size)

    assert_shape(response, status=400, kind="invalid_parameter")
    assert response.data["detail"].startswith("page_size: ")


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize(
    "text", ["x", "1.2.3", "-1", "-1.1", ".", "9" * 20, "9" * 20 + ".1", "9" * 5_000]
)
def test_invalid_cursor_is_refused(get, resource, text):
    cursor = base64.urlsafe_b64encode(text.encode()).decode()

    response = get(resource, cursor=cursor)

    assert_shape(response, status=400, kind="invalid_parameter")
    assert response.data["detail"].startswith("cursor: ")


@pytest.mark.parametrize("cursor", ["a", "!", "é", "====", "MQ\x00", "__8", "[[[["])
def test_cursor_that_is_no_base64_is_refused(get, cursor):
    assert_shape(get("races", cursor=cursor), status=400, kind="invalid_parameter")


@pytest.mark.parametrize(
    ("resource", "name", "value"),
    [
        ("meetings", "season", "this"),
        ("meetings", "start_date__gte", "yesterday"),
        ("meetings", "start_date", "0000-01-01"),
        ("meetings", "source", "a\x00b"),
        ("races", "meeting", "1.5"),
        ("races", "meeting", "9" * 5_000),
        ("laps", "number__lte", "NaN"),
        ("laps", "entrant", ["1", "2"]),
        ("runs", "state", "green"),
        ("races", "kind", ""),
    ],
)
def test_invalid_value_is_refused_by_name(get, resource, name, value):
    response = get(resource, **{name: value})

    assert_shape(response, status=400, kind="invalid_parameter")
    assert response.data["detail"].startswith(f"{name}: ")
