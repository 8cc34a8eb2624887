"""Write the files of a family into a folder: `python -m tests.corpus.write`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.corpus.bad_file import BadFile
from tests.corpus.families import files_of


def write(files: Sequence[BadFile], *, folder: Path) -> list[Path]:
    """Write files under names of our own; give where each is."""
    paths = []
    for number, file in enumerate(files):
        path = folder / f"{number:04}"
        path.write_bytes(file.content())
        paths.append(path)
    return paths


def main() -> None:
    """Write as the arguments say: the family, the folder, and `heavy`."""
    family, folder, *rest = sys.argv[1:]
    write(files_of(family, with_heavy=rest == ["heavy"]), folder=Path(folder))


if __name__ == "__main__":
    main()
