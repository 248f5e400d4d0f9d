"""The made district's open questions of the future: a school that may be late, an estate that may not be approved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import planner
from planner.simulation import check_conservation

OPEN = Path(__file__).parents[2] / "scenarios" / "yuhe" / "open-questions.toml"


@pytest.fixture(scope="module")
def run():
    return planner.run(OPEN, draws=300)


def odds(run, school: str, grade: int, year: int) -> dict[str, float]:
    table = run.outcomes["branches"]
    at = (table["school"] == school) & (table["grade"] == grade) & (table["year"] == year)
    return table[at].set_index(["question", "branch"])["p_over_planned"].to_dict()


def test_the_neighbour_of_a_school_that_may_be_late_is_over_only_if_it_is(run):
    """P11 gives blocks to the new school in 2028: it is safe if that opens then, and full if it does not."""
    found = odds(run, "P11", 1, 2028)
    assert found["xc3-new", "as the scenario stands"] < 0.1
    assert found["xc3-new", "1 year late"] > 0.6
    whole = run.outcomes["odds"].set_index(["school", "grade", "year"])["p_over_planned"]["P11", 1, 2028]
    assert 0.1 < whole < 0.6


def test_exceed_tells_the_odds_under_each_branch(run):
    answer = planner.exceed(run, grade=1, year=2028)
    of = {row["school"]: row["branches"] for row in answer.as_json()["schools"]}["P11"]
    told = {(each["question"], each["branch"]): each["p_over_planned"] for each in of}
    assert told == pytest.approx(odds(run, "P11", 1, 2028), abs=1e-4)
    assert planner.exceed(run, grade=1, year=2028, cap=40).branches.empty


def test_the_junior_school_of_an_estate_is_calmer_without_it(run):
    found = odds(run, "J07", 7, 2032)
    assert (
        found["yunhu-tianjing", "phases 3 and 4 not approved"]
        < found["yunhu-tianjing", "as the scenario stands"]
    )


def test_every_combination_that_draws_meet_is_one_world_and_no_child_is_lost(run):
    assert sorted(np.concatenate([world.numbers for world in run.worlds]).tolist()) == list(range(300))
    assert len(run.worlds) == 6
    check_conservation(run.simulation)


def test_chances_are_met_within_their_sampling_error(run):
    """Three standard errors of 300 draws: 8 points at .3, 5 at .1, 7.5 at .25."""
    shares = run.outcomes["branches"].drop_duplicates(["question", "branch"])
    assert (shares["draws"] / 300 - shares["chance"]).abs().max() < 0.08
    assert shares.groupby("question")["draws"].sum().unique().tolist() == [300]


def test_class_lists_tell_how_uneven_classes_are(run):
    """The district lists the classes of three years; the largest class is above the balanced one by less than a child."""
    learned = run.simulation.unevenness
    assert learned is not None
    assert (learned.first, learned.last) == (2024, 2026)
    assert any("as uneven as those listed in 2024-2026" in str(note) for note in run.notes)
    sizes = run.outcomes["class_sizes"]
    formed = sizes[sizes["classes"] > 1.5]
    above = formed["size"] - formed["pupils"] / formed["classes"]
    assert 0.5 < above.mean() < 1.5
