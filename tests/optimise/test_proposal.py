"""A plan proposed: what people decided stands, what they did not is filled in, and nothing depends on names or order."""

from __future__ import annotations

from dataclasses import replace

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.optimise import propose_on
from tests.optimise.instances import REFORMED, plan_of, renamed, town, two_schools


def proposed(facts):
    return propose_on(plan_of(facts), facts)


def test_plan_for_two_schools_on_one_street():
    """
    Overflow of the north school goes south, so the south comes first in its order; classes are whole.

    Rooms 4 and 3. In 2027 the year groups in school need 2 and 1 (18.18 and 9.09 at cap 10), so 2 and 2 classes
    take grade 1: 40 seats for 42 children, 2 above the cap. In 2028 these 4 classes stay and 2 and 1 rooms are
    left: 30 seats for 34 children, 4 above. What entered in 2027 is 42 x 1.01 = 42.42 in 4 classes: 2.42 above.
    The fractions of the linear programme lack 34 - (70 - 42 x 1.01) = 6.42 seats; whole classes 2 + 4 + 2.42.
    """
    found = proposed(two_schools())
    assert found.plan.classes[:, 0].tolist() == [[2, 2], [2, 1]]
    assert found.solver["missing_lp"] == pytest.approx(6.42)
    assert found.solver["missing_whole"] == pytest.approx(8.42)
    assert found.plan.order["primary"].tolist() == [[1], [-1]]
    assert set(found.flows["catchment"]) == {"north"}
    assert set(found.flows["school"]) == {"south"}
    assert set(found.flows["block"]) == {"A"}


def test_what_the_scenario_decided_stands():
    """Stated classes stay as they are, catchments and limits too; the plan given is not changed."""
    planned = np.array([[[1, -1]], [[-1, 2]]])
    facts = two_schools(planned=planned, limits=np.array([[[-1, 12]], [[-1, -1]]]))
    plan = plan_of(facts)
    before = plan.classes.copy()
    found = propose_on(plan, facts)
    assert found.plan.classes[0, 0, 0] == 1
    assert found.plan.classes[1, 0, 1] == 2
    assert (plan.classes == before).all()
    assert (found.plan.limits == plan.limits).all()
    assert (found.plan.catchment_of == plan.catchment_of).all()


def test_joint_catchment_is_shared_by_the_flows():
    """
    Blocks A and B share both schools; with rooms enough, each goes where the way is shorter: 30 : 12 in 2027.

    20 and 14 in 2028; nobody is outside, though half of each block's reach is not its nearest school.
    """
    facts = two_schools(own=np.ones((1, 2, 2, 2), dtype=bool), rooms=np.full((2, 2), 9.0))
    found = proposed(facts)
    assert found.plan.catchments[0].key == "north+south"
    assert found.plan.shares[0, :, 0] == pytest.approx([30 / 42, 12 / 42], abs=1e-4)
    assert found.plan.shares[0, :, 1] == pytest.approx([20 / 34, 14 / 34], abs=1e-4)
    assert found.flows.empty
    assert found.missing.empty


def test_children_unplaced_are_missing_at_the_schools_of_their_catchment():
    """No rooms at all: 30 and 20 of A at the north school, 12 and 14 of B at the south one; those in school above the cap."""
    facts = two_schools(rooms=np.zeros((2, 2)), pupils=np.zeros((2, 2)), classes=np.zeros((2, 2)))
    found = proposed(facts)
    table = found.missing.set_index(["school", "year"])
    expected = {("north", 2027): 30, ("north", 2028): 20, ("south", 2027): 12, ("south", 2028): 14}
    assert table["missing_lp"].to_dict() == pytest.approx(expected)
    assert table["missing_whole"].to_dict() == pytest.approx(expected)
    assert (found.plan.classes == 0).all()


def test_children_who_chose_a_school_without_a_seat_are_placed_along_its_order():
    """Of 40 who come to the north school's door, those above its rooms go south: a flow without a block."""
    plan = plan_of(two_schools())
    facts = two_schools(
        demand=np.zeros((1, 2, 2)), doors=np.array([[[25.0, 0.0], [0.0, 0.0]]]), rooms=np.full((2, 2), 4.0)
    )
    found = propose_on(replace(plan, order={"primary": np.array([[1], [-1]], dtype=np.int16)}), facts)
    assert found.flows["block"].isna().all()
    assert found.flows["children"].sum() == pytest.approx(5)
    assert found.plan.classes[:, 0, 0].tolist() == [2, 1]


