"""What every answer carries: a request id, headers, and, if it is an error, one shape."""

import json

import pytest
import structlog
from django.contrib.auth import get_user_model
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from imports.api import views
from ingestion_site.lib import api_errors
from tests.integration.api.shape import assert_shape

pytestmark = pytest.mark.django_db

RACES = "/api/v1/races/"


@pytest.fixture
def failing(client, monkeypatch):
    """Give a client and a function that has the races fail with an error."""
    client.raise_request_exception = False

    def fail_with(error):
        def fail(*_):
            raise error

        monkeypatch.setattr(views.RaceViewSet, "get_queryset", fail)
        return client.get(RACES)

    return fail_with


@pytest.mark.parametrize(
    "given", ["abc", "0f8fad5b-d9cb-469f-a165-70867728950e", "a" * 64, "a.b_c-1"]
)
def test_sane_request_id_is_kept(client, given):
    assert client.get(RACES, HTTP_X_REQUEST_ID=given)["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["", " ", "a" * 65, "é", "a b", "a\x00", "-a", '"', "a\nb", "<script>"]
)
def test_other_request_id_is_replaced(client, given):
    answered = client.get(RACES, HTTP_X_REQUEST_ID=given)["X-Request-ID"]

    assert answered != given
    assert len(answered) == 32


@pytest.mark.parametrize(
    ("method", "address", "status", "kind"),
    [
        ("get", "nothing/", 404, "not_found"),
        ("get", "nothing", 404, "not_found"),
        ("post", "races", 404, "not_found"),
        ("get", "races/x/", 404, "not_found"),
        ("post", "races/", 405, "method_not_allowed"),
        ("get", "races/?x=1", 400, "unknown_parameter"),
        ("trace", "races/", 405, "method_not_allowed"),
        ("get", "a//b/%00/", 404, "not_found"),
    ],
)
def test_error_has_the_id_of_its_request(client, method, address, status, kind):
    response = client.generic(method.upper(), f"/api/v1/{address}")

    assert_shape(response, status=status, kind=kind)


def test_id_is_on_what_is_logged_and_gone_after_it(failing, caplog):
    response = failing(RuntimeError("planted"))

    [line] = [r for r in caplog.records if "api_failed" in str(r.msg)]
    assert line.msg["request_id"] == response["X-Request-ID"]
    assert "request_id" not in structlog.contextvars.get_contextvars()


def test_bug_is_told_without_a_word_of_what_it_was(failing, settings):
    settings.DEBUG = True

    response = failing(RuntimeError("planted"))

    assert_shape(response, status=500, kind="server_error")
    assert b"planted" not in response.content
    assert b"Traceback" not in response.content


def test_bug_is_raised_at_a_test_client_as_ever(failing, client):
    failing(RuntimeError("planted"))
    client.raise_request_exception = True

    with pytest.raises(RuntimeError, match="planted"):
        client.get(RACES)


def test_database_that_is_away_is_told_with_when_to_come_again(failing):
    response = failing(OperationalError("connection to 10.0.0.1 refused"))

    assert_shape(response, status=503, kind="unavailable")
    assert response["Retry-After"] == "5"
    assert b"10.0.0.1" not in response.content


def test_what_cannot_be_meant_is_no_bug(failing):
    response = failing(SuspiciousOperation("planted"))

    error = assert_shape(response, status=400, kind="parse_error")
    assert "planted" not in error["detail"]


def test_bug_outside_of_the_view_has_the_shape_too(client, monkeypatch):
    client.raise_request_exception = False

    def fail(*_):
        raise RuntimeError("planted")

    monkeypatch.setattr("rest_framework.renderers.JSONRenderer.render", fail)

    response = client.get(RACES)

    assert_shape(response, status=500, kind="server_error")


def test_host_that_is_not_ours_is_refused_in_the_shape(client, settings):
    settings.ALLOWED_HOSTS = ["scrutineer.example"]

    response = client.get("/api/v1/nothing", HTTP_HOST="evil.example")

    assert_shape(response, status=400, kind="bad_request")


def test_other_pages_are_not_of_the_api(client):
    response = client.get("/nothing/")

    assert response["Content-Type"].startswith("text/html")
    assert response["X-Request-ID"]


