"""
The checks of a district: one function a rule, each of which returns its findings.

========= ========================================================
codes     subject
========= ========================================================
D001-D029 files, columns, cells, ids, coordinates (`reading`, `integrity`)
D030-D039 polygons and points (`places`, `pieces`)
D040-D049 catchments, feeders, grades (`catchment_rules`)
D050-D059 children and classes counted (`counts`, `years`)
D060-D069 years (`years`, `records`)
D070-D079 rooms, seats and premises (`seats`, `premises`)
D080-D089 projects (`projects`)
D090-D099 other tables, and what is missing (`supplements`)
D100-D109 encodings, workbooks and units of files (`files`, `columns`, `bands`)
D110-D119 births (`births`)
D120-D129 catchments of past years, events (`history`)
D130-D139 feeders (`onward`)
D140-D149 how things lie to each other (`pieces`)
D150-D159 places planned, class lists, forecasts (`records`)
D160-D169 ways to school (`ways`)
D170-D179 projects and housing (`projects`, `housing`)
D180-D189 children by home: registered, resident, attending (`homes`)
D190-D199 drivers of migration (`drivers`)
D200-D209 projects to be decided (`decisions`)
========= ========================================================

A code never changes its meaning, and a code that is no longer used is not given to anything else. What each means,
why it matters and what to do stands in a page of `planner.district.explanations`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.district.checking import (
    births,
    catchment_rules,
    counts,
    decisions,
    drivers,
    history,
    homes,
    housing,
    onward,
    pieces,
    places,
    premises,
    projects,
    records,
    seats,
    supplements,
    ways,
    years,
)
from planner.district.findings import Finding, ordered
from planner.district.integrity import broken_links, without_copies
from planner.district.reading import read_with_faults
from planner.errors import DataError, PolicyError
from planner.policy import Policy, read_policy, rules_from_table
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from planner.district.model import District

CHECKS: tuple[Callable[[District, Policy], list[Finding]], ...] = (
    *places.CHECKS,
    *pieces.CHECKS,
    *catchment_rules.CHECKS,
    *history.CHECKS,
    *onward.CHECKS,
    *counts.CHECKS,
    *records.CHECKS,
    *years.CHECKS,
    *seats.CHECKS,
    *premises.CHECKS,
    *projects.CHECKS,
    *decisions.CHECKS,
    *housing.CHECKS,
    *drivers.CHECKS,
    *homes.CHECKS,
    *births.CHECKS,
    *ways.CHECKS,
    *supplements.CHECKS,
)
"""Every check that looks at a district which can be read."""

FALLBACK_POLICY = "cn-shandong"
"""Profile that a district without a policy is checked against; the check says so."""


def check_district(district: District, policy: Policy) -> list[Finding]:
    """
    Return everything that is wrong, doubtful or worth knowing about a district, errors first.

    What reading noticed is among it. A district made in code, whose tables lack columns of the dictionary, is told
    that alone.
    """
    links = broken_links(district)
    if any(finding.code in {"D006", "D010"} for finding in links):
        return ordered([*district.notices, *links])
    single = without_copies(district)
    return ordered(
        [*district.notices, *links, *(found for check in CHECKS for found in check(single, policy))]
    )


def refuse_errors(district: District, policy: Policy) -> None:
    """
    Refuse a district of which results would be wrong, before anything is made of it.

    Raises
    ------
    DataError
        With every error that a check finds.
    """
    errors = [found.message for found in check_district(district, policy) if found.level == "error"]
    if errors:
        raise DataError(*errors)


def check_path(
    path: Path | str,
    policy: Policy | None = None,
    *,
    crs: str | Mapping[str, str] | None = None,
    datum: str | Mapping[str, str] | None = None,
) -> list[Finding]:
    """
    Return all findings about the files of a district, those that keep it from being read included.

    Parameters
    ----------
    path
        Folder or GeoPackage.
    policy
        Policy to check against, which the district's own rules override; None: the one that it names.
    crs, datum
        As in `read_district`.
    """
    district, findings = read_with_faults(path, crs=crs, datum=datum)
    if district is None:
        return ordered(findings)
    if policy is None:
        policy, faults = _own_policy(district)
        findings += faults
    return ordered([*findings, *check_district(district, _with_own_rules(policy, district))])


def _own_policy(district: District) -> tuple[Policy, list[Finding]]:
    """Return the policy that the district names, and what is wrong with it."""
    findings: list[Finding] = []
    if not district.policy:
        findings.append(
            Finding(
                level="warning",
                code="D026",
                table="about",
                column="value",
                ids=("policy",),
                text=Text("No policy is named; the check took {profile}.", profile=FALLBACK_POLICY),
                advice=Text("Add a row policy to the table about."),
            )
        )
    try:
        policy = read_policy(district.policy or FALLBACK_POLICY)
    except PolicyError as error:
        findings += [
            Finding(
                level="error",
                code="D026",
                table="about",
                column="value",
                ids=("policy",),
                text=fault if isinstance(fault, Text) else Text("{fault}", fault=str(fault)),
                advice=Text("The check took {profile} instead.", profile=FALLBACK_POLICY),
            )
            for fault in error.faults
        ]
        policy = read_policy(FALLBACK_POLICY)
    return policy, findings


def _with_own_rules(policy: Policy, district: District) -> Policy:
    """Return the policy with the district's own rules, as far as they are rules: the check tells where they are not."""
    try:
        return policy.with_rules(rules_from_table(district["rules"]))
    except (DataError, PolicyError):
        return policy