def test_classes_of_several_grades_are_left_to_the_rule():
    """Where grades share classes, the number for one intake is no decision: -1, and both figures are one."""
    rules = REFORMED.model_copy(update={"composite": 8})
    found = proposed(two_schools(rules=rules))
    assert (found.plan.classes == -1).all()
    assert (found.missing["missing_lp"] == found.missing["missing_whole"]).all()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_whole_classes_never_lack_less_than_the_fractions(seed, kept):
    """Fractions of classes are a relaxation; what they hide is stated, and it is not negative."""
    facts = town(seed) if kept else town(seed, rules=REFORMED)
    found = proposed(facts)
    assert found.solver["status"] == "optimal"
    lp, whole = (table.set_index("goal")["value"] for table in (found.goals, found.whole_goals))
    assert whole["unplaced"] >= lp["unplaced"] - 1e-4
    if whole["unplaced"] <= lp["unplaced"] + 1e-4:
        assert whole["above_cap"] >= lp["above_cap"] - 1e-3
    for column, goals in (("missing_lp", lp), ("missing_whole", whole)):
        least, missing = goals["unplaced"] + goals["unsplit"], found.missing[column].sum()
        assert least - 0.5 <= missing <= least + goals["above_cap"] + 0.5
        if not kept:
            assert missing == pytest.approx(least + goals["above_cap"], abs=0.5)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_renaming_and_reordering_blocks_changes_no_plan(seed, shuffle):
    """Classes, order and missing seats are the same; flows are the same children of the same places."""
    facts = town(seed)
    order = list(range(len(facts.blocks)))
    shuffle.shuffle(order)
    one, other = proposed(facts), proposed(renamed(facts, np.array(order)))
    assert (one.plan.classes == other.plan.classes).all()
    for stage in facts.stages:
        assert one.plan.order[stage].tolist() == other.plan.order[stage].tolist()
    # Rows are those that lack anything by either count; fractions that lack may lie elsewhere among equal optima.
    keys = ["stage", "school", "year"]
    missing = one.missing.merge(other.missing, on=keys, how="outer", suffixes=("", "_other")).fillna(0.0)
    assert missing["missing_whole"].to_numpy() == pytest.approx(
        missing["missing_whole_other"].to_numpy(), abs=0.05
    )
    by_school = [found.flows.groupby(["stage", "school", "year"])["children"].sum() for found in (one, other)]
    assert by_school[0].to_dict() == pytest.approx(by_school[1].to_dict(), abs=0.05)


def test_twice_the_same():
    """The same facts give the same plan and tables, but for the seconds."""
    one, other = proposed(town()), proposed(town())
    assert (one.plan.shares == other.plan.shares).all()
    assert one.flows.equals(other.flows)
    assert one.goals.drop(columns="seconds").equals(other.goals.drop(columns="seconds"))


def test_out_of_time_there_is_still_a_plan_and_it_is_called_stopped():
    """No time at all: classes for the children of the catchments, as far as rooms go, and no goal is optimal."""
    facts = two_schools()
    found = propose_on(plan_of(facts), facts, seconds=0.0)
    assert found.solver["status"] == "stopped"
    assert (found.goals["status"] != "optimal").all()
    assert (found.plan.classes >= 0).all()


@pytest.mark.parametrize("suffix", [".lp", ".mps"])
def test_exported_model_has_the_last_goal_with_the_others_held(tmp_path, suffix):
    """HiGHS reads the file, and finds the kilometres of the proposal."""
    found = proposed(two_schools())
    path = tmp_path / f"model{suffix}"
    found.export_model(path)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.run()
    km = found.goals.set_index("goal").loc["pupil_km", "value"]
    assert highs.getObjectiveValue() == pytest.approx(km, abs=1e-3)


def test_exporting_the_first_goal_holds_nothing(tmp_path):
    """The text says what is minimised, and leaves the model as it was."""
    found = proposed(two_schools())
    found.export_model(tmp_path / "first.lp", goal="unplaced")
    text = (tmp_path / "first.lp").read_text(encoding="utf-8")
    assert "OBJ: goal(unplaced)" in text
    assert "Bounds" not in text
    assert all(variable.upBound is None for variable in found.model.variables)
