"""Class sizes, large classes, school sizes."""

from __future__ import annotations

import numpy as np
import pytest

from planner.outcomes import class_sizes, large_classes, school_sizes
from planner.policy import read_policy
from tests.outcomes.made import FULL, emptied, facts_of, row, street, with_classes, with_rules
from tests.simulation.town import School, build_town


def test_the_largest_of_balanced_classes_is_rounded_up():
    """23 children in 2 classes are 12 and 11."""
    facts = facts_of(street({"A": School(rooms=2, pupils=(0, 0, 0))}, {"a": 23}))
    found = row(class_sizes(facts), school="A", grade=1, year=2027)
    assert found[["pupils", "classes", "size"]].tolist() == [23, 2, 12]


def test_grades_without_children_have_no_row():
    """J has no child in any year."""
    assert set(class_sizes(facts_of(street({"A": FULL}, {"a": 3})))["school"]) == {"A"}


def test_classes_of_a_thresholds_size_are_counted():
    """
    "More than 45 in starting grades, more than 50 in others" (a district's rectification plan of 2025) are 46 and 51.

    Of 91 first-graders in 2 classes (46, 45) one counts, of 152 second-graders in 3 (51, 51, 50) two.
    """
    policy = with_rules(
        {"rule": "class_size", "stage": "primary", "grades": "start", "at_most": 45},
        {"rule": "class_size", "stage": "primary", "grades": "other", "at_most": 50},
    )
    facts = emptied(facts_of(street({"A": FULL}, {"a": 3}, policy=policy)))
    facts = with_classes(with_classes(facts, "A", 1, [46, 45]), "A", 2, [51, 51, 50])
    table = large_classes(facts)
    start = row(table, grades="1", at_least=46, year=2027)
    other = row(table, grades="2-3", at_least=51, year=2027)
    assert start[["classes", "of", "share"]].tolist() == [1, 2, 0.5]
    assert other[["classes", "of"]].tolist() == [2, 3]


def test_a_statistic_counts_from_its_own_size():
    """56 and more (56人及以上) is 56: of 111 children in 2 classes, 56 and 55, one counts."""
    policy = with_rules({"rule": "class_size", "kind": "statistic", "at_least": 56})
    facts = with_classes(emptied(facts_of(street({"A": FULL}, {"a": 3}, policy=policy))), "A", 3, [56, 55])
    table = large_classes(facts)
    assert row(table, stage="primary", at_least=56, year=2027)["classes"] == 1
    assert row(table, stage="junior", at_least=56, year=2027)["of"] == 0


def test_a_rule_for_entrants_leaves_out_those_admitted_before():
    """From 2028 on entrants' classes are to have 8 at most: in 2028 grade 1 counts, grade 2 was admitted in 2027."""
    policy = with_rules({"rule": "class_size", "at_most": 8, "applies": "entrants", "since": 2028})
    facts = facts_of(street({"A": School(rooms=9)}, {"a": 9}, policy=policy))
    table = large_classes(facts)
    primary = table[(table["stage"] == "primary") & (table["at_least"] == 9)]
    assert primary["year"].tolist() == [2028]
    assert primary["of"].tolist() == [facts.simulation.classes[0, 0, 1, 0]]


def test_schools_are_measured_by_campus_and_by_legal_school():
    """A (30) and B (20) are campuses of G: under a limit of 25 A is over, B is not, and G with 50 is."""
    schools = {
        "A": School(rooms=9, pupils=(10, 10, 10), group="G"),
        "B": School(rooms=9, at=1000, pupils=(10, 0, 10), group="G"),
    }
    policy = with_rules({"rule": "school_size", "level": "school", "at_most": 25})
    town = street(schools, {"a": 10, "b": 10}, policy=policy)
    table = school_sizes(facts_of(town), town.district)
    assert row(table, school="A", year=2027)[["level", "pupils", "limit", "p_over"]].tolist() == [
        "campus",
        30,
        25,
        1,
    ]
    assert row(table, school="B", year=2027)[["pupils", "p_over"]].tolist() == [20, 0]
    assert row(table, group="G", year=2027)[["level", "pupils", "p_over"]].tolist() == ["group", 50, 1]


def test_the_wider_limit_of_a_school_of_two_stages_holds():
    """50 for schools that teach 1-5, 25 for all others; without any rule there is no limit and no probability."""
    rules = (
        {"rule": "school_size", "level": "school", "at_most": 25},
        {"rule": "school_size", "level": "school", "schools": "1-5", "at_most": 50},
    )
    schools = {"A": FULL, "N": School("1-5", rooms=9, at=1000)}
    for policy, limits in ((with_rules(*rules), [25, 50]), (with_rules(), [None, None])):
        town = street(schools, {"a": 10}, policy=policy)
        table = school_sizes(facts_of(town), town.district)
        for school, limit in zip("AN", limits, strict=True):
            found = row(table, school=school, year=2027)
            assert found["limit"] == limit if limit else np.isnan(found["p_over"])


@pytest.mark.parametrize(("limit", "odds"), [(29, 0.6), (35, 0.0)])
def test_the_probability_of_exceeding_a_school_size_is_a_share_of_draws(limit, odds):
    """20 children continue and 6 to 15 enter: 26 to 35; more than 29 in 6 of 10 draws, more than 35 in none."""
    policy = with_rules({"rule": "school_size", "level": "school", "at_most": limit})
    town = street({"A": FULL}, {"a": np.array([list(range(6, 16))] * 2)}, draws=10, policy=policy)
    assert row(school_sizes(facts_of(town), town.district), school="A", year=2027)["p_over"] == odds


def district_x():
    """One nine-year school under the plan of District X, without any child."""
    policy = read_policy("district-x-2025")
    town = build_town(
        {"N": School("1-9", rooms=9)},
        {"primary": {"n": "N"}, "junior": {"n": "N"}},
        entrants={"primary": {"n": 1}, "junior": {}},
        policy=policy,
    )
    return town, emptied(facts_of(town))


def test_1206_classes_of_district_x_are_too_large():
    """
    District X 2025, I: 257 primary starting classes above 45, 808 others above 50; junior 125 above 50, 16 above 55.

    Beside them stand as many classes that just comply: 45, 50, 50 and 55 children.
    """
    _, facts = district_x()
    over = {1: (257, 46), 7: (125, 51), 9: (16, 56)}
    over |= {grade: (classes, 51) for grade, classes in enumerate((162, 162, 162, 161, 161), start=2)}
    for grade, (classes, size) in over.items():
        facts = with_classes(facts, "N", grade, [size] * classes + [size - 1] * classes)
    table = large_classes(facts)
    table = table[table["year"] == 2027].set_index(["stage", "grades"])["classes"]
    assert table.to_dict() == {
        ("primary", "1"): 257,
        ("primary", "2-6"): 808,
        ("junior", "7"): 125,
        ("junior", "8-9"): 16,
    }
    assert table.sum() == 1206


def test_nine_year_schools_of_district_x_may_have_2000_children_too():
    """District X 2025, I counts schools of more than 2,000, nine-year schools among them: 2,000 complies, 2,001 does not."""
    for children, over in ((2000, 0.0), (2001, 1.0), (2400, 1.0)):
        town, facts = district_x()
        facts = with_classes(facts, "N", 1, [40] * (children // 40) + [children % 40] * (children % 40 > 0))
        assert row(school_sizes(facts, town.district), school="N", year=2027)["p_over"] == over
