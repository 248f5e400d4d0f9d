"""Checks of children by home: registered, resident and attending, by block, catchment and district."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.catchments import catchments_in, planned_stages
from planner.district.findings import few, listing, school_names
from planner.district.integrity import row_ids
from planner.district.tables import complete, figures, grouped, named, rows, texts, words
from planner.words import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.district.findings import Finding
    from planner.district.model import District
    from planner.policy import Policy

MOVES = 0.05
"""Two counts of the same children may differ by this share, for days and ways of counting. [1]"""

MOVES_CHILDREN = 3
"""... or by this many. [children]"""

COVERED = 0.9
"""Attendance that has less than this share of the children who live in the district leaves some out. [1]"""

COVERED_SCHOOL = 0.8
"""Attendance that has less than this share of the children counted in a grade of a school leaves some out. [1]"""

MANY = 100
"""Sums over the district are compared from this many children on. [children]"""

ROLL_OF_RESIDENTS = (0.67, 1.5)
"""Children at the district's schools over those who live there; Edinburgh 2018 has 0.96 to 1.04. [1]"""

ENTRANTS_OF = {"register": (0.6, 1.8), "kindergarten": (0.6, 2.0), "registered": (0.8, 1.25)}
"""Entrants over children counted before. English districts enter 0.91-0.93 of their births; a Guangdong agency reckons
with 1.5 for those who move in; children registered for entry are expected to come. [1]"""

KINDS_APART = 2.0
"""One kind of count of a cohort over another kind of the same cohort. [1]"""

RATIO_OF_BLOCK = 2.5
"""Entrants of a block over what the district's ratio gives, or the inverse. [1]"""

BLOCK_CHILDREN = 20
"""Differences of single blocks are told from this many children on. [children]"""

RATIO_OF_CATCHMENT = 2.5
"""Children of the first grade over those who live in the catchment, or the inverse; Edinburgh 2018: 0.65 to 2.4. [1]"""

CATCHMENT_CHILDREN = 30
"""Differences of catchments are told from this many children on: most of a class. [children]"""

EXTRACTS_APART = 1.4
"""A cohort of one extract over the same cohort of the extract before, or the inverse. [1]"""

DOUBT = 4.0
"""Standard deviations beyond which a difference of counts is no chance. [1]"""

HOME = ("block", "grade", "year")


