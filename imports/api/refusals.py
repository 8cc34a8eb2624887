"""What the actions refuse -> errors of the API in the one shape, with their status."""

from collections.abc import Iterator
from contextlib import contextmanager

from rest_framework import exceptions, status

from imports.errors import (
    FileRejected,
    FlagInvalid,
    ImportsError,
    KeyReused,
    StatementInvalid,
)
from ingestion_site.lib.api_bodies import InvalidBody

#: What could be asked again, unchanged, in so many seconds.
RETRY_SECONDS = 5


class Refused(exceptions.APIException):
    """The state of things does not let it be done; the sentence says what to do."""

    status_code: int = status.HTTP_409_CONFLICT
    default_code = "conflict"

    def __init__(self, sentence: str, code: str = "conflict") -> None:
        super().__init__(sentence, code)
        self.default_code = code


class Unprocessable(Refused):
    """What was asked for can be read, and cannot be meant."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


class TryLater(Refused):
    """The database was busy or away."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    #: DRF sends it as Retry-After.
    wait = RETRY_SECONDS


@contextmanager
def told_as_errors() -> Iterator[None]:
    """Turn what the actions raise into errors of the API."""
    try:
        yield
    except ImportsError as error:
        raise _of_the_api(error) from error


def _of_the_api(error: ImportsError) -> exceptions.APIException:
    field = error.facts.get("field")
    sentence = f"{field}: {error}" if field else str(error)
    if isinstance(error, StatementInvalid | FlagInvalid):
        return InvalidBody(sentence)
    if isinstance(error, FileRejected | KeyReused):
        return Unprocessable(sentence, error.code)
    if error.is_retryable:
        return TryLater(sentence, error.code)
    return Refused(sentence, error.code)
