"""Rows that a plan would change -> lines of a page: what, the action, old and new."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from imports.admin import conflict_lines
from imports.pipeline.preview import Change
from ingestion_site.lib import cells

#: What becomes of a row: its sign, its word, the tone of both.
ACTIONS = {
    "inserted": ("+", "new", "good"),
    "updated": ("~", "changed", "busy"),
    "held": ("?", "held", "warn"),
    "removed": ("\N{MINUS SIGN}", "removed", "bad"),
    "withdrawn": ("\N{MINUS SIGN}", "withdrawn", "bad"),
}


@dataclass(frozen=True)
class Line:
    """A row that would change."""

    what: str
    action: SafeString
    values: SafeString


@dataclass(frozen=True)
class Side:
    """What a file says in a conflict."""

    version: UUID
    row: int
    values: SafeString
    is_in_force: bool


@dataclass(frozen=True)
class Contested:
    """A row on which two statements differ, and the rule that would settle it."""

    what: str
    older: Side
    newer: Side
    rule: str


def line_of(change: Change) -> Line:
    """Give the line of a change."""
    return Line(
        what=what(change.kind, change.key, change.number),
        action=action_badge(change.action),
        values=_values(change),
    )


def contested_of(detail: Mapping[str, Any]) -> Contested:
    """Give the line of a conflict, as `Journal.details` has it."""

    def side(name: str, place: int) -> Side:
        said = {column: pair[place] for column, pair in detail["fields"].items()}
        return Side(
            version=detail[f"{name}_version"],
            row=detail[f"{name}_row"],
            values=_pairs((column, value_of(column, v)) for column, v in said.items()),
            is_in_force=detail["in_force"] == name,
        )

    return Contested(
        what=what(detail["kind"], detail["key"], detail["number"]),
        older=side("older", 0),
        newer=side("newer", 1),
        rule=conflict_lines.RULES[detail["rule"]],
    )


def action_badge(action: str) -> SafeString:
    """Give an action as a sign and a word."""
    sign, word, tone = ACTIONS[action]
    return format_html(
        '<span class="action action-{}"><span class="sign">{}</span> {}</span>',
        tone,
        sign,
        word,
    )


def what(kind: str, key: str, number: int) -> str:
    """Name a row within its race, or a shared row: entrant 7, lap 12."""
    if kind in ("lap", "pit_stop"):
        return f"entrant {key}, {kind.replace('_', ' ')} {number}"
    return f"{kind} {key}" if key else f"the {kind}"


def value_of(column: str, value: Any) -> Any:
    """Give a value as a reader expects it; of times the milliseconds on hover."""
    if isinstance(value, Decimal | datetime | date):
        return cells.show(value)
    return conflict_lines.value(column, None if value == "" else value)


def label_of(column: str) -> str:
    """Give the name of a column for people: time for time_ms."""
    return column.removeprefix("attributes.").removesuffix("_ms").replace("_", " ")


def _values(change: Change) -> SafeString:
    before, after = change.before, change.after
    if change.action in ("updated", "held", "withdrawn"):
        arrow = "stays, the file says" if change.action == "held" else "→"
        return _pairs(
            (
                column,
                format_html(
                    "{} {} <strong>{}</strong>",
                    value_of(column, before.get(column)),
                    arrow,
                    value_of(column, after.get(column)),
                ),
            )
            for column in after
        )
    return _pairs(
        (column, value_of(column, value))
        for column, value in (after or before).items()
        if value not in (None, "")
    )


def _pairs(named: Iterable[tuple[str, Any]]) -> SafeString:
    return format_html_join(
        " ",
        '<span class="pair"><span class="quiet">{}</span> {}</span>',
        ((label_of(column), value) for column, value in named),
    )
