"""The made district poses open questions: neither sure nor hopeless."""

from __future__ import annotations

from pathlib import Path

import pytest

import planner

KEEP = Path(__file__).parents[2] / "scenarios" / "yuhe" / "keep.toml"


@pytest.fixture(scope="module")
def odds():
    return planner.run(KEEP).outcomes["odds"]


@pytest.mark.parametrize(("grade", "year"), [(1, 2027), (7, 2029)])
def test_at_least_eight_schools_are_open_questions(odds, grade, year):
    """Eight schools and more have a probability between .05 and .95 that the starting grade exceeds its cap."""
    asked = odds[(odds["grade"] == grade) & (odds["year"] == year)]
    assert asked["p_over_planned"].between(0.05, 0.95).sum() >= 8
