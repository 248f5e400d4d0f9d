"""Plans built from scenarios, by hand on the town of six blocks."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.plan import verify_plan
from planner.policy import ClassRules
from tests.plan.made import TOWN, applied, capacity_of, held, offered, plan_of, shares
from tests.scenario.town import PRIMARY, YEARS, town_policy


def test_the_district_s_catchments_are_the_plan():
    plan = plan_of(applied(projects=[{"project": "new-c", "include": False}]))
    assert plan.schools == ("A", "J", "B", "T")
    assert plan.years == YEARS
    for year in YEARS:
        assert held(plan, "primary", year) == PRIMARY
        assert set(held(plan, "junior", year).values()) == {"J"}
    assert not plan.notes


def test_a_new_school_without_a_catchment_is_noted():
    (note,) = plan_of(applied()).notes
    assert str(note).startswith("C opens in 2028 without a catchment of stage primary")
    assert not plan_of(applied(catchments=[{"blocks": ["b5"], "schools": ["B", "C"], "since": 2029}])).notes


def test_an_edit_holds_from_its_year():
    plan = plan_of(applied(catchments=[{"blocks": ["b5"], "schools": ["C"], "since": 2028}]))
    assert [held(plan, "primary", year)["b5"] for year in YEARS] == ["B", "C", "C", "C", "C", "C"]


def test_a_block_stays_where_it_was_until_its_new_school_opens():
    """C slips to 2029, its catchment is dated 2028: in 2028 b5 still belongs to B, and a note says so."""
    plan = plan_of(
        applied(
            projects=[{"project": "new-c", "slip": 1}],
            catchments=[{"blocks": ["b5"], "schools": ["C"], "since": 2028}],
        )
    )
    assert [held(plan, "primary", year)["b5"] for year in YEARS] == ["B", "B", "C", "C", "C", "C"]
    (note,) = plan.notes
    assert "C is not open" in str(note)
    assert " in 2028: its blocks (b5; 1 in all) belong to B" in str(note)


def test_the_blocks_of_a_closed_school_fall_to_the_nearest_open_one():
    """T closes with 2029: b6 stands 2 km from B and 1 km from C, which is open since 2028."""
    schools = TOWN.schools.copy()
    schools.loc["T", "open_to"] = 2029
    plan = plan_of(applied(TOWN.with_tables(schools=schools)))
    assert [held(plan, "primary", year)["b6"] for year in YEARS] == ["T", "T", "T", "C", "C", "C"]
    assert "T is not open to stage primary in 2030-2032" in str(plan.notes[0])


def test_a_block_without_a_catchment_falls_to_the_nearest_open_school():
    """b5 has no row: C is in it but opens in 2028; until then T and B are a kilometre away, and B comes first."""
    rows = TOWN["catchments"]
    plan = plan_of(applied(TOWN.with_tables(catchments=rows[rows["block"] != "b5"])))
    assert [held(plan, "primary", year)["b5"] for year in YEARS] == ["B", "C", "C", "C", "C", "C"]
    assert any("without a catchment" in str(note) for note in plan.notes)


def test_a_joint_catchment_is_shared_by_entry_rooms():
    """
    A has 12 rooms, B 6: each has 2 and 2 classes a grade, so 10 and 10 rooms continue in 2027; B has none free.

    A gives min(12 - 10, 12/6) = 2, B min(0, 1) = 0 in 2027. In 2032 the last classes counted leave: A 2, B 1.
    """
    schools = TOWN.schools.copy()
    schools.loc["B", "rooms"] = 6
    says = [{"of": ["A", "B"], "schools": ["B", "A"]}]
    plan = plan_of(applied(TOWN.with_tables(schools=schools), catchments=says))
    assert held(plan, "primary", 2027)["b1"] == "A+B"
    assert shares(plan, "A+B", 2027) == {"A": 1.0}
    assert shares(plan, "A+B", 2032) == {"A": 0.6667, "B": 0.3333}


def test_a_school_not_yet_open_has_no_share_of_its_joint_catchment():
    """C opens in 2028 with 6 rooms: one a grade; B gives 2 of its 12. From 2029 both have 12 rooms and give 2."""
    plan = plan_of(applied(catchments=[{"of": ["B"], "schools": ["B", "C"]}]))
    assert held(plan, "primary", 2027)["b4"] == "B+C"
    assert shares(plan, "B+C", 2027) == {"B": 1.0}
    assert shares(plan, "B+C", 2028) == {"B": 0.6667, "C": 0.3333}
    assert shares(plan, "B+C", 2029) == {"B": 0.5, "C": 0.5}


def test_order_is_partners_first_then_the_nearest_three_or_all_within_the_walk():
    """
    From A's blocks (b1, b2) the ways to B, C and T are 2.5, 3.5 and 4.5 km, and the walk is 3 km.

    T comes first for A when they share a catchment.
    """
    assert offered(plan_of(applied()), "A") == ["B", "C", "T"]
    joint = plan_of(applied(catchments=[{"blocks": ["b6"], "schools": ["A", "T"]}]))
    assert offered(joint, "A")[0] == "T"


def test_order_names_only_schools_that_teach_the_starting_grade():
    plan = plan_of(applied())
    assert offered(plan, "J", "primary") == []
    assert offered(plan, "J", "junior") == []
    assert all("J" not in offered(plan, school) for school in plan.schools)


def test_order_weighs_distance_by_where_children_live():
    """
    B's blocks are b3, b4, b5. From b3 the ways to A, C, T are 2, 2, 3 km: A and C tie, A stands first in the file.

    From b5 they are 4, 0, 1 km.
    """
    west = plan_of(applied(), weights={"primary": np.array([1, 1, 1, 0, 0, 0]), "junior": np.ones(6)})
    east = plan_of(applied(), weights={"primary": np.array([1, 1, 0, 0, 1, 0]), "junior": np.ones(6)})
    assert offered(west, "B") == ["A", "C", "T"]
    assert offered(east, "B") == ["C", "T", "A"]


def test_classes_and_limits_stand_for_their_years():
    plan = plan_of(
        applied(
            classes=[{"school": "A", "since": 2028, "until": 2029, "classes": 1}],
            limits=[{"school": "B", "since": 2031, "children": 80}],
        )
    )
    a, b = plan.schools.index("A"), plan.schools.index("B")
    assert plan.classes[a, 0].tolist() == [-1, 1, 1, -1, -1, -1]
    assert plan.limits[b, 0].tolist() == [-1, -1, -1, -1, 80, 80]
    assert (plan.limits[a] == -1).all()


def test_classes_beyond_the_rooms_are_cut_with_a_note():
    """
    A has 12 rooms and 2 classes of 40 a grade: 10 rooms continue in 2027, so 2 of 3 classes are opened.

    In 2028 8 of them and the 2 of 2027 continue, again 2 are free.
    """
    plan = plan_of(applied(classes=[{"school": "A", "since": 2027, "until": 2028, "classes": 3}]))
    assert plan.classes[plan.schools.index("A"), 0].tolist() == [2, 2, -1, -1, -1, -1]
    cut = [str(note) for note in plan.notes if "only 2 rooms are free" in str(note)]
    assert len(cut) == 2


def test_where_classes_are_reformed_none_is_kept():
    policy = town_policy(classes=ClassRules(formation="reformed"))
    plan = plan_of(applied(policy=policy, classes=[{"school": "A", "since": 2027, "classes": 3}]))
    assert (plan.classes[plan.schools.index("A"), 0] == 3).all()


def test_diversions_run_to_the_horizon_unless_they_end():
    plan = plan_of(applied(diversions=[{"from_school": "A", "to_school": "B", "since": 2028, "share": 0.2}]))
    (diversion,) = plan.diversions
    assert (diversion.since, diversion.until, diversion.share) == (2028, 2032, 0.2)


EDITS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(sorted(PRIMARY)), min_size=1),
        st.sampled_from([("A",), ("B",), ("C",), ("A", "B"), ("B", "C"), ("T", "A")]),
        st.sampled_from(YEARS),
    ),
    max_size=4,
)


def _says(edits) -> list[dict]:
    return [
        {"blocks": sorted(blocks), "schools": schools, "since": since} for blocks, schools, since in edits
    ]


@settings(deadline=None, max_examples=40, derandomize=True)
@given(EDITS)
def test_catchments_partition_the_blocks_and_the_verifier_agrees(edits):
    result = applied(catchments=_says(edits))
    plan = plan_of(result)
    assert (plan.catchment_of >= 0).all()
    for e, stage in enumerate(plan.stages):
        assert all(plan.catchments[c].stage == stage for c in np.unique(plan.catchment_of[e]))
    entrants = {stage: np.arange(36.0).reshape(6, 6) for stage in plan.stages}
    capacity = capacity_of(result)
    assert not verify_plan(
        plan, district=result.district, policy=result.policy, capacity=capacity, entrants=entrants
    )


@settings(deadline=None, max_examples=40, derandomize=True)
@given(EDITS, st.permutations(sorted(PRIMARY)))
def test_renaming_blocks_changes_no_plan(edits, others):
    """The plan of a town whose blocks have other names is the same arrays."""
    new = dict(zip(sorted(PRIMARY), others, strict=True))
    renamed = TOWN.with_tables(
        blocks=TOWN.blocks.rename(index=new),
        catchments=TOWN["catchments"].assign(block=TOWN["catchments"]["block"].map(new).astype("string")),
    )
    says = _says(edits)
    plan = plan_of(applied(catchments=says))
    other = plan_of(
        applied(
            renamed, catchments=[edit | {"blocks": [new[block] for block in edit["blocks"]]} for edit in says]
        )
    )
    assert other.catchments == plan.catchments
    assert np.array_equal(other.catchment_of, plan.catchment_of)
    assert np.array_equal(other.shares, plan.shares)
    assert all(np.array_equal(other.order[stage], plan.order[stage]) for stage in plan.stages)


def test_overflow_is_offered_to_eight_schools_at_most():
    """Seven more primary schools stand around A, which has two neighbours: of nine the nearest eight are offered."""
    more = TOWN.schools.loc[["B"] * 7].copy()
    more.index = pd.Index([f"E{number}" for number in range(7)], name="school")
    schools = gpd.GeoDataFrame(pd.concat([TOWN.schools, more]), crs=TOWN.crs)
    plan = plan_of(applied(TOWN.with_tables(schools=schools)))
    assert len(offered(plan, "A")) == 8
