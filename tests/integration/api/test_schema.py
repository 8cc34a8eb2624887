"""The OpenAPI document, and the page that shows it."""

from pathlib import Path

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

from races.api.serializers import LapDetail
from races.models import Meeting, Race


@pytest.fixture(scope="module")
def schema():
    """Give the OpenAPI document."""
    return SchemaGenerator().get_schema(public=True)


def test_schema_is_valid_openapi(schema):
    validate_schema(schema)


def test_schema_has_every_resource(schema):
    lists = {path.split("/")[3] for path in schema["paths"]}

    assert lists == {
        *("venues", "teams", "competitors"),
        *("meetings", "races", "entrants", "laps", "pit-stops"),
        *("entrant-stats", "race-stats"),
        *("files", "runs", "rejections", "conflicts", "removals"),
        *("snapshots", "exports"),
    }


def test_schema_has_reads_and_what_files_runs_and_conflicts_are_sent(schema):
    sent = {
        path.removeprefix("/api/v1/")
        for path, methods in schema["paths"].items()
        if set(methods) != {"get"}
    }
    steps = ("cancel", "pause", "continue", "retry", "confirm", "revert")

    assert {m for methods in schema["paths"].values() for m in methods} == {
        "get",
        "post",
    }
    assert sent == {
        *("files/", "runs/", "conflicts/{id}/resolve/"),
        *(f"runs/{{id}}/{step}/" for step in steps),
    }


def test_bodies_take_no_other_fields(schema):
    bodies = [
        described
        for name, described in schema["components"]["schemas"].items()
        if name.endswith("BodyRequest")
    ]

    assert len(bodies) == 3
    assert all(body["additionalProperties"] is False for body in bodies)


def test_committed_document_is_what_the_code_says(schema):
    committed = Path("docs/openapi.yaml").read_text()

    assert (
        OpenApiYamlRenderer().render(schema, renderer_context={}).decode() == committed
    )


def test_schema_describes_errors(schema):
    answers = schema["paths"]["/api/v1/races/{id}/"]["get"]["responses"]
    of_list = schema["paths"]["/api/v1/races/"]["get"]["responses"]

    common = {"200", "400", "401", "403", "406", "429"}
    assert set(of_list) == {*common, "410"}
    assert set(answers) == {*common, "304", "404", "412"}
    assert "Retry-After" in of_list["429"]["headers"]


@pytest.mark.unverified(reason="a race of no file")
@pytest.mark.django_db
def test_schema_tells_of_etags_just_where_they_are(schema, admin_client):
    race = Race.objects.create(
        meeting=Meeting.objects.create(source="test", key="ash"), key="heat"
    )
    described, tagged = set(), set()
    for path, operations in schema["paths"].items():
        get = operations.get("get")
        names = {parameter["name"] for parameter in get["parameters"]} if get else set()
        is_about_a_race = "race" in names and "{" not in path
        if path != "/api/v1/races/{id}/" and not is_about_a_race:
            continue
        if "304" in get["responses"]:
            described.add(path)
        address = path.replace("{id}", str(race.pk))
        asked = {"race": race.pk} if "race" in names else {}
        if admin_client.get(address, asked).has_header("ETag"):
            tagged.add(path)

    assert described == tagged


def test_schema_says_the_scope_of_each_operation(schema):
    operation = schema["paths"]["/api/v1/races/"]["get"]
    schemes = schema["components"]["securitySchemes"]

    assert {"token": ["read"]} in operation["security"]
    assert schemes["token"]["scheme"] == "bearer"
    assert {name for each in operation["security"] for name in each} == set(schemes)


def parameters_of(schema, path):
    """Give the parameters of a list by name."""
    return {p["name"]: p for p in schema["paths"][path]["get"]["parameters"]}


def test_schema_lists_filters_and_paging(schema):
    names = set(parameters_of(schema, "/api/v1/laps/"))

    assert {"cursor", "page_size", "include", "race", "entrant", "meeting"} < names
    assert {"number", "number__in", "number__gte", "number__lt"} < names
    assert not names & {"entrant__gte", "version", "older", "columns", "ordering"}


def test_every_parameter_is_described_and_bounded(schema):
    asked = [
        (path, parameter)
        for path, operations in schema["paths"].items()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    ]
    assert len(asked) > 100
    for path, told in asked:
        one = told["schema"].get("items", told["schema"])
        assert told["description"], (path, told["name"])
        if one.get("type") in ("integer", "number"):
            assert {"minimum", "maximum"} <= set(one), (path, told["name"])


def test_include_is_a_list_of_names(schema):
    of_list = parameters_of(schema, "/api/v1/races/")["include"]
    alone = parameters_of(schema, "/api/v1/races/{id}/")["include"]

    assert of_list == alone
    assert of_list["schema"]["items"]["enum"] == ["entrants", "provenance"]
    assert (of_list["style"], of_list["explode"]) == ("form", False)


@pytest.mark.usefixtures("implied_lap", "rejections", "conflicts", "snapshot")
@pytest.mark.parametrize(
    "resource",
    [
        *("venues", "teams", "competitors"),
        *("meetings", "races", "entrants", "laps", "pit-stops"),
        *("entrant-stats", "race-stats"),
        *("files", "runs", "rejections", "conflicts", "snapshots"),
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
    told = list(LapDetail().fields)

    assert told == [*LapDetail.COLUMNS, "conflict", "file", "run"]
