"""Small good files of every format, and where edits go: into the bytes or inside them."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from tests.corpus import good
from tests.corpus.bad_file import LAPS, laps, lines
from tests.unit.readers.liverc_pages import page, pretty

Change = Callable[[bytes], bytes]
ROWS = laps(6)
CSV = lines(*ROWS)
QUOTED = CSV.replace(b"Ashford", b'"Ash, ""ford"""').replace(b"\n", b"\r\n")
OBJECTS = [dict(zip(LAPS.split(","), row.split(","), strict=True)) for row in ROWS]
NESTED = {
    "MRData": {
        "limit": "30",
        "rows": [{"meeting": "A", "more": {"x": 1.0}, "laps": OBJECTS[:3]}],
    }
}
TYPED = pl.DataFrame(
    {
        "meeting": pl.Series(["A", "B", None], dtype=pl.Categorical),
        "race": [1, 2, 3],
        "entrant": [1.0, 2.5, float("nan")],
        "lap": pl.Series([1, 2, 3], dtype=pl.UInt8),
        "time": pl.Series([91_000, 92_000, None], dtype=pl.Duration("ms")),
    }
)


@dataclass(frozen=True)
class Seed:
    """A good file: what it is called, its bytes, and how its inside is changed."""

    name: str
    data: bytes
    #: Gives the file with a change to what it holds, packed again as it should be.
    inside: Callable[[bytes, int, Change], bytes] | None = None

    def changed(self, change: Change, *, place: int) -> bytes:
        """Give the file changed inside (by an odd place) or as it is (by an even one)."""
        if self.inside is None or place % 2 == 0:
            return change(self.data)
        return self.inside(self.data, place // 2, change)


def _in_member(data: bytes, place: int, change: Change) -> bytes:
    """Change one member of a ZIP file, or its name."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        names = old.namelist()
        for number, name in enumerate(names):
            content = old.read(name)
            if number == place % len(names):
                content = change(content)
            new.writestr(
                zipfile.ZipInfo(name, good.EPOCH), content, zipfile.ZIP_DEFLATED
            )
    return target.getvalue()


def _in_packed(pack: Change) -> Callable[[bytes, int, Change], bytes]:
    """Change a table before it is packed."""
    return lambda _, place, change: pack(change((CSV, QUOTED)[place % 2]))


def _workbook() -> bytes:
    rows: list[list[object]] = [
        list(LAPS.split(",")),
        *(row.split(",") for row in ROWS),
    ]  # type: ignore[list-item]
    texts = b"<sst><si><t>x</t></si><si><r><t>y</t></r></si></sst>"
    return good.with_texts(good.workbook_of(rows), texts)


SEEDS = {
    "csv": Seed("laps.csv", CSV),
    "csv_quoted": Seed("laps.csv", QUOTED),
    "csv_utf16": Seed("laps.csv", CSV.decode().encode("utf-16")),
    "tsv": Seed("laps.tsv", CSV.replace(b",", b"\t")),
    "json": Seed("laps.json", json.dumps(OBJECTS, indent=1).encode()),
    "json_nested": Seed("laps.json", json.dumps(NESTED).encode()),
    "ndjson": Seed("laps.ndjson", "\n".join(map(json.dumps, OBJECTS)).encode()),
    "parquet": Seed("laps.parquet", good.parquet_of(TYPED, compression="uncompressed")),
    "parquet_texts": Seed("laps.parquet", good.parquet_of(pl.DataFrame(OBJECTS))),
    "html": Seed("race.html", page().encode()),
    "html_laid_out": Seed("race.html", pretty(page()).encode()),
    "xlsx": Seed("laps.xlsx", _workbook(), inside=_in_member),
    "gzip": Seed("laps.csv.gz", good.gzipped(CSV), inside=_in_packed(good.gzipped)),
    "zstd": Seed("laps.csv.zst", good.zstd(CSV), inside=_in_packed(good.zstd)),
    "zip": Seed(
        "laps.zip",
        good.zipped({"a.csv": CSV, "b.json": json.dumps(OBJECTS).encode()}),
        inside=_in_member,
    ),
}
