"""Every kind of bad file through the real pipeline: what is wrong is said, nothing else.

The heaviest files are for `make corpus`; see tests/corpus and docs/hostile-files.md.
"""

import os
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import SharedReader
from tests.corpus.bring import GOOD_LAPS, bring
from tests.corpus.families import FAMILIES, files_of
from tests.corpus.verdict import faults
from tests.corpus.write import write
from tests.verified import LEFT_STAGING

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_bad_files_are_refused_as_they_should_be_and_the_good_one_is_in(
    family: str, tmp_path: Path, shared_reader: SharedReader
) -> None:
    files = files_of(family, with_heavy=False)
    paths = write(files, folder=tmp_path)

    brought = bring(files, paths, group=f"good-{family}")

    assert {o.file.name: found for o in brought.outcomes if (found := faults(o))} == {}
    assert brought.good_laps == GOOD_LAPS
    assert brought.run.row_counts.is_balanced
    assert not brought.run.checkpoints.exclude(state="done").exists()
    assert os.listdir(shared_reader.scratch) == []
    with connection.cursor() as cursor:
        cursor.execute(LEFT_STAGING)
        assert cursor.fetchall() == []


def test_each_kind_of_bad_input_has_its_files() -> None:
    faults_met = {file.fault for files in FAMILIES.values() for file in files}

    assert faults_met == {f"F{number}" for number in range(50, 80)}
