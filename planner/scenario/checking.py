"""Edits of a scenario against the district and the policy: one check a section, every fault named."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import hypot
from typing import TYPE_CHECKING, Any

import pandas as pd
from pyproj import Transformer

from planner.district import planned_stages
from planner.policy import judged_in, parse_grades
from planner.scenario.faults import with_close, with_known
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from planner.capacity import Project
    from planner.district import District
    from planner.forecast import DemandEdit
    from planner.policy import Policy, Rule, Stage
    from planner.scenario.model import (
        CatchmentEdit,
        ClassesEdit,
        DiversionEdit,
        MustEdit,
        ProjectEdit,
        RoomsEdit,
    )
    from planner.scenario.reading import Edit, LoadedScenario

LONGEST = 50
"""Longest horizon. [years]"""

FARTHEST = 100_000.0
"""Distance from the middle of the district beyond which a new school's place is taken for a mistake. [m]"""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What edits are checked against."""

    district: District
    policy: Policy
    years: range
    projects: tuple[Project, ...]
    """With the scenario's edits, and whether they count."""

    @cached_property
    def grades(self) -> dict[str, tuple[int, int]]:
        """First and last grade of the public schools, those of projects that count included."""
        table = self.district.schools.loc[self.district.public, ["first", "last"]]
        return {str(school): (int(first), int(last)) for school, first, last in table.itertuples()}

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of the schools by id."""
        return school_names(self.district)


def school_names(district: District) -> dict[str, str]:
    """Return the names of the schools by id."""
    return {str(school): str(name) for school, name in district.schools["name"].dropna().items()}


def _year_faults(
    edit: Edit[Any], facts: Facts, since: int | None, until: int | None = None
) -> Iterator[Text]:
    """Yield a fault for a span of years that does not lie in the horizon."""
    for key, year in (("since", since), ("until", until)):
        if year is not None and year not in facts.years:
            yield edit.fault(key, outside(year, facts.years))
    if since is not None and until is not None and until < since:
        yield edit.fault(
            "until", Text("ends in {until}, before it begins in {since}", until=until, since=since)
        )


def outside(year: int, years: range) -> Text:
    """Return the fault of a year that the horizon does not have."""
    return Text(
        "{year} is outside the horizon {first}-{last}", year=year, first=years.start, last=years.stop - 1
    )


def _stage(edit: Edit[Any], facts: Facts, stage: str) -> tuple[Stage | None, list[Text]]:
    planned = {entry.stage: entry for entry in planned_stages(facts.district, facts.policy)}
    if stage in planned:
        return planned[stage], []
    problem = Text("there is no stage {stage} to plan", stage=repr(stage))
    return None, [edit.fault("stage", with_known(problem, stage, list(planned)))]


def _school_faults(
    edit: Edit[Any], key: str, facts: Facts, school: str, grade: int | None = None
) -> Iterator[Text]:
    """Yield what is wrong with naming a school, and with its not teaching a grade."""
    if school not in facts.grades:
        yield edit.fault(key, _no_school(facts, school))
    elif grade is not None and not facts.grades[school][0] <= grade <= facts.grades[school][1]:
        first, last = facts.grades[school]
        yield edit.fault(
            key,
            Text(
                "{school} teaches grades {first}-{last}, not grade {grade}",
                school=school,
                first=first,
                last=last,
                grade=grade,
            ),
        )


def _no_school(facts: Facts, school: str) -> Text:
    if school not in facts.district.schools.index:
        for project in facts.projects:
            if project.school == school and not project.counted:
                return Text(
                    "{school} comes only with project {project}, which does not count ({reason}): name it under [[projects]]",
                    school=school,
                    project=project.project,
                    reason=project.reason,
                )
    if school in facts.district.schools.index:
        return Text("{school} is a private school: only public ones are planned", school=school)
    return with_close(
        Text("there is no school {school}", school=repr(school)), school, facts.grades, facts.names
    )


def _block_faults(edit: Edit[Any], facts: Facts, blocks: Sequence[str]) -> Iterator[Text]:
    table = facts.district.blocks
    names = {str(block): str(name) for block, name in table["name"].dropna().items()}
    for block in blocks:
        if block not in table.index:
            problem = Text("there is no block {block}", block=repr(block))
            yield edit.fault("blocks", with_close(problem, block, table.index, names))


def _repeated(edit: Edit[Any], key: str, ids: Sequence[str]) -> Iterator[Text]:
    for twice in sorted({entry for entry in ids if ids.count(entry) > 1}):
        yield edit.fault(key, Text("{id} is named twice", id=twice))


def catchment_faults(edits: Sequence[Edit[CatchmentEdit]], facts: Facts) -> Iterator[Text]:
    """Yield the faults of catchment edits."""
    for edit in edits:
        record = edit.record
        stage, faults = _stage(edit, facts, record.stage)
        yield from faults
        yield from _year_faults(edit, facts, record.since)
        yield from _block_faults(edit, facts, record.blocks)
        for key in ("blocks", "of", "schools"):
            yield from _repeated(edit, key, getattr(record, key))
        for school in record.schools:
            yield from _school_faults(edit, "schools", facts, school, stage and stage.first)
        for school in record.of:
            yield from _school_faults(edit, "of", facts, school)


def intake_faults(edits: Sequence[Edit[Any]], facts: Facts) -> Iterator[Text]:
    """Yield the faults of planned classes and intake limits."""
    for edit in edits:
        record = edit.record
        stage, faults = _stage(edit, facts, record.stage)
        yield from faults
        yield from _year_faults(edit, facts, record.since, record.until)
        yield from _school_faults(edit, "school", facts, record.school, stage and stage.first)


def classes_faults(edits: Sequence[Edit[ClassesEdit]], facts: Facts) -> Iterator[Text]:
    """Yield the faults of planned classes."""
    yield from intake_faults(edits, facts)
    for edit in edits if facts.policy.by_seats else ():
        yield edit.fault("classes", Text("the policy forms no classes (classes.formation is none)"))


def diversion_faults(edits: Sequence[Edit[DiversionEdit]], facts: Facts) -> Iterator[Text]:
    """Yield the faults of diversions."""
    for edit in edits:
        record = edit.record
        stage, faults = _stage(edit, facts, record.stage)
        yield from faults
        yield from _year_faults(edit, facts, record.since, record.until)
        later = [] if stage is None else range(stage.first + 1, stage.last + 1)
        taught = [grade for grade in record.grades if grade in later] or [stage and stage.first]
        for key, school in (("from_school", record.from_school), ("to_school", record.to_school)):
            for grade in taught:
                yield from _school_faults(edit, key, facts, school, grade)
        if record.from_school == record.to_school:
            yield edit.fault(
                "to_school", Text("sends children of {school} to itself", school=record.to_school)
            )
        for grade in record.grades if stage is not None else ():
            if grade not in later:
                problem = Text(
                    "grade {grade} is no later grade of stage {stage}", grade=grade, stage=record.stage
                )
                yield edit.fault("grades", problem)


def rooms_faults(edits: Sequence[Edit[RoomsEdit]], facts: Facts) -> Iterator[Text]:
    """Yield the faults of rooms set or changed."""
    for edit in edits:
        record = edit.record
        yield from _year_faults(edit, facts, record.since, record.until)
        yield from _school_faults(edit, "school", facts, record.school)
        if facts.policy.by_seats:
            problem = Text(
                "the policy plans by seats, not by rooms: state seats_stated of a project under [[projects]]"
            )
            yield edit.fault("rooms", problem)


def demand_faults(edits: Sequence[Edit[DemandEdit]], facts: Facts) -> Iterator[Text]:
    """Yield the faults of demand edits."""
    areas = [str(area) for area in facts.district.blocks["area"].dropna().unique()]
    for edit in edits:
        record = edit.record
        _, faults = _stage(edit, facts, record.stage)
        yield from faults
        yield from _year_faults(edit, facts, record.since, record.until)
        yield from _block_faults(edit, facts, record.blocks)
        if record.area and record.area not in areas:
            problem = Text("there is no area {area}", area=repr(record.area))
            yield edit.fault("area", with_close(problem, record.area, areas))
        if record.area and record.blocks:
            yield edit.fault("area", Text("give `blocks` or `area`, not both"))
        if record.factor == 1 and record.children == 0:
            yield edit.fault("factor", Text("changes nothing: give `factor` or `children`"))


def rule_faults(edits: Sequence[Edit[Rule]], facts: Facts) -> Iterator[Text]:
    """Yield the faults of rules."""
    for edit in edits:
        record = edit.record
        for found in facts.policy.rule_faults([record]):
            yield edit.fault("stage", found)
        if record.since is not None and judged_in(record.since) >= facts.years.stop:
            yield edit.fault("since", outside(judged_in(record.since), facts.years))


def project_faults(
    edit: Edit[ProjectEdit], district: District, years: range, *, scheduled: bool = False
) -> Iterator[Text]:
    """Yield the faults of one project edit; with terms for a schedule it need not be dated."""
    record, table = edit.record, district["projects"]
    dates = {row["project"]: row["opens"] for row in table.to_dict("records")}
    if record.opens is not None and record.opens not in years:
        yield edit.fault("opens", outside(record.opens, years))
    if isinstance(record.rooms, tuple) and not record.rooms:
        yield edit.fault("rooms", Text("is empty"))
    if () in record.sizes:
        yield edit.fault("sizes", Text("is empty"))
    if record.grades:
        try:
            parse_grades(record.grades)
        except ValueError as error:
            for reason in error.args:
                yield edit.fault("grades", reason)
    if record.at is not None:
        yield from _place_faults(edit, district, record.at)
    opened = dates.get(record.project, pd.NA)
    if record.project not in dates:
        yield from _new_project_faults(edit, district, scheduled=scheduled)
    elif pd.notna(opened) and opened <= district.counted:
        for key in ("opens", "slip", "include", "late"):
            if key in record.model_fields_set:
                what = Text(
                    "project {project} opened in {opened}: its rooms are among those counted; change them under [[rooms]]",
                    project=record.project,
                    opened=opened,
                )
                yield edit.fault(key, what)
    elif not scheduled and record.include and record.opens is None and pd.isna(dates[record.project]):
        yield edit.fault("opens", Text("project {project} has no date: give `opens`", project=record.project))


def _new_project_faults(edit: Edit[ProjectEdit], district: District, *, scheduled: bool) -> Iterator[Text]:
    """Yield what a project that the district's table does not have still needs."""
    record, table = edit.record, district["projects"]
    if not record.include or (not record.school and len(table)):
        problem = Text("the district has no project {project}", project=repr(record.project))
        yield edit.fault("project", with_known(problem, record.project, list(table["project"])))
        return
    needed = ["kind", *(() if scheduled else ("opens",))]
    needed += ["grades", "at"] if record.kind == "new" and not scheduled else []
    needed += ["grades"] if record.kind == "new" and scheduled and not record.replaces else []
    missing = [key for key in needed if not getattr(record, key)]
    missing += ["rooms"] if record.rooms is None and not (scheduled and record.sizes) else []
    missing += [] if record.school else ["school"]
    brings = record.kind == "new" or record.replaces
    if record.school and not brings and record.school not in {*district.public, *table["school"]}:
        problem = Text("there is no school {school}", school=repr(record.school))
        yield edit.fault(
            "school", with_close(problem, record.school, district.public, school_names(district))
        )
    if missing:
        yield edit.fault(
            "project",
            Text(
                "{project} is not in the district's projects; to add it, give also {keys}",
                project=record.project,
                keys=", ".join(missing),
            ),
        )


