"""Whether rules are kept."""

from __future__ import annotations

import numpy as np
import pytest

from planner.outcomes import compliance, travel
from tests.outcomes.made import FULL, emptied, facts_of, row, street, with_classes, with_rules
from tests.simulation.town import School

TEN_DRAWS = np.array([list(range(6, 16))] * 2)


def complied(facts, town):
    distances = np.full((len(facts.plan.blocks), len(facts.plan.schools)), 400.0)
    return compliance(facts, town.district, travel(facts, distances))


def town_with(*rules, entrants=3, schools=None, **options):
    return street(schools or {"A": FULL}, {"a": entrants}, policy=with_rules(*rules), **options)


@pytest.mark.parametrize(
    ("classes", "large", "kept"), [(80, 1, 0.0), (80, 0, 1.0), (100, 1, 1.0), (100, 2, 0.0)]
)
def test_one_percent_of_80_classes_is_none(classes, large, kept):
    """Jiangyuan 2017: 「51人以上大班额控制在1%以内」. Of 80 classes not one may have 51 children, of 100 one may."""
    rule = {"rule": "class_share", "level": "district", "kind": "target", "size": 51, "at_most": 0.01}
    town = town_with(rule)
    facts = with_classes(emptied(facts_of(town)), "A", 1, [50] * (classes - large))
    facts = with_classes(facts, "A", 2, [51] * large) if large else facts
    found = row(complied(facts, town), rule="class_share", year=2027)
    assert found["value"] == pytest.approx(large / classes)
    assert found["p_complies"] == kept


@pytest.mark.parametrize(("small", "kept"), [(28, 0.0), (29, 1.0)])
def test_95_percent_of_30_classes_are_29(small, kept):
    """「标准班额的比例达到95%以上」: of 30 classes 28.5, so 29, have to have 45 children or fewer."""
    rule = {"rule": "class_share", "level": "district", "kind": "target", "size": 45, "at_least": 0.95}
    town = town_with(rule)
    facts = with_classes(emptied(facts_of(town)), "A", 1, [45] * small)
    facts = with_classes(facts, "A", 2, [46] * (30 - small))
    assert row(complied(facts, town), rule="class_share", year=2027)["p_complies"] == kept


def test_a_class_size_limit_is_kept_in_the_draws_where_all_classes_keep_it():
    """One class of 6 to 15 beside classes of 10: at most 10 in half of the draws; the largest class is 12 on average."""
    town = street({"A": FULL}, {"a": TEN_DRAWS}, draws=10)
    found = row(complied(facts_of(town), town), rule="class_size", kind="limit", year=2027)
    assert found[["grades", "at_most", "p_complies"]].tolist() == ["1-5", 10, 0.5]
    assert found["value"] == pytest.approx((5 * 10 + 11 + 12 + 13 + 14 + 15) / 10)


def test_a_statistic_is_counted_not_kept():
    """Of 22 children in 2 classes both have 11 and more; nobody is asked to comply."""
    town = town_with({"rule": "class_size", "kind": "statistic", "at_least": 11})
    facts = with_classes(emptied(facts_of(town)), "A", 1, [11, 11])
    found = row(complied(facts, town), kind="statistic", year=2027)
    assert found["value"] == 2
    assert np.isnan(found["p_complies"])


def test_a_rule_that_a_later_one_replaces_is_not_reported_for_its_grades():
    """From 2028 the limit of 10 gives way to 12 in grade 1: then it is judged by grades 2-5 only."""
    town = town_with({"rule": "class_size", "grades": "1", "at_most": 12, "since": 2028}, entrants=11)
    table = complied(facts_of(town), town)
    assert table.loc[table["at_most"] == 12, "year"].tolist() == [2028]
    old = table[(table["at_most"] == 10) & (table["rule"] == "class_size")].set_index("year")
    assert old["p_complies"].to_dict() == {2027: 0.0, 2028: 0.0}
    assert old.loc[2028, "value"] == 11


def test_schools_are_measured_by_the_rule_that_holds_for_them():
    """N teaches 1-5 and may have 50 children, A 25: A's 30 break its rule, N's 40 keep theirs."""
    rules = (
        {"rule": "school_size", "level": "school", "at_most": 25},
        {"rule": "school_size", "level": "school", "schools": "1-5", "at_most": 50},
    )
    schools = {"A": FULL, "N": School("1-5", rooms=20, at=1000, pupils=(10, 10, 0, 10, 0))}
    town = street(schools, {"a": 10, "n": 10}, policy=with_rules(*rules))
    table = complied(facts_of(town), town)
    assert row(table, at_most=25, year=2027)[["value", "p_complies"]].tolist() == [30, 0]
    assert row(table, at_most=50, year=2027)[["value", "p_complies"]].tolist() == [40, 1]


def test_classes_of_a_school_are_counted():
    """A has three classes; two are allowed."""
    town = town_with({"rule": "classes_per_school", "level": "school", "at_most": 2})
    assert row(complied(facts_of(town), town), rule="classes_per_school", year=2027)[
        ["value", "p_complies"]
    ].tolist() == [3, 0]


def test_small_schools_are_counted_while_they_have_children():
    """B, with 5 children, is small, A with 23 is not, and J without children is not counted."""
    town = street(
        {"A": FULL, "B": School(at=1000, pupils=(5, 0, 0))},
        {"a": 3},
        policy=with_rules({"rule": "small_school", "level": "school", "kind": "statistic", "at_most": 19}),
    )
    assert row(complied(facts_of(town), town), rule="small_school", year=2027)["value"] == 1


def test_walks_are_measured_by_the_share_of_children_within():
    """All live 400 m away: a limit of 500 m is kept by all, one of 300 m by none."""
    for limit, kept in ((500, 1), (300, 0)):
        town = town_with({"rule": "walk", "level": "school", "stage": "primary", "at_most": limit})
        found = row(complied(facts_of(town), town), rule="walk", year=2027)
        assert found[["stage", "value", "p_complies"]].tolist() == ["primary", 400, kept]
