"""Who looks at the admin, and a small club meeting for them to look at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from imports.models import ImportRun
from tests.conftest import Ingest
from tests.integration.admin.plans import EARLY, HEADER, upload

#: Marks that a hostile file leaves in a page, were they not escaped.
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def clerk(db: None) -> User:
    """Staff without any permission."""
    return User.objects.create_user("clerk", is_staff=True)


@pytest.fixture
def as_boss(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


@pytest.fixture
def as_clerk(clerk: User) -> Client:
    client = Client()
    client.force_login(clerk)
    return client


@pytest.fixture
def allow(clerk: User) -> Callable[..., None]:
    """Give a function that grants the clerk permissions by codename."""

    def grant(*codenames: str) -> None:
        clerk.user_permissions.set(Permission.objects.filter(codename__in=codenames))

    return grant


@pytest.fixture
def ashford(ingest: Ingest, write_csv: Callable[..., Path]) -> ImportRun:
    """Give the run of a meeting with laps, pit stops and a row that was refused."""
    laps = write_csv(
        "laps.csv",
        "meeting,meeting_name,meeting_season,race,entrant,entrant_name,lap,time",
        "ash,Ashford,2024,1,ann,Ann Lee,1,1:02.500",
        "ash,Ashford,2024,1,ann,Ann Lee,2,1:01.250",
        "ash,Ashford,2024,1,bob,Bob Ray,1,1:03.000",
        f"ash,Ashford,2024,1,bob,Bob Ray,2,{SCRIPT}",
    )
    stops = write_csv(
        "stops.csv", "meeting,race,entrant,stop,lap,duration", "ash,1,ann,1,1,25.012"
    )
    return ingest(laps, stops)


@pytest.fixture
def first(ingest: Any, write_csv: Any) -> ImportRun:
    """Give what is stored before: two races."""
    rows = ("a,1,7,1,62500", "a,1,7,2,61000", "a,2,7,1,60000")
    return ingest(write_csv("v1.csv", HEADER, *rows), statement=EARLY)


@pytest.fixture
def planned(as_boss: Client, first: ImportRun) -> ImportRun:
    """Give a plan: a lap changes, one goes, one is new and stands twice, one is bad."""
    rows = ("a,1,7,1,62750", "a,1,8,1,64000", "a,1,8,1,65000", "a,2,7,1,60000")
    return upload(
        as_boss,
        "v2.csv",
        HEADER,
        *rows,
        observed_at="2024-05-02T00:00",
        is_complete="on",
    )
