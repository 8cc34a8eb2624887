"""What goes is announced, in headers and in OpenAPI; on views made for this test."""

import datetime as dt

import pytest
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.viewsets import ReadOnlyModelViewSet

from imports.api import views as real
from ingestion_site.lib import api_deprecation
from ingestion_site.lib.api_deprecation import (
    Deprecation,
    deprecated,
    deprecated_fields,
)
from races.api.serializers import PitStopDetail
from races.models import PitStop

NEXT = Deprecation(
    since=dt.date(2026, 1, 1), sunset=dt.date(2026, 12, 1), link="/api/v1/docs/"
)
LAST = Deprecation(
    since=dt.date(2026, 2, 1), sunset=dt.date(2027, 6, 1), link="/changes/"
)


class OldFilter(filters.FilterSet):
    class Meta:
        model = PitStop
        fields = ["number", "entrant"]


@deprecated_fields(LAST, "number")
class OldStop(PitStopDetail):
    pass


@deprecated(NEXT, operations=["list"], parameters=["entrant"])
class OldStops(ReadOnlyModelViewSet):
    queryset = PitStop.objects.all()
    serializer_class = PitStopDetail
    filterset_class = OldFilter


class OldFields(ReadOnlyModelViewSet):
    queryset = PitStop.objects.all()
    serializer_class = OldStop


LIST = OldStops.as_view({"get": "list"})
ONE = OldStops.as_view({"get": "retrieve"})
FIELDS = OldFields.as_view({"get": "retrieve"})


def headers(view, query="", method="GET"):
    request = APIRequestFactory().generic(method, f"/{query}")
    return api_deprecation.headers_of(view, request)


def test_operation_says_since_when_until_when_and_where_it_is_explained():
    assert headers(LIST) == {
        "Deprecation": "@1767225600",
        "Sunset": "Tue, 01 Dec 2026 00:00:00 GMT",
        "Link": '</api/v1/docs/>; rel="deprecation"; type="text/html"',
    }
    assert headers(LIST, method="HEAD") == headers(LIST)
    assert headers(ONE) == headers(LIST, method="OPTIONS") == {}


def test_parameter_says_so_where_it_is_used():
    assert headers(ONE, "?entrant=1")["Deprecation"] == "@1767225600"
    assert headers(ONE, "?number=1") == {}


def test_field_says_so_in_every_answer_that_has_it():
    assert headers(FIELDS)["Sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"


def test_openapi_marks_all_three():
    schema = SchemaGenerator(
        patterns=[
            path("old/", LIST),
            path("old/<int:pk>/", ONE),
            path("fields/<int:pk>/", FIELDS),
        ]
    ).get_schema(public=True)
    of_list = schema["paths"]["/old/"]["get"]
    marked = {each["name"] for each in of_list["parameters"] if "deprecated" in each}
    properties = schema["components"]["schemas"]["OldStop"]["properties"]

    assert of_list["deprecated"] is True
    assert "deprecated" not in schema["paths"]["/old/{id}/"]["get"]
    assert marked == {"entrant"}
    assert [name for name, each in properties.items() if "deprecated" in each] == [
        "number"
    ]


@pytest.mark.django_db
def test_real_answers_carry_it(client, monkeypatch):
    marks = {"list": NEXT}
    monkeypatch.setattr(real.RaceViewSet, "deprecated_operations", marks, raising=False)

    assert client.get("/api/v1/races/")["Deprecation"] == "@1767225600"
    assert client.get("/api/v1/races/?x=1")["Deprecation"] == "@1767225600"
    assert "Deprecation" not in client.get("/api/v1/meetings/")
    assert APIClient().get("/api/v1/races/")["Sunset"].startswith("Tue, 01 Dec")


def test_notice_is_never_shorter_than_promised():
    with pytest.raises(ValueError, match="180 days"):
        Deprecation(dt.date(2026, 1, 1), dt.date(2026, 6, 29), link="/")
