"""Following changes: `changed_since` -> the rows that changed between two moments.

A moment is a transaction, not a time: all before it are over, and none that begins
later comes before it (docs/adr/0028). A follower gets it as an opaque token, `as_of`,
and gives it back. What was changed is in the window from one moment to the next, and in
no other; a row that changes while it is walked comes with the window after.

A view takes part by `touched`: given a moment, it says which rows changed since.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Func, Q, QuerySet
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.dateparse import parse_datetime
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from ingestion_site.lib import cursors
from ingestion_site.lib.api_errors import InvalidParameter

PARAMETER = "changed_since"
#: The parameter's value for who begins: all rows.
ALL = "0"
DESCRIPTION = (
    "Only rows that changed since: the `as_of` of an earlier answer, `0` for all rows, or "
    "a time (RFC 3339). The answer's `as_of` is what to ask with next. Rows that are gone "
    "are in /api/v1/removals/."
)
TOKEN = re.compile(r"([0-9a-f]{16})-(\d{1,18})", re.ASCII)
#: No transaction that changes rows of races is open for longer: locks and statements
#: have limits of a minute.
LONGEST = dt.timedelta(hours=1)

#: The database, told apart from every other one that could answer under its address: a
#: copy, what a backup brought back, a standby that took over, the same server after a
#: crash (it then starts its statistics anew, and may have lost the last commits).
LIFE = """
SELECT concat_ws(' ',
    (SELECT oid FROM pg_database WHERE datname = current_database()),
    pg_relation_filenode(to_regclass('races_change')),
    (SELECT stats_reset FROM pg_stat_wal)
)
"""
SERVER = """
SELECT concat_ws(' ',
    (SELECT system_identifier FROM pg_control_system()),
    CASE WHEN pg_is_in_recovery()
         THEN (SELECT lpad(upper(to_hex(timeline_id)), 8, '0') FROM pg_control_checkpoint())
         ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END
)
"""
MAY_ASK = """
SELECT bool_and(has_function_privilege(asked, 'EXECUTE')) FROM unnest(ARRAY[
    'pg_control_system()', 'pg_control_checkpoint()', 'pg_walfile_name(pg_lsn)',
    'pg_current_wal_lsn()'
]) AS f (asked)
"""
NOW = """
SELECT left(md5(concat_ws(' ', {identity})), 16),
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint
"""
#: The highest transaction of this server that marked a change well before a time.
BEFORE = """
SELECT coalesce(max(changed_in), 0) FROM races_change
WHERE changed_at < %s
  AND changed_in < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""


class TokenExpired(APIException):
    """Say that a token is of another life of the database."""

    status_code = status.HTTP_410_GONE
    default_code = "token_expired"
    default_detail = (
        f"{PARAMETER}: the database was restored or replaced since, and can no longer say "
        f"what changed. Begin anew: {PARAMETER}={ALL}, and drop the rows that you have."
    )


@dataclass(frozen=True)
class Moment:
    """Where a window begins or ends: what no later transaction can come before."""

    xid: int
    #: Where a person asks by time: what changed before it is left out, if that is known.
    time: dt.datetime | None = None


Touched = Callable[[Moment], Q]


@dataclass(frozen=True)
class Window:
    """The changes from one moment to before another, in one life of the database."""

    since: Moment
    until: Moment
    life: str

    @property
    def as_of(self) -> str:
        """Give the token that names the end of the window."""
        return f"{self.life}-{self.until.xid}"

    def of(self, rows: QuerySet[Any], *, touched: Touched) -> QuerySet[Any]:
        """Keep the rows whose last change lies in the window."""
        if self.since != Moment(0):
            rows = rows.filter(touched(self.since))
        return rows.exclude(touched(self.until))


def window_of(parameters: Any) -> Window | None:
    """Give the window that is asked for; the pages after the first keep its end."""
    asked = parameters.get(PARAMETER)
    if asked is None:
        return None
    life, now = _now()
    since = _since(asked, life=life)
    end = cursors.as_of_of(parameters.get("cursor", ""))
    until = _of_token(end, life=life)
    # A standby may be behind the server that gave the token.
    until = until or Moment(max(now, since.xid))
    return Window(since, until, life)


def follow(rows: QuerySet[Any], *, request: Request, view: Any) -> QuerySet[Any]:
    """Keep what changed since, where the request asks for that; the view keeps the window."""
    touched = touched_of(view)
    view.window = window_of(request.query_params) if touched else None
    if touched is None or view.window is None:
        return rows
    kept: QuerySet[Any] = view.window.of(rows, touched=touched)
    return kept


def touched_of(view: Any) -> Touched | None:
    """Give how a view tells what changed; None: it cannot be followed."""
    return getattr(view, "touched", None)


def _since(asked: str, *, life: str) -> Moment:
    if asked == ALL:
        return Moment(0)
    if moment := _of_token(asked, life=life):
        return moment
    try:
        time = parse_datetime(asked)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise InvalidParameter(
            f"{PARAMETER}: not the as_of of an answer, nor {ALL}, nor a time with its zone "
            "as 2024-03-02T15:00:00Z (write %2B for +)."
        )
    return Moment(_before(time), time)


def _of_token(token: str, *, life: str) -> Moment | None:
    found = TOKEN.fullmatch(token)
    if found is None:
        return None
    if found[1] != life:
        raise TokenExpired
    return Moment(int(found[2]))


def _before(time: dt.datetime) -> int:
    try:
        earlier = time - LONGEST
    except OverflowError:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(BEFORE, [earlier])
        return int(cursor.fetchone()[0])


def _now() -> tuple[str, int]:
    """Give the life of the database, and the oldest transaction that is under way."""
    parts = [LIFE, SERVER] if _may_ask_the_server() else [LIFE]
    identity = ", ".join(f"({part})" for part in parts)
    with connection.cursor() as cursor:
        cursor.execute(NOW.format(identity=identity))
        life, oldest = cursor.fetchone()
    return str(life), int(oldest)


@cache
def _may_ask_the_server() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(MAY_ASK)
        return bool(cursor.fetchone()[0])


class NextTransaction(Func):
    """The first transaction that the statement cannot have seen."""

    template = "(SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"
    output_field = BigIntegerField()


class WrittenIn(Func):
    """The transaction that wrote a row as it is: the server keeps it anyway.

    Its 32 bits count on from the newest transaction backwards, over 4 billion of them.
    The expression is any column of the row.
    """

    output_field = BigIntegerField()
    #: Rows of the statement's own transaction may lie ahead of its snapshot.
    template = (
        "({newest} - (({newest} - {row}.xmin::text::bigint) & 4294967295))"
    ).replace("{newest}", f"({NextTransaction.template} + 1000000)")

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """Read the system column of the column's table."""
        [column] = self.get_source_expressions()
        row = compiler.quote_name_unless_alias(column.alias)
        return self.template.replace("{row}", row), []


def written_since(column: str, moment: Moment) -> Q:
    """Say that the row with the column was written since a moment."""
    return Q(GreaterThanOrEqual(WrittenIn(column), moment.xid))
