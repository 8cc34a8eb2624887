"""What a request's body may say: its fields by name, each of one type, no others.

JSON is taken by its types: "5" is no number, 1 is not true.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

from ingestion_site.lib.api_bodies import InvalidBody

NOTE_CHARS = 300
#: Where DRF says what is wrong with the whole.
OF_ALL = "non_field_errors"
BIGGEST_ID = 2**63 - 1


class WholeNumber(serializers.IntegerField):
    """A JSON number without a fraction."""

    def to_internal_value(self, data: Any) -> int:
        """Give the number, and refuse text and truth."""
        is_whole = isinstance(data, float) and data.is_integer()
        if not is_whole and (not isinstance(data, int) or isinstance(data, bool)):
            self.fail("invalid")
        return int(super().to_internal_value(int(data)))


class Number(serializers.FloatField):
    """A JSON number."""

    def to_internal_value(self, data: Any) -> float:
        """Give the number, and refuse text and truth."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        try:
            return float(super().to_internal_value(data))
        except OverflowError:
            self.fail("invalid")


class Truth(serializers.BooleanField):
    """JSON true or false."""

    def to_internal_value(self, data: Any) -> bool:
        """Give what it is, and refuse what only stands for it."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Text(serializers.CharField):
    """JSON text, taken as it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Give the text, and refuse numbers."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Word(Text, serializers.RegexField):
    """JSON text of a pattern."""


class Choice(serializers.ChoiceField):
    """One of some words."""

    def to_internal_value(self, data: Any) -> Any:
        """Give the word; what is no text, a list say, is none of them."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class Body(serializers.Serializer):
    """The fields of a body; a field that it does not have is refused."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse fields that are unknown, by name."""
        if isinstance(data, Mapping) and (
            unknown := sorted(set(data) - set(self.fields))
        ):
            names = ", ".join(self.fields) or "none: send no body"
            sentence = f"Unknown: {', '.join(unknown)}. Known: {names}."
            raise serializers.ValidationError({OF_ALL: [sentence]})
        return super().to_internal_value(data)


class NoBody(Body):
    """Nothing is said in the body."""


def read_body(body: type[Body], data: Any) -> dict[str, Any]:
    """Give what a body says; InvalidBody names each field that cannot be."""
    read = body(data=data)
    try:
        read.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        raise InvalidBody(dict(_by_name(error.detail))) from error
    return dict(read.validated_data)


def expect_no_body(request: Request) -> None:
    """Refuse a body that says anything."""
    read_body(NoBody, request.data)


def form_fields(request: Request, *, of_files: str) -> dict[str, Any]:
    """Give the fields of a form as a mapping, its files as a list under their name."""
    posted = request.data
    if not isinstance(posted, QueryDict):
        raise InvalidBody(f"{of_files}: the body is no form with files.")
    fields: dict[str, Any] = {}
    for name, values in posted.lists():
        if name == of_files and name in request.FILES:
            if len(values) > len(request.FILES.getlist(name)):
                raise InvalidBody(f"{name}: one of them is text; send each as a file.")
            continue
        if len(values) > 1:
            raise InvalidBody(f"{name}: given {len(values)} times.")
        # Where bytes are no UTF-8, Django puts this in their place.
        if "\ufffd" in name + str(values[0]):
            raise InvalidBody({name: ["Not text in UTF-8."]})
        fields[name] = values[0]
    if of_files in request.FILES:
        fields[of_files] = request.FILES.getlist(of_files)
    return fields


def _by_name(detail: Any, *, name: str = "") -> Iterator[tuple[str, Any]]:
    """Give what is wrong by the name of its field; files.0 is the first of a list."""
    if not isinstance(detail, dict):
        yield name, detail
        return
    for key, value in detail.items():
        inner = name if key == OF_ALL else ".".join(filter(None, (name, str(key))))
        yield from _by_name(value, name=inner)
