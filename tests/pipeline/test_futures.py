"""Futures of a district: entrants of the draws, and projects as late as `planner run` has them."""

from __future__ import annotations

import numpy as np
import pytest

from planner.district import new_district
from planner.optimise.openings import faults
from planner.optimise.openings.robust import robust
from planner.pipeline import run
from planner.pipeline.futures import futures_of
from planner.pipeline.undecided import gather_run, options_of_run

SCENARIO = """
summary = "An annex, or not"
district = "facts"
until = 2029
draws = 20
seed = 3
[schedule]
[[projects]]
project = "annex"
school = "001"
kind = "expansion"
rooms = 2
cost_yuan = 3e6
choice = "free"
earliest = 2027
[projects.late]
1 = 0.3
"""


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """Return a run of the example district, and the facts of an annex that may be built there."""
    folder = tmp_path_factory.mktemp("annex")
    new_district(folder / "facts")
    (folder / "annex.toml").write_text(SCENARIO, encoding="utf-8")
    done = run(folder / "annex.toml")
    return done, gather_run(done, options_of_run(done))


def test_entrants_are_those_of_the_draws(gathered):
    """Their mean is what the facts expect, to a tenth; every draw of the first year counts whole children."""
    done, told = gathered
    futures = futures_of(done, told, 200)
    assert futures.demand.shape == (200, *told.facts.demand.shape)
    assert futures.demand.mean(axis=0).sum() == pytest.approx(told.facts.demand.sum(), rel=0.1)
    assert futures.demand.sum(axis=(1, 2)).std() > 0
    assert (futures_of(done, told, 5).demand == futures.demand[:5]).all()


def test_three_in_ten_draws_are_a_year_late(gathered):
    """Of a whole chunk exactly: 150 of 500; the same draws at every call."""
    done, told = gathered
    row = next(p for p, row in enumerate(told.choices.rows) if row.option == "annex")
    slips = futures_of(done, told, 500).slips
    assert np.bincount(slips[:, row]).tolist() == [350, 150]
    assert (futures_of(done, told, 7).slips == slips[:7]).all()


def test_a_robust_plan_keeps_every_rule_in_every_future(gathered):
    """Checked by the independent verifier, with the rooms that come late taken off."""
    done, told = gathered
    futures = futures_of(done, told, 4)
    found = robust(told.facts, futures)
    assert set(found.plans) == {"robust", "mean"}
    for future, each in enumerate(found.plans["robust"].found):
        assert faults(futures.facts(told.facts, future), each.plan) == []
