"""The ledger: a run's forecast added to a file in which nothing else changes."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.archive import write_run
from planner.archive.ledger import add_to_ledger, expected_of, read_ledger
from planner.errors import DataError, OutputError

OLD = "年份备注,made_in,year,school,grade,pupils\r\n甲,2025,2027,A,1,81\r\n乙,2026,2027,A,1,77\r\n"
"""A ledger with a column of the bureau's own."""


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    """Return a run folder, counted in 2026, of the years 2027 and 2028."""
    return write_run(run, tmp_path_factory.mktemp("runs") / "moved", maps=False)


def test_a_runs_forecast_is_the_mean_of_the_pupils_seated(run, folder):
    found = expected_of(folder)
    assert set(found["made_in"]) == {2026}
    assert set(found["year"]) == {2027, 2028}
    at = run.plan.schools.index("A"), run.forecast.grades.index(2)
    said = found.loc[(found["school"] == "A") & (found["grade"] == 2) & (found["year"] == 2027), "pupils"]
    assert said.item() == pytest.approx(run.simulation.pupils[at][0].mean(), abs=0.051)


def test_a_new_ledger_reads_as_a_table_of_forecasts(folder, tmp_path):
    done = add_to_ledger(folder, tmp_path / "ledger.csv")
    table = read_ledger(tmp_path / "ledger.csv")
    assert (done.made_in, done.added, done.replaced) == (2026, len(table), 0)
    assert set(table["school"]) == {"A", "B", "J", "T"}


def test_forecasts_of_the_same_autumn_stay_unless_they_may_go(folder, tmp_path):
    file = tmp_path / "ledger.csv"
    file.write_bytes(OLD.encode())
    with pytest.raises(OutputError, match="holds 1 forecasts made in 2026 already"):
        add_to_ledger(folder, file)
    assert file.read_bytes() == OLD.encode()
    done = add_to_ledger(folder, file, replace=True)
    assert done.replaced == 1
    lines = file.read_bytes().decode().split("\r\n")
    assert lines[:2] == OLD.split("\r\n")[:2]
    assert not any(line.startswith("乙") for line in lines)
    assert lines[2].startswith(",2026,2027,")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("made_in,year,school\n2025,2026,A\n", "pupils"),
        ("made_in;year;school;grade;pupils\n2025;2026;A;1;80\n", "UTF-8 separated by commas"),
        ("made_in,year,school,grade,pupils\n2025,2026,A,1,many\n", "rows 2"),
    ],
)
def test_a_file_that_is_no_ledger_is_left_as_it_is(folder, tmp_path, content, says):
    file = tmp_path / "ledger.csv"
    file.write_text(content)
    with pytest.raises(DataError, match=says):
        add_to_ledger(folder, file)
    assert file.read_text() == content


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="no folder of a run"):
        add_to_ledger(tmp_path, tmp_path / "ledger.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_run_is_refused(folder, tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "manifest.json").write_text((folder / "manifest.json").read_text())
    pd.DataFrame({"school": ["A"]}).to_csv(tmp_path / "tables" / "class_sizes.csv")
    with pytest.raises(DataError, match="no folder of a run"):
        expected_of(tmp_path)
