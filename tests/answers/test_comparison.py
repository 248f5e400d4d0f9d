"""Scenarios beside the first of them, draw by draw, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from planner.answers import compare
from planner.answers.comparing import FIGURES
from planner.answers.rehearsal import Rehearsal, simulation_in
from planner.errors import QuestionError
from planner.policy import ClassRules
from planner.scenario import load_scenario
from tests.answers.street import TEN_DRAWS, YEAR, School, street_run
from tests.answers.village import village, village_run
from tests.simulation.town import POLICY

if TYPE_CHECKING:
    from planner.pipeline import Run


def moved_to(base: Run, school: str, *blocks: str, name: str = "moved") -> Run:
    """Return a run of the same street with blocks in another primary catchment."""
    rehearsal = Rehearsal.of(base, YEAR)
    edits = {"catchments": [{"blocks": list(blocks), "schools": [school], "since": YEAR}]}
    plan, applied, capacity = rehearsal.planned(edits)
    done = rehearsal.carry_out(edits)
    return replace(
        base,
        plan=plan,
        district=applied.district,
        capacity=capacity,
        simulation=simulation_in(done.simulation, YEAR),
        loaded=load_scenario(applied.scenario, name=name),
    )


def of(table: pd.DataFrame, scenario: str, stage: str = "primary") -> pd.Series:
    found = table[(table["scenario"] == scenario) & (table["stage"] == stage)]
    assert len(found) == 1
    return found.iloc[0]


def test_figures_and_their_changes_with_paired_errors():
    """
    a2's 1 to 10 children move from A (one class) to B (two classes planned, 6 children of its own).

    Before, A's 6 to 15 are above 10 by 1, ..., 5 in 5 draws: 1.5 on average. After, A has 5 and B 7 to 16, in 20 seats.
    The change is the same number with its sign in every draw: its error is that of 0, 0, 0, 0, 0, 1, 2, 3, 4, 5.
    """
    base = street_run(
        schools={"B": School(rooms=4, pupils=(10, 10, 10), at=300)}, classes={("B", "primary"): 2}
    )
    table = compare([base, moved_to(base, "B", "a2")], names=["keep", "moved"]).table
    before, after = of(table, "keep"), of(table, "moved")
    assert (before["over"], after["over"], after["over_change"]) == (1.5, 0.0, -1.5)
    by_hand = np.std([0, 0, 0, 0, 0, 1, 2, 3, 4, 5], ddof=1) / np.sqrt(10)
    assert after["over_error"] == pytest.approx(by_hand)
    assert before["over_change"] == before["over_error"] == 0.0
    assert after["demand_change"] == after["demand_error"] == 0.0


def test_luck_that_meets_both_cancels():
    """A and B have 6 to 15 and 1 to 10 children in all; the demand of the whole street never differs: error 0."""
    base = street_run(entrants={"b1": TEN_DRAWS})
    row = of(compare([base, moved_to(base, "B", "a2")], names=["keep", "moved"]).table, "moved")
    assert row["demand"] == pytest.approx(5 + 5.5 + 5.5 + 2 + 40)
    assert [row[f"demand_{what}"] for what in ("change", "error")] == [0.0, 0.0]


def test_every_figure_of_every_stage_and_year_is_there():
    base = village_run()
    other = village_run(
        village(), like=base, catchments=[{"blocks": ["b2"], "schools": ["B"], "since": 2028}]
    )
    found = compare([base, other], names=["keep", "moved"])
    assert len(found.table) == 2 * 2 * 3
    assert set(found.table) == {
        "scenario", "stage", "year", *FIGURES,
        *(f"{figure}_{what}" for figure in FIGURES for what in ("change", "error")),
    }  # fmt: skip
    assert found.table["gap"].to_numpy() == pytest.approx(
        (found.table["seats"] - found.table["demand"]).to_numpy()
    )
    first = found.table[(found.table["year"] == 2027) & (found.table["scenario"] == "moved")]
    assert (first["demand_change"] == 0).all()


def test_moved_children_stand_by_block():
    """b2 is half of A's catchment: 43 of about 86 children a year, from 2028 on."""
    base = village_run()
    other = village_run(
        village(), like=base, catchments=[{"blocks": ["b2"], "schools": ["B"], "since": 2028}]
    )
    moved = compare([base, other], names=["keep", "moved"]).moved
    assert list(moved) == [
        "scenario", "stage", "year", "block", "grade", "from", "to", "children", "metres_before", "metres_after",
    ]  # fmt: skip
    assert moved[["scenario", "stage", "year", "block", "from", "to"]].to_numpy().tolist() == [
        ["moved", "primary", year, "b2", "A", "B"] for year in (2028, 2029)
    ]
    expected = [float(other.simulation.block_entrants[0, 1, t]) for t in (1, 2)]
    assert moved["children"].tolist() == pytest.approx(expected)
    assert 35 < moved["children"].min() < moved["children"].max() < 52


