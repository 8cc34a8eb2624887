"""Every operation of the OpenAPI document, asked a few times in ways it must withstand.

`make api-fuzz` asks a real server thousands; these are few and always the same.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.config import SchemathesisConfig

from ingestion_site.wsgi import application
from tests.api_fuzz import run as fuzz
from tests.api_fuzz import world

EXAMPLES = 6


def _closing(environ: Any, start_response: Any) -> list[bytes]:
    """Close each answer, as servers do, and with it the files of its request."""
    answer = application(environ, start_response)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


def _operations() -> Iterator[Any]:
    document = SchemaGenerator().get_schema(public=True)
    config = SchemathesisConfig.from_path(fuzz.CONFIG)
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = _closing
    for found in schema.get_all_operations():
        yield found.ok()


OPERATIONS = list(_operations())


@pytest.fixture
def headers(
    db: None, quick_reader: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Give what a request of one who may do everything carries, and what is asked of."""
    settings.API_RATES, settings.API_PASSWORDS = {}, False
    # Exports begin a transaction, and the test is in one.
    monkeypatch.setattr("imports.api.exports.snapshot", nullcontext)
    world.build(with_season=False)
    # As Django's own test client does: the transaction of the test stays open.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield {"Authorization": world.credentials()}
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def test_operations_are_those_of_the_document() -> None:
    assert len(OPERATIONS) == len({one.label for one in OPERATIONS}) >= 30


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_answers_are_as_the_document_says(operation: Any, headers: Any) -> None:
    asked = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        asked.append(case)
        case.call_and_validate(headers=headers)

    ask()

    assert asked
