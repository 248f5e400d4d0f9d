"""Checks of the other tables, and what missing tables cost in certainty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.findings import Finding, few, listing
from planner.district.integrity import row_ids
from planner.district.tables import complete, figures, named, rows, texts
from planner.errors import DataError, PolicyError
from planner.policy import rules_from_table
from planner.words import Text

if TYPE_CHECKING:
    from planner.district.model import District
    from planner.policy import Policy

CLASS_SIZES = (10, 90)
"""Thresholds of class sizes to be believed. [children]"""


def areas_of_births(district: District, policy: Policy) -> list[Finding]:
    """Return areas of births that no block belongs to."""
    del policy
    blocks = district.blocks
    known = {"", *texts(blocks, "area"), *named(blocks.index)}
    unknown = tuple(sorted(set(texts(district["births"], "area")) - known))
    if not unknown:
        return []
    return [
        Finding(
            level="warning",
            code="D090",
            table="births",
            column="area",
            ids=unknown,
            text=Text("Areas that no block belongs to: {ids}.", ids=few(unknown)),
            advice=Text("Write the area as in the blocks table; births of an unknown area reach no block."),
        )
    ]


def unborn_children(district: District, policy: Policy) -> list[Finding]:
    """Return children counted before their birth cohort began."""
    del policy
    children = complete(district["children"], ("cohort", "as_of"))
    taken_in = pd.DatetimeIndex(children["as_of"]).year.to_numpy()
    unborn = rows(children, figures(children, "cohort") > taken_in + 1)
    if not len(unborn):
        return []
    ids = row_ids(unborn, ("block", "cohort"))
    return [
        Finding(
            level="error",
            code="D091",
            table="children",
            column="cohort",
            ids=ids,
            text=Text("Children of birth cohorts that begin after the extract: {ids}.", ids=few(ids)),
            advice=Text(
                "A cohort is named by the calendar year in which it closes; correct it, or the day of the extract."
            ),
        )
    ]


def own_rules(district: District, policy: Policy) -> list[Finding]:
    """Return rows of the district's own rules that are no rules."""
    try:
        rules = rules_from_table(district["rules"])
        faults: tuple[object, ...] = tuple(policy.rule_faults(rules))
    except (DataError, PolicyError) as error:
        faults = error.faults
    return [
        Finding(
            level="error",
            code="D092",
            table="rules",
            text=fault if isinstance(fault, Text) else Text("{fault}", fault=str(fault)),
            advice=Text("Write the rule as the column dictionary describes it."),
        )
        for fault in faults
    ]


def absurd_rules(district: District, policy: Policy) -> list[Finding]:
    """Return own rules about class sizes that no class has."""
    del policy
    table = district["rules"]
    size = np.fmax(figures(table, "at_most"), figures(table, "at_least"))
    low, high = CLASS_SIZES
    of_class = np.isin(texts(table, "rule").astype(str), ("class_size", "standard_class_size"))
    odd = of_class & ((size < low) | (size > high))
    ids = row_ids(rows(table, odd), ("rule", "grades", "stage"))
    return listing(
        "warning",
        "D094",
        "rules",
        "at_most",
        ids,
        Text(
            "Class sizes of less than {low} or more than {high} children (rule/grades/stage): {ids}.",
            low=low,
            high=high,
            ids=few(ids),
        ),
        Text("Write the children of one class."),
    )


def events_of_nothing(district: District, policy: Policy) -> list[Finding]:
    """Return events that name neither school nor block; a ban of transfers that names none is one of all schools."""
    del policy
    events = district["events"]
    unnamed = (texts(events, "school") == "") & (texts(events, "block") == "")
    empty = rows(events, unnamed & (texts(events, "kind") != "transfer_ban"))
    if not len(empty):
        return []
    ids = row_ids(empty, ("year", "kind"))
    return [
        Finding(
            level="warning",
            code="D093",
            table="events",
            column="school",
            ids=ids,
            text=Text("Events that name neither school nor block: {ids}.", ids=few(ids)),
            advice=Text("Name what they concern, or nothing follows from them."),
        )
    ]


def missing_facts(district: District, policy: Policy) -> list[Finding]:
    """Return, once, what the district does not have and what that costs."""
    del policy

    def lacks(*tables: str) -> bool:
        return not any(len(district[table]) for table in tables)

    cases = (
        (
            lacks("enrolment"),
            "enrolment",
            Text("No children counted at schools."),
            Text("Only entry to the first grade can be answered; add enrolment for everything else."),
        ),
        (
            lacks("children", "births"),
            "children",
            Text("Neither children by birth cohort nor births."),
            Text("Entry follows past intakes alone and sees no wave of births; add one of them."),
        ),
        (
            lacks("children", "residents", "attendance"),
            "residents",
            Text("Nothing tells in which block children live."),
            Text(
                "Blocks share their school's intake by a stated rule, and answers about re-zoning are less sure; add children, residents or attendance."
            ),
        ),
        (
            lacks("travel"),
            "travel",
            Text("No ways measured."),
            Text(
                "Ways on foot are straight lines times the detour factor; add travel where rivers or railways make that untrue."
            ),
        ),
        (
            lacks("barriers"),
            "barriers",
            Text("No barriers drawn."),
            Text("Nothing is said about children who cross trunk roads, railways or rivers."),
        ),
        (
            lacks("boundary"),
            "boundary",
            Text("No outline of the district."),
            Text("Only gaps enclosed by blocks are found, not those at the rim."),
        ),
    )
    return [
        Finding(level="note", code="D095", table=table, text=text, advice=advice)
        for missing, table, text, advice in cases
        if missing
    ]


CHECKS = (areas_of_births, unborn_children, own_rules, absurd_rules, events_of_nothing, missing_facts)
