"""Checks of feeders: whether leavers have a way on, and whether they went it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.catchments import catchments_in, planned_stages
from planner.district.checking.roster import KnownSchool, known_schools
from planner.district.findings import few, listing, school_names
from planner.district.tables import complete, figures, rows, texts
from planner.words import Text

if TYPE_CHECKING:
    from planner.district.findings import Finding
    from planner.district.model import District
    from planner.policy import Policy

KEPT = 0.7
"""A grade with less than this share of the leavers whom feeders send there contradicts them. [1]"""

KEPT_CHILDREN = 20
"""... when as many children are missing. [children]"""


def feeders_of_closed_schools(district: District, policy: Policy) -> list[Finding]:
    """Return feeders that hold from the last count on and name a school that is not open then."""
    del policy
    known = known_schools(district)
    table = complete(district["feeders"], ("school", "to_school"))
    begins = np.maximum(np.nan_to_num(figures(table, "since"), nan=0.0), district.counted)
    shut = [
        f"{school}/{to_school}"
        for school, to_school, year in zip(
            texts(table, "school"), texts(table, "to_school"), begins, strict=True
        )
        if any(
            name in known and not known[name].opens <= year <= known[name].closes
            for name in (school, to_school)
        )
    ]
    return listing(
        "warning",
        "D130",
        "feeders",
        "to_school",
        shut,
        Text(
            "Feeders of schools that are not open when they begin (school/to school): {ids}.", ids=few(shut)
        ),
        Text("Let the feeder begin when both are open (since), or name the school that takes the leavers."),
    )


def leavers_without_a_way(district: District, policy: Policy) -> list[Finding]:
    """Return public schools that end a stage before the last planned one, with neither a feeder nor a block of their own."""
    stages = planned_stages(district, policy)
    known = known_schools(district)
    fed = set(texts(district["feeders"], "school"))
    stuck: list[str] = []
    for stage in stages[:-1]:
        own = {
            school
            for group in catchments_in(district, stage.stage, district.counted)
            for school in str(group).split("+")
        }
        if not own:
            continue
        stuck += [
            school
            for school in map(str, district.public)
            if known[school].last == stage.last
            and known[school].opens <= district.counted <= known[school].closes
            and school not in own | fed
        ]
    return listing(
        "note",
        "D131",
        "feeders",
        "school",
        stuck,
        Text(
            "Schools without blocks of their own whose leavers no feeder sends on: {ids}.",
            ids=few(school_names(district, stuck)),
        ),
        Text("Add feeders; the children of other schools go on by the catchments of their blocks."),
    )


def _holding(district: District) -> pd.DataFrame:
    """Return the feeders that hold at the last count: of each school those of its latest year."""
    table = complete(district["feeders"], ("school", "to_school", "share"))
    table = table.assign(begins=np.nan_to_num(figures(table, "since"), nan=0.0))
    begun = rows(table, figures(table, "begins") <= district.counted)
    return rows(begun, (begun["begins"] == begun.groupby("school")["begins"].transform("max")).to_numpy(bool))


def _leaving(school: KnownSchool, to_school: KnownSchool, policy: Policy) -> int | None:
    """Return the grade from which leavers go to a school; None when it takes none of them up."""
    ends = {school.last, *(stage.last for stage in policy.stages if school.teaches(stage.last))}
    fitting = [grade for grade in sorted(ends) if to_school.teaches(grade + 1)]
    return fitting[0] if fitting else None


def feeders_against_counts(district: District, policy: Policy) -> list[Finding]:
    """Return schools where far fewer children were counted than the feeders send there."""
    known = known_schools(district)
    table = complete(district["enrolment"], ("school", "grade", "year", "pupils"))
    rolls = dict(
        zip(
            zip(texts(table, "school"), figures(table, "grade"), figures(table, "year"), strict=True),
            figures(table, "pupils"),
            strict=True,
        )
    )
    sent: dict[tuple[str, int], float] = {}
    feeders = _holding(district)
    for school, to_school, share in zip(
        texts(feeders, "school"), texts(feeders, "to_school"), figures(feeders, "share"), strict=True
    ):
        if school not in known or to_school not in known:
            continue
        grade = _leaving(known[school], known[to_school], policy)
        if grade is not None:
            leavers = rolls.get((school, grade, district.counted - 1), 0.0)
            sent[to_school, grade + 1] = sent.get((to_school, grade + 1), 0.0) + share * leavers
    short = {
        (school, grade): f"{children:.0f}, {rolls[school, grade, district.counted]:.0f}"
        for (school, grade), children in sent.items()
        if rolls.get((school, grade, district.counted), np.inf) < KEPT * children
        and children - rolls[school, grade, district.counted] >= KEPT_CHILDREN
    }
    return listing(
        "warning",
        "D132",
        "feeders",
        "share",
        [f"{school}/{grade}" for school, grade in short],
        Text(
            "Far fewer children came in {year} than the feeders send (sent, counted): {list}.",
            year=district.counted,
            list=few(school_names(district, [school for school, _ in short], list(short.values()))),
        ),
        Text("Correct the shares, or the count."),
    )


def dropped_feeders(district: District, policy: Policy) -> list[Finding]:
    """Return schools whose later feeders leave out schools and shares that the earlier ones had."""
    del policy
    table = complete(district["feeders"], ("school", "to_school", "share"))
    table = table.assign(begins=np.nan_to_num(figures(table, "since"), nan=0.0))
    table = pd.DataFrame(table.groupby(["school", "begins"], as_index=False)["share"].sum())
    school, share = texts(table, "school"), figures(table, "share")
    last = np.flatnonzero(school != np.append(school[1:], "")) if len(school) else np.zeros(0, dtype=np.intp)
    less = [
        str(school[at]) for at in last if at and school[at - 1] == school[at] and share[at] < share[at - 1]
    ]
    return listing(
        "note",
        "D133",
        "feeders",
        "since",
        less,
        Text(
            "Feeders that begin later send on fewer leavers than those before: {ids}.",
            ids=few(school_names(district, less)),
        ),
        Text("From that year on only the later rows hold: repeat there the schools that stay the same."),
    )


CHECKS = (feeders_of_closed_schools, leavers_without_a_way, feeders_against_counts, dropped_feeders)
