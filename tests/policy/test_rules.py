"""Thresholds, shares, dates and overrides of single rules."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from planner.errors import DataError, PolicyError
from planner.policy import Policy, Rule, judged_in, parse_grades, read_policy, rules_from_table


def rule(name: str = "class_size", **keys: object) -> Rule:
    return Rule.model_validate({"rule": name, "source": "test", **keys})


def policy(*rules: Rule) -> Policy:
    """Primary 1-6 with 45 a room, junior 7-9 with 50."""
    return Policy.model_validate(
        {
            "profile": "test",
            "name": "test",
            "name_zh": "测试",
            "stages": [
                {"stage": "primary", "grades": "1-6", "name": "primary", "name_zh": "小学"},
                {"stage": "junior", "grades": "7-9", "name": "junior", "name_zh": "初中"},
            ],
            "rules": [
                rule("standard_class_size", stage="primary", at_most=45),
                rule("standard_class_size", stage="junior", at_most=50),
                *rules,
            ],
        }
    )


def faults_of(name: str, **keys: object) -> str:
    with pytest.raises(ValidationError) as caught:
        rule(name, **keys)
    return str(caught.value)


class TestThresholds:
    def test_45_and_fewer_includes_45(self):
        """「小学每班45人以下」: 以下 includes the number, so 45 complies and 46 does not."""
        limit = rule(at_most=45)
        assert limit.allows(45)
        assert not limit.allows(46)
        assert limit.counts(46)
        assert not limit.counts(45)

    def test_56_and_more_counts_56(self):
        """「56人及以上大班额」 (Taierzhuang 2020): n >= 56."""
        statistic = rule(kind="statistic", at_least=56)
        assert statistic.counts(56)
        assert not statistic.counts(55)

    def test_a_share_counts_the_classes_that_it_is_of(self):
        """95 % of classes are of at most 45; 1 % of classes of 51 and more."""
        within = rule("class_share", kind="target", at_least=0.95, size=45)
        large = rule("class_share", kind="target", at_most=0.01, size=51)
        assert [size for size in (45, 46) if within.counts(size)] == [45]
        assert [size for size in (50, 51) if large.counts(size)] == [51]

    def test_1_percent_of_80_classes_is_no_class(self):
        """「51人以上大班额控制在1%以内」 (Jiangyuan 2017, III(3)) with 80 classes means zero; with 100, one."""
        share = rule("class_share", at_most=0.01, size=51)
        assert [share.largest_count(classes) for classes in (80, 99, 100, 199, 200)] == [0, 0, 1, 1, 2]

    def test_95_percent_of_30_classes_are_29(self):
        """0.95 x 30 = 28.5, rounded up; of 20 classes exactly 19."""
        share = rule("class_share", at_least=0.95, size=45)
        assert [share.least_count(classes) for classes in (30, 20, 0)] == [29, 19, 0]

    def test_29_percent_of_100_classes_are_29(self):
        """Not the 28 of floor(0.29 * 100) in floating point; arrays are counted alike."""
        share = rule("class_share", at_most=0.29, size=51)
        assert share.largest_count(np.array([100, 200])).tolist() == [29, 58]

    @given(st.integers(0, 1000), st.integers(0, 5000))
    def test_counts_are_those_of_exact_fractions(self, per_mille: int, classes: int):
        """The largest count is the largest whole number within the share, the least the smallest that reaches it."""
        exact = Fraction(per_mille, 1000) * classes
        most = rule("class_share", at_most=per_mille / 1000, size=51).largest_count(classes)
        least = rule("class_share", at_least=per_mille / 1000, size=51).least_count(classes)
        assert most <= exact < most + 1
        assert least - 1 < exact <= least


class TestFaults:
    def test_a_threshold_is_needed_and_only_one(self):
        """A rule without a threshold, or with two, says nothing that could be judged."""
        assert "one of the two" in faults_of("class_size")
        assert "one of the two" in faults_of("class_size", at_most=45, at_least=20)

    def test_percent_written_as_95_is_refused(self):
        """A share of 95 would never be reached."""
        assert "95 % as 0.95" in faults_of("class_share", at_least=95, size=45)

    def test_half_a_child_is_refused(self):
        """Class sizes are whole numbers."""
        assert "no whole number" in faults_of("class_size", at_most=45.5)

    def test_kilometres_are_refused(self):
        """0.5 km read as metres would put every child out of reach."""
        assert "counted in m, not in km" in faults_of("walk", at_most=1, unit="km")

    def test_a_misspelt_rule_is_refused_with_a_suggestion(self):
        """A rule nobody reads would silently not hold."""
        assert "did you mean class_size" in faults_of("clas_size", at_most=45)

    def test_all_faults_of_a_rule_come_together(self):
        """Grade range, stage and dates at once."""
        said = faults_of("class_size", at_most=45, schools="9-1", grades="start", since=2027, until=2026)
        assert "lowest first" in said
        assert "needs a stage" in said
        assert "lies before" in said

    @pytest.mark.parametrize("text", ["6-1", "1-14", "a-b", "-1", "1.5", ""])
    def test_no_grade_range(self, text: str):
        """Ranges run within 0 to 13, lowest first."""
        with pytest.raises(ValueError):
            parse_grades(text)

    def test_grade_ranges(self):
        """One grade is a range of one; an en dash is a hyphen."""
        assert [parse_grades(text) for text in ("1-6", "7", 7, "0–3")] == [(1, 6), (7, 7), (7, 7), (0, 3)]


class TestDates:
    def test_a_deadline_is_judged_in_its_calendar_year(self):
        """By the end of August 2020 and by the end of 2020: both on the autumn count of 2020."""
        assert judged_in(dt.date(2020, 8, 31)) == judged_in(dt.date(2020, 12, 31)) == 2020

    def test_a_bare_year_is_its_first_of_september(self):
        """A year 2027 is 1 September 2027."""
        assert rule(at_most=45, since=2027).since == dt.date(2027, 9, 1)

    def test_a_rule_holds_from_since_to_until(self):
        """Both years included."""
        dated = rule(at_most=45, since=2025, until=2027)
        assert [year for year in range(2023, 2030) if dated.in_force(year)] == [2025, 2026, 2027]


class TestOverrides:
    def test_an_undated_rule_replaces_what_it_covers(self):
        """A scenario's 40 for the primary stage takes the place of the profile's 45; junior keeps 50."""
        changed = policy(rule(stage="primary", at_most=45), rule(stage="junior", at_most=50)).with_rules(
            [rule(stage="primary", at_most=40)]
        )
        assert [changed.cap(grade, 2026) for grade in (1, 6, 7)] == [40, 40, 50]
        assert len(changed.rules_on("class_size")) == 2

    def test_an_undated_rule_for_one_grade_overrides_a_dated_one_for_all(self):
        """Who adds a rule means it, whatever the date of the rule it meets."""
        base = policy(rule(stage="primary", at_most=55, since=2018))
        changed = base.with_rules([rule(grades="1", at_most=40)])
        assert [changed.cap(grade, 2026) for grade in (1, 2)] == [40, 55]

    def test_a_dated_rule_overrides_from_its_year(self):
        """45 until autumn 2026, 40 from autumn 2027."""
        changed = policy(rule(stage="primary", at_most=45)).with_rules(
            [rule(grades="1", at_most=40, since=2027)]
        )
        assert [changed.cap(1, year) for year in (2026, 2027)] == [45, 40]

    def test_dated_rules_may_come_in_any_order(self):
        """Steps of 50, 45 and 40 hold in the order of their dates."""
        steps = [
            rule(grades="1", at_most=size, since=year) for size, year in ((40, 2030), (50, 2026), (45, 2028))
        ]
        changed = policy().with_rules(steps)
        assert [changed.cap(1, year) for year in range(2025, 2032)] == [45, 50, 50, 45, 45, 40, 40]

    def test_another_statistic_is_added(self):
        """Counting classes of 51 does not stop counting those of 56."""
        changed = policy(rule(kind="statistic", at_least=56)).with_rules(
            [rule(kind="statistic", at_least=51)]
        )
        assert [entry.at_least for entry in changed.rules_on("class_size")] == [56, 51]

    def test_a_smallest_size_does_not_replace_the_largest(self):
        """The two sides of a band of 15 to 29 stand beside each other."""
        changed = policy(rule(grades="1", at_most=29)).with_rules([rule(grades="1", at_least=15)])
        assert changed.cap(1, 2026) == 29

    def test_a_rule_of_an_unknown_stage_is_refused(self):
        """It would hold for no grade at all."""
        with pytest.raises(PolicyError, match="no stage 'middle'; known are primary, junior"):
            policy().with_rules([rule(stage="middle", at_most=45)])

    def test_the_base_is_not_changed(self):
        """A what-if is a copy."""
        base = policy(rule(stage="primary", at_most=45))
        before = base.model_dump()
        base.with_rules([rule(stage="primary", at_most=40)])
        assert base.model_dump() == before


class TestCaps:
    def test_the_tighter_of_limit_and_target(self):
        """A limit of 55 and a target of 45: classes are planned at 45."""
        both = policy(rule(stage="primary", at_most=55), rule(stage="primary", kind="target", at_most=45))
        assert both.cap(3, 2026) == 45

    def test_without_a_class_size_the_standard(self):
        """45 a room in the primary stage, 50 in the junior."""
        assert [policy().cap(grade, 2026) for grade in (1, 9)] == [45, 50]

    def test_a_rule_for_entrants_follows_their_year_group(self):
        """At most 40 for those admitted since 2027: in 2028 it holds for grades 1 and 2, not for grade 3."""
        entrants = policy(
            rule(stage="primary", at_most=45),
            rule(stage="primary", at_most=40, applies="entrants", since=2027),
        )
        assert entrants.caps(range(1, 10), 2028) == [40, 40, 45, 45, 45, 45, 50, 50, 50]

    def test_the_worst_class_is_never_below_the_cap(self):
        """A worst class of 65 for a grade capped at 70 would forbid what complies."""
        wide = policy(rule(grades="1", at_most=70))
        assert [wide.worst(grade, 2026) for grade in (1, 2)] == [70, 65]

    def test_other_grades_are_all_but_the_starting_one(self):
        """The grades start and other are ranges derived from the stage."""
        start, other = (
            rule(stage="junior", grades="start", at_most=50),
            rule(stage="junior", grades="other", at_most=55),
        )
        assert policy(start, other).caps(range(7, 10), 2026) == [50, 55, 55]


class TestTable:
    def frame(self, **columns: object) -> pd.DataFrame:
        table = pd.DataFrame(columns)
        return table.astype({column: "datetime64[ns]" for column in columns if column == "since"})

    def test_rows_become_rules_in_order_of_date(self):
        """Cells as the reader gives them: blanks missing, dates as timestamps, sizes as whole numbers."""
        rules = rules_from_table(
            self.frame(
                rule=["class_size", "class_share"],
                grades=["1", pd.NA],
                stage=[pd.NA, "primary"],
                at_most=[40.0, np.nan],
                at_least=[np.nan, 0.95],
                size=pd.array([pd.NA, 45], dtype="Int64"),
                since=["2027-09-01", pd.NaT],
                source=["Notice 2027", "Plan 2026"],
            )
        )
        assert [(entry.rule, entry.size, entry.since) for entry in rules] == [
            ("class_share", 45, None),
            ("class_size", None, dt.date(2027, 9, 1)),
        ]

    def test_all_rows_at_once(self):
        """Two wrong rows, two messages with their row and column."""
        with pytest.raises(DataError) as caught:
            rules_from_table(
                self.frame(
                    rule=["class_size", "walking", "class_size"],
                    kind=["lmit", "limit", "limit"],
                    at_most=[45, 500, 45],
                    source=["a", "b", pd.NA],
                )
            )
        lines = caught.value.lines("en")
        assert [line.split(":")[0] for line in lines] == [
            "table rules, row 1",
            "table rules, row 2",
            "table rules, row 3",
        ]
        assert "kind is 'lmit'; allowed are 'limit', 'target', 'statistic'" in lines[0]
        assert "there is no rule 'walking'" in lines[1]
        assert "source is missing" in lines[2]

    def test_the_rules_of_a_district_override_the_profile(self):
        """The shipped 45 gives way to a local 42."""
        local = rules_from_table(
            self.frame(rule=["class_size"], stage=["primary"], at_most=[42], source=["Notice"])
        )
        assert read_policy("cn-shandong").with_rules(local).cap(1, 2026) == 42
