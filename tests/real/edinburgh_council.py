"""
The council's own P1 figures of 2018 beside ours, school by school.

Three figures are comparable, in this order of trust:

- `living`: children of P1 who live in the catchment (the council's proj_catchment_pop);
- `retained`: those of them who are expected at the catchment's own school (catchment_retained);
- `roll`: P1 admitted. The council's final_p1_projection is capped by its intake limit and filled with
  children from outside the catchment; ours is what the rooms and the class sizes of the policy leave room for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from planner.pipeline import Run

COUNCIL = {
    "proj_catchment_pop": "living",
    "catchment_retained": "retained",
    "final_p1_projection": "roll",
    "p1_intake_limit": "limit",
}


def council_figures(source: Path, schools: Iterable[str]) -> pd.DataFrame:
    """Return the council's forecast of P1: living, retained, roll and limit, indexed (school, year). [children]"""
    table = pd.read_csv(source / "edinburgh_p1_intake_limit_and_projection.csv", dtype={"unit_id": str})
    table["school"] = table["unit_id"].replace("EDP-foxcovertnd", "EDP-foxcovert")
    table = table[table["school"].isin(list(schools))]
    return table.set_index(["school", "year"])[list(COUNCIL)].rename(columns=COUNCIL)


def our_figures(run: Run) -> pd.DataFrame:
    """Return our expectation of the same, and classes planned and possible, indexed (school, year). [children]"""
    plan, homes = run.plan, run.simulation.expected_from[0]
    living = run.outcomes["entry_by_catchment"].rename(columns={"catchment": "school"})
    own = pd.DataFrame(
        [
            (school, year, homes[plan.catchment_of[0, :, t] == number, s, t].sum())
            for number, catchment in enumerate(plan.catchments)
            for school in catchment.schools
            for s in [plan.schools.index(school)]
            for t, year in enumerate(plan.years)
        ],
        columns=["school", "year", "retained"],
    )
    odds = run.outcomes["odds"]
    keys = ["school", "year"]
    return pd.concat(
        [
            living.set_index(keys)["living"],
            own.set_index(keys)["retained"],
            run.outcomes["entry_by_school"].set_index(keys)["admitted"].rename("roll"),
            odds[odds["grade"] == 1].set_index(keys)[["classes_planned", "classes_possible"]],
        ],
        axis=1,
    )


def figures_beside(run: Run, council: pd.DataFrame) -> pd.DataFrame:
    """Return school, year, figure, council, ours: the three figures in one long table. [children]"""
    ours = our_figures(run)
    named = [
        pd.DataFrame({"figure": name, "council": council[name], "ours": ours[name]}).dropna()
        for name in ("living", "retained", "roll")
    ]
    return pd.concat(named).reset_index()


def yearly(beside: pd.DataFrame) -> pd.DataFrame:
    """
    Return, by figure and year, both sums and how far we are from the council.

    Returns
    -------
    DataFrame
        figure, year, schools, council, ours [children], mean_difference (mean absolute difference by school)
        [children], total_percent (of the sums) [%].
    """
    table = (
        beside.assign(difference=(beside["ours"] - beside["council"]).abs())
        .groupby(["figure", "year"], sort=False)
        .agg(
            schools=("school", "size"),
            council=("council", "sum"),
            ours=("ours", "sum"),
            mean_difference=("difference", "mean"),
        )
        .reset_index()
    )
    return table.assign(total_percent=100 * (table["ours"] / table["council"] - 1))
