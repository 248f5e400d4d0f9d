"""Who goes elsewhere than in the first scenario, and how it is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.answers import compare
from planner.answers.comparing import sentences_of
from planner.answers.comparing.affected import by_pair, by_year
from planner.plan import Diversion
from planner.words import speaking
from tests.answers.street import YEAR, street_run
from tests.answers.test_comparison import moved_to
from tests.answers.test_comparison_tables import with_outcomes
from tests.answers.village import village, village_run


def sending(run, **edit):
    """Return a run whose plan sends children from A to B."""
    diversion = Diversion(
        **{"stage": "primary", "from_school": "A", "to_school": "B", "since": YEAR, "until": YEAR, **edit}
    )
    return replace(run, plan=replace(run.plan, diversions=(diversion,)))


def test_ways_before_and_after_by_hand():
    """a2's middle is 100 m from A's door and 200 m from B's; 5.5 children on average."""
    base = street_run()
    moved = compare([base, moved_to(base, "B", "a2")], names=["keep", "moved"]).moved
    (row,) = moved.to_dict("records")
    assert (row["block"], row["from"], row["to"], row["children"]) == ("a2", "A", "B", 5.5)
    assert (row["metres_before"], row["metres_after"]) == (100.0, 200.0)


def test_the_way_to_a_joint_catchment_is_that_to_its_schools_in_their_parts():
    """Of a1, A's neighbour, to A and B: the plan's parts of 0 and 300 m."""
    base = village_run()
    joint = village_run(
        village(), like=base, catchments=[{"of": ["A", "B"], "schools": ["A", "B"], "since": 2028}]
    )
    found = compare([base, joint], names=["keep", "joint"])
    row = found.moved.loc[(found.moved["year"] == 2028) & (found.moved["block"] == "b1")].iloc[0]
    plan = joint.plan
    (position,) = (c for c, each in enumerate(plan.catchments) if each.key == "A+B")
    parts = plan.shares[position, :, plan.years.index(2028)]
    assert row["to"] == "A+B"
    assert row["metres_after"] == pytest.approx(float(parts @ np.nan_to_num(joint.distances[0])), rel=1e-5)


def test_sums_by_pair_and_by_year():
    """The two rows of 2028 and 2029 added up; ways weighted by the children."""
    base = village_run()
    found = compare(
        [
            base,
            village_run(
                village(), like=base, catchments=[{"blocks": ["b2"], "schools": ["B"], "since": 2028}]
            ),
        ],
        names=["keep", "moved"],
    )
    children = found.moved["children"].tolist()
    (pair,) = by_pair(found.moved).to_dict("records")
    assert (pair["from"], pair["to"], pair["since"], pair["blocks"]) == ("A", "B", 2028, 1)
    assert pair["children_first"] == children[0]
    assert pair["children"] == pytest.approx(sum(children))
    assert pair["metres_before"] == pytest.approx(found.moved["metres_before"].iloc[0])
    years = by_year(found.moved)
    assert years["year"].tolist() == [2028, 2029]
    assert years["children"].tolist() == children
    longer = found.moved["metres_after"].iloc[0] > found.moved["metres_before"].iloc[0]
    assert years["further"].tolist() == (children if longer else [0.0, 0.0])


def test_nobody_moved_gives_empty_sums():
    base = street_run()
    moved = compare([base, base], names=["one", "two"]).moved
    assert by_pair(moved).empty
    assert list(by_year(moved))[:4] == ["scenario", "stage", "year", "blocks"]


def test_a_year_group_that_is_sent_to_another_school():
    """All 10 children of A's grade 3 move once: a row without a block, 10 children."""
    base = street_run()
    moved = compare([base, sending(base, share=1.0, grades=(3,))], names=["keep", "sent"]).moved
    (row,) = moved.to_dict("records")
    assert (row["grade"], row["from"], row["to"], row["children"]) == (3, "A", "B", 10.0)
    assert row["block"] != row["block"] or row["block"] is None


def test_entrants_who_are_sent_to_another_school():
    """3 of A's 6 to 15 entrants; in the other direction they stay. Their homes are a1 (5, at A) and a2 (5.5, 100 m off)."""
    base = street_run()
    sent = sending(base, children=3)
    (row,) = compare([base, sent], names=["keep", "sent"]).moved.to_dict("records")
    assert (row["from"], row["to"], row["children"]) == ("A", "B", 3.0)
    assert row["metres_before"] == pytest.approx(100 * 5.5 / 10.5)
    assert row["metres_after"] == pytest.approx((300 * 5 + 200 * 5.5) / 10.5)
    (back,) = compare([sent, base], names=["sent", "keep"]).moved.to_dict("records")
    assert (back["from"], back["to"], back["children"]) == ("B", "A", 3.0)


@pytest.fixture(scope="module")
def street():
    base = street_run()
    return compare([with_outcomes(base), with_outcomes(moved_to(base, "B", "a2"))], names=["keep", "moved"])


def test_what_a_scenario_does_is_told_in_sentences(street):
    """5.5 children move, A's 1.5 above the cap go, B's 3 rooms have one class for 7 to 16: 2.8 above."""
    lines = "\n".join(sentences_of(street, "moved"))
    assert "Entrants who change their catchment, primary: 6 from A to B in 2027; 6 in all years." in lines
    assert (
        "Their way to the schools of the catchment, primary: 100 m before, 200 m after on average." in lines
    )
    assert "No longer at a risk of 20% or more that grade 1 exceeds its cap: A (2027)." in lines
    assert "Newly at a risk of 20% or more that grade 1 exceeds its cap: B (2027)." in lines


def test_scenarios_that_are_alike_are_said_to_be(street):
    base = street.runs[0]
    found = compare([base, base], names=["one", "two"])
    assert sentences_of(found, "two") == ["two does not differ from one in any figure by stage and year."]


def test_other_files_of_the_district_are_pointed_out(street):
    base = street.runs[0]
    other = replace(base, source=replace(base.source, digests={"schools.geojson": "0"}))
    (_, remark) = sentences_of(compare([base, other], names=["one", "two"]), "two")
    assert remark.startswith("Mind: two and one were made of different files of the district")


def test_projects_are_told_with_their_cost():
    """A's wing of 6 rooms for 12 million yuan opens in 2029; one scenario does without it, one has it a year earlier."""
    base = village_run()
    without = village_run(village(), like=base, projects=[{"project": "wing-a", "include": False}])
    early = village_run(village(), like=base, projects=[{"project": "wing-a", "opens": 2028}])
    found = compare([base, without, early], names=["keep", "without", "early"])
    later, earlier = (sentences_of(found, name) for name in ("without", "early"))
    assert later[:3] == [
        "Projects: wing-a does not open.",
        "Cost: 0.0 million yuan more, 12.0 million yuan less.",
        "Seats: primary -270 from 2029 on.",
    ]
    assert earlier[:2] == [
        "Projects: wing-a opens in 2028 instead of 2029.",
        "Seats: primary +270 from 2028 on, none from 2029 on.",
    ]
    back = sentences_of(compare([without, base], names=["without", "keep"]), "keep")
    assert back[:2] == [
        "Projects: wing-a opens in 2029.",
        "Cost: 12.0 million yuan more, 0.0 million yuan less.",
    ]


def test_sentences_in_chinese_name_the_schools_in_chinese(street):
    with speaking("zh"):
        assert sentences_of(street, "moved")