def test_headers_of_safety(client):
    for address in ("races/", "nothing/", "races/?x=1"):
        response = client.get(f"/api/v1/{address}")

        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "private, no-cache"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert {"Authorization", "Cookie"} <= set(response["Vary"].split(", "))


@pytest.mark.parametrize("size", [8_001, 10_000_000])
def test_huge_query_is_refused(client, size):
    for query in ("cursor=" + "a" * size, "a" * size, "a&" * (size // 2) + "aa"):
        response = client.get(f"{RACES}?{query}")

        assert_shape(response, status=400, kind="query_too_long")
        assert len(response.content) < 2_000


INJECTIONS = [
    *("__", "_connector", "_negated", "pk__gt", "pk", "id__in", "key__regex"),
    *("meeting__source__regex", "meeting__venue__name", "stats__isnull", "order_by"),
    *("ordering", "sort", "o", "extra", "raw", "select", "id)--", "'", '"', ";"),
    *("race.id", "race[id]", "race[]", "$where", "{{7*7}}", "%(key)s", "%s", "\\"),
    *("attributes", "attributes__x", "column_versions__0", "version", "format"),
]


@pytest.mark.parametrize("resource", ["races", "laps", "runs", "conflicts"])
def test_parameter_that_would_reach_into_the_query_is_unknown(client, resource):
    for name in INJECTIONS:
        response = client.get(f"/api/v1/{resource}/", {name: "1"})

        error = assert_shape(response, status=400, kind="unknown_parameter")
        assert error["param"] == name


@pytest.mark.parametrize("name", ["page_size", "cursor", "meeting"])
@pytest.mark.parametrize("value", ["1 OR 1=1", "1;--", "__", "' OR ''='", "{{7*7}}"])
def test_value_that_would_reach_into_the_query_is_refused_by_name(client, name, value):
    error = assert_shape(
        client.get(RACES, {name: value}), status=400, kind="invalid_parameter"
    )

    assert error["param"] == name


class Body(serializers.Serializer):
    name = serializers.CharField()
    files = serializers.ListField(child=serializers.DictField())


class TakesBody(APIView):
    """Something that reads a body, until all that write are tested by themselves."""

    def post(self, request):
        body = Body(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(body.validated_data)


@pytest.fixture
def post(client, monkeypatch):
    """Give a function that posts bytes to a view that reads JSON."""
    client.raise_request_exception = False
    user = get_user_model()(username="reader")
    client.force_authenticate(user)
    monkeypatch.setattr(api_errors.NoSuchResource, "initial", APIView.initial)
    monkeypatch.setattr(
        api_errors.NoSuchResource, "post", TakesBody.post, raising=False
    )

    def send(content, content_type="application/json"):
        address = "/api/v1/nothing/"
        return client.generic("POST", address, content, content_type=content_type)

    return send


def test_body_is_read(post):
    body = {"name": "a", "files": []}

    assert post(json.dumps(body)).json() == body


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"NaN",
        b'{"name": 1' + b"0" * 5_000 + b"}",
        b"\x00",
    ],
    ids=range(6),
)
def test_body_that_is_no_json_is_refused(post, content):
    assert_shape(post(content), status=400, kind="parse_error")


def test_body_that_is_too_large_is_refused(post, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    assert_shape(post(b'"' + b"a" * 999 + b'"'), status=413, kind="too_large")
    assert post(b'"' + b"a" * 998 + b'"').status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "x"])
def test_body_of_another_kind_is_refused(post, kind):
    response = post(b"name=a", content_type=kind)

    assert_shape(response, status=415, kind="unsupported_media_type")


def test_fields_of_a_body_are_named(post):
    error = assert_shape(
        post(b'{"name": "", "files": ["x"]}'), status=400, kind="invalid"
    )

    assert [(each["param"], each["code"]) for each in error["errors"]] == [
        ("name", "blank"),
        ("files.0", "not_a_dict"),
    ]


def test_known_are_told_apart_from_strangers_first():
    response = APIClient().post("/api/v1/nothing/", "{", content_type="x")

    assert_shape(response, status=401, kind="not_authenticated")
