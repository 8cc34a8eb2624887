"""An input that kills its process is kept and told, and the others are read."""

import subprocess
from pathlib import Path

import pytest

from tests.fuzz import run
from tests.fuzz.batch import make, work
from tests.fuzz.run import Tally
from tests.fuzz.seeds import SEEDS


def test_number_gives_the_same_input_again() -> None:
    made = [make(7, number) for number in range(2 * len(SEEDS))]

    assert made == [make(7, number) for number in range(2 * len(SEEDS))]
    assert {name for name, _ in made} == set(SEEDS)
    assert len({data for _, data in made}) > len(SEEDS)


@pytest.mark.parametrize(("code", "findings"), [("parser_oom", 0), ("OR", 1)])
def test_batch_goes_on_behind_an_input_that_ends_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, findings: int
) -> None:
    started = []

    def start(numbers: range, folder: Path) -> "subprocess.CompletedProcess[str]":
        """Die of input 5, as the reader may."""
        started.append(numbers)
        dies = 5 in numbers
        read = [f"{n} csv: read\n" for n in numbers if not (dies and n >= 5)]
        (folder / "outcomes").write_text("".join(read) + "5 csv: " * dies)
        (folder / "input").write_bytes(b"poison")
        return subprocess.CompletedProcess([], -6 * dies, "1\n", "")

    tally = Tally(seed=1, folder=tmp_path)
    monkeypatch.setattr(tally, "_start", start)
    monkeypatch.setattr(run, "refusal_of", lambda path, *, name: code)

    tally.run_batch(range(0, 10))

    assert started == [range(0, 10), range(6, 10)]
    assert tally.counts == {"csv: read": 9, f"csv: {code} (its child died)": 1}
    assert (tmp_path / "killer-5-laps.csv").read_bytes() == b"poison"
    assert len(tally.findings) == findings


def test_batch_tells_what_became_of_each_input(tmp_path: Path) -> None:
    work(3, range(5, 8), folder=tmp_path)

    told = (tmp_path / "outcomes").read_text().splitlines()
    assert [line.split(" ")[0] for line in told] == ["5", "6", "7"]
    assert (tmp_path / "input").read_bytes() == make(3, 7)[1]
