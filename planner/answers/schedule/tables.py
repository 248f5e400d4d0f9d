"""A schedule as tables: goals, projects, reasons, rooms and need, shortage as planned and if nothing is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.capacity import children_above
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.plan import GOALS
from planner.outcomes.spread import mean, quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.optimise.openings.search import Schedule
    from planner.pipeline import Run
    from planner.pipeline.scheduling import Otherwise, Scheduled


def schedule_tables(found: Scheduled) -> dict[str, pd.DataFrame]:
    """
    Return the tables of a schedule by name, in the order in which they are shown.

    - **schedule_goals**: goal, unit, value, bound, gap_to_bound, status; of the model.
    - **schedule_projects**: project, option, school, kind, choice, opens (missing where it does not), site, rooms,
      capital_yuan, cost_yuan (over the years planned, discounted, less the value left; missing where it does not open).
    - **schedule_reasons**: project, otherwise (earlier, later, never), opens, possible, and how far every goal of the model
      and the cost of the projects would change (`change_*`).
    - **schedule_rooms**: stage, year, rooms, classes (which need one each), empty, rooms_idle; of the simulation. Where
      planned by seats: seats, and children.
    - **schedule_shortage**: stage, year, short (children above the cap in all grades, and unplaced), short_idle (the same if
      nothing that is open is built), each with the ends of its 80 % range; of the simulation.
    """
    return {
        "schedule_goals": found.found.goals.rename(columns={"gap": "gap_to_bound"}),
        "schedule_projects": projects_table(found),
        "schedule_reasons": reasons_table(found),
        "schedule_rooms": rooms_table(found),
        "schedule_shortage": shortage_table(found),
    }


def projects_table(found: Scheduled) -> pd.DataFrame:
    """Return the table `schedule_projects`: every project that the scenario knows of, by the option that opens, else its first."""
    options, years = found.options, found.options.years
    rows = []
    for project in dict.fromkeys(option.project for option in options.options):
        of = options.of(project)
        option = next((option for option in of if option.option in found.decided), of[0])
        opens = found.decided.get(option.option)
        cost = None if opens is None else option.cost(opens, years, options.terms.discount)
        rows.append(
            (
                project,
                option.option,
                option.school,
                option.kind,
                option.choice,
                opens,
                option.site,
                ";".join(map(str, option.rooms)),
                option.capital_yuan,
                cost,
            )
        )
    columns = ["project", "option", "school", "kind", "choice", "opens", "site", "rooms", "capital_yuan", "cost_yuan"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).astype({"opens": "Int64", "cost_yuan": "Float64"})


def reasons_table(found: Scheduled) -> pd.DataFrame:
    """Return the table `schedule_reasons`."""
    rows = []
    for reason in found.otherwise:
        changes = changes_of(found, reason) or {}
        rows.append(
            {
                "project": reason.project,
                "otherwise": reason.kind,
                "opens": pd.NA if reason.year == NEVER else reason.year,
                "possible": reason.found is not None,
                **{f"change_{name}": changes.get(name, np.nan) for name in (*GOALS, "projects")},
            }
        )
    columns = [
        "project",
        "otherwise",
        "opens",
        "possible",
        *(f"change_{name}" for name in (*GOALS, "projects")),
    ]
    return pd.DataFrame(rows, columns=columns).astype({"opens": "Int64"})


def changes_of(found: Scheduled, reason: Otherwise) -> dict[str, float] | None:
    """Return by how much every goal, and the cost of the projects, differs from the schedule's; None where that cannot be."""
    if reason.found is None:
        return None
    now, then = found.found.values, reason.found.values
    return {name: getattr(then, name) - getattr(now, name) for name in (*GOALS, "projects")}


def rooms_table(found: Scheduled) -> pd.DataFrame:
    """Return the table `schedule_rooms`; where planned by seats, of seats and the children who need one each."""
    planned, idle = found.run.outcomes["district"], found.idle.outcomes["district"]
    there, used = ("seats", "pupils") if found.run.policy.by_seats else ("rooms", "classes")
    return pd.DataFrame(
        {
            "stage": planned["stage"],
            "year": planned["year"],
            "rooms": planned[there],
            "classes": planned[used],
            "empty": planned[there] - planned[used],
            "rooms_idle": idle[there],
        }
    )


def shortage_table(found: Scheduled) -> pd.DataFrame:
    """Return the table `schedule_shortage`."""
    plan = found.run.plan
    keys = pd.MultiIndex.from_product([plan.stages, plan.years], names=["stage", "year"])
    columns = {}
    for name, run in (("short", found.run), ("short_idle", found.idle)):
        children = short_children(run).reshape(len(keys), -1)
        columns[name] = mean(children)
        columns[f"{name}_p10"], columns[f"{name}_p90"] = quantiles(children, 0.1, 0.9)
    return pd.DataFrame(columns, index=keys).reset_index()


def short_children(run: Run) -> NDArray[np.int64]:
    """Return the children above the cap of their grade's classes, and the entrants unplaced. [stage, year, draw] [children]."""
    simulation, policy = run.simulation, run.policy
    short = simulation.unplaced.astype(np.int64).sum(axis=0)
    for t, year in enumerate(simulation.years):
        caps = policy.caps(simulation.grades, year)
        for g, (grade, cap) in enumerate(zip(simulation.grades, caps, strict=True)):
            stage = simulation.stages.index(policy.stage_of(grade).stage)
            pupils, classes = (
                array[:, g, t].astype(np.int64) for array in (simulation.pupils, simulation.classes)
            )
            short[stage, t] += children_above(pupils, classes, cap).sum(axis=0)
    return short


def short_more(found: Scheduled, other: Schedule) -> NDArray[np.float64]:
    """Return how many more children another plan leaves above the cap or unplaced, by the model. [year] [children]."""
    gathered = found.gathered
    return (gathered.short(other.plan) - gathered.short(found.found.plan)).sum(axis=0)
