"""What `changed_since` takes for a moment."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("token", ["0123456789abcdef-5", "0" * 16 + "-999999999"])
def test_token_of_another_database_is_gone(client, token):
    response = client.get("/api/v1/laps/", {"changed_since": token})

    assert response.status_code == 410
    assert response.data["type"] == "token_expired"
    assert "changed_since=0" in response.data["detail"]


@pytest.mark.parametrize(
    "asked", ["1", "soon", "2024-05-01", "2024-05-01T00:00:00", "2024-13-01T00:00:00Z"]
)
def test_moment_that_is_none_is_refused(client, asked):
    response = client.get("/api/v1/laps/", {"changed_since": asked})

    assert response.status_code == 400
    assert response.data["type"] == "invalid_parameter"


def test_walk_without_a_moment_has_no_token(client):
    assert set(client.get("/api/v1/laps/").data) == {"next", "results"}


def test_removals_are_of_known_lists(client):
    assert client.get("/api/v1/removals/?resource=tyres").status_code == 400


def test_what_cannot_be_followed_does_not_know_it(client):
    response = client.get("/api/v1/runs/1/plan/?changed_since=0")

    assert response.status_code == 400
    assert response.data["type"] == "unknown_parameter"
