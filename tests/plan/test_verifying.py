"""The verifier catches each seeded breach; one test a breach, and a sound plan passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.plan import Catchment, Diversion, Plan, verify_plan
from planner.policy import ClassRules
from tests.plan.made import applied, capacity_of, plan_of
from tests.scenario.town import town_policy

RESULT = applied(catchments=[{"of": ["A", "B"], "schools": ["A", "B"]}])
CAPACITY = capacity_of(RESULT)
PLAN = plan_of(RESULT)
A, J, B, T, C = range(5)
"""Schools, in file order."""


def breaches(plan: Plan, **given) -> list[str]:
    facts = {"district": RESULT.district, "policy": RESULT.policy, "capacity": CAPACITY}
    return [str(fault) for fault in verify_plan(plan, **facts, **given)]


def changed(name: str, place: tuple, value: float) -> Plan:
    array = getattr(PLAN, name).copy()
    array[place] = value
    return replace(PLAN, **{name: array})


def catchment(stage: str, key: str) -> int:
    return [(entry.stage, entry.key) for entry in PLAN.catchments].index((stage, key))


def only(lines: list[str], said: str) -> None:
    assert lines
    assert all(said in line for line in lines), lines


def test_a_sound_plan_has_no_breach():
    entrants = {stage: np.full((6, 6), 10.5) for stage in PLAN.stages}
    assert not breaches(PLAN, entrants=entrants)


def test_a_block_without_a_catchment():
    only(
        breaches(changed("catchment_of", (0, 2, 1), -1)), "block b3 has no catchment of stage primary in 2028"
    )


def test_a_block_in_a_catchment_of_another_stage():
    only(
        breaches(changed("catchment_of", (0, 2, 1), catchment("junior", "J"))), "a catchment of stage junior"
    )


def test_blocks_of_a_school_that_is_not_open():
    """C opens in 2028; b5 belongs to it in 2027 already."""
    of = PLAN.catchment_of.copy()
    of[0, 4, :] = len(PLAN.catchments)
    shares = np.concatenate([PLAN.shares, np.zeros((1, 5, 6), np.float32)])
    shares[-1, C, 1:] = 1
    catchments = (*PLAN.catchments, Catchment(stage="primary", schools=("C",)))
    lines = breaches(replace(PLAN, catchments=catchments, catchment_of=of, shares=shares))
    assert "catchment C of stage primary has blocks but no open school in 2027" in lines
    assert not any("2028" in line for line in lines)


def test_a_school_that_does_not_teach_the_starting_grade():
    catchments = list(PLAN.catchments)
    catchments[catchment("primary", "T")] = Catchment(stage="primary", schools=("J",))
    lines = breaches(replace(PLAN, catchments=tuple(catchments)))
    assert "catchment J: J does not teach grade 1" in lines


def test_an_unknown_school():
    catchments = list(PLAN.catchments)
    catchments[catchment("primary", "T")] = Catchment(stage="primary", schools=("X",))
    assert "catchment X has the unknown school X" in breaches(replace(PLAN, catchments=tuple(catchments)))


def test_a_school_twice_in_a_catchment():
    catchments = list(PLAN.catchments)
    catchments[catchment("primary", "T")] = Catchment(stage="primary", schools=("T", "T"))
    assert "catchment T+T has no school, or one twice" in breaches(
        replace(PLAN, catchments=tuple(catchments))
    )


def test_shares_that_do_not_sum_to_one():
    only(breaches(changed("shares", (catchment("primary", "A+B"), A, 3), 0.2)), "sum to 0.7000, not 1")


def test_a_negative_share():
    shares = PLAN.shares.copy()
    shares[catchment("primary", "A+B"), [A, B], 3] = -0.5, 1.5
    only(breaches(replace(PLAN, shares=shares)), "the share of A in 2030 is -0.5")


def test_a_share_of_a_school_that_is_not_of_the_catchment():
    shares = PLAN.shares.copy()
    shares[catchment("primary", "A+B"), [A, B, T], 3] = 0.5, 0.25, 0.25
    only(breaches(replace(PLAN, shares=shares)), "T is not of it but has a share in 2030")


def test_a_share_of_a_school_that_is_closed():
    """The joint catchment of B and C before C opens."""
    result = applied(catchments=[{"of": ["B"], "schools": ["B", "C"]}])
    plan = plan_of(result)
    c = [entry.key for entry in plan.catchments].index("B+C")
    shares = plan.shares.copy()
    shares[c, [B, C], 0] = 0.5, 0.5
    found = verify_plan(
        replace(plan, shares=shares),
        district=result.district,
        policy=result.policy,
        capacity=capacity_of(result),
    )
    only([str(fault) for fault in found], "C is closed to it in 2027 but has a share")


def test_more_classes_than_rooms_beside_those_that_continue():
    """A: 12 rooms, 10 classes continue in 2027 (80 children a grade need 2 of 45), 2 rooms are free."""
    assert not breaches(changed("classes", (A, 0, 0), 2))
    only(
        breaches(changed("classes", (A, 0, 0), 3)),
        "A: 3 classes are planned for the intake of 2027, but 12 rooms less 10 classes that continue leave 2",
    )


def test_classes_planned_before_hold_their_rooms():
    """C has 12 rooms from 2029: 8 classes opened in 2029 continue in 2030, when 4 rooms are free for 5."""
    classes = PLAN.classes.copy()
    classes[C, 0, 2:4] = 8, 5
    only(
        breaches(replace(PLAN, classes=classes)),
        "C: 5 classes are planned for the intake of 2030, but 12 rooms less 8",
    )


def test_classes_that_continue_count_merged_down_to_the_children_expected():
    """The same plan holds when the 8 classes of 2029 have but 300 children: 7 classes of 45 hold them."""
    classes = PLAN.classes.copy()
    classes[C, 0, 2:4] = 8, 5
    pupils = np.zeros((5, 9, 6), dtype=np.int16)
    pupils[C, 1, 3] = 300
    assert not breaches(replace(PLAN, classes=classes), pupils=pupils)
    pupils[C, 1, 3] = 320
    assert breaches(replace(PLAN, classes=classes), pupils=pupils)


def test_where_classes_are_re_formed_every_room_may_be_planned():
    """A's 12 rooms can all be planned for the intake of 2027, as the other grades are formed anew; 13 cannot."""
    policy = town_policy(classes=ClassRules(formation="reformed"))
    result = applied(policy=policy)
    plan = plan_of(result)
    for classes, sound in ((12, True), (13, False)):
        planned = plan.classes.copy()
        planned[A, 0, 0] = classes
        found = verify_plan(
            replace(plan, classes=planned),
            district=result.district,
            policy=policy,
            capacity=capacity_of(result),
        )
        assert (not found) == sound


