"""The options of a district: what a schedule may choose, what binds it, and what is left out and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from planner.capacity.budgets import money_notes
from planner.capacity.candidates import SEATS, Candidate, Ground, read_candidate
from planner.capacity.closing import closing_faults
from planner.capacity.opening_years import hand_over_year, opening_years
from planner.capacity.options import LeftOut, Option, Options
from planner.capacity.projects import default_choice, judge_projects, project_rows
from planner.district.decisions import circles_of
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.capacity.terms import Terms
    from planner.district import District
    from planner.policy import Policy


def offer_options(
    district: District, policy: Policy, years: Sequence[int], terms: Terms, *, certainty: float = 0.8
) -> Options:
    """
    Return what a schedule may choose: every project at every site and in every size, and what binds them.

    A project without a choice is fixed where it is dated, at least so sure and more than an idea, forbidden where it
    is stopped, else free if it brings rooms (`default_choice`). A project that cannot be carried out is left out
    with every reason, and so is one that needs it.

    Parameters
    ----------
    district
        With the choices of a scenario in its table ``projects`` (`with_choices`), or as it is.
    years
        The horizon, rising without gaps. [autumn]
    certainty
        Smallest certainty of a dated project that states no choice. [1]
    """
    ground = Ground(district=district, policy=policy, terms=terms, years=tuple(int(year) for year in years))
    candidates, left_out, open_now = _candidates(ground, certainty)
    allowed = {}
    for project, candidate in candidates.items():
        left, refused, faults = opening_years(candidate, ground)
        allowed[project] = (left, refused)
        faults = [
            *candidate.faults,
            *_no_school(candidate, ground, candidates),
            *closing_faults(candidate, ground, candidates),
            *faults,
        ]
        left_out += [
            LeftOut(project=project, key=key, reason=reason, choice=candidate.choice)
            for key, reason in faults
        ]
    needs = {project: _needed(candidate, candidates, open_now) for project, candidate in candidates.items()}
    left_out += _circles(needs, candidates)
    left_out += _sets(candidates)
    left_out += _unmet(needs, candidates, allowed, {entry.project for entry in left_out}, ground)
    lacking = {entry.project for entry in left_out}
    options = tuple(
        option
        for project, candidate in candidates.items()
        if project not in lacking
        for option in _options(candidate, allowed[project], ground)
    )
    offered = Options(years=ground.years, terms=terms, options=options, left_out=tuple(left_out))
    bound = replace(
        offered,
        needs=tuple(
            (option.option, tuple(other.option for other in offered.of(need)))
            for option in options
            for need in needs[option.project]
        ),
        at_most_one=tuple(_at_most_one(offered, candidates)),
        exactly_one=tuple(
            tuple(option.option for option in offered.of(project))
            for project, candidate in candidates.items()
            if candidate.choice == "fixed" and project not in lacking
        ),
        closing=_closing(options),
    )
    return replace(
        bound, notes=(*_notes(bound, ground), *_late_notes(bound, ground, candidates), *money_notes(bound))
    )


def _candidates(ground: Ground, certainty: float) -> tuple[dict[str, Candidate], list[LeftOut], set[str]]:
    """Return the projects that may be carried out, those that may not, and those that were at the last count."""
    candidates: dict[str, Candidate] = {}
    left_out: list[LeftOut] = []
    open_now: set[str] = set()
    judged = {project.project: project for project in judge_projects(ground.district, certainty=certainty)}
    for row in project_rows(ground.district):
        project = judged[row["project"]]
        choice = default_choice(row, ground.district.counted, certainty)
        if choice is None:
            open_now.add(project.project)
            continue
        choice = "forbidden" if row["status"] == "stopped" else row["choice"] or choice
        if choice == "forbidden":
            reason = Text("stopped") if row["status"] == "stopped" else Text("forbidden")
            if row["choice"] is None and row["status"] != "stopped":
                reason = Text("brings no rooms")
            left_out.append(
                LeftOut(project=project.project, key="choice", reason=reason, choice=choice, wrong=False)
            )
            continue
        opens = project.opens if project.counted else None
        candidates[project.project] = read_candidate(row, choice, opens, ground, counted=project.counted)
    return candidates, left_out, open_now


def _no_school(
    candidate: Candidate, ground: Ground, candidates: Mapping[str, Candidate]
) -> list[tuple[str, Text]]:
    """Return that a project changes the rooms of a school that is not there and that no project brings."""
    coming = {other.school for other in candidates.values() if other.brings}
    if candidate.brings or candidate.school in ground.present or candidate.school in coming:
        return []
    problem = Text(
        "there is no public school {school}, and no project brings it: correct the school, or write kind new",
        school=repr(candidate.school),
    )
    return [("school", problem)]


def _needed(candidate: Candidate, candidates: Mapping[str, Candidate], open_now: set[str]) -> tuple[str, ...]:
    """
    Return the projects that must be open before one or with it.

    Those that it states, the one that brings its school, and those that bring a school which takes its pupils.
    """
    brought: dict[str, str] = {}
    for other in candidates.values():
        if other.brings:
            brought.setdefault(other.school, other.project)
    schools = [*candidate.receives, *(() if candidate.brings else (candidate.school,))]
    needed = [*candidate.decision.depends_on, *(brought[school] for school in schools if school in brought)]
    return tuple(
        dict.fromkeys(need for need in needed if need not in open_now and need != candidate.project)
        | dict.fromkeys(need for need in candidate.decision.depends_on if need == candidate.project)
    )


def _circles(needs: Mapping[str, Sequence[str]], candidates: Mapping[str, Candidate]) -> list[LeftOut]:
    """Return the projects that wait for each other in a circle."""
    return [
        LeftOut(
            project=project,
            key="depends_on",
            reason=Text("projects wait for each other in a circle: {circle}", circle=" > ".join(circle)),
            choice=candidates[project].choice,
        )
        for circle in circles_of(needs)
        for project in dict.fromkeys(circle)
        if project in candidates
    ]


def _sets(candidates: Mapping[str, Candidate]) -> list[LeftOut]:
    """Return projects of a set of which another is fixed."""
    found: list[LeftOut] = []
    for name, members in _named_sets(candidates).items():
        fixed = [project for project in members if candidates[project].choice == "fixed"]
        for project in members if fixed else ():
            if len(fixed) > 1 and project in fixed:
                reason = Text(
                    "{projects} are fixed, of {set} of which at most one opens: free or forbid all but one",
                    projects=", ".join(fixed),
                    set=name,
                )
                found.append(LeftOut(project=project, key="one_of", reason=reason, choice="fixed"))
            elif project not in fixed:
                reason = Text("{project} of the same set ({set}) is fixed", project=fixed[0], set=name)
                found.append(
                    LeftOut(project=project, key="one_of", reason=reason, choice="free", wrong=False)
                )
    return found


def _named_sets(candidates: Mapping[str, Candidate]) -> dict[str, list[str]]:
    """Return the sets of which at most one project opens, by name."""
    sets: dict[str, list[str]] = {}
    for project, candidate in candidates.items():
        if candidate.row["one_of"] is not None:
            sets.setdefault(str(candidate.row["one_of"]), []).append(project)
    return sets


def _unmet(
    needs: Mapping[str, Sequence[str]],
    candidates: Mapping[str, Candidate],
    allowed: dict[str, tuple[tuple[int, ...], dict[int, Text]]],
    lacking: set[str],
    ground: Ground,
) -> list[LeftOut]:
    """
    Return the projects whose needs cannot be met, and take from `allowed` the years before they can.

    Repeated until nothing changes, because what is left out may be needed by another.
    """
    found: list[LeftOut] = []
    changed = True
    while changed:
        changed = False
        for project, needed in needs.items():
            if project in lacking:
                continue
            years, refused = allowed[project]
            reason = _unmet_need(needed, candidates, lacking)
            for need in needed if reason is None else ():
                since = allowed[need][0][0]
                later = tuple(year for year in years if year >= since)
                why = Text("needs {base}, which opens in {year} at the earliest", base=need, year=since)
                if later != years:
                    changed, years = True, later
                    refused = {year: why for year in ground.years if year < since} | refused
                    allowed[project] = (years, refused)
                if not years:
                    reason = why
                    break
            if reason is not None:
                changed = True
                lacking.add(project)
                found.append(
                    LeftOut(
                        project=project, key="depends_on", reason=reason, choice=candidates[project].choice
                    )
                )
    return found


def _unmet_need(needed: Sequence[str], candidates: Mapping[str, Candidate], lacking: set[str]) -> Text | None:
    """Return why a project that is needed cannot be had; None when all can."""
    for need in needed:
        if need not in candidates and need not in lacking:
            return Text("needs {base}, which is not in the table", base=need)
        if need in lacking:
            return Text("needs {base}, which cannot open", base=need)
    return None


def _options(
    candidate: Candidate, allowed: tuple[tuple[int, ...], dict[int, Text]], ground: Ground
) -> Iterator[Option]:
    """Yield a project at each of its sites and in each of its sizes."""
    row, terms, (years, refused) = candidate.row, ground.terms, allowed
    several = len(candidate.sizes) > 1
    for site, place in candidate.sites:
        for rooms, capital in zip(candidate.sizes, candidate.capital, strict=True):
            yield Option(
                option=candidate.project
                + (f"@{site}" if site else "")
                + (f"/{max(rooms)}" if several else ""),
                project=candidate.project,
                name=row["name"] or candidate.project,
                name_en=row["name_en"] or "",
                kind=candidate.kind,
                choice="fixed" if candidate.choice == "fixed" else "free",
                counted=candidate.counted,
                school=candidate.school,
                brings=candidate.brings,
                site=site,
                place=place,
                grades=candidate.grades,
                opening_grades=candidate.decision.opening_grades,
                rooms=rooms,
                years=years,
                refused=refused,
                capital_yuan=capital,
                running_yuan=float(row["running_yuan"] or 0.0),
                room_running_yuan=terms.running_yuan / (SEATS if ground.policy.by_seats else 1),
                building_years=terms.building_years_of(candidate.kind)
                if row["building_years"] is None
                else int(row["building_years"]),
                life=min(terms.life_of(candidate.kind), int(row["lasts"] or 100)),
                closes=candidate.closes,
                closes_rooms=ground.rooms.get(candidate.closes, 0),
                receives=candidate.receives,
                bus=bool(row["bus"]),
                certainty=1.0 if row["certainty"] is None else float(row["certainty"]),
                late=candidate.decision.late,
                source=row["source"] or "",
            )


def _at_most_one(options: Options, candidates: Mapping[str, Candidate]) -> Iterator[tuple[str, ...]]:
    """
    Yield the sets of options of which at most one opens.

    Those of a free project; of a named set; that close the same school; and one that closes a school with one that
    closes a school which takes its pupils.
    """
    sets = [[project] for project, candidate in candidates.items() if candidate.choice == "free"]
    sets += list(_named_sets(candidates).values())
    closing: dict[str, list[str]] = {}
    for candidate in candidates.values():
        if candidate.closes:
            closing.setdefault(candidate.closes, []).append(candidate.project)
    sets += list(closing.values())
    sets += [
        [candidate.project, other]
        for candidate in candidates.values()
        if candidate.closes
        for receiver in candidate.receives
        for other in closing.get(receiver, ())
        if other != candidate.project
    ]
    told: set[frozenset[str]] = set()
    for projects in sets:
        members = tuple(option.option for project in projects for option in options.of(project))
        if len(members) > 1 and frozenset(members) not in told:
            told.add(frozenset(members))
            yield members


def _closing(options: Sequence[Option]) -> dict[str, tuple[str, ...]]:
    """Return by school that may close the options that close it."""
    schools = dict.fromkeys(option.closes for option in options if option.closes)
    return {
        school: tuple(option.option for option in options if option.closes == school) for school in schools
    }


def _notes(options: Options, ground: Ground) -> Iterator[Text]:
    """Yield what is odd about the options, and does not keep them from being carried out."""
    for option in {option.project: option for option in options.options}.values():
        rule = option.grades and ground.policy.school_rule(
            "classes_per_school", *option.grades, ground.years[0]
        )
        most = max(max(other.rooms) for other in options.of(option.project))
        if rule and rule.at_most is not None and most > rule.at_most:
            yield Text(
                "Project {project}: {rooms} rooms, more than the {most} classes of a school ({source}).",
                project=option.project,
                rooms=most,
                most=int(rule.at_most),
                source=rule.source,
            )
        if option.kind == "temporary" and option.rooms[-1] > 0:
            yield Text(
                "Project {project}: temporary rooms without an end; write lasts, or rooms that end with 0.",
                project=option.project,
            )
        if option.bus and not option.running_yuan:
            yield Text(
                "Project {project}: a bus that costs nothing; write its cost a year as running_yuan.",
                project=option.project,
            )


def _late_notes(options: Options, ground: Ground, candidates: Mapping[str, Candidate]) -> Iterator[Text]:
    """Yield schools that were to be handed over with housing that is lived in already."""
    for project in options.by_project:
        development = candidates[project].row["development"]
        year = None if development is None else hand_over_year(ground.district, str(development))
        if year is not None and year <= ground.district.counted:
            yield Text(
                "Project {project}: the first phase of {development} was handed over for autumn {year}; the school comes later.",
                project=project,
                development=development,
                year=year,
            )


_SETTLED = (
    *("choice", "sites", "site_areas", "sizes", "rooms", "seats_stated"),
    *("cost_yuan", "room_yuan", "size_yuan"),
)
"""Columns of the table of projects into which what is settled of a project is written."""


def with_choices(
    district: District, policy: Policy, terms: Terms, years: Sequence[int], *, certainty: float = 0.8
) -> District:
    """
    Return the district with the choice of every project written into its table, as a schedule reads it.

    A project that states one site or one size has it as its place and its rooms.
    """
    table = gpd.GeoDataFrame(district["projects"])
    ground = Ground(district=district, policy=policy, terms=terms, years=tuple(years))
    written = {column: list(table[column]) for column in _SETTLED}
    places = list(table.geometry)
    for at, row in enumerate(project_rows(district)):
        default = default_choice(row, district.counted, certainty)
        if default is None:
            continue
        choice = "forbidden" if row["status"] == "stopped" else row["choice"] or default
        written["choice"][at] = choice
        if choice == "forbidden":
            continue
        candidate = read_candidate(row, choice, None, ground, counted=False)
        if candidate.faults:
            continue
        if candidate.brings and len(candidate.sites) == 1:
            places[at], written["sites"][at], written["site_areas"][at] = candidate.sites[0][1], pd.NA, pd.NA
        if len(candidate.decision.sizes) == 1:
            (size,) = candidate.decision.sizes
            settled = {
                "sizes": pd.NA,
                "size_yuan": pd.NA,
                "room_yuan": pd.NA,
                "cost_yuan": candidate.capital[0],
            }
            settled |= {"seats_stated": size[-1]} if policy.by_seats else {"rooms": ";".join(map(str, size))}
            for column, value in settled.items():
                written[column][at] = value
    typed = {column: pd.array(values, dtype=table.dtypes[column]) for column, values in written.items()}
    return district.with_tables(projects=table.assign(**typed).set_geometry(places, crs=table.crs))
