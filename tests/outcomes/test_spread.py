"""Means and ranges over draws."""

from __future__ import annotations

import numpy as np

from planner.outcomes.spread import quantiles, ranged


def test_ends_of_a_range_are_counts_that_occurred():
    """Of the draws 1, 2, 4, ..., 512 the first is not exceeded by 10 %, the ninth by 90 %, the fifth by half."""
    counts = np.array([2**power for power in (3, 9, 0, 5, 1, 7, 2, 8, 4, 6)], dtype=np.int16)
    assert quantiles(counts, 0.1, 0.9, 0.5).tolist() == [1, 256, 16]


def test_of_a_single_draw_all_figures_are_that_draw():
    """The expected path has one draw, and no spread."""
    figures = ranged("demand", np.array([[7]], dtype=np.int16))
    assert {name: column.tolist() for name, column in figures.items()} == {
        "demand": [7.0],
        "demand_p10": [7.0],
        "demand_p90": [7.0],
    }


def test_means_of_small_integers_do_not_overflow():
    """A thousand draws of 30,000 children add up to 30 million, far above the largest int16."""
    assert ranged("n", np.full((1, 1000), 30_000, dtype=np.int16))["n"].tolist() == [30_000.0]
