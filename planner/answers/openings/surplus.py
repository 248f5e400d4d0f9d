"""What is left over after the wave: rooms empty by school and year, projects to scope anew, rooms for another stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from planner.answers.openings.latest import judged_projects
from planner.answers.openings.names import project_names
from planner.errors import QuestionError
from planner.maps.land import school_names
from planner.outcomes import above_caps
from planner.outcomes.spread import mean, quantiles
from planner.words import Text, percent, say

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.capacity import Project
    from planner.pipeline import Run

LONG_RUN = 3
"""Last years of the horizon that count as the long run. [years]"""

NEAR = 3
"""Schools of another stage that are looked at for each school with rooms to spare: the nearest."""

REACH = 3000.0
"""Farthest that these may be where the policy knows no longest walk for the stage; an assumption. [m]"""

SURE = 0.1
"""Share of the draws in which fewer rooms may be empty than count as sure, and more be used than a size counts. [1]"""


@dataclass(frozen=True, kw_only=True)
class Surplus:
    """What is left over."""

    threshold: float
    """Share of its rooms that a project should use in the long run. [1]"""
    by_seats: bool
    """Whether rooms are seats, as the policy forms no classes."""
    long_run: tuple[int, ...]
    """School years that count as the long run. [autumn]"""
    rooms: pd.DataFrame
    """school, name, year, rooms, in_use, empty, empty_p10, empty_p90 (of rooms; of seats where planned by seats), for every
    school with rooms and year."""
    projects: pd.DataFrame
    """
    project, name, school, opens, rooms (gained in the long run), use (mean share of them in the long run), peak (largest
    mean share in any year), peak_year, enough (rooms that suffice at any time in 90 % of the draws), enough_later (the
    same in the long run), scope: keep; smaller (`enough` is less than it brings); later_use (all are needed for a time,
    then fewer: convert them, or build temporary ones).
    """
    other_stage: pd.DataFrame
    """school, name, year, empty (rooms, sure), stage (that could use them), seats, short (children above the cap in the
    stage at the nearest schools that teach it), usable (the smaller of the two), nearest, nearest_name, metres; where any
    is usable. No rows where planned by seats."""

    @property
    def rescope(self) -> pd.DataFrame:
        """The rows of `projects` whose use falls below the threshold."""
        return self.projects.loc[self.projects["scope"] != "keep"]

    @property
    def lines(self) -> list[str]:
        """The answer in the current language."""
        years = sorted(set(self.rooms["year"].tolist()))
        empty = {year: float(self.rooms.loc[self.rooms["year"] == year, "empty"].sum()) for year in years}
        peak = max(empty, key=lambda year: empty[year])
        values = {
            "first": years[0],
            "before": f"{empty[years[0]]:.0f}",
            "last": years[-1],
            "after": f"{empty[years[-1]]:.0f}",
            "peak": peak,
            "most": f"{empty[peak]:.0f}",
        }
        lines = [
            say(
                "In {first} {before} seats are empty, in {last} {after}; the most are in {peak}: {most}.",
                **values,
            )
            if self.by_seats
            else say(
                "In {first} {before} rooms are empty, in {last} {after}; the most are in {peak}: {most}.",
                **values,
            )
        ]
        if not len(self.projects):
            return [*lines, say("No project is to open, so none has to be scoped anew.")]
        if not len(self.rescope):
            lines.append(
                say(
                    "Every project is used to {share} or more in the long run.", share=percent(self.threshold)
                )
            )
        lines += [_project_line(row) for row in self.rescope.to_dict("records")]
        return lines


def _project_line(row: dict) -> str:
    """Return what is said of a project to scope anew."""
    values = {
        "project": row["name"],
        "use": percent(row["use"]),
        "rooms": int(row["rooms"]),
        "enough": int(row["enough"]),
        "later": int(row["enough_later"]),
        "peak": int(row["peak_year"]),
    }
    if row["scope"] == "smaller" and values["enough"] == 1:
        return say(
            "{project} is used to {use} in the long run: one room suffices at any time, not {rooms}.",
            **values,
        )
    if row["scope"] == "smaller":
        return say(
            "{project} is used to {use} in the long run: {enough} rooms suffice at any time, not {rooms}.",
            **values,
        )
    if not values["later"]:
        return say(
            "{project} is needed about {peak}, but none of its {rooms} rooms is in the long run: plan another use for them, or build them for a time.",
            **values,
        )
    return say(
        "{project} is needed about {peak}, but used to {use} in the long run, when {later} of its {rooms} rooms suffice: plan another use for the others, or build them for a time.",
        **values,
    )


def surplus(run: Run, *, threshold: float = 0.7) -> Surplus:
    """
    Return what is left over after the wave.

    Parameters
    ----------
    run
        The scenario carried out.
    threshold
        Share of its rooms that a project should use in the long run. [1]

    Raises
    ------
    QuestionError
        When the threshold is no share.
    """
    if not 0 <= threshold <= 1:
        raise QuestionError(
            Text("The threshold is a share from 0 to 1, as 0.7, not {share}.", share=f"{threshold:g}")
        )
    simulation = run.simulation
    used = simulation.classes.sum(axis=1, dtype=np.int32)
    rooms = _rooms(run)
    names = school_names(run.district, simulation.schools)
    return Surplus(
        threshold=threshold,
        by_seats=run.policy.by_seats,
        long_run=run.plan.years[-LONG_RUN:],
        rooms=_empty(run, rooms, used, names),
        projects=_projects(run, rooms, used, threshold),
        other_stage=_for_other_stages(run, rooms, used, names),
    )


def _rooms(run: Run) -> NDArray[np.int64]:
    """Return the rooms of each draw, or of all in one. [school, year, draw]."""
    simulation, capacity = run.simulation, run.capacity
    if simulation.rooms is not None:
        return simulation.rooms.astype(np.int64)
    at = [capacity.schools.index(school) for school in simulation.schools]
    years = [capacity.years.index(year) for year in simulation.years]
    return capacity.rooms[np.ix_(at, years)].astype(np.int64)[..., None]


def _empty(
    run: Run, rooms: NDArray[np.int64], used: NDArray[np.int32], names: dict[str, str]
) -> pd.DataFrame:
    """Return rooms and those empty of every school that has any."""
    simulation = run.simulation
    empty = np.maximum(rooms - used, 0)
    there = np.nonzero((rooms > 0).any(axis=2))
    low, high = quantiles(empty[there], SURE, 1 - SURE)
    schools = np.array(simulation.schools, dtype=object)[there[0]]
    return pd.DataFrame(
        {
            "school": schools,
            "name": [names[school] for school in schools],
            "year": np.array(simulation.years)[there[1]],
            "rooms": mean(rooms[there]),
            "in_use": mean(used[there]),
            "empty": mean(empty[there]),
            "empty_p10": low,
            "empty_p90": high,
        }
    )


def _projects(run: Run, rooms: NDArray[np.int64], used: NDArray[np.int32], threshold: float) -> pd.DataFrame:
    """Return how far the rooms of each project are used."""
    years, names = run.plan.years, project_names(run.district)
    rows = []
    for project in judged_projects(run):
        if not _brings(project, run):
            continue
        s = run.simulation.schools.index(project.school)
        gained = project.gained(years)
        # the rooms of the school fill before those of the project
        own = np.clip(used[s] - np.maximum(rooms[s] - gained[:, None], 0), 0, gained[:, None])
        share = mean(own) / np.maximum(gained, 1)
        late = slice(-LONG_RUN, None)
        long_run = float(share[late][gained[late] > 0].mean()) if gained[late].any() else 0.0
        enough = int(quantiles(own.max(axis=0), 1 - SURE)[0])
        scope = "keep" if long_run >= threshold else "smaller" if enough < gained.max() else "later_use"
        rows.append(
            {
                "project": project.project,
                "name": str(names[project.project]),
                "school": project.school,
                "opens": project.opens,
                "rooms": int(gained[-1]),
                "use": long_run,
                "peak": float(share.max()),
                "peak_year": years[int(share.argmax())],
                "enough": enough,
                "enough_later": int(quantiles(own[late].max(axis=0), 1 - SURE)[0]),
                "scope": scope,
            }
        )
    return pd.DataFrame(rows, columns=[
        "project", "name", "school", "opens", "rooms", "use", "peak", "peak_year", "enough", "enough_later", "scope",
    ])  # fmt: skip


def _brings(project: Project, run: Run) -> bool:
    """Whether a project opens within the years planned and leaves rooms at a school that is planned."""
    return (
        project.counted
        and project.opens is not None
        and run.district.counted < project.opens <= run.plan.years[-1]
        and project.rooms[-1] > 0
        and project.school in run.simulation.schools
    )


def _for_other_stages(
    run: Run, rooms: NDArray[np.int64], used: NDArray[np.int32], names: dict[str, str]
) -> pd.DataFrame:
    """Return the empty rooms that children of a stage that the school does not teach could use."""
    columns = [
        "school", "name", "year", "empty", "stage", "seats", "short", "usable", "nearest", "nearest_name", "metres",
    ]  # fmt: skip
    if run.policy.by_seats:
        return pd.DataFrame(columns=columns)
    simulation = run.simulation
    table = run.district.schools.loc[list(simulation.schools)]
    points = table.geometry.to_numpy()
    sure = quantiles(np.maximum(rooms - used, 0), SURE)[0]
    away = shapely.distance(points[:, None], points[None, :])
    rows = []
    for name in simulation.stages:
        stage = run.policy.stage(name)
        above = [
            above_caps(simulation, run.plan, run.policy, grade).mean(axis=2)
            for grade in simulation.grades
            if grade in stage
        ]
        short = np.sum(above, axis=0)
        teaches = ((table["first"] <= stage.last) & (table["last"] >= stage.first)).to_numpy(dtype=bool)
        of_stage = np.flatnonzero(teaches)
        walk = run.policy.governing("walk", stage.first, simulation.years[0])
        reach = REACH if walk is None or walk.at_most is None else float(walk.at_most)
        for s in np.flatnonzero(~teaches):
            near = of_stage[np.argsort(away[s, of_stage], kind="stable")[:NEAR]]
            near = near[away[s, near] <= reach]
            for t in np.flatnonzero(sure[s] >= 1):
                year = simulation.years[t]
                lacking, seats = (
                    float(short[near, t].sum()),
                    float(sure[s, t] * run.policy.standard(stage.first, year)),
                )
                if min(lacking, seats) < 1:
                    continue
                worst = int(near[short[near, t].argmax()])
                school, other = simulation.schools[s], simulation.schools[worst]
                rows.append(
                    {
                        "school": school,
                        "name": names[school],
                        "year": year,
                        "empty": float(sure[s, t]),
                        "stage": name,
                        "seats": seats,
                        "short": lacking,
                        "usable": min(lacking, seats),
                        "nearest": other,
                        "nearest_name": names[other],
                        "metres": float(away[s, worst]),
                    }
                )
    return pd.DataFrame(rows, columns=columns)
