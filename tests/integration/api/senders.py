"""What tests send to the API: small files, and who sends them."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

HEADER = "meeting,race,entrant,lap,time_ms"
LAPS = f"{HEADER}\nash,1,ann,1,62500\nash,1,ann,2,61250\n"
FILES = "/api/v1/files/"
RUNS = "/api/v1/runs/"


def laps(name: str = "laps.csv", text: str = LAPS) -> SimpleUploadedFile:
    """Give a file to be sent."""
    return SimpleUploadedFile(name, text.encode())


def client_of(name: str, *permissions: str) -> APIClient:
    """Give the client of a user who has these permissions."""
    user, _ = get_user_model().objects.get_or_create(username=name)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = APIClient()
    client.force_authenticate(user)
    return client


def operator() -> APIClient:
    """Give the client of one who may do all that the API can."""
    return client_of(
        "operator",
        *("add_sourcefile", "view_sourcefile", "change_importrun", "change_conflict"),
    )


def send(client: APIClient, *files: Any, **said: Any) -> Any:
    """Send files as a form; give the response."""
    headers = said.pop("headers", None)
    body = {"files": list(files), "source": "club", **said}
    body = {name: value for name, value in body.items() if value is not None}
    return client.post(FILES, body, format="multipart", headers=headers)


def assert_refused(response: Any, *, status: int, kind: str, names: str = "") -> None:
    """See that an answer is an error in the one shape that says what it is about."""
    assert response.status_code == status, response.content
    error = response.json()
    assert error["type"] == kind
    assert error["detail"]
    assert error["hint"]
    assert names in error["detail"]