def test_a_teaching_point_frees_the_rooms_of_those_who_leave_after_its_last_grade():
    """T teaches grades 1-3 in 3 rooms, a class each: every year one leaves, so one can be opened, not two."""
    classes = PLAN.classes.copy()
    classes[T, 0, :] = 1
    assert not breaches(replace(PLAN, classes=classes))
    classes[T, 0, 5] = 2
    only(breaches(replace(PLAN, classes=classes)), "T: 2 classes are planned for the intake of 2032")


def test_classes_where_the_stage_is_not_taught():
    assert "J does not teach grade 1, but classes are planned" in breaches(changed("classes", (J, 0, 5), 1))


def test_a_number_of_classes_below_none():
    only(breaches(changed("classes", (A, 0, 0), -2)), "-2 classes")


def test_more_classes_than_the_largest_intake_has_children():
    plan = replace(changed("classes", (A, 0, 0), 2), limits=changed("limits", (A, 0, 0), 1).limits)
    only(breaches(plan), "A: 2 classes are planned in 2027 for at most 1 children")


def test_a_limit_below_none():
    only(breaches(changed("limits", (A, 0, 0), -5)), "the largest intake of 2027 is -5")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([A, T, -1], "A is itself or twice"),
        ([B, B, -1], "B is itself or twice"),
        ([J, B, T], "J does not teach it"),
        ([-1, B, T], "a gap, or no school"),
        ([B, 99, -1], "a gap, or no school"),
    ],
)
def test_an_order_that_offers_what_cannot_be(row, said):
    order = PLAN.order["primary"].copy()
    order[A, :] = -1
    order[A, :3] = row
    only(breaches(replace(PLAN, order=PLAN.order | {"primary": order})), said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to_school": "X"}, "unknown stage or school"),
        ({"stage": "senior"}, "unknown stage or school"),
        ({"to_school": "A"}, "to itself"),
        ({"until": 2040}, "years outside the plan"),
        ({"since": 2031, "until": 2029}, "years outside the plan"),
        ({"share": 0.0}, "neither a share nor a number"),
        ({"children": 5}, "neither a share nor a number"),
        ({"grades": (1,)}, "no later grade of the stage"),
        ({"to_school": "T", "grades": (4,)}, "T does not teach the grade"),
        ({"to_school": "J"}, "J does not teach the grade"),
    ],
)
def test_a_diversion_that_cannot_be(changes, said):
    sound = {
        "stage": "primary",
        "from_school": "A",
        "to_school": "B",
        "since": 2027,
        "until": 2032,
        "share": 0.5,
    }
    assert not breaches(replace(PLAN, diversions=(Diversion(**sound),)))
    lines = breaches(replace(PLAN, diversions=(Diversion(**(sound | changes)),)))
    assert any(said in line for line in lines), lines


def test_diversions_of_more_children_than_there_are():
    half = {"stage": "primary", "from_school": "A", "since": 2027, "until": 2030, "share": 0.6}
    plan = replace(PLAN, diversions=(Diversion(**half, to_school="B"), Diversion(**half, to_school="T")))
    only(breaches(plan), "diversions send 120% of the entrants of A away")


def test_entrants_who_arrive_nowhere():
    entrants = {"primary": np.full((6, 6), 10.0)}
    plan = changed("catchment_of", (0, 2, 1), -1)
    assert "stage primary, 2028: of 60.0 expected entrants 50.0 arrive at a school" in breaches(
        plan, entrants=entrants
    )


def test_fractions_of_classes():
    only(breaches(replace(PLAN, classes=PLAN.classes.astype(np.float32))), "classes is not in whole numbers")


def test_blocks_or_schools_that_are_not_the_district_s():
    only(breaches(replace(PLAN, blocks=PLAN.blocks[::-1])), "the plan's blocks are not the district's")
    only(breaches(replace(PLAN, schools=PLAN.schools[::-1])), "the plan's schools are not the district's")


def test_an_array_of_another_shape():
    only(breaches(replace(PLAN, limits=PLAN.limits[:, :, :3])), "limits has shape")


def test_an_order_that_lacks_a_stage():
    only(breaches(replace(PLAN, order={"primary": PLAN.order["primary"]})), "order does not have one row")
