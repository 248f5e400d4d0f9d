"""
Why not, told of a town that leaves two projects open: 120 entrants in A and 120 in B a year, in classes of 45.

new-c is a new school, from 2028 on at the earliest; wing-b brings B rooms from 2027 on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from planner.answers.openings.basis import Basis
from planner.answers.openings.why_not import WhyNot, why_not
from planner.errors import QuestionError, ScenarioError
from planner.pipeline import run
from planner.scenario import Scenario
from tests.pipeline.test_scheduling import OPEN, POLICY, TOWN


def asked(*musts: dict[str, Any], **changes: Any) -> WhyNot:
    """Return the answer for a town that demands these."""
    return why_not(basis(*musts, **changes))


def basis(*musts: dict[str, Any], **changes: Any) -> Basis:
    scenario = Scenario.model_validate(OPEN | {"must": list(musts)} | changes)
    return Basis.of(run(scenario, TOWN, policy=POLICY))


PLACED, WITHIN = {"hold": "placed"}, {"hold": "within_cap"}


def test_what_can_hold_together_contradicts_nothing():
    """Both projects open, and no class is above its cap."""
    found = asked(PLACED)
    assert found.found.found == ()
    assert found.whole
    assert found.lines == ["All 1 demands can hold together."]
    assert found.found.plan is not None


def test_no_wing_and_a_place_for_everybody():
    """Without the wing not all of 240 entrants a year have a place, even in classes of the worst size: open it, or not all."""
    found = asked({"hold": "not_opened", "project": "wing-b"}, WITHIN | {"at_most": 10_000}, PLACED)
    (contradiction,) = found.found.found
    assert contradiction.demands == (0, 2)
    lines = found.lines
    assert lines[0] == "These 2 demands contradict each other; no fewer of them do:"
    assert lines[1].startswith("  1. ")
    assert lines[1].endswith("does not open")
    assert lines[2:4] == ["  2. every child has a place", "What would do, each by itself:"]
    assert lines[4].startswith("  - open ")
    assert lines[5].endswith("child-years without a place")


def test_a_year_that_a_project_cannot_open_in_is_said_with_the_reason():
    """new-c in 2027 cannot hold by itself; 2028 would do, the earliest there is."""
    lines = asked({"hold": "open_by", "project": "new-c", "year": 2027}).lines
    assert lines[0] == "This cannot hold by itself, whatever else is demanded:"
    assert any(line.startswith("  - open ") and line.endswith(" in 2028") for line in lines)
    assert any("can open in 2028 at the earliest" in line for line in lines)


def test_a_budget_of_the_schedule_is_a_demand_too():
    """1,000 yuan in all do not pay for the wing."""
    schedule = OPEN["schedule"] | {"total_yuan": 1000}
    found = asked({"hold": "open_by", "project": "wing-b", "year": 2030}, schedule=schedule)
    assert [each.demand.kind for each in found.asked] == ["open_by", "budget"]
    assert found.found.found[0].demands == (0, 1)
    assert any(line.startswith("  - spend ") for line in found.lines)
    assert any(line.startswith("  - do without ") for line in found.lines)


def test_a_school_of_at_most_so_many_children_counts_those_who_are_there():
    """No pupil at all at A: the children of the last count are there, and cannot be sent away."""
    small = {"hold": "school_size", "school": "A", "at_most": 0}
    found = asked(small)
    (contradiction,) = found.found.found
    (relaxation,) = contradiction.relaxations
    counted = basis().gathered.told.roll(np.zeros(basis().gathered.told.planned.shape)).sum(axis=1)
    school = basis().gathered.told.schools.index("A")
    assert relaxation.by == pytest.approx(counted[school].max(), abs=0.01)


def test_rooms_under_construction_are_known_though_nothing_limits_them():
    """The wing's rooms are more than none at a time."""
    none = {"hold": "construction", "at_most": 0}
    found = asked(none, {"hold": "open_by", "project": "new-c", "year": 2030})
    assert found.found.found[0].demands == (0, 1)
    assert any("rooms more under construction" in line for line in found.lines)


def test_a_scenario_that_demands_nothing_is_told_what_to_write():
    """One message."""
    with pytest.raises(QuestionError, match=r"demands nothing: write what has to hold under \[\[must\]\]"):
        asked()


def test_unknown_projects_schools_and_years_are_all_named():
    """By the scenario's check, with file and key."""
    with pytest.raises(ScenarioError) as raised:
        asked(
            {"hold": "not_opened", "project": "wing-x"},
            {"hold": "school_size", "school": "Z", "at_most": 100},
            {"hold": "budget", "at_most": 1, "year": 2050},
        )
    said = str(raised.value)
    assert "must[1].project: the district has no project 'wing-x'; did you mean wing-b?" in said
    assert "must[2].school: there is no school 'Z'" in said
    assert "must[3].year: 2050 is outside the horizon 2027-2030" in said


@pytest.mark.parametrize(
    ("must", "problem"),
    [
        ({"hold": "budget"}, "budget needs at_most"),
        ({"hold": "placed", "school": "A"}, "placed has no school"),
        ({"hold": "open_by", "project": "wing-b"}, "open_by needs year"),
        ({"hold": "not_opened", "project": "wing-b", "year": 2027}, "not_opened has no year"),
    ],
)
def test_every_demand_states_what_it_needs_and_nothing_else(must, problem):
    """Said when the file is read."""
    with pytest.raises(ValueError, match=problem):
        Scenario.model_validate({"must": [must]})
