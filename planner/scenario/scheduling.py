"""A scenario's terms for a schedule: the options that they leave, and what contradicts itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from planner.capacity import Options, offer_options, overspent, with_choices
from planner.district import planned_stages
from planner.district.tables import texts
from planner.scenario.checking import outside
from planner.scenario.faults import with_known
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.capacity import LeftOut, Terms
    from planner.district import District
    from planner.policy import Policy
    from planner.scenario.reading import LoadedScenario

_KEYS = {"depends_on": "needs", "geometry": "at"}
"""Keys of an edit that the table of projects calls otherwise."""


def with_schedule(
    loaded: LoadedScenario, stated: District, district: District, policy: Policy, years: range
) -> tuple[District, Options | None, list[Text]]:
    """
    Return the district with what the schedule may do with each project, the options, and every fault.

    A fixed project without a date for which one year, site and size are left is dated, so that it counts. A project that
    cannot be carried out is a fault where the scenario or the table asks for it by name (`choice`, or a
    date in the scenario) or where it is fixed; one that is free only because nothing is said of it is left out.

    Parameters
    ----------
    stated
        The district as its files have it.
    district
        With the projects and the housing of the scenario.

    Returns
    -------
    Without terms the district without choices, so that projects count by their dates and certainty; None; no fault.
    """
    terms = loaded.scenario.schedule
    if terms is None:
        dated = district["projects"].assign(
            choice=pd.array([pd.NA] * len(district["projects"]), dtype="string")
        )
        return district.with_tables(projects=dated), None, []
    certainty = loaded.scenario.assumptions.certainty
    faults = list(_term_faults(loaded, terms, district, policy, years))
    district = with_choices(district, policy, terms, years, certainty=certainty)
    options = offer_options(district, policy, years, terms, certainty=certainty)
    if only := _only_years(options):
        district = _dated(district, only)
        options = offer_options(district, policy, years, terms, certainty=certainty)
    asked = _asked_for(loaded, stated)
    faults += [
        _fault(loaded, left)
        for left in options.left_out
        if left.wrong and (left.choice == "fixed" or left.project in asked)
    ]
    faults += [loaded.fault("schedule", problem, field=key) for key, problem in overspent(options)]
    return district, options, faults


def _only_years(options: Options) -> dict[str, int]:
    """Return the fixed projects without a date that can be carried out in one way only, and the year in which."""
    return {
        project: ways[0].years[0]
        for project, ways in options.by_project.items()
        if len(ways) == 1 and len(ways[0].years) == 1 and ways[0].choice == "fixed" and not ways[0].counted
    }


def _dated(district: District, opens: Mapping[str, int]) -> District:
    """Return the district with these years of opening in the table of projects."""
    table = district["projects"]
    year = pd.array([opens.get(project, pd.NA) for project in texts(table, "project")], dtype="Int64")
    return district.with_tables(
        projects=table.assign(opens=table["opens"].fillna(pd.Series(year, index=table.index)))
    )


def _asked_for(loaded: LoadedScenario, stated: District) -> set[str]:
    """Return the projects whose choice is stated, by the scenario or by the table."""
    table = stated["projects"]
    named = {
        project
        for project, choice in zip(texts(table, "project"), texts(table, "choice"), strict=True)
        if choice
    }
    return named | {edit.record.project for edit in loaded.edits["projects"]}


def _fault(loaded: LoadedScenario, left: LeftOut) -> Text:
    """Return why a project cannot be carried out, at the edit that says so, or at the table."""
    key = _KEYS.get(left.key, left.key)
    problem = Text("project {project}: {reason}", project=left.project, reason=left.reason)
    for edit in loaded.edits["projects"]:
        if edit.record.project == left.project:
            return edit.fault(key, problem)
    return Text("table projects, column {column}: {problem}", column=left.key, problem=problem)


def _term_faults(
    loaded: LoadedScenario, terms: Terms, district: District, policy: Policy, years: range
) -> Iterator[Text]:
    """Yield years outside the horizon, stages that are not planned, and years in the wrong order."""
    for key in ("opens_since", "opens_until"):
        year = getattr(terms, key)
        if year is not None and year not in years:
            yield loaded.fault("schedule", outside(year, years), field=key)
    if (
        terms.opens_since is not None
        and terms.opens_until is not None
        and terms.opens_until < terms.opens_since
    ):
        problem = Text(
            "ends in {until}, before it begins in {since}", until=terms.opens_until, since=terms.opens_since
        )
        yield loaded.fault("schedule", problem, field="opens_until")
    for key in ("yearly_yuan", "yearly_rooms"):
        stated = getattr(terms, key)
        for year in stated if isinstance(stated, dict) else ():
            if year not in years:
                yield loaded.fault("schedule", outside(year, years), field=key)
    stages = [stage.stage for stage in planned_stages(district, policy)]
    for key in ("class_yuan", "reach"):
        stated = getattr(terms, key)
        for stage in stated if isinstance(stated, dict) else ():
            if stage not in stages:
                problem = Text("there is no stage {stage} to plan", stage=repr(stage))
                yield loaded.fault("schedule", with_known(problem, stage, stages), field=key)
