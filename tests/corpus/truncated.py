"""Good files of each format, cut at every sixteenth of their length."""

from collections.abc import Callable, Iterator

from tests.corpus import good
from tests.corpus.bad_file import BadFile

PARTS = 16
FORMATS: dict[str, Callable[[], bytes]] = {
    "laps_{}.csv.gz": lambda: good.gzipped(good.csv()),
    "laps_{}.csv.zst": lambda: good.zstd(good.csv()),
    "laps_{}.zip": lambda: good.zipped({"laps.csv": good.csv()}),
    "laps_{}.parquet": good.parquet,
    "laps_{}.xlsx": good.workbook,
    "laps_{}.json": good.json_array,
}


def _cut(name: str, make: Callable[[], bytes]) -> Iterator[BadFile]:
    for part in range(1, PARTS):

        def content(part: int = part) -> bytes:
            data = make()
            return data[: len(data) * part // PARTS]

        yield BadFile(
            name.format(part),
            content,
            "F51",
            error="malformed_file",
            says="cut off",
            # The suite has every third; all are the same to the reader.
            is_heavy=part % 3 != 1,
        )


FILES = [each for name, make in FORMATS.items() for each in _cut(name, make)]
