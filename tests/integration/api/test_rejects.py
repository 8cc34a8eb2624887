"""Refused rows over HTTP: as JSON with what corrected them, and as CSV."""

import csv
import io

import pytest
from rest_framework.test import APIClient

from imports.models import ImportRun, RunFile, SourceFile

pytestmark = pytest.mark.django_db

URL = "/api/v1/runs/{}/rejections.csv"


@pytest.fixture
def url(rejections):
    return URL.format(ImportRun.objects.get().pk)


def test_rejection_names_the_file_that_corrected_it(get, rejections):
    file = SourceFile.objects.last()
    type(rejections[0]).objects.filter(pk=rejections[0].pk).update(corrected_by=file)

    rows = {row["id"]: row for row in get("rejections").json()["results"]}

    assert rows[rejections[0].pk]["corrected_by"] == {"id": file.pk, "name": file.name}
    assert rows[rejections[1].pk]["corrected_by"] is None
    for is_corrected, number in (("true", 1), ("false", 2)):
        found = get("rejections", is_corrected=is_corrected).json()["results"]
        assert len(found) == number


def test_refused_rows_are_sent_as_csv(client, url, rejections):
    file = rejections[0].source_file
    RunFile.objects.filter(source_file=file).update(columns=["lap", "time"])

    response = client.get(url, {"file": file.pk}, HTTP_ACCEPT="text/csv")

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["reject_row_number"] for row in rows] == ["2", "3"]


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("?file=999999999", 404, "not_found"),
        ("?file=99999999999999999999", 400, "invalid_parameter"),
        ("?file=x", 400, "invalid_parameter"),
        ("?file=\u0663", 400, "invalid_parameter"),
        ("?file=", 400, "invalid_parameter"),
        ("", 400, "invalid_parameter"),
        ("?file=1&file=2", 400, "invalid_parameter"),
        ("?file=1&page=2", 400, "unknown_parameter"),
    ],
)
def test_what_is_not_meant_is_refused(client, url, query, status, kind):
    response = client.get(url + query, HTTP_ACCEPT="text/csv")

    assert (response.status_code, response.json()["type"]) == (status, kind)


def test_file_of_another_run_is_not_found(client, rejections):
    url = URL.format(10**30)

    response = client.get(url, {"file": rejections[0].source_file_id})

    assert response.status_code == 404


def test_anonymous_is_asked_for_credentials(url):
    assert APIClient().get(url, {"file": 1}).status_code == 401


def test_rows_can_only_be_read(client, url):
    assert client.post(url).status_code == 405
