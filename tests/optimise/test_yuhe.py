"""The made district: a plan is proposed for a real-sized place, and keeps every promise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from planner.capacity import build_capacity, schools_with_projects
from planner.district import distance_matrix, read_district
from planner.forecast import fit_forecast
from planner.optimise import propose
from planner.plan import build_plan, verify_plan
from planner.policy import read_policy
from planner.scenario import Scenario
from planner.simulation import simulate

YUHE = Path(__file__).parents[2] / "data" / "yuhe"


@pytest.fixture(scope="module")
def yuhe():
    """Return the facts of the district over ten years, and the plan as it stands."""
    district = read_district(YUHE)
    policy = read_policy(district.policy)
    district = schools_with_projects(district)
    years = tuple(range(district.counted + 1, district.counted + 11))
    capacity = build_capacity(district, policy, years)
    metres = distance_matrix(
        district, district.schools.loc[district.public], district.detour or policy.detour
    )
    facts = {
        "district": district,
        "policy": policy,
        "capacity": capacity,
        "forecast": fit_forecast(district, policy, years, draws=2),
    }
    return build_plan(Scenario(), district, policy, capacity, years=years, distances=metres), facts, metres


@pytest.fixture(scope="module")
def proposal(yuhe):
    plan, facts, metres = yuhe
    return propose(plan, facts["forecast"].expected(), **facts, distances=metres)


def test_every_goal_is_solved_with_a_gap_of_nothing(proposal):
    """All goals are optimal, of the linear programme and with whole classes; no gap is above a millionth."""
    for goals in (proposal.goals, proposal.whole_goals):
        assert (goals["status"] == "optimal").all()
        assert (goals["gap"] < 1e-6).all()


def test_the_plan_keeps_every_promise(yuhe, proposal):
    """The verifier, which shares no code with what made it, finds nothing."""
    _, facts, _ = yuhe
    known = {name: facts[name] for name in ("district", "policy", "capacity")}
    path = simulate(proposal.plan, facts["forecast"].expected(), **facts)
    entrants = {stage: children[:, :, 0] for stage, children in facts["forecast"].expected().entrants.items()}
    assert verify_plan(proposal.plan, **known) == []
    assert verify_plan(proposal.plan, **known, entrants=entrants, pupils=path.pupils[..., 0]) == []


def test_carried_out_it_leaves_nobody_out_whom_the_plan_as_it_stands_would_seat(yuhe, proposal):
    """On the expected path, no more children are unplaced than without the proposal, nor more above the cap."""
    plan, facts, _ = yuhe
    before, after = (simulate(each, facts["forecast"].expected(), **facts) for each in (plan, proposal.plan))
    assert after.unplaced.sum() <= before.unplaced.sum()
    assert after.above_cap.sum() <= before.above_cap.sum()


def test_classes_are_whole_for_every_intake(proposal):
    """Where the scenario left it open, a number of classes is planned: none is left to the rule."""
    assert (proposal.plan.classes >= 0).all()
    assert np.issubdtype(proposal.plan.classes.dtype, np.integer)
    assert proposal.plan.classes.sum() > 0
