"""A typed column of polars -> text expressions, exact, each with its column's name.

Nothing is rounded: dates, times and durations are written from their integers. The
fields of a struct become columns with dotted names; a list becomes its JSON text.
"""

from collections.abc import Iterator

import polars as pl

from imports.errors import MalformedFile

TICKS = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
#: Of a number with decimals: zeros that say nothing, and the point if all are zeros.
IDLE_ZEROS = r"\.?0*$"


def text_columns(
    name: str, dtype: pl.DataType, value: pl.Expr
) -> Iterator[tuple[str, pl.Expr]]:
    """Give the text columns that one typed column becomes."""
    if isinstance(dtype, pl.Struct):
        for field in dtype.fields:
            inside = value.struct.field(field.name)
            kind = _instance(field.dtype)
            yield from text_columns(f"{name}.{field.name}", kind, inside)
        return
    text = _text(name, dtype, value)
    # An empty text and none are one: CSV cannot tell them apart.
    yield name, pl.when(text != "").then(text)


def text_length(dtype: pl.DataType, value: pl.Expr) -> pl.Expr | None:
    """Give how many bytes the texts of a column take; nothing if it has no texts."""
    if isinstance(dtype, pl.String):
        return value.str.len_bytes()
    if isinstance(dtype, pl.Binary):
        return value.bin.size()
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return value.cat.len_bytes()
    if isinstance(dtype, pl.List):
        inside = text_length(_instance(dtype.inner), pl.element())
        return None if inside is None else value.list.eval(inside).list.sum()
    if isinstance(dtype, pl.Struct):
        lengths = [
            text_length(_instance(each.dtype), value.struct.field(each.name))
            for each in dtype.fields
        ]
        known = [length for length in lengths if length is not None]
        return pl.sum_horizontal(known) if known else None
    return None


def _instance(dtype: object) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype  # type: ignore[return-value]


def _text(name: str, dtype: pl.DataType, value: pl.Expr) -> pl.Expr:
    if dtype.is_float():
        # Not a number is how tables of floats write that there is none.
        return value.fill_nan(None).cast(pl.String).str.replace(r"\.0$", "")
    if dtype.is_decimal():
        text = value.cast(pl.String)
        has_point = text.str.contains(".", literal=True)
        return pl.when(has_point).then(text.str.replace(IDLE_ZEROS, "")).otherwise(text)
    if dtype.is_temporal():
        return _temporal(dtype, value)
    if isinstance(dtype, pl.List | pl.Array):
        _check_json(name, dtype)
        # The encoder writes objects only; the list is taken out of one.
        text = pl.struct(value.alias("v")).struct.json_encode()
        return pl.when(value.is_not_null()).then(text.str.slice(5).str.head(-1))
    if isinstance(dtype, pl.Binary):
        return value.map_batches(_decoded, return_dtype=pl.String, is_elementwise=True)
    if isinstance(dtype, pl.Null):
        return pl.lit(None, pl.String)
    # Integers, booleans, texts, and the words of categories.
    return value.cast(pl.String)


def _check_json(name: str, dtype: pl.DataType) -> None:
    """Refuse lists of bytes, at any depth: JSON has none, and polars gives up."""
    inside = [dtype]
    while inside:
        kind = inside.pop()
        if isinstance(kind, pl.Binary):
            raise MalformedFile(
                f"The column {name!r} holds lists of bytes, which have no text. Remove "
                "the column, or write its bytes as text."
            )
        if isinstance(kind, pl.List | pl.Array):
            inside.append(_instance(kind.inner))
        if isinstance(kind, pl.Struct):
            inside.extend(_instance(field.dtype) for field in kind.fields)


def _decoded(values: pl.Series) -> pl.Series:
    """Give bytes as the UTF-8 text that they are, or else as 0x and hex digits."""
    try:
        return values.cast(pl.String)
    except pl.exceptions.ComputeError:
        texts = [None if each is None else _text_or_hex(each) for each in values]
        return pl.Series(values.name, texts, dtype=pl.String)


def _text_or_hex(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"0x{value.hex()}"


def _temporal(dtype: pl.DataType, value: pl.Expr) -> pl.Expr:
    if isinstance(dtype, pl.Duration):
        ticks = value.to_physical().cast(pl.Int128)
        return _duration(ticks, TICKS[dtype.time_unit or "us"])
    if isinstance(dtype, pl.Datetime):
        per_second = TICKS[dtype.time_unit or "us"]
        fraction = _fraction(value.to_physical(), per_second)
        if dtype.time_zone is None:
            return value.dt.strftime("%Y-%m-%dT%H:%M:%S") + fraction
        # An instant: the zone only says how the producer showed it.
        utc = value.dt.convert_time_zone("UTC")
        return utc.dt.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
    if isinstance(dtype, pl.Time):
        fraction = _fraction(value.to_physical(), TICKS["ns"])
        return value.dt.strftime("%H:%M:%S") + fraction
    return value.cast(pl.String)


def _duration(ticks: pl.Expr, per_second: int) -> pl.Expr:
    """Give decimal seconds; the sign apart, so that -0.5 is not -1 and a half."""
    size = ticks.abs()
    seconds = (size // per_second).cast(pl.String)
    sign = pl.when(ticks < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return sign + seconds + _fraction(size, per_second)


def _fraction(ticks: pl.Expr, per_second: int) -> pl.Expr:
    """Give the part of a second with as many decimals as it needs; often none."""
    places = len(str(per_second)) - 1
    rest = (ticks % per_second).cast(pl.String).str.zfill(places)
    return (pl.lit(".") + rest).str.replace(IDLE_ZEROS, "")
