"""Which schools a scenario changes most, and which of them it brings above or below a level of risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.answers.comparing.model import ADDED, CLEAR, GONE

if TYPE_CHECKING:
    import pandas as pd

    from planner.answers.comparing.model import Comparison

LEVEL = 0.2
"""Probability of exceeding the cap from which a school is at risk, as `exceed` has it. [1]"""
_LEAST = 0.5
"""Smallest change of a seat gap that is told. [children]"""


def crossings(found: Comparison, name: str, level: float = LEVEL) -> pd.DataFrame:
    """
    Return the schools whose starting grade comes to exceed its cap with the level's probability or more, or no longer does.

    Only where the difference is clear; a school that only one of the scenarios has is at no risk in the other.

    Returns
    -------
    DataFrame
        stage, school, year, before, after (probabilities), up (whether it comes to be at risk).
    """
    policy = found.runs[0].policy
    rows = found.of("odds", "p_over_planned", name)
    starts = {stage: policy.stage(stage).first for stage in found.runs[0].plan.stages}
    rows = rows.loc[rows["grade"] == [starts[stage] for stage in rows["stage"]]]
    rows = rows.loc[rows["verdict"].isin([CLEAR, ADDED, GONE])].fillna({"before": 0.0, "after": 0.0})
    rows = rows.assign(up=rows["after"] >= level, down=rows["before"] >= level)
    crossed = rows.loc[rows["up"] != rows["down"], ["stage", "school", "year", "before", "after", "up"]]
    return crossed.reset_index(drop=True)


def most_changed(found: Comparison, name: str, most: int, year: int | None = None) -> pd.DataFrame:
    """
    Return the schools whose seat gap changes most, each in the year in which it does, the greatest change first.

    Parameters
    ----------
    most
        Number of schools, at most.
    year
        Only the changes of this year.

    Returns
    -------
    DataFrame
        stage, school, year, before, after, change, error (seat gaps of the whole stage; before or after missing where
        a scenario does not have the school), odds_before, odds_after (of exceeding the cap in the starting grade
        of that year).
    """
    rows = found.of("seats_by_school", "gap", name)
    rows = rows.loc[rows["verdict"].isin([CLEAR, ADDED, GONE])]
    rows = rows if year is None else rows.loc[rows["year"] == year]
    size = rows["change"].abs().fillna(rows["before"].abs()).fillna(rows["after"].abs())
    rows = rows.assign(size=size).loc[size >= _LEAST].sort_values("size", ascending=False, kind="stable")
    rows = rows.drop_duplicates(["stage", "school"]).head(most)
    odds = found.of("odds", "p_over_planned", name).sort_values("grade", kind="stable")
    odds = odds.drop_duplicates(["stage", "school", "year"])
    keys = ["stage", "school", "year"]
    odds = odds.rename(columns={"before": "odds_before", "after": "odds_after"})
    found_there = odds.loc[:, [*keys, "odds_before", "odds_after"]]
    columns = [*keys, "before", "after", "change", "error", "odds_before", "odds_after"]
    return rows.merge(found_there, on=keys, how="left").loc[:, columns]
