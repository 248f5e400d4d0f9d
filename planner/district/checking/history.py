"""Checks of what was: catchments of past years, and events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.district.checking.roster import known_schools
from planner.district.findings import StageName, few, listing, school_names
from planner.district.integrity import row_ids
from planner.district.tables import complete, figures, grouped, named, rows, texts
from planner.words import Text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from planner.district.findings import Finding
    from planner.district.model import District
    from planner.policy import Policy

CATCHMENT = ("block", "stage", "since")
MOVING = frozenset({"opening", "closure", "merger", "rezoning", "block_split"})
"""Kinds of event that explain a change of catchments."""


def _first_counted(district: District) -> float:
    """Return the first school year with a count; the last count where there is none."""
    years = figures(district["enrolment"], "year")
    return float(np.nanmin(years)) if np.isfinite(years).any() else float(district.counted)


def _history(district: District) -> pd.DataFrame:
    """
    Return the catchments by block and stage in order, each with its last year and the schools before.

    Added columns: ends (inf when nothing follows), before (empty for the first row), and both sides as written
    with their schools sorted.
    """
    table = complete(district["catchments"], (*CATCHMENT, "school")).sort_values(
        list(CATCHMENT), kind="stable"
    )
    block, stage, since = texts(table, "block"), texts(table, "stage"), figures(table, "since")
    written = {text: "+".join(sorted(text.split("+"))) for text in set(texts(table, "school"))}
    schools = np.array([written[text] for text in texts(table, "school")], dtype=object)
    same = (block[1:] == block[:-1]) & (stage[1:] == stage[:-1])
    ends, before = np.full(len(table), np.inf), np.full(len(table), "", dtype=object)
    ends[:-1][same] = since[1:][same] - 1
    before[1:][same] = schools[:-1][same]
    return table.assign(schools=schools, ends=ends, before=before)


def past_catchments(district: District, policy: Policy) -> list[Finding]:
    """Return catchments of counted years before the last that name a school which was not open or taught other grades."""
    table, start = _history(district), _first_counted(district)
    known = known_schools(district)
    stages = {stage.stage: stage for stage in policy.stages}
    begins = np.maximum(figures(table, "since"), start)
    ends = np.minimum(figures(table, "ends"), district.counted - 1)
    found = table.assign(begins=begins, last=ends)[["schools", "stage", "begins", "last"]].drop_duplicates()
    wrong: dict[tuple[str, str], StageName] = {}
    for schools, stage, begin, last in found.itertuples(index=False):
        for name in str(schools).split("+") if begin <= last and stage in stages else ():
            school = known.get(name)
            if school is None:
                continue
            outside = school.first > stages[stage].last or school.last < stages[stage].first
            if outside or begin < school.opens <= district.counted or last > school.closes:
                wrong[name, stage] = StageName(stages[stage])
    pairs = sorted(wrong)
    return listing(
        "warning",
        "D120",
        "catchments",
        "since",
        [f"{school}/{stage}" for school, stage in pairs],
        Text(
            "Catchments of past years name schools that were not open then, or do not teach the stage: {ids}.",
            ids=few(school_names(district, [school for school, _ in pairs], [wrong[pair] for pair in pairs])),
        ),
        Text("Write the school that the block belonged to in those years."),
    )


def late_history(district: District, policy: Policy) -> list[Finding]:
    """Return blocks whose catchments begin later than those of most others, inside the counted years."""
    table = _history(district)
    start = _first_counted(district)
    findings = []
    for stage in policy.stages:
        of_stage = rows(table, texts(table, "stage") == stage.stage)
        first = grouped(of_stage, "block", "since", "min")
        if not len(first):
            continue
        usual = max(float(first.median()), start)
        late = named(first.index[((first > usual) & (first <= district.counted)).to_numpy(bool)])
        findings += listing(
            "note",
            "D121",
            "catchments",
            "since",
            late,
            Text(
                "Blocks whose catchments of stage {stage} begin later than those of most others: {ids}.",
                stage=StageName(stage),
                ids=few(late),
            ),
            Text("Add the school that they belonged to before; without it the first one known is taken."),
        )
    return findings


def rows_of_no_change(district: District, policy: Policy) -> list[Finding]:
    """Return catchments that repeat the one before, and joint catchments that name a school twice."""
    del policy
    table = _history(district)
    same = (texts(table, "schools") == texts(table, "before")) & (texts(table, "before") != "")
    ids = row_ids(rows(table, same), CATCHMENT)
    joint = set(texts(table, "school"))
    twice = sorted(text for text in joint if len(set(text.split("+"))) < len(text.split("+")))
    return [
        *listing(
            "note",
            "D122",
            "catchments",
            "since",
            ids,
            Text("Catchments that change nothing (block/stage/since): {ids}.", ids=few(ids)),
            Text("Delete the rows, or write the school that the block went to."),
        ),
        *listing(
            "warning",
            "D122",
            "catchments",
            "school",
            twice,
            Text("Joint catchments that name a school twice: {ids}.", ids=few(twice)),
            Text("Name each school once."),
        ),
    ]


def _changes(district: District) -> pd.DataFrame:
    """Return the blocks that changed schools within the counted years."""
    table, start = _history(district), _first_counted(district)
    since = figures(table, "since")
    moved = (texts(table, "before") != "") & (texts(table, "before") != texts(table, "schools"))
    return rows(table, moved & (since > start) & (since <= district.counted))


def changes_without_event(district: District, policy: Policy) -> list[Finding]:
    """Return re-zonings of counted years that neither an event nor an opening or closure in that year explains."""
    del policy
    table = _changes(district)
    events = district["events"]
    moving = rows(events, np.isin(texts(events, "kind").astype(str), list(MOVING)))
    year = figures(moving, "year")
    told = {
        (name, at)
        for column in ("school", "block", "other")
        for name, at in zip(texts(moving, column), year, strict=True)
        if name
    }
    for school, of in known_schools(district).items():
        told |= {(school, of.opens), (school, of.closes + 1)}
    groups: dict[tuple[int, str, str], int] = {}
    for block, since, before, schools in zip(
        texts(table, "block"),
        figures(table, "since"),
        texts(table, "before"),
        texts(table, "schools"),
        strict=True,
    ):
        concerned = {block, *before.split("+"), *schools.split("+")}
        if not any((name, since) in told for name in concerned):
            key = (int(since), before, schools)
            groups[key] = groups.get(key, 0) + 1
    found = sorted(groups)
    return listing(
        "note",
        "D123",
        "catchments",
        "since",
        [f"{old} > {new}/{at}" for at, old, new in found],
        Text(
            "Re-zonings that the table events does not have (year: from > to, blocks): {list}.",
            list=few([f"{at}: {old} > {new}, {groups[at, old, new]}" for at, old, new in found]),
        ),
        Text("Add an event of kind rezoning for each, so that the fit does not take them for growth."),
    )


def events_without_change(district: District, policy: Policy) -> list[Finding]:
    """Return re-zonings among the events that the catchments do not show."""
    del policy
    table = _changes(district)
    since = figures(table, "since")
    moved: set[tuple[str, float]] = set(zip(texts(table, "block"), since, strict=True))
    for column in ("before", "schools"):
        for schools, at in set(zip(texts(table, column), since, strict=True)):
            moved |= {(school, at) for school in schools.split("+")}
    events = district["events"]
    rezoned = rows(events, texts(events, "kind") == "rezoning")
    year = figures(rezoned, "year")
    block = texts(rezoned, "block")
    subject = np.where(block != "", block, texts(rezoned, "school"))
    inside = (year > _first_counted(district)) & (year <= district.counted) & (subject != "")
    silent = np.array([pair not in moved for pair in zip(subject, year, strict=True)], dtype=bool) & inside
    ids = tuple(f"{name}/{at:.0f}" for name, at in zip(subject[silent], year[silent], strict=True))
    return listing(
        "warning",
        "D124",
        "events",
        "year",
        ids,
        Text("Re-zonings that the catchments do not show (block or school/year): {ids}.", ids=few(ids)),
        Text("Add the catchment that held before and the one since, or correct the event."),
    )


def other_sides(district: District, policy: Policy) -> list[Finding]:
    """Return events whose other side is unknown, missing where there must be one, or the school itself."""
    del policy
    events = district["events"]
    other, school, block = (texts(events, column) for column in ("other", "school", "block"))
    known = {*known_schools(district), *named(district.blocks.index)}
    unknown = np.array([name != "" and name not in known for name in other], dtype=bool)
    alone = np.isin(texts(events, "kind").astype(str), ("merger", "block_split")) & (other == "")
    itself = (other != "") & ((other == school) | (other == block))
    cases = (
        (
            unknown,
            Text(
                "Events whose other side is neither a school nor a block: {ids}.",
                ids=few(named(other[unknown])),
            ),
        ),
        (
            alone,
            Text(
                "Mergers and splits of blocks that name one side only (year/kind): {ids}.",
                ids=few(_events(events, alone)),
            ),
        ),
        (
            itself,
            Text(
                "Events of a school or block with itself (year/kind): {ids}.",
                ids=few(_events(events, itself)),
            ),
        ),
    )
    return [
        one
        for chosen, text in cases
        for one in listing(
            "warning",
            "D125",
            "events",
            "other",
            named(other[chosen]) if chosen is unknown else _events(events, chosen),
            text,
            Text("Write the id of the other school or block."),
        )
    ]


def _events(events: pd.DataFrame, chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return row_ids(rows(events, chosen), ("year", "kind"))


def future_events(district: District, policy: Policy) -> list[Finding]:
    """Return events after the last count."""
    del policy
    events = district["events"]
    ids = row_ids(rows(events, figures(events, "year") > district.counted), ("year", "kind"))
    return listing(
        "warning",
        "D126",
        "events",
        "year",
        ids,
        Text("Events after the last count (year/kind): {ids}.", ids=few(ids)),
        Text("They change nothing: write what is to come as a project, a catchment, or in a scenario."),
    )


def openings_and_closures(district: District, policy: Policy) -> list[Finding]:
    """Return openings and closures that contradict the years of the schools, and openings without an event."""
    del policy
    events, schools = district["events"], district.schools
    opens = dict(zip(named(schools.index), figures(schools, "open_from"), strict=True))
    closes = dict(zip(named(schools.index), figures(schools, "open_to"), strict=True))
    wrong, told = [], set()
    for school, kind, year in zip(
        texts(events, "school"), texts(events, "kind"), figures(events, "year"), strict=True
    ):
        if school in opens and kind == "opening":
            told.add(school)
            wrong += [school] if opens[school] != year else []
        elif school in opens and kind == "closure":
            wrong += [school] if closes[school] != year - 1 else []
    start = _first_counted(district)
    silent = [
        school for school, year in opens.items() if start < year <= district.counted and school not in told
    ]
    return [
        *listing(
            "warning",
            "D127",
            "events",
            "year",
            wrong,
            Text(
                "Openings and closures of other years than the schools state: {ids}.",
                ids=few(school_names(district, named(wrong))),
            ),
            Text(
                "An opening is of the year open_from, a closure of the year after open_to; correct one of the two."
            ),
        ),
        *listing(
            "note",
            "D127",
            "schools",
            "open_from",
            silent,
            Text(
                "Schools that opened within the counted years without an event: {ids}.",
                ids=few(school_names(district, silent)),
            ),
            Text("Add an event of kind opening, with the school that lost children to it as the other side."),
        ),
    ]


def late_starts(district: District, policy: Policy) -> list[Finding]:
    """Return public schools whose count begins after that of the others though nothing says that they opened."""
    del policy
    table = complete(district["enrolment"], ("school", "year", "pupils"))
    table = rows(table, figures(table, "pupils") > 0)
    if not len(table):
        return []
    first = grouped(table, "school", "year", "min")
    begun = {str(school): year for school, year in first.to_dict().items()}
    late = set(named(first.index[(first > first.min()).to_numpy(bool)]))
    schools = district.schools.loc[district.public]
    unknown = set(named(schools.index[np.isnan(figures(schools, "open_from"))]))
    events = district["events"]
    opened = set(texts(events, "school")[np.isin(texts(events, "kind").astype(str), ("opening", "merger"))])
    ids = [school for school in named(district.public) if school in (late & unknown) - opened]
    return listing(
        "warning",
        "D128",
        "enrolment",
        "year",
        ids,
        Text(
            "Schools counted only from a later year on, and nothing says that they opened then (first year): {ids}.",
            ids=few(school_names(district, ids, [f"{begun[school]:.0f}" for school in ids])),
        ),
        Text("Add the earlier counts, or state when the school opened (open_from)."),
    )


CHECKS = (
    past_catchments,
    late_history,
    rows_of_no_change,
    changes_without_event,
    events_without_change,
    other_sides,
    future_events,
    openings_and_closures,
    late_starts,
)
