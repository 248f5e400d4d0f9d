"""Where one new school does most, asked of a run: the village of six blocks, and the folder that is written."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from planner.answers.siting.answer import seats_of_rooms, site_school
from planner.answers.siting.folder import write_sites
from planner.answers.siting.homes import children_at_home
from planner.errors import DataError, QuestionError
from tests.answers.village import village_run


@pytest.fixture(scope="module")
def run():
    return village_run()


def test_children_at_home_are_those_who_live_in_each_catchment(run) -> None:
    """Block by block they add up to the table of seats by catchment, in every year."""
    for stage in run.plan.stages:
        homes = children_at_home(run, stage)
        assert (homes.to_numpy() >= 0).all()
        table = run.outcomes["seats_by_catchment"]
        living = table[table["stage"] == stage].groupby("year")["living"].sum()
        for year in run.plan.years:
            assert homes[year].sum() == pytest.approx(living[year], rel=1e-6)


def test_the_best_site_of_the_village_is_that_of_every_site_tried(run) -> None:
    """The mean way with the best block is the shortest of all blocks, each asked about alone."""
    answer = site_school(run, seats=[300])
    alone = {
        block: site_school(run, seats=[300], year=answer.years[0], candidates=[block]).table.iloc[0]
        for block in run.plan.blocks
    }
    keys = {
        block: (round(row["over"], 3), round(row["metres"], 3), at)
        for at, (block, row) in enumerate(alone.items())
    }
    order = sorted(keys, key=lambda block: keys[block])
    assert answer.table["metres"].tolist() == pytest.approx(
        [alone[block]["metres"] for block in order[: len(answer.table)]], abs=1e-3
    )
    assert answer.main.best[0] == order[0]


def test_the_year_is_the_one_with_most_children(run) -> None:
    """Not given, it is the peak of the stage; several years count together when asked for."""
    stage = run.plan.stages[0]
    homes = children_at_home(run, stage)
    assert site_school(run, seats=[100]).years == (int(homes.sum().idxmax()),)
    first, last = run.plan.years[0], run.plan.years[-1]
    several = site_school(run, seats=[100], year=first, until=last)
    assert several.years == run.plan.years
    assert several.main.loads["year"].nunique() == len(run.plan.years)


def test_sizes_and_demands_are_tried_and_told(run) -> None:
    """Two sizes under two demands are four cases; the first is the answer, each of the others has its sentence."""
    answer = site_school(run, seats=[100, 300], demand=[1.0, 1.2])
    assert [(case.seats, case.demand) for case in answer.cases] == [
        (100, 1.0),
        (100, 1.2),
        (300, 1.0),
        (300, 1.2),
    ]
    said = " ".join(answer.remarks)
    for case in answer.cases[1:]:
        assert f"With {case.name}" in said
    assert len(answer.robust) == 16
    own = answer.robust.query("best_in == case")
    assert own["longer"].tolist() == pytest.approx([0.0] * 4, abs=1e-9)
    assert answer.main.best[0] in answer.sentence


def test_children_above_all_seats_are_told(run) -> None:
    """A school of one seat helps one child: all others above the seats are named in the remarks."""
    answer = site_school(run, seats=[1], demand=[3.0])
    seats = run.capacity.seats[:, 0, run.plan.years.index(answer.years[0])].sum() + 1
    children = children_at_home(run, run.plan.stages[0])[answer.years[0]].sum() * 3
    assert answer.table["over"].iloc[0] >= children - seats - 1e-6
    assert any("above the seats" in line for line in answer.remarks)


def test_rooms_are_seats_of_the_standard_size(run) -> None:
    """So many rooms hold rooms x the standard class size of the stage, as the run's own schools do."""
    per_room = seats_of_rooms(run, 1, None, None)
    taught = run.capacity.taught[:, 0]
    whole = int(taught.argmax())
    rooms = run.capacity.rooms_stage[whole, 0, 0]
    assert seats_of_rooms(run, int(rooms), None, None) == run.capacity.seats[whole, 0, 0]
    assert per_room > 0


def test_all_faults_of_a_question_are_told_at_once(run) -> None:
    """An unknown stage, a year outside, negative seats and a candidate outside the district are four faults."""
    with pytest.raises(QuestionError) as refused:
        site_school(run, seats=[-5], stage="senior", year=1999, candidates=["b1", "nowhere"], demand=[0.0])
    assert len(refused.value.faults) == 5
    assert "nowhere is no block of the district" in str(refused.value)
    with pytest.raises(QuestionError, match="first one must be given"):
        site_school(run, seats=[5], until=run.plan.years[-1])


def test_a_district_without_seats_is_refused(run) -> None:
    """Where no school has a seat there is nothing to compare: the message says what to state."""
    none = run.capacity.with_rooms(np.zeros_like(run.capacity.rooms))
    empty = village_run()
    object.__setattr__(empty, "capacity", none)
    with pytest.raises(DataError, match="No school has seats"):
        site_school(empty, seats=[100])


def test_the_folder_holds_tables_map_and_answer(run, tmp_path) -> None:
    """Every candidate is placed, so that no figure of sites.csv is a bound; no table tells of a block's children."""
    answer = site_school(run, seats=[300, 100], every=True)
    folder = write_sites(run, answer, tmp_path / "sites")
    names = {"answer.json", "best.csv", "cases.csv", "loads.csv", "sites.csv", "sites.png", "manifest.json"}
    assert {path.name for path in folder.iterdir()} == names
    sites = pd.read_csv(folder / "sites.csv")
    assert sites["exact"].all()
    assert list(sites.columns) == ["site", "exact", "longer", "worse"]
    told = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    assert told["answer"] == answer.sentence
    assert [case["seats"] for case in told["cases"]] == [300, 100]
    again = write_sites(run, site_school(run, seats=[300, 100], every=True), tmp_path / "again")
    for name in names - {"manifest.json"}:
        assert (folder / name).read_bytes() == (again / name).read_bytes()
