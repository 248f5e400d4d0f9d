"""Sizes at which one class more is formed, learned from the classes of past years."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.capacity import classes_aimed, form_classes, learn_sizes
from planner.policy import ClassRules

REFORMED = ClassRules(formation="reformed")


def counted(size: dict[tuple[str, int], float], years: int = 12, seed: int = 3) -> pd.DataFrame:
    """Return year groups of schools and grades that form one class more exactly at their size."""
    rng = np.random.default_rng(seed)
    rows = []
    for (school, grade), at in size.items():
        for year in range(2015, 2015 + years):
            pupils = int(rng.integers(15, 130))
            rows.append((school, grade, year, pupils, int(np.ceil(pupils / at))))
    return pd.DataFrame(rows, columns=["school", "grade", "year", "pupils", "classes"])


def test_sizes_are_found_again():
    """Schools that form one class more above 22 and 27.5 (a quarter more) children: within 6 %, grade by grade."""
    true = {
        (school, grade): size * times
        for school, times in (("A", 1), ("B", 1.25))
        for grade, size in ((1, 22), (2, 26))
    }
    learned = learn_sizes(counted(true, years=40))
    assert learned is not None
    sizes = learned.of(["A", "B"], [1, 2])
    assert sizes == pytest.approx(np.array([[22, 26], [27.5, 32.5]]), rel=0.06)
    assert (learned.first, learned.last, learned.counted) == (2015, 2054, 160)


def test_a_school_without_counts_is_like_all_others_and_a_grade_without_has_no_size():
    learned = learn_sizes(counted({("A", 1): 20, ("B", 1): 26}, years=30))
    assert learned is not None
    sizes = learned.of(["A", "new", "B"], [1, 2])
    assert sizes[0, 0] < sizes[1, 0] < sizes[2, 0]
    assert np.isinf(sizes[:, 1]).all()


def test_recent_years_count_more():
    """The size rose from 20 to 26 ten years ago: what is learned is near 26."""
    before = counted({("A", 1): 20, ("B", 1): 20}, years=10)
    after = counted({("A", 1): 26, ("B", 1): 26}, years=10, seed=4).assign(
        year=lambda table: table["year"] + 10
    )
    learned = learn_sizes(pd.concat([before, after]))
    assert learned is not None
    assert learned.by_grade[1] == pytest.approx(26, abs=1.5)


def test_nothing_is_learned_from_fewer_than_30_year_groups():
    table = counted({("A", 1): 25}, years=30)
    assert learn_sizes(table) is not None
    assert learn_sizes(table.iloc[1:]) is None


def test_year_groups_in_one_class_say_only_that_they_were_not_too_many():
    """Schools so small that no grade has two classes: the size is no smaller than the largest of them by much."""
    table = counted({("A", 1): 500, ("B", 1): 500}, years=20)
    table["pupils"] = table["pupils"].clip(upper=30)
    learned = learn_sizes(table)
    assert learned is not None
    assert np.isfinite(learned.by_grade[1])
    assert learned.by_grade[1] > 28


def test_as_few_classes_as_the_size_allows():
    """Size 24: 24 children are one class, 25 two, 48 two, 49 three; nobody forms none."""
    children = np.array([0, 1, 24, 25, 48, 49])
    assert classes_aimed(children, np.array(24.0)).tolist() == [0, 1, 1, 2, 2, 3]


def test_a_year_group_keeps_its_classes_while_they_are_within_6_percent():
    """Size 25: 51 to 53 children (26.5 a class) stay in their two classes, 54 are three; two for 40, who were three."""
    aimed = classes_aimed(np.array([51, 53, 54, 40]), np.array(25.0), np.array([2, 2, 2, 3]))
    assert aimed.tolist() == [2, 2, 3, 2]
    assert classes_aimed(np.array([51]), np.array(25.0), np.array([0])).tolist() == [3]


@given(st.integers(0, 200), st.floats(10, 60), st.integers(0, 9))
def test_classes_kept_are_between_those_of_both_sizes(children: int, size: float, carried: int):
    kept, anew, larger = (
        int(classes_aimed(np.array(children), np.array(at), np.array(before)))
        for at, before in ((size, carried), (size, 0), (size * 1.06, 0))
    )
    assert larger <= kept <= anew


def formed(pupils: list[int], rooms: int, sizes: list[float] | None) -> list[int]:
    children = np.array(pupils)[None, :, None]
    held = None if sizes is None else np.array([sizes])
    none = np.zeros_like(children)
    return (
        form_classes(children, none, np.array([rooms]), [30] * len(pupils), REFORMED, sizes=held)
        .classes[0, :, 0]
        .tolist()
    )


def test_one_class_more_is_formed_by_size_while_rooms_are_free():
    """Cap 30, size 20: 50 and 30 children need 2 and 1, and have 3 and 2 of five rooms; of four, the 50 have the third."""
    assert formed([50, 30], 9, None) == [2, 1]
    assert formed([50, 30], 9, [20, 20]) == [3, 2]
    assert formed([50, 30], 3, [20, 20]) == [2, 1]
    assert formed([50, 29], 4, [20, 20]) == [2, 2]


def test_the_cap_holds_whatever_the_size():
    assert formed([50, 30], 9, [60, np.inf]) == [2, 1]
