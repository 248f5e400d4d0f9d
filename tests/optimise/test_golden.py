"""Every constraint of the intake model as text, on an instance of two schools: a change of the maths is a diff."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pulp
import pytest

from planner.optimise import IntakeFacts, Move, state_intake
from tests.optimise.instances import two_schools

GOLDEN = Path(__file__).with_name("golden")


def _with_door() -> IntakeFacts:
    """Five children come to the north school whatever the catchments."""
    return two_schools(doors=np.array([[[5.0, 5.0], [0.0, 0.0]]]))


def _with_teaching_point() -> IntakeFacts:
    """The north school ends with grade 1; its leavers go on to the south school."""
    teaches = np.array([[True, False], [True, True]])
    move = Move(grade=1, from_school=0, to_school=1, share=np.ones(2))
    return two_schools(teaches=teaches, moves=(move,))


def _with_a_lower_cap() -> IntakeFacts:
    """The cap of grade 2 falls from 10 to 8 in 2028; the count found 25 children in two classes at the north school."""
    return two_schools(cap=np.array([[10.0, 10.0], [10.0, 8.0]]), pupils=np.array([[25.0, 17.0], [9.0, 9.0]]))


def _with_few_rooms() -> IntakeFacts:
    """The north school keeps two classes of the last count, but loses all rooms but one."""
    return two_schools(rooms=np.array([[1.0, 4.0], [3.0, 3.0]]))


def _with_sizes() -> IntakeFacts:
    """At most 40 children at each campus, and 70 at the school of both campuses."""
    return two_schools(size=np.full((2, 2), 40.0), groups={"both": (0, 1)}, group_size=np.full((1, 2), 70.0))


def _with_bounds() -> IntakeFacts:
    """The scenario plans two classes at the north school and limits the intake of the south one to 20."""
    planned, limits = np.full((2, 1, 2), -1), np.full((2, 1, 2), -1)
    planned[0], limits[1] = 2, 20
    return two_schools(planned=planned, limits=limits)


CASES = {
    "1-counted": (two_schools, "counted"),
    "1b-door": (_with_door, "door"),
    "2-pupils": (two_schools, "pupils"),
    "2-pupils-of-a-teaching-point": (_with_teaching_point, "pupils"),
    "3-cap": (two_schools, "cap"),
    "3a-worst": (two_schools, "worst"),
    "3b-as-before": (_with_a_lower_cap, "as_before"),
    "3b-as-before-at-a-teaching-point": (_with_teaching_point, "as_before"),
    "3-with-classes-and-limits-of-the-scenario": (_with_bounds, "cap"),
    "4-kept": (two_schools, "kept"),
    "5-rooms": (two_schools, "rooms"),
    "6-borrowed-rooms": (_with_few_rooms, ("rooms", "new")),
    "8-size": (_with_sizes, ("size", "group_size")),
    "goals": (lambda: replace(_with_sizes(), doors=_with_door().doors), "goal"),
}


@pytest.mark.parametrize("case", CASES)
def test_golden_constraint(case, tmp_path):
    """The constraints of one kind are written as they stand in `golden/`."""
    make, prefix = CASES[case]
    model = state_intake(make())
    part = pulp.LpProblem(case)
    part.setObjective(model.objective("unplaced"))
    for row in model.problem.constraints():
        if row.name.startswith(prefix):
            part.addConstraint(row, row.name)
    assert part.constraints(), "the instance has no such constraint"
    written, golden = tmp_path / "written.lp", GOLDEN / f"{case}.lp"
    part.writeLP(str(written), max_length=255)
    if os.environ.get("PLANNER_GOLDEN") == "rewrite":
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(written.read_text(encoding="utf-8"), encoding="utf-8")
    assert written.read_text(encoding="utf-8") == golden.read_text(encoding="utf-8")


def test_a_golden_file_for_every_case_and_no_other():
    """Nothing lies in `golden/` that no test reads."""
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(CASES)