def children_by(table: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """Return the children of a table summed by keys, rows without one of them left out."""
    full = complete(table, (*keys, "children"))
    return pd.DataFrame(full.groupby(list(keys), as_index=False)["children"].sum())


def _attending(district: District) -> pd.DataFrame:
    """Return attendance of the children of the blocks."""
    table = district["attendance"]
    return rows(table, ~np.isin(texts(table, "block").astype(str), ("", "other")))


def _pairs(names: tuple[str, ...], *sides: NDArray[np.float64]) -> Text | str:
    """Return the first rows as: name: figure, figure."""
    return few(
        [
            f"{name}: {', '.join(f'{figure:g}' for figure in of_row)}"
            for name, *of_row in zip(names, *sides, strict=True)
        ]
    )


def more_attend_than_live(district: District, policy: Policy) -> list[Finding]:
    """Return blocks of which more children attend school than live there."""
    del policy
    both = children_by(_attending(district), HOME).merge(
        children_by(district["residents"], HOME), on=list(HOME), suffixes=("", "_living")
    )
    attending, living = figures(both, "children"), figures(both, "children_living")
    over = attending > living + np.maximum(MOVES_CHILDREN, MOVES * living)
    found = rows(both, over)
    ids = row_ids(found, HOME)
    return listing(
        "warning",
        "D180",
        "attendance",
        "children",
        ids,
        Text(
            "More children attend school than live in the block, in {count} of {all} cases (block/grade/year: attending, living): {list}.",
            count=len(ids),
            all=len(both),
            list=_pairs(ids, attending[over], living[over]),
        ),
        Text("See that both were counted on the same day, by the same blocks."),
    )


def attendance_incomplete(district: District, policy: Policy) -> list[Finding]:
    """Return grades whose attendance leaves out children: of the district, and of single schools."""
    del policy
    keys = ("grade", "year")
    home = children_by(_attending(district), keys).merge(
        children_by(district["residents"], keys), on=list(keys), suffixes=("", "_living")
    )
    attending, living = figures(home, "children"), figures(home, "children_living")
    few_live = (attending < COVERED * living) & (living >= MANY)
    of_home = row_ids(rows(home, few_live), keys)
    cell = ("school", "grade", "year")
    counted = complete(district["enrolment"], (*cell, "pupils"))
    school = children_by(district["attendance"], cell).merge(
        pd.DataFrame(counted[[*cell, "pupils"]]).drop_duplicates(list(cell)), on=list(cell)
    )
    known, pupils = figures(school, "children"), figures(school, "pupils")
    few_come = (known < COVERED_SCHOOL * pupils) & (pupils - known >= BLOCK_CHILDREN)
    of_school = row_ids(rows(school, few_come), cell)
    advice = Text(
        "Add the rows that are missing: private for private schools, other for schools outside and for children from outside."
    )
    return [
        *listing(
            "warning",
            "D181",
            "attendance",
            "children",
            of_home,
            Text(
                "Attendance leaves out children who live in the blocks (grade/year: attending, living): {list}.",
                list=_pairs(of_home, attending[few_live], living[few_live]),
            ),
            advice,
        ),
        *listing(
            "warning",
            "D181",
            "attendance",
            "school",
            of_school,
            Text(
                "Attendance leaves out children counted at schools (school/grade/year: attending, counted): {list}.",
                list=_pairs(of_school, known[few_come], pupils[few_come]),
            ),
            advice,
        ),
    ]


def residents_against_rolls(district: District, policy: Policy) -> list[Finding]:
    """Return grades and years in which the district's schools have far more or far fewer children than live there."""
    del policy
    keys = ("grade", "year")
    rolls = district["enrolment"].rename(columns={"pupils": "children"})
    both = children_by(district["residents"], keys).merge(
        children_by(rolls, keys), on=list(keys), suffixes=("", "_counted")
    )
    living, counted = figures(both, "children"), figures(both, "children_counted")
    low, high = ROLL_OF_RESIDENTS
    odd = ((counted < low * living) | (counted > high * living)) & (np.maximum(living, counted) >= MANY)
    ids = row_ids(rows(both, odd), keys)
    return listing(
        "warning",
        "D182",
        "residents",
        "children",
        ids,
        Text(
            "The schools have far more or far fewer children than live in the blocks (grade/year: living, counted): {list}.",
            list=_pairs(ids, living[odd], counted[odd]),
        ),
        Text("See that every block and every school is in its table, and which children each figure counts."),
    )


def _extracts(district: District, policy: Policy) -> pd.DataFrame:
    """
    Return rows of the children table with the autumn in which the cohort enters and the years until then.

    Extracts of cohorts that were still being born are left out: they count only some of their children.
    """
    table = complete(district["children"], ("block", "cohort", "as_of", "kind", "children"))
    month, day = (int(part) for part in policy.entry.cut_off.split("-"))
    days = pd.DatetimeIndex(table["as_of"])
    cohort = figures(table, "cohort")
    closed = (days.year > cohort) | (
        (days.year == cohort) & ((days.month > month) | ((days.month == month) & (days.day >= min(day, 28))))
    )
    entry = cohort + policy.entry.lag
    lead = np.round(entry + 2 / 3 - (days.year + (days.day_of_year - 1) / 365.25))
    return rows(table.assign(entry=entry.astype(np.int64), lead=lead), np.asarray(closed, dtype=bool))


def _of_latest_lead(table: pd.DataFrame) -> pd.DataFrame:
    """Return the extract of each kind and cohort that stands nearest before the entry, at most two years."""
    lead = figures(table, "lead")
    near = rows(table, (lead >= 0) & (lead <= 2))
    latest = near.groupby(["kind", "cohort"])["as_of"].transform("max")
    return rows(near, (near["as_of"] == latest).to_numpy(bool))


def entrants_against_children(district: District, policy: Policy) -> list[Finding]:
    """Return kinds and cohorts of which far more or far fewer children entered than had been counted."""
    known = children_by(_of_latest_lead(_extracts(district, policy)), ("kind", "cohort", "entry"))
    table = district["enrolment"]
    first = rows(table, figures(table, "grade") == policy.entry.first_grade)
    came = children_by(first.rename(columns={"pupils": "children", "year": "entry"}), ("entry",))
    both = known.merge(came, on="entry", suffixes=("", "_came"))
    children, entrants = figures(both, "children"), figures(both, "children_came")
    bounds = np.array(
        [ENTRANTS_OF.get(kind, (0.0, np.inf)) for kind in texts(both, "kind")], dtype=np.float64
    ).reshape(-1, 2)
    odd = (entrants < bounds[:, 0] * children) | (entrants > bounds[:, 1] * children)
    odd &= np.maximum(children, entrants) >= MANY
    ids = row_ids(rows(both, odd), ("kind", "cohort"))
    return listing(
        "warning",
        "D183",
        "children",
        "children",
        ids,
        Text(
            "Far more or far fewer children entered than had been counted (kind/cohort: counted, entered): {list}.",
            list=_pairs(ids, children[odd], entrants[odd]),
        ),
        Text("See that the extract has every block, and that the cohorts are named by the year they close."),
    )


def blocks_apart(district: District, policy: Policy) -> list[Finding]:
    """Return blocks of which far more or far fewer children entered than the count of their children says."""
    known = children_by(_of_latest_lead(_extracts(district, policy)), ("kind", "block", "entry"))
    entering = _entering(district, policy.entry.first_grade).rename(columns={"year": "entry"})
    both = known.merge(entering, on=["block", "entry"], suffixes=("", "_came"))
    sums = pd.DataFrame(both.groupby(["kind", "block"], as_index=False)[["children", "children_came"]].sum())
    whole = pd.DataFrame(sums.groupby("kind")[["children", "children_came"]].transform("sum"))
    ratio = np.divide(
        figures(whole, "children_came"),
        figures(whole, "children"),
        out=np.ones(len(sums)),
        where=figures(whole, "children") > 0,
    )
    expected, came = figures(sums, "children") * ratio, figures(sums, "children_came")
    odd = _beyond(expected, came, RATIO_OF_BLOCK, BLOCK_CHILDREN)
    blocks = texts(sums, "block")[odd]
    return listing(
        "warning",
        "D184",
        "children",
        "block",
        blocks,
        Text(
            "Blocks of which far more or far fewer children entered than were counted there (block: expected by the district's ratio, entered): {list}.",
            list=_pairs(named(blocks), np.round(expected[odd]), came[odd]),
        ),
        Text("See that the same block has the same id and outline in both tables."),
    )


def _beyond(
    expected: NDArray[np.float64], seen: NDArray[np.float64], ratio: float, least: float
) -> NDArray[np.bool_]:
    """Return where two counts differ by more than a ratio, a number, and chance."""
    apart = (seen > ratio * expected) | (expected > ratio * seen)
    return apart & (np.abs(seen - expected) >= np.maximum(least, DOUBT * np.sqrt(seen + expected)))


def _entering(district: District, grade: int) -> pd.DataFrame:
    """
    Return children of a grade by block and year: residents where given for the year, else those who attend.

    Years in which attendance leaves out children counted at schools are left out.
    """
    tables = []
    for table in (district["residents"], _attending(district)):
        of_grade = rows(table, figures(table, "grade") == grade)
        tables.append(children_by(of_grade, ("block", "year")))
    living, attending = tables
    rolls = district["enrolment"]
    counted = grouped(rows(rolls, figures(rolls, "grade") == grade), "year", "pupils")
    known = grouped(attending, "year", "children")
    whole = known.index[(known >= COVERED_SCHOOL * counted.reindex(known.index)).to_numpy(bool)]
    year = figures(attending, "year")
    rest = rows(
        attending, ~np.isin(year, figures(living, "year")) & np.isin(year, whole.to_numpy(np.float64))
    )
    return pd.concat([living, rest], ignore_index=True) if len(rest) else living


def catchments_apart(district: District, policy: Policy) -> list[Finding]:
    """Return catchments whose schools have far more or far fewer new children than live in them."""
    table = district["enrolment"]
    findings = []
    for stage in planned_stages(district, policy):
        living = _entering(district, stage.first)
        living = rows(living, figures(living, "year") == district.counted)
        if not len(living):
            continue
        own = catchments_in(district, stage.stage, district.counted)
        held = own.reindex(pd.Index(texts(living, "block"))).to_numpy(object, na_value=None)
        homes = grouped(living.assign(group=held), "group", "children")
        chosen = (figures(table, "year") == district.counted) & (figures(table, "grade") == stage.first)
        counted = rows(table, chosen & (figures(table, "pupils") >= 0))
        rolls = dict(zip(texts(counted, "school"), figures(counted, "pupils"), strict=True))
        groups = [tuple(str(group).split("+")) for group in homes.index]
        members = [school for group in groups for school in group]
        once = [all(members.count(school) == 1 for school in group) for group in groups]
        came = np.array([sum(rolls.get(school, np.nan) for school in group) for group in groups], dtype=float)
        there = homes.to_numpy(np.float64)
        odd = _beyond(there, came, RATIO_OF_CATCHMENT, CATCHMENT_CHILDREN) & np.array(once, dtype=bool)
        ids = ["+".join(groups[at]) for at in np.flatnonzero(odd)]
        details = [f"{there[at]:g}, {came[at]:g}" for at in np.flatnonzero(odd)]
        findings += listing(
            "note",
            "D185",
            "catchments",
            "school",
            ids,
            Text(
                "Catchments with far more or far fewer children in grade {grade} at school than live there (living, at school): {list}.",
                grade=stage.first,
                list=few(school_names(district, ids, details)),
            ),
            Text("See that the catchment is the one that held; else choice is what parts the two."),
        )
    return findings


def extracts_apart(district: District, policy: Policy) -> list[Finding]:
    """Return cohorts that an extract counts far higher or lower than the one before, and blocks that it lacks."""
    table = _extracts(district, policy)
    sums = children_by(table, ("kind", "cohort", "as_of")).sort_values(["kind", "cohort", "as_of"])
    now = figures(sums, "children")
    before = np.concatenate([[np.nan], now[:-1]]) if len(now) else now
    key = texts(sums, "kind") + "/" + texts(sums, "cohort")
    same = np.concatenate([[False], key[1:] == key[:-1]]) if len(key) else np.zeros(0, dtype=bool)
    apart = same & ((now > EXTRACTS_APART * before) | (before > EXTRACTS_APART * now))
    apart &= np.abs(now - before) >= MANY
    days = pd.DatetimeIndex(sums["as_of"]).strftime("%Y-%m-%d").to_numpy(object)
    ids = tuple(f"{key[at]}/{days[at]}" for at in np.flatnonzero(apart))
    lost = _lost_blocks(table)
    return [
        *listing(
            "warning",
            "D186",
            "children",
            "as_of",
            ids,
            Text(
                "Cohorts that an extract counts far higher or lower than the extract before (kind/cohort/day: before, then): {list}.",
                list=_pairs(ids, before[apart], now[apart]),
            ),
            Text("See that both extracts are whole and count the same children."),
        ),
        *listing(
            "warning",
            "D186",
            "children",
            "block",
            lost,
            Text(
                "Blocks with children in an earlier extract that the latest of that kind does not have: {ids}.",
                ids=few(lost),
            ),
            Text("Add their rows; write 0 where no child is left."),
        ),
    ]


def _lost_blocks(table: pd.DataFrame) -> tuple[str, ...]:
    """Return blocks that had children in some extract of a kind and have no row in its latest."""
    latest = (table["as_of"] == table.groupby("kind")["as_of"].transform("max")).to_numpy(bool)
    now = set(zip(texts(table, "kind")[latest], texts(table, "block")[latest], strict=True))
    before = children_by(rows(table, ~latest), ("kind", "block"))
    had = figures(before, "children") >= BLOCK_CHILDREN
    pairs = zip(texts(before, "kind")[had], texts(before, "block")[had], strict=True)
    return named(sorted({block for kind, block in pairs if (kind, block) not in now}))


def totals_beside_parts(district: District, policy: Policy) -> list[Finding]:
    """Return children given without registration status beside rows with one, which counts them twice."""
    del policy
    keys = ["block", "cohort", "as_of", "kind"]
    table = complete(district["children"], (*keys, "children"))
    blank = texts(table, "status") == ""
    if not blank.any() or blank.all():
        return []
    parts = rows(table, ~blank).groupby(keys, as_index=False)["children"].sum()
    both = rows(table, blank).merge(pd.DataFrame(parts), on=keys, suffixes=("", "_parts"))
    equal = figures(both, "children") == figures(both, "children_parts")
    ids = row_ids(both, ("block", "cohort", "kind"))
    doubled = len(both) > 0 and bool(equal.mean() > COVERED)
    return listing(
        "error" if doubled else "warning",
        "D187",
        "children",
        "status",
        ids,
        Text(
            "Rows without a registration status stand beside rows with one, and most are their sum (block/cohort/kind): {ids}.",
            ids=few(ids),
        )
        if doubled
        else Text(
            "Rows without a registration status stand beside rows with one (block/cohort/kind): {ids}.",
            ids=few(ids),
        ),
        Text("Delete the totals: rows are added up, and these children are counted twice.")
        if doubled
        else Text("Delete the rows without a status if they are totals; write a status if they are not."),
    )


def empty_blocks(district: District, policy: Policy) -> list[Finding]:
    """Return blocks without any child in any table by block, when most blocks have some."""
    del policy
    tables = [complete(district[name], ("children",)) for name in ("children", "residents", "attendance")]
    homes = {
        name
        for table in tables
        for name in words(rows(table, figures(table, "children") > 0), "block").dropna()
    }
    empty = named(block for block in district.blocks.index if block not in homes)
    if 2 * len(empty) > len(district.blocks):
        return []
    return listing(
        "note",
        "D188",
        "blocks",
        "block",
        empty,
        Text("Blocks in which no table has any child: {ids}.", ids=few(empty)),
        Text("Nothing, if nobody lives there; else add their children."),
    )


def kinds_apart(district: District, policy: Policy) -> list[Finding]:
    """Return cohorts that two kinds of count give very differently: register, kindergarten, registered."""
    known = children_by(_of_latest_lead(_extracts(district, policy)), ("kind", "cohort"))
    pairs = known.merge(known, on="cohort", suffixes=("", "_other"))
    pairs = rows(pairs, texts(pairs, "kind") < texts(pairs, "kind_other"))
    one, other = figures(pairs, "children"), figures(pairs, "children_other")
    odd = ((one > KINDS_APART * other) | (other > KINDS_APART * one)) & (np.maximum(one, other) >= MANY)
    ids = row_ids(rows(pairs, odd), ("kind", "kind_other", "cohort"))
    return listing(
        "warning",
        "D189",
        "children",
        "kind",
        ids,
        Text(
            "Two kinds of count give a cohort very differently (kind/kind/cohort: children, children): {list}.",
            list=_pairs(ids, one[odd], other[odd]),
        ),
        Text("See that each has every block, and which children it counts."),
    )


CHECKS = (
    more_attend_than_live,
    attendance_incomplete,
    residents_against_rolls,
    entrants_against_children,
    blocks_apart,
    catchments_apart,
    extracts_apart,
    totals_beside_parts,
    empty_blocks,
    kinds_apart,
)