def _place_faults(edit: Edit[Any], district: District, at: tuple[float, float]) -> Iterator[Text]:
    west, south, east, north = district.blocks.total_bounds
    to_metric = Transformer.from_crs(4326, district.crs, always_xy=True)
    x, y = to_metric.transform(*at)
    if not hypot(x - (west + east) / 2, y - (south + north) / 2) <= FARTHEST:
        yield edit.fault(
            "at",
            Text(
                "{at} is not near the district: write longitude, then latitude, in degrees", at=str(list(at))
            ),
        )


def must_faults(edits: Sequence[Edit[MustEdit]], facts: Facts) -> Iterator[Text]:
    """Yield the faults of what has to hold: unknown projects and schools, years outside the horizon."""
    known = [project.project for project in facts.projects]
    coming = {project.school for project in facts.projects}
    for edit in edits:
        record = edit.record
        if record.year is not None and record.year not in facts.years:
            yield edit.fault("year", outside(record.year, facts.years))
        if record.project and record.project not in known:
            problem = Text("the district has no project {project}", project=repr(record.project))
            yield edit.fault("project", with_known(problem, record.project, known))
        if record.school and record.school not in coming:
            yield from _school_faults(edit, "school", facts, record.school)


CHECKS: Mapping[str, Callable[[Sequence[Edit[Any]], Facts], Iterator[Text]]] = {
    "catchments": catchment_faults,
    "classes": classes_faults,
    "limits": intake_faults,
    "diversions": diversion_faults,
    "rooms": rooms_faults,
    "demand": demand_faults,
    "rules": rule_faults,
    "must": must_faults,
}


def edit_faults(scenario: LoadedScenario, facts: Facts) -> list[Text]:
    """Return every fault of a scenario's edits, in the order of sections."""
    return [
        found for section, check in CHECKS.items() for found in check(scenario.edits.get(section, ()), facts)
    ]


def horizon(scenario: LoadedScenario, counted: int) -> tuple[range, list[Text]]:
    """
    Return the school years planned, and what is wrong with them.

    From the autumn after the last count to `until`; ten years when nothing is said.
    """
    until = scenario.scenario.until
    if until is None:
        return range(counted + 1, counted + 11), []
    if not counted < until <= counted + LONGEST:
        problem = Text(
            "{until} is no year from {first} to {last}: the last count is of {counted}",
            until=until,
            first=counted + 1,
            last=counted + LONGEST,
            counted=counted,
        )
        return range(counted + 1, counted + 11), [scenario.fault("until", problem)]
    return range(counted + 1, until + 1), []