def test_scenarios_that_move_nobody_have_no_moved_rows():
    base = street_run()
    assert compare([base, base], names=["one", "two"]).moved.empty


def test_children_above_are_counted_over_the_classes_that_the_rule_plans():
    """Where a plan leaves classes to the rule, A's 11.5 children get two classes in two free rooms: none is above."""
    base = street_run(schools={"A": School(rooms=4, pupils=(10, 10, 10))}, entrants={"a1": 6})
    assert base.plan.classes[0, 0, 0] == -1
    assert of(compare([base, base], names=["one", "two"]).table, "one")["over"] == 0.0


def test_figures_of_all_years_are_added_up_draw_by_draw():
    """The street has one year, so its sum is that year, with the same error."""
    base = street_run(
        schools={"B": School(rooms=4, pupils=(10, 10, 10), at=300)}, classes={("B", "primary"): 2}
    )
    found = compare([base, moved_to(base, "B", "a2")], names=["keep", "moved"])
    one, whole = of(found.table, "moved"), of(found.totals, "moved")
    assert whole["over_change"] == one["over_change"] == -1.5
    assert whole["over_error"] == pytest.approx(one["over_error"])


def test_classes_over_the_cap_are_counted_in_all_grades():
    """One class a grade, 10 at most: grades 2 and 3 hold 10; grade 1 of A holds 6 to 15, above in 5 draws of 10."""
    row = of(compare([street_run(), street_run()], names=["one", "two"]).table, "one")
    assert row["classes_over"] == 0.5


def test_scenarios_of_one_name_are_numbered():
    base = street_run()
    assert compare([base, base, base]).names == ("scenario", "scenario-2", "scenario-3")


def test_one_draw_gives_no_error():
    base = street_run(entrants={"a2": 4}, draws=1)
    row = of(compare([base, moved_to(base, "B", "a2")], names=["keep", "moved"]).table, "moved")
    assert pd.isna(row["over_error"])


def test_one_scenario_is_none_to_compare():
    with pytest.raises(QuestionError, match="at least two scenarios"):
        compare([street_run()])


def test_names_are_as_many_as_runs_and_differ():
    base = street_run()
    for names in (["one"], ["one", "one"]):
        with pytest.raises(QuestionError, match="as many different names"):
            compare([base, base], names=names)


def test_all_that_keeps_scenarios_apart_is_one_message():
    """Luck has to be the same: 5 draws of seed 2 are no pairs of 10 draws of seed 1."""
    base = street_run()
    fewer = street_run(entrants={"a2": 4}, draws=5)
    with pytest.raises(QuestionError) as error:
        compare([base, replace(fewer, forecast=replace(fewer.forecast, seed=2))], names=["keep", "fewer"])
    (line,) = error.value.lines("en")
    assert line == (
        "fewer cannot be compared with keep, for they differ in number of draws (10; 5); seed"
        f" ({base.forecast.seed}; 2). Let both extend the same file."
    )


def test_every_scenario_that_is_unlike_the_first_is_named():
    base = street_run()
    longer = street_run(years=2)
    wider = street_run(catchments={"a1": "A", "a2": "A", "b1": "B", "b2": "B", "b3": "B"})
    with pytest.raises(QuestionError) as error:
        compare([base, longer, base, wider], names=["keep", "longer", "same", "wider"])
    assert [line.split(". ")[0] for line in error.value.lines("en")] == [
        "longer cannot be compared with keep, for they differ in school years (2027-2027; 2027-2028)",
        "wider cannot be compared with keep, for they differ in blocks (1 that only one has: b3)",
    ]


def test_another_district_is_not_compared():
    base = street_run()
    other = replace(
        base, district=replace(base.district, name="elsewhere", counted=base.district.counted - 1)
    )
    with pytest.raises(QuestionError, match=r"district \(.*; elsewhere\); last count \(2026; 2025\)"):
        compare([base, other], names=["keep", "other"])


def test_another_policy_may_be_compared():
    """Rules are part of a scenario."""
    reformed = POLICY.model_copy(update={"classes": ClassRules(worst=15, formation="reformed")})
    assert len(compare([street_run(), street_run(policy=reformed)], names=["kept", "reformed"]).table) == 4
