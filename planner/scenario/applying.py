"""A scenario applied to a district and a policy: the what-if copies that everything after works on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.capacity import build_capacity, judge_projects, schools_with_projects, with_closures
from planner.errors import ScenarioError
from planner.policy.profiles import rules_from_table
from planner.scenario.branches import as_planned, branch_faults, questions_of, with_branches
from planner.scenario.checking import Facts, edit_faults, horizon, project_faults
from planner.scenario.moving_in import with_moving_in
from planner.scenario.projects import edited_projects, rows_like
from planner.scenario.scheduling import with_schedule
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.capacity import Options
    from planner.district import District
    from planner.errors import Sayable
    from planner.policy import Policy
    from planner.scenario.branches import Branch
    from planner.scenario.model import CatchmentEdit, ProjectEdit, RoomsEdit, Scenario
    from planner.scenario.reading import LoadedScenario

DRAWS = 2000
"""Draws of a scenario that does not say how many."""

SEED = 1
"""Seed of a scenario that does not say which."""


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A district and a policy as a scenario would have them."""

    loaded: LoadedScenario
    district: District
    """Copy with edited projects, schools of new projects, catchments, and the detour that holds."""
    policy: Policy
    """The profile, then the district's own rules, then the scenario's."""
    years: tuple[int, ...]
    """First autumn after the last count to the end of the horizon."""
    draws: int
    seed: int
    notes: tuple[Text, ...]
    """What a reader of the results should know of how the scenario was understood."""
    options: Options | None = None
    """What `planner schedule` may choose, where the scenario has terms for it; the settled projects count in the
    district, the others do not."""

    @property
    def scenario(self) -> Scenario:
        """All files merged."""
        return self.loaded.scenario


def apply_scenario(
    loaded: LoadedScenario, district: District, policy: Policy, *, planned: District | None = None
) -> Applied:
    """
    Return the district and the policy as the scenario would have them; neither input is changed.

    - **projects**: a project that is named counts whatever its certainty, on its new date plus `slip`; one with
      ``include = false`` is stopped; one that the district does not have is added. With terms for a schedule, those
      that are free do not count, nor those whose year, site or size is open.
    - A school that a counted project closes is closed from its year on: its blocks, and its pupils of all grades, go to
      the nearest school that receives them.
    - **rooms**: an edit becomes a project of its school, so that rooms have one reading: `rooms` is the number
      that the school then has, its projects included.
    - **catchments**: an edit becomes rows of the catchments table and supersedes the rows of the same blocks and
      stage dated later; `of` means the blocks that belong to those schools in the edit's first year, edits
      before it included.
    - **housing**, **drivers**: see `planner.scenario.moving_in`.
    - **rules**: the policy's, then the district's, then the scenario's.
    - **branches** are not carried out, but checked as if each had come true.

    Parameters
    ----------
    planned
        District of the same facts that a plan was made for, where another is wanted on which it can be carried out:
        with its schools in its order, those closed through all years that do not come in this scenario.

    Raises
    ------
    ScenarioError
        With every fault, each with file and key: unknown ids, years outside the horizon, grades not taught.
    """
    questions = questions_of(loaded)
    if not questions:
        return _applied(loaded, district, policy, planned)
    faults: list[Sayable | str] = list(branch_faults(questions))
    counted_on = _tried(as_planned(loaded), district, policy, None, faults)
    plan_of = planned if counted_on is None else counted_on.district
    stands = counted_on
    if any(question.planned >= 0 for question in questions):
        stands = _tried(with_branches(loaded, ()), district, policy, plan_of, faults)
    for branch in (branch for question in questions for branch in question.branches if branch.changes):
        if branch.late and stands is None:
            continue  # what is wrong with the project has been said where it stands
        held = _tried(with_branches(loaded, [branch]), district, policy, plan_of, faults)
        if held is not None and plan_of is not None:
            faults += _new_schools(branch, held.district, plan_of)
    if stands is None or faults:
        raise ScenarioError(*dict.fromkeys(faults))
    return replace(stands, loaded=loaded)


def _tried(
    loaded: LoadedScenario,
    district: District,
    policy: Policy,
    planned: District | None,
    faults: list[Sayable | str],
) -> Applied | None:
    """Return the scenario applied; None, with its faults added to those given, where it has any."""
    try:
        return _applied(loaded, district, policy, planned)
    except ScenarioError as error:
        faults += error.faults
        return None


def _new_schools(branch: Branch, held: District, planned: District) -> Iterator[Text]:
    """Yield a fault for every school that a branch brings and that the plan does not know."""
    for school in held.schools.index.difference(planned.schools.index):
        problem = Text(
            "brings school {school}, for which nothing is planned: add its project to the scenario and leave it out"
            " in the other branch, or write `planned = true` here",
            school=school,
        )
        yield branch.edit.fault("projects", problem)


def _on_schools_of(planned: District, district: District, last: int) -> District:
    """
    Return a district with the schools that a plan knows first, those closed to the last year that do not come in it.

    Projects date the schools that they bring; nothing else of a school differs between scenarios.
    """
    schools = district.schools
    opened = schools["open_from"].to_dict()
    dated = pd.array(
        [opened.get(school, last + 1) for school in planned.schools.index],
        dtype=planned.schools["open_from"].dtype,
    )
    known = planned.schools.assign(open_from=dated)
    others = schools.loc[schools.index.difference(known.index, sort=False)]
    return district.with_tables(schools=pd.concat([known, others]) if len(others) else known)


