"""A workbook of 19 sheets that no layout knows, read by one mapping."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import openpyxl
import pytest

from imports import actions
from imports.models import Rejection
from races.models import Entrant, Meeting

pytestmark = pytest.mark.django_db

MAPPING = Path(__file__).with_name("whpsc_mapping.json")
TIME = re.compile(r"[0-9]+(\.[0-9]+)?")
CODE = re.compile(r"[A-Za-z ]+")


def runs_of(path):
    """Give sheet, keys and the text of the time of each run, by the library's reader."""
    book = openpyxl.load_workbook(path, data_only=True)
    for sheet in book:
        for row in sheet.iter_rows(min_row=2, max_col=15, values_only=True):
            if any(cell is not None for cell in row):
                yield sheet.title, row[:6], str(row[7] or "").strip()


def test_every_run_of_the_workbook_is_accounted_for(facts, ingest):
    path = facts / "xlsx" / "whpsc_race_results.xlsx"
    said = list(runs_of(path))
    odd = [text for *_, text in said if text.endswith("*")]
    good = [run for run in said if run[2] not in odd]
    keys = Counter((sheet, keys) for sheet, keys, _ in good)
    mapping = actions.save_mapping(json.loads(MAPPING.read_text()), by=None)

    run = ingest(path, order={"mapping": mapping})

    [file] = run.run_files.all()
    assert (len(said), sorted(odd)) == (1853, ["6.5*", "8.1**", "8.7*"])
    assert file.rows_read == run.rows["read"] == 1853
    assert run.rows["inserted"] == len(keys) == Entrant.objects.count()
    assert run.rows["duplicates"] == sum(keys.values()) - len(keys)
    assert run.rows["rejected"] == len(odd)
    for rejection in Rejection.objects.all():
        assert (rejection.column, rejection.code) == ("Elapsed Time (s)", "not_a_time")
        assert "It is row" in rejection.message
    assert Meeting.objects.count() == 19
    times = defaultdict(set)
    for sheet, cells, text in good:
        if TIME.fullmatch(text):
            times[sheet, f"{cells[4]} {cells[5]}"].add(round(float(text) * 1000))
    # One cell is formatted as a clock: 12:31:00 is read for what it says.
    stored = Entrant.objects.exclude(total_time_ms=None).exclude(
        total_time_ms=45_060_000
    )
    assert stored.count() > 1500
    for entrant in stored.select_related("race__meeting"):
        known = {
            time
            for (sheet, key), found in times.items()
            if sheet == entrant.race.meeting.key and key.split() == entrant.key.split()
            for time in found
        }
        assert entrant.total_time_ms in known
    codes = Counter(text for *_, text in good if CODE.fullmatch(text))
    assert codes["DNF"] == 103
    assert Entrant.objects.filter(status="did not finish").count() <= 103


def test_same_workbook_is_known_by_its_header_the_next_time(facts, ingest):
    path = facts / "xlsx" / "whpsc_race_results.xlsx"
    actions.save_mapping(json.loads(MAPPING.read_text()), by=None)

    run = ingest(path)

    assert run.run_files.get().layout == "mapping.whpsc"
    assert run.rows["inserted"] > 1800
