"""How far the largest class lies above the balanced one, learned from class lists."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.capacity import Unevenness, learn_unevenness, listed_splits

REAL = Path(os.environ.get("PLANNER_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
SECTIONS = REAL / "eauclaire" / "eauclaire_sections.csv"


def lists(*groups: tuple[str, int, int, list[int]]) -> pd.DataFrame:
    """Return class lists of school, grade, year and sizes."""
    return pd.DataFrame(
        [
            (school, year, grade, f"{grade}.{number}", pupils)
            for school, grade, year, sizes in groups
            for number, pupils in enumerate(sizes, 1)
        ],
        columns=["school", "year", "grade", "class", "pupils"],
    ).astype({"pupils": "Int64"})


def by_lot(rng: np.random.Generator, splits: int, dispersion: float, school: str = "A") -> pd.DataFrame:
    """Return splits of 60 to 149 children into 2 to 4 classes whose sizes vary by dispersion x mean."""
    rows = []
    for year in range(splits):
        classes = int(rng.integers(2, 5))
        pupils = int(rng.integers(60, 150))
        shocks = rng.standard_normal(classes) * np.sqrt(dispersion * pupils / classes)
        largest = np.floor(pupils / classes + (shocks - shocks.mean()).max() + 0.5)
        balanced = -(-pupils // classes)
        rows.append((school, 1, 1000 + year, pupils, classes, max(int(largest) - balanced, 0)))
    return pd.DataFrame(rows, columns=["school", "grade", "year", "pupils", "classes", "excess"])


def made(common: float = 0.03, uneven: float = 1.0, part: float = 0.1) -> Unevenness:
    return Unevenness(
        common=common,
        uneven=uneven,
        part=part,
        by_school=pd.Series({"A": 0.5}),
        counted=100,
        first=2010,
        last=2020,
    )


def test_the_excess_of_a_list_is_its_largest_class_less_the_balanced_one():
    """45 children in 3 are 15 each: 17 is 2 above. 31 in 2 are 16: none above. One class alone tells nothing."""
    table = listed_splits(lists(("A", 1, 2020, [17, 14, 14]), ("A", 2, 2020, [16, 15]), ("B", 1, 2020, [30])))
    assert table[["grade", "pupils", "classes", "excess"]].to_numpy().tolist() == [
        [1, 45, 3, 2],
        [2, 31, 2, 0],
    ]


def test_empty_and_missing_classes_do_not_count():
    table = lists(("A", 1, 2020, [20, 20, 0]))
    table.loc[3] = ["A", 2020, 1, "1.4", pd.NA]
    assert listed_splits(table)[["pupils", "classes", "excess"]].to_numpy().tolist() == [[40, 2, 0]]


def test_nothing_is_learned_from_fewer_than_30_splits():
    splits = by_lot(np.random.default_rng(1), 30, 0.2)
    assert learn_unevenness(splits) is not None
    assert learn_unevenness(splits.iloc[1:]) is None


@pytest.mark.parametrize("dispersion", [0.05, 0.3, 1.0])
def test_dispersion_is_found_again(dispersion: float):
    """Of 800 splits of one sort: the mean dispersion within a third (steps of the grid are 1.4)."""
    learned = learn_unevenness(by_lot(np.random.default_rng(2), 800, dispersion))
    assert learned is not None
    found = (1 - learned.part) * learned.common + learned.part * learned.uneven
    assert found == pytest.approx(dispersion, rel=0.35)


def test_two_sorts_of_splits_are_told_apart_and_schools_drawn_together():
    """
    A splits one in two by lot, B one in twenty, 400 splits each.

    The grid of dispersions has steps of 1.4. Their shares are .50 and .05; with 50 splits of all schools (.275) beside 400 of its own, A's is .475.
    """
    rng = np.random.default_rng(3)
    parts = [
        by_lot(rng, number, dispersion, school)
        for school, often in (("A", 200), ("B", 20))
        for number, dispersion in ((often, 1.5), (400 - often, 0.02))
    ]
    learned = learn_unevenness(pd.concat(parts, ignore_index=True))
    assert learned is not None
    assert learned.common == pytest.approx(0.02, rel=0.45)
    assert learned.uneven == pytest.approx(1.5, rel=0.4)
    assert learned.parts(["A", "B", "new"]) == pytest.approx([0.475, 0.075, 0.275], abs=0.06)


def test_balanced_lists_stay_all_but_balanced():
    splits = by_lot(np.random.default_rng(4), 300, 1.0).assign(excess=0)
    learned = learn_unevenness(splits)
    assert learned is not None
    pupils, classes = splits["pupils"].to_numpy()[:, None], splits["classes"].to_numpy()[:, None]
    ranks = learned.ranks(np.random.default_rng(5).random((300, 200)), np.array(learned.part))
    assert (learned.excess(pupils, classes, ranks) > 0).mean() < 0.02


def test_the_excess_by_hand():
    """
    The larger of two standard normal figures lies above their mean by less than x in erf(x) of the cases.

    At the middle of the ranks of the uneven half, x = .477; 50 children in two with dispersion 1 are
    25 + 5 x .477 = 27.4, so 27: 2 above. 51 are 25.5 + 5.05 x .477 = 27.9, so 28: 2 above 26.
    """
    of = made()
    middle = np.array([192, 192, 192, 192], dtype=np.uint8)
    found = of.excess(np.array([50, 51, 50, 0]), np.array([2, 2, 1, 2]), middle)
    assert found.tolist() == [2, 2, 0, 0]
    assert of.excess(np.array([50]), np.array([2]), np.array([0], dtype=np.uint8)).tolist() == [0]


def test_ranks_fall_into_halves_by_the_schools_share():
    """Of the uniform numbers those below .5 at A are common splits, below .9 at a school like all others."""
    of = made()
    uniform = np.array([0.0, 0.499, 0.5, 0.899, 0.9, 0.999])
    assert (of.ranks(uniform, of.parts(["A"])) >= 128).tolist() == [False, False, True, True, True, True]
    assert (of.ranks(uniform, of.parts(["Z"])) >= 128).tolist() == [False, False, False, False, True, True]
    assert of.ranks(uniform, of.parts(["Z"]))[[0, 5]].tolist() == [0, 254]


@given(st.integers(0, 900), st.integers(0, 80), st.integers(0, 254))
def test_more_uneven_ranks_have_larger_classes_and_no_class_more_than_all(
    pupils: int, classes: int, rank: int
):
    of = made()
    low, high = (
        int(of.excess(np.array([pupils]), np.array([classes]), np.array([step], dtype=np.uint8))[0])
        for step in (rank, rank + 1)
    )
    assert low >= 0
    assert low <= high or rank == 127
    if classes:
        assert -(-pupils // classes) + high <= max(pupils, 0)


@pytest.mark.skipif(not SECTIONS.exists(), reason="the sections of Eau Claire are not here")
def test_eau_claire_learned_to_2019_tells_the_largest_classes_after():
    """
    Of the sections of 2021-2024 (2020 lacks pupils), learned from those before.

    Shares of splits with no child above the balanced class, one, two and three and more: within 4 points each. That a
    class is above a cap near the balanced size is told with a Brier score of .069, against .099 of balanced classes.
    """
    table = pd.read_csv(SECTIONS).rename(columns={"students": "pupils"})
    table["grade"] = table["grade"].replace("K", "0").astype(int)
    splits = listed_splits(table[table["year"] != 2020])
    learned = learn_unevenness(splits[splits["year"] < 2020])
    assert learned is not None
    later = splits[splits["year"] > 2020]
    uniform = np.random.default_rng(1).random((len(later), 2000))
    ranks = learned.ranks(uniform, learned.parts(later["school"])[:, None])
    pupils, classes = (later[name].to_numpy()[:, None] for name in ("pupils", "classes"))
    drawn = learned.excess(pupils, classes, ranks)
    seen = later["excess"].to_numpy()
    for excess in range(3):
        assert (drawn == excess).mean() == pytest.approx((seen == excess).mean(), abs=0.04)
    assert (drawn > 2).mean() == pytest.approx((seen > 2).mean(), abs=0.04)
    balanced = -(-pupils[:, 0] // classes[:, 0])
    told, plain, number = 0.0, 0.0, 0
    for cap in range(18, 31):
        near = (balanced >= cap - 3) & (balanced <= cap + 1)
        above = (balanced + seen > cap)[near]
        told += (((balanced[near, None] + drawn[near] > cap).mean(axis=1) - above) ** 2).sum()
        plain += ((balanced[near] > cap) != above).sum()
        number += int(near.sum())
    assert told / number < 0.075
    assert plain / number > 0.095
