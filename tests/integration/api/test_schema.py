"""The OpenAPI document, and the page that shows it."""

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from races.api.serializers import LapDetail


@pytest.fixture(scope="module")
def schema():
    """Give the OpenAPI document."""
    return SchemaGenerator().get_schema(public=True)


def test_schema_is_valid_openapi(schema):
    validate_schema(schema)


def test_schema_has_every_resource(schema):
    lists = {path.split("/")[3] for path in schema["paths"]}

    assert lists == {
        *("meetings", "races", "entrants", "laps", "pit-stops"),
        *("entrant-stats", "race-stats"),
        *("files", "runs", "rejections", "conflicts", "exports", "snapshots"),
    }


def test_schema_has_only_reads(schema):
    assert {tuple(methods) for methods in schema["paths"].values()} == {("get",)}


def test_schema_describes_errors(schema):
    answers = schema["paths"]["/api/v1/races/{id}/"]["get"]["responses"]
    of_list = schema["paths"]["/api/v1/races/"]["get"]["responses"]

    assert set(of_list) == {"200", "400", "401", "403", "406", "429"}
    assert set(answers) == {*of_list, "404"}
    assert "Retry-After" in of_list["429"]["headers"]


def test_schema_says_the_scope_of_each_operation(schema):
    operation = schema["paths"]["/api/v1/races/"]["get"]
    schemes = schema["components"]["securitySchemes"]

    assert {"token": ["read"]} in operation["security"]
    assert schemes["token"]["scheme"] == "bearer"
    assert {name for each in operation["security"] for name in each} == set(schemes)


def test_schema_lists_filters_and_paging(schema):
    parameters = schema["paths"]["/api/v1/laps/"]["get"]["parameters"]

    assert sorted(parameter["name"] for parameter in parameters) == [
        *("cursor", "entrant", "meeting"),
        *("number", "number__gte", "number__lte"),
        *("page_size", "race"),
    ]


@pytest.mark.usefixtures("implied_lap", "rejections", "conflicts")
@pytest.mark.parametrize(
    "resource",
    [
        *("meetings", "races", "entrants", "laps", "pit-stops"),
        *("entrant-stats", "race-stats"),
        *("files", "runs", "rejections", "conflicts"),
    ],
)
def test_responses_are_as_the_schema_says(client, schema, resource):
    page = client.get(f"/api/v1/{resource}/?page_size=2000").json()

    assert page["results"]
    assert_described(page, schema, path=f"/api/v1/{resource}/")
    if resource != "laps":
        row = client.get(f"/api/v1/{resource}/{page['results'][-1]['id']}/").json()
        assert_described(row, schema, path=f"/api/v1/{resource}/{{id}}/")


def assert_described(body, schema, *, path):
    """Check a response against the OpenAPI document, which names all its keys."""
    answer = schema["paths"][path]["get"]["responses"]["200"]
    described = answer["content"]["application/json"]["schema"]
    document = {**described, "components": schema["components"]}
    jsonschema.Draft202012Validator(document).validate(body)


def test_lap_columns_are_the_declared_fields():
    assert [*LapDetail.COLUMNS, "file"] == list(LapDetail().fields)