def _applied(
    loaded: LoadedScenario, district: District, policy: Policy, planned: District | None = None
) -> Applied:
    """Return a scenario applied that asks no question; `apply_scenario` says how."""
    scenario = loaded.scenario
    years, faults = horizon(loaded, district.counted)
    policy = policy.with_rules(rules_from_table(district["rules"]))
    assumed = scenario.assumptions
    terms = scenario.schedule
    sound: list[ProjectEdit] = []
    for edit in loaded.edits["projects"]:
        found = list(project_faults(edit, district, years, scheduled=terms is not None))
        faults += found
        sound += [] if found else [edit.record]
    stated = district
    projects, notes = edited_projects(district, sound, years, scheduled=terms is not None)
    district, found, said = with_moving_in(loaded, district, years)
    faults += found
    notes += said
    district, options, found = with_schedule(
        loaded, stated, district.with_tables(projects=projects), policy, years
    )
    faults += found
    district = schools_with_projects(district, certainty=assumed.certainty)
    district = with_closures(district, policy, years, certainty=assumed.certainty)
    if planned is not None:
        district = _on_schools_of(planned, district, years.stop - 1)
    judged = judge_projects(district, certainty=assumed.certainty)
    faults += edit_faults(loaded, Facts(district=district, policy=policy, years=years, projects=judged))
    if faults:
        raise ScenarioError(*faults)
    policy = policy.with_rules(scenario.rules)
    if assumed.strict is not None:
        policy = policy.model_copy(update={"strict": assumed.strict})
    if assumed.detour is not None:
        district = replace(district, detour=assumed.detour)
    district = with_rooms(district, policy, years, scenario.rooms, certainty=assumed.certainty)
    catchments, found = edited_catchments(district["catchments"], scenario.catchments, years)
    notes += found
    return Applied(
        loaded=loaded,
        district=district.with_tables(catchments=catchments),
        policy=policy,
        years=tuple(years),
        draws=scenario.draws or DRAWS,
        seed=SEED if scenario.seed is None else scenario.seed,
        notes=tuple(notes) + (() if options is None else options.notes),
        options=options,
    )


def with_rooms(
    district: District, policy: Policy, years: range, edits: Sequence[RoomsEdit], *, certainty: float
) -> District:
    """
    Return the district with rooms edits as further projects, one an edit, in the order of the edits.

    Each writes what the school gains or loses from year to year, so that it has the rooms asked for, whatever
    its other projects do.
    """
    for number, edit in enumerate(edits, start=1):
        capacity = build_capacity(district, policy, tuple(years), certainty=certainty)
        at = capacity.schools.index(edit.school)
        before = capacity.rooms[at] + capacity.rooms_outside[at]
        until = years.stop - 1 if edit.until is None else edit.until
        inside = (np.asarray(years) >= edit.since) & (np.asarray(years) <= until)
        gain = edit.change if edit.rooms is None else edit.rooms - before
        change = np.where(inside, gain, 0)[edit.since - years.start :]
        row = {
            "project": f"rooms-{number}-{edit.school}",
            "school": edit.school,
            "kind": "expansion" if edit.until is None else "temporary",
            "rooms": ";".join(str(int(rooms)) for rooms in change),
            "opens": edit.since,
            "certainty": 1.0,
            "source": edit.source or pd.NA,
            "geometry": None,
        }
        table = district["projects"]
        district = district.with_tables(projects=rows_like(table, [*table.to_dict("records"), row]))
    return district


def edited_catchments(
    table: pd.DataFrame, edits: Sequence[CatchmentEdit], years: range
) -> tuple[pd.DataFrame, list[Text]]:
    """
    Return the catchments table with a scenario's edits, and what to note about them.

    An edit holds from its first year on: rows of the same blocks and stage dated then or later are dropped.
    """
    notes: list[Text] = []
    rows: list[dict[str, Any]] = table.to_dict("records")
    for edit in edits:
        since = years.start if edit.since is None else edit.since
        blocks = list(dict.fromkeys(edit.blocks)) or _blocks_of(rows, edit, since)
        schools = "+".join(edit.schools)
        if not blocks:
            notes.append(
                Text(
                    "No block belongs to {of} in {since}: nothing is moved to {schools}.",
                    of=", ".join(edit.of),
                    since=since,
                    schools=schools,
                )
            )
        moved = set(blocks)
        concerned = [row["stage"] == edit.stage and row["block"] in moved for row in rows]
        later = {
            row["block"] for row, ours in zip(rows, concerned, strict=True) if ours and row["since"] > since
        }
        if later:
            notes.append(
                Text(
                    "The catchment of {schools} from {since} on replaces later ones of {blocks} blocks.",
                    schools=schools,
                    since=since,
                    blocks=len(later),
                )
            )
        rows = [row for row, ours in zip(rows, concerned, strict=True) if not ours or row["since"] < since]
        rows += [{"block": block, "stage": edit.stage, "since": since, "school": schools} for block in blocks]
    plain = {
        column: pd.array([row[column] for row in rows], dtype=dtype) for column, dtype in table.dtypes.items()
    }
    return pd.DataFrame(plain), notes


def _blocks_of(rows: Sequence[dict[str, Any]], edit: CatchmentEdit, since: int) -> list[str]:
    """Return the blocks that belong to the edit's `of` schools in a year, in the order of the table."""
    held: dict[str, tuple[int, str]] = {}
    for row in rows:
        begun = row["stage"] == edit.stage and row["since"] <= since and pd.notna(row["school"])
        if begun and row["since"] >= held.get(row["block"], (row["since"],))[0]:
            held[row["block"]] = (row["since"], row["school"])
    return [block for block, (_, key) in held.items() if not set(edit.of).isdisjoint(key.split("+"))]
