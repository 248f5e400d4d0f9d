"""Checks of catchments, feeders and grades: whether every child of a block has a school to go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.district.catchments import catchments_in, open_in, planned_stages, stages_named, teaches
from planner.district.checking.roster import known_schools, memberships
from planner.district.findings import Finding, StageName, few, listing, school_names
from planner.district.tables import figures, named, rows, texts, words
from planner.words import Text

if TYPE_CHECKING:
    from planner.district.findings import Level
    from planner.district.model import District
    from planner.policy import Policy

SHARE_TOLERANCE = 0.001
"""Shares of leavers may exceed 1 by this for rounding. [1]"""


def unknown_stages(district: District, policy: Policy) -> list[Finding]:
    """Return stages of catchments and of `about` that the policy does not have."""
    known = [stage.stage for stage in policy.stages]
    findings = []
    for table, column, used in (
        ("catchments", "stage", set(texts(district["catchments"], "stage")) - {""}),
        ("about", "value", set(stages_named(district))),
    ):
        if ids := tuple(sorted(used - set(known))):
            findings.append(
                Finding(
                    level="error",
                    code="D040",
                    table=table,
                    column=column,
                    ids=ids,
                    text=Text(
                        "Stages that policy {policy} does not have: {ids}.",
                        policy=policy.profile,
                        ids=few(ids),
                    ),
                    advice=Text("Write one of {stages}.", stages=", ".join(known)),
                )
            )
    return findings


def _finding(
    level: Level,
    code: str,
    ids: tuple[str, ...],
    text: Text,
    advice: Text,
    *,
    column: str = "school",
    table: str = "catchments",
) -> list[Finding]:
    """Return the finding about ids of catchments, unless another table is named."""
    return listing(level, code, table, column, ids, text, advice)


def blocks_without_catchment(district: District, policy: Policy) -> list[Finding]:
    """Return blocks that belong to no school of a stage that is planned."""
    table = district["catchments"]
    if not len(table):
        return []
    findings = []
    for stage in planned_stages(district, policy):
        ever = set(words(rows(table, texts(table, "stage") == stage.stage), "block"))
        now = set(catchments_in(district, stage.stage, district.counted).index)
        never = named(block for block in district.blocks.index if block not in ever)
        later = named(block for block in district.blocks.index if block in ever and block not in now)
        findings += _finding(
            "error",
            "D041",
            never,
            Text(
                "Blocks without a catchment of stage {stage}: {ids}.", stage=StageName(stage), ids=few(never)
            ),
            Text("Add a row for each, or name in about (stages) the stages that are planned."),
            column="block",
        )
        findings += _finding(
            "warning",
            "D041",
            later,
            Text(
                "Blocks whose catchment of stage {stage} begins only after {year}: {ids}.",
                stage=StageName(stage),
                year=district.counted,
                ids=few(later),
            ),
            Text("Add the catchment that holds until then."),
            column="block",
        )
    return findings


def schools_without_catchment(district: District, policy: Policy) -> list[Finding]:
    """Return public schools that teach the first grade of a stage, and that no catchment of it and no feeder names."""
    members = memberships(district)
    if not members:
        return []
    known = known_schools(district)
    lasting = [school for school in district.public if known[school].closes >= district.counted]
    fed = set(texts(district["feeders"], "to_school"))
    findings = []
    for stage in planned_stages(district, policy):
        inside = {member.school for member in members if member.stage == stage.stage}
        if stage is not policy.stages[0]:
            inside |= fed
        ids = named(
            school for school in lasting if known[school].teaches(stage.first) and school not in inside
        )
        findings += _finding(
            "warning",
            "D042",
            ids,
            Text(
                "Public schools outside every catchment of stage {stage}: {ids}.",
                stage=StageName(stage),
                ids=few(school_names(district, ids)),
            ),
            Text("Give them blocks, or leave it so if children come to them by choice alone."),
        )
    return findings


def catchments_of_wrong_schools(district: District, policy: Policy) -> list[Finding]:
    """Return catchments of schools that do not teach the stage, are not open then, or are private."""
    known = known_schools(district)
    stages = {stage.stage: stage for stage in policy.stages}
    untaught, shut, ending, private = set(), set(), set(), set()

    def listed(names: set[str]) -> Text | str:
        """Return schools with the labels of the stages."""
        pairs = [name.rsplit("/", 1) for name in sorted(names)]
        labels = [StageName(stages[stage]) for _, stage in pairs]
        return few(school_names(district, [school for school, _ in pairs], labels))

    for member in memberships(district):
        school, stage = known.get(member.school), stages.get(member.stage)
        if school is None or stage is None:
            continue
        name = f"{member.school}/{member.stage}"
        if school.first > stage.last or school.last < stage.first:
            untaught.add(name)
        elif not school.opens <= member.begins <= school.closes:
            shut.add(name)
        elif len(member.group) == 1 and school.closes < member.ends:
            ending.add(name)
        if school.private:
            private.add(name)
    return [
        *_finding(
            "error",
            "D043",
            tuple(sorted(untaught)),
            Text("Catchments of schools that do not teach the stage: {ids}.", ids=listed(untaught)),
            Text("Name schools that teach it, or correct the grades of the schools."),
        ),
        *_finding(
            "error",
            "D044",
            tuple(sorted(shut)),
            Text("Catchments of schools that are not open when they begin: {ids}.", ids=listed(shut)),
            Text(
                "Let the catchment begin when the school opens, or correct its years (open_from, open_to, opens)."
            ),
        ),
        *_finding(
            "warning",
            "D044",
            tuple(sorted(ending)),
            Text("Catchments of schools that close, and nothing follows: {ids}.", ids=listed(ending)),
            Text("Add the catchment that holds from the year after."),
        ),
        *_finding(
            "warning",
            "D045",
            tuple(sorted(private)),
            Text("Catchments of private schools: {ids}.", ids=listed(private)),
            Text("Name the public schools that must take the children."),
        ),
    ]


def feeder_grades(district: District, policy: Policy) -> list[Finding]:
    """
    Return feeders to schools that do not teach the grade leavers go on to.

    Leavers are those of the last grade of the school, and of the last grade of each stage that it teaches.
    """
    known, feeders = known_schools(district), district["feeders"]
    wrong = []
    for school, to_school in zip(texts(feeders, "school"), texts(feeders, "to_school"), strict=True):
        if school not in known or to_school not in known:
            continue
        left = {
            known[school].last,
            *(stage.last for stage in policy.stages if known[school].teaches(stage.last)),
        }
        if not any(known[to_school].teaches(grade + 1) for grade in left):
            wrong.append(f"{school}/{to_school}")
    ids = named(wrong)
    return _finding(
        "error",
        "D046",
        ids,
        Text("Schools that do not teach the grade after the leavers': {ids}.", ids=few(ids)),
        Text("Name a school that teaches it, or correct the grades of the schools."),
        table="feeders",
        column="to_school",
    )


def feeder_shares(district: District, policy: Policy) -> list[Finding]:
    """Return schools of whose leavers more than all go on."""
    del policy
    total: dict[tuple[str, float], float] = {}
    feeders = district["feeders"]
    since = np.nan_to_num(figures(feeders, "since"), nan=0)
    for school, year, share in zip(texts(feeders, "school"), since, figures(feeders, "share"), strict=True):
        total[school, year] = total.get((school, year), 0.0) + share
    over = {school: share for (school, _), share in total.items() if share > 1 + SHARE_TOLERANCE}
    return _finding(
        "error",
        "D047",
        tuple(over),
        Text(
            "Shares of a school's leavers add up to more than 1: {list}.",
            list=few([f"{school} {share:g}" for school, share in over.items()]),
        ),
        Text("Write shares of 1, as 0.6 and 0.4; what is left of 1 follows the catchments."),
        table="feeders",
        column="share",
    )


def broken_stages(district: District, policy: Policy) -> list[Finding]:
    """
    Return public schools that teach only part of a stage when no feeder and no joint catchment leads on.

    A teaching point of grades 1-3 is in order when its leavers have a feeder, or when it shares a catchment with a
    school that teaches grade 4; a school of grades 4-6 likewise needs somebody who brings it children.
    """
    known = known_schools(district)
    feeders = district["feeders"]
    onward: dict[tuple[str, str], set[str]] = {}
    for school, to_school in zip(texts(feeders, "school"), texts(feeders, "to_school"), strict=True):
        for stage in policy.stages:
            onward.setdefault((school, stage.stage), set()).add(to_school)
            onward.setdefault((to_school, stage.stage), set()).add(school)
    for member in memberships(district):
        onward.setdefault((member.school, member.stage), set()).update(member.group)

    def reaches(school: str, stage: str, grade: int) -> bool:
        others = onward.get((school, stage), set()) - {school}
        return any(other in known and known[other].teaches(grade) for other in others)

    ends, begins = [], []
    schools = district.schools.loc[district.public]
    schools = rows(schools, open_in(schools, district.counted).to_numpy(bool))
    for stage in policy.stages:
        for school in schools.index[teaches(schools, stage)]:
            first, last = known[school].first, known[school].last
            if last < stage.last and not reaches(school, stage.stage, last + 1):
                ends.append(school)
            if first > stage.first and not reaches(school, stage.stage, first - 1):
                begins.append(school)
    advice = Text(
        "Add a row to feeders, or a catchment shared with the school that teaches the other grades, or correct the grades."
    )
    return [
        *_finding(
            "error",
            "D048",
            named(ends),
            Text(
                "Schools that end inside a stage, and nothing says where their leavers go: {ids}.",
                ids=few(school_names(district, ends)),
            ),
            advice,
            table="schools",
            column="grades",
        ),
        *_finding(
            "warning",
            "D048",
            named(begins),
            Text(
                "Schools that begin inside a stage, and nothing says who goes there: {ids}.",
                ids=few(school_names(district, begins)),
            ),
            advice,
            table="schools",
            column="grades",
        ),
    ]


def grades_outside_stages(district: District, policy: Policy) -> list[Finding]:
    """Return public schools that teach grades of no stage of the policy."""
    known = known_schools(district)
    planned = {grade for stage in policy.stages for grade in range(stage.first, stage.last + 1)}
    outside = named(
        school
        for school in district.public
        if not set(range(known[school].first, known[school].last + 1)) <= planned
    )
    return _finding(
        "warning",
        "D049",
        outside,
        Text(
            "Schools with grades that no stage of policy {policy} has: {ids}.",
            policy=policy.profile,
            ids=few(school_names(district, outside)),
        ),
        Text("These grades are not planned; choose a policy that has them if they should be."),
        table="schools",
        column="grades",
    )


CHECKS = (
    unknown_stages,
    blocks_without_catchment,
    schools_without_catchment,
    catchments_of_wrong_schools,
    feeder_grades,
    feeder_shares,
    broken_stages,
    grades_outside_stages,
)
