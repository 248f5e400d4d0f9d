"""A schedule for many futures: what opens, what it is worth beside planning for the mean, and what is regretted when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from planner.answers.openings.names import project_names
from planner.optimise.openings.market import GOAL
from planner.optimise.openings.robust import RobustPlan, robust
from planner.pipeline.futures import futures_of
from planner.words import Money, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.optimise.openings.gathering import Gathered
    from planner.optimise.openings.robust import Tried
    from planner.pipeline import Run


FEW = 0.5
"""Fewer child-years make no difference. [child-years]"""


@dataclass(frozen=True, kw_only=True)
class ForFutures:
    """A schedule for many futures of a district."""

    run: Run
    """The scenario without what it leaves open."""
    gathered: Gathered
    found: RobustPlan
    limit: float | None
    """Risk that was allowed. [1]"""
    by: Literal["school", "district"]

    @property
    def futures(self) -> int:
        """How many."""
        return len(self.found.plans["robust"].found)

    def opened(self, opens: NDArray[np.int64]) -> dict[str, int]:
        """Return the options that open, with their school years. [autumn]."""
        years = self.gathered.told.years
        return {option: years[at] for option, at in self.gathered.choices.decided(opens).items()}

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """
        Return the tables by name.

        - **robust_plans**: plan, option, opens; of the projects that open.
        - **robust_goals**: goal, unit, value, standard_error, bound, gap_to_bound, status; expected over the futures.
        - **robust_worth**: goal, unit, robust, mean, worth, standard_error: what planning for the futures is worth.
        - **robust_regrets**: plan, future, shortage, yuan, regret_shortage, regret_yuan.
        - **robust_risks**: plan, school, year, share of the futures in which some class is above its cap.
        """
        return {
            "robust_plans": self._plans(),
            "robust_goals": self.found.goals.rename(
                columns={"gap": "gap_to_bound", "error": "standard_error"}
            ),
            "robust_worth": self.found.worth.rename(columns={"error": "standard_error"}),
            "robust_regrets": self.found.regrets.rename(
                columns={"short": "shortage", "regret_short": "regret_shortage"}
            ),
            "robust_risks": self._risks(),
        }

    def _plans(self) -> pd.DataFrame:
        rows = [
            (name, option, year)
            for name, tried in self.found.plans.items()
            for option, year in self.opened(tried.opens).items()
        ]
        return pd.DataFrame(rows, columns=["plan", "option", "opens"])

    def _risks(self) -> pd.DataFrame:
        """Return the table `robust_risks`; of a school that may close, the sum over its futures, of which one comes."""
        told, risks = self.gathered.told, self.found.risks
        school = self.gathered.campuses.school[risks["campus"].to_numpy(np.int64)]
        named = pd.DataFrame(
            {
                "plan": risks["plan"],
                "school": np.array(told.schools, dtype=object)[school],
                "year": np.array(told.years)[risks["year"].to_numpy(np.int64)],
                "share": risks["share"],
            }
        )
        return named.groupby(["plan", "school", "year"], sort=False).agg(share=("share", "sum")).reset_index()

    @property
    def regrets(self) -> pd.DataFrame:
        """Return plan, short, yuan, regret_short, regret_yuan, most_regret_short, most_regret_yuan: means over the futures, and the largest."""
        by_plan = self.found.regrets.groupby("plan", sort=False)
        return by_plan.agg(
            short=("short", "mean"),
            yuan=("yuan", "mean"),
            regret_short=("regret_short", "mean"),
            regret_yuan=("regret_yuan", "mean"),
            most_regret_short=("regret_short", "max"),
            most_regret_yuan=("regret_yuan", "max"),
        ).reset_index()


def schedule_for_futures(
    run: Run,
    gathered: Gathered,
    number: int,
    *,
    risk: float | None = None,
    by: Literal["school", "district"] = "school",
    gap: float = 0.005,
    seconds: float | None = None,
    others: Mapping[str, NDArray[np.int64]] | None = None,
) -> ForFutures:
    """
    Decide when to open what for many futures of a district at once.

    Parameters
    ----------
    run
        The scenario without what it leaves open.
    gathered
        Its facts of the openings model.
    number
        How many futures: the first draws of the forecast.
    risk
        Share of the futures, at most, in which a class may exceed its cap. [1]
    by
        Whether that holds for every school and year, or for the district in all years together.
    gap, seconds
        As `schedule` takes them.
    others
        Opening years to be compared with, by name: [row of the facts' projects].
    """
    found = robust(
        gathered.facts,
        futures_of(run, gathered, number),
        risk=risk,
        by=by,
        gap=gap,
        seconds=seconds,
        others=others,
    )
    return ForFutures(run=run, gathered=gathered, found=found, limit=risk, by=by)


def futures_lines(answer: ForFutures) -> list[str]:
    """Return what opens for all futures, what that is worth beside planning for their mean, and the risk that is left."""
    found = answer.found
    ours, theirs = found.plans["robust"], found.plans["mean"]
    lines = [
        say(
            "Planned for {futures} futures: {projects}.",
            futures=answer.futures,
            projects=_opening(answer, ours),
        ),
        _expected(answer),
    ]
    if (ours.opens == theirs.opens).all():
        lines.append(say("Planned for the mean of the futures, the same opens in the same years."))
    else:
        worth, error = found.worth["worth"].to_numpy(), found.worth["error"].to_numpy()
        short = slice(0, GOAL["above_cap"] + 1)
        apart = theirs.values[:, short].sum(axis=1) - ours.values[:, short].sum(axis=1)
        lines += [
            say("Planned for the mean of the futures: {projects}.", projects=_opening(answer, theirs)),
            say(
                "Planning for the futures saves {children} child-years above the cap or without a place (standard error {error}), and {money} (standard error {money_error}).",
                children=f"{worth[short].sum():,.1f}",
                error=f"{_standard_error(apart):,.1f}",
                money=Money(float(worth[GOAL["yuan"]])),
                money_error=Money(float(error[GOAL["yuan"]])),
            ),
        ]
    if any(_short(tried) < _short(ours) - FEW for tried in found.plans.values()):
        lines.append(
            say(
                "A plan that it is compared with leaves fewer child-years above the cap or without a place, as the table shows: the search for these futures ended before it had found that. Give it more time."
            )
        )
    values = {"risk": found.risk, "limit": answer.limit}
    if answer.by == "school":
        told = say(
            "The risk that a class exceeds its cap is {risk:.0%} at the school and in the year where it is largest.",
            **values,
        )
    else:
        told = say("The risk that any class in any year exceeds its cap is {risk:.0%}.", **values)
    if not found.met:
        told += " " + say("No plan tried keeps it to {limit:.0%}; this is the least found.", **values)
    return [*lines, told]


def _short(tried: Tried) -> float:
    """Return the child-years above the cap or without a place that are expected of a plan."""
    return float(tried.values[:, : GOAL["above_cap"] + 1].sum(axis=1).mean())


def _expected(answer: ForFutures) -> str:
    """Return what is expected of the plan, and how closely that is proven."""
    goals = answer.found.goals
    values, gaps = goals["value"].to_numpy(np.float64), goals["gap"].to_numpy(np.float64)
    short = slice(0, GOAL["above_cap"] + 1)
    by_future = answer.found.plans["robust"].values[:, short].sum(axis=1)
    told = say(
        "Expected over them: {children} child-years above the cap or without a place (standard error {error}), {money}.",
        children=f"{values[short].sum():,.1f}",
        error=f"{_standard_error(by_future):,.1f}",
        money=Money(float(values[GOAL["yuan"]])),
    )
    if set(goals["status"]) == {"proven"}:
        return told
    return (
        told
        + " "
        + say(
            "The search ended before its gap was reached: of the child-years at most {short:.0%} could be saved, of the cost {yuan:.0%}.",
            short=float(gaps[short].max()),
            yuan=min(float(gaps[GOAL["yuan"]]), 1.0),
        )
    )


def _standard_error(sample: NDArray[np.float64]) -> float:
    """Return the standard error of a mean; unknown of a single future."""
    return float(sample.std(ddof=1) / np.sqrt(len(sample))) if len(sample) > 1 else float("nan")


def _opening(answer: ForFutures, tried: Tried) -> str:
    """Return what opens when, by year."""
    names, options = project_names(answer.run.district), answer.gathered.options.by_id
    opened = sorted(
        (item for item in answer.opened(tried.opens).items() if not options[item[0]].counted),
        key=lambda item: item[1],
    )
    shown = [
        say(
            "{name} in {year}",
            name=names.get(options[option].project, options[option].project),
            year=year,
        )
        for option, year in opened
    ]
    return ", ".join(shown) or say("nothing opens")
