"""Whether the policy's rules are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.capacity import balanced_sizes
from planner.outcomes.sizes import grades_concerned, grades_text, large_in
from planner.outcomes.spread import mean
from planner.policy import parse_grades

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.district import District
    from planner.outcomes.facts import Facts
    from planner.policy import Rule

_COLUMNS = {
    "rule": "str",
    "stage": "str",
    "grades": "str",
    "level": "str",
    "kind": "str",
    "year": "int64",
    "at_most": "float64",
    "at_least": "float64",
    "size": "Int64",
    "value": "float64",
    "p_complies": "float64",
    "source": "str",
}


def compliance(facts: Facts, district: District, travelled: pd.DataFrame) -> pd.DataFrame:
    """
    Return, for every rule in force and year, the value measured and the probability that it is kept.

    ==================== ==================================================================================
    rule                 value (mean over draws); kept when
    ==================== ==================================================================================
    class_size           largest class (smallest, for `at_least`); every class complies
    class_share          share of classes counted; their whole number is within the share (of 80 classes 1 % is
                         none)
    school_size          children of the largest campus; every campus complies
    classes_per_school   classes of the campus that has most; every campus complies
    small_school         campuses counted
    walk                 mean way of the entrants; share of entrants whose way complies, in place of a probability
    ==================== ==================================================================================

    A statistic is counted, not kept: its value is the number of classes or campuses, its probability missing.
    Of class-size limits and targets, only those that govern a grade; of rules for schools, those that govern a
    school.

    Parameters
    ----------
    travelled
        The table of `travel`.

    Returns
    -------
    DataFrame
        rule, stage, grades, level, kind, year, at_most, at_least, size, value, p_complies, source.
    """
    rows = []
    taught = district.schools.loc[list(facts.simulation.schools), ["first", "last"]].to_numpy(np.int64)
    known = travelled.dropna(subset="metres")
    for rule in facts.policy.rules:
        grades = facts.policy.grades_of(rule)
        for position, year in enumerate(facts.simulation.years):
            if rule.rule == "walk":
                found = _walk(facts, rule, known, year) if rule.in_force(year) else None
            else:
                measure = _MEASURES.get(rule.rule)
                found = measure(facts, taught, rule, position) if measure and rule.in_force(year) else None
            if found is None:
                continue
            rows.append(
                {
                    "rule": rule.rule,
                    "stage": rule.stage,
                    "grades": grades_text(grades),
                    "level": rule.level,
                    "kind": rule.kind,
                    "year": year,
                    "at_most": rule.at_most,
                    "at_least": rule.at_least,
                    "size": rule.size,
                    "value": found[0],
                    "p_complies": found[1],
                    "source": rule.source,
                }
            )
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)


def _schools_of(taught: NDArray[np.int64], rule: Rule) -> NDArray[np.bool_]:
    """
    Return the schools that teach the range of grades a rule asks for. [school].

    Parameters
    ----------
    taught
        [school, 2]: first and last grade.
    """
    if not rule.schools:
        return np.ones(len(taught), dtype=bool)
    low, high = parse_grades(rule.schools)
    return (taught[:, 0] <= low) & (taught[:, 1] >= high)


def _counted(
    taught: NDArray[np.int64], rule: Rule, grades: list[int], position: int
) -> tuple[NDArray[np.intp], ...]:
    """Return the cells [school, grade, year] of the grades at the rule's schools in a year, one after the other."""
    school, grade = np.meshgrid(np.flatnonzero(_schools_of(taught, rule)), grades, indexing="ij")
    return school.reshape(-1), grade.reshape(-1), np.full(school.size, position)


def _class_size(
    facts: Facts, taught: NDArray[np.int64], rule: Rule, position: int
) -> tuple[float, float] | None:
    year = facts.simulation.years[position]
    grades = grades_concerned(facts, rule, year)
    if rule.kind != "statistic" and not rule.schools:
        grades = [at for at in grades if _governs(facts, rule, facts.simulation.grades[at], year)]
    if not grades:
        return None
    at = _counted(taught, rule, grades, position)
    pupils, classes = facts.simulation.pupils[at], facts.simulation.classes[at]
    if rule.at_least is None:
        above = large_in(facts, at, int(rule.at_most or 0) + 1).sum(axis=0, dtype=np.int64)
        counted = classes.sum(axis=0, dtype=np.int64) - above if rule.kind == "statistic" else above
        value = facts.largest(at).max(axis=0, initial=0)
    else:
        least = large_in(facts, at, int(rule.at_least)).sum(axis=0, dtype=np.int64)
        counted = least if rule.kind == "statistic" else classes.sum(axis=0, dtype=np.int64) - least
        sizes = balanced_sizes(pupils, classes).smallest
        value = np.where(classes > 0, sizes, np.iinfo(sizes.dtype).max).min(axis=0)
    if rule.kind == "statistic":
        return float(mean(counted)), np.nan
    return float(mean(value)), float(np.mean(counted == 0))


def _governs(facts: Facts, rule: Rule, grade: int, year: int) -> bool:
    """Return whether of the rules of this name and kind the rule is the one that holds for a grade."""
    policy = facts.policy
    admitted = year - (grade - policy.stage_of(grade).first)
    holding = policy.governing(rule.rule, grade, year, kind=rule.kind, level=rule.level, admitted=admitted)
    return holding == rule


def _class_share(
    facts: Facts, taught: NDArray[np.int64], rule: Rule, position: int
) -> tuple[float, float] | None:
    grades = grades_concerned(facts, rule, facts.simulation.years[position])
    if not grades:
        return None
    at = _counted(taught, rule, grades, position)
    every = facts.simulation.classes[at].sum(axis=0, dtype=np.int64)
    size = rule.size or 0
    if rule.at_least is None:
        counted = large_in(facts, at, size).sum(axis=0, dtype=np.int64)
        kept = counted <= rule.largest_count(every)
    else:
        counted = every - large_in(facts, at, size + 1).sum(axis=0, dtype=np.int64)
        kept = counted >= rule.least_count(every)
    share = float(np.mean(counted / np.maximum(every, 1)))
    return share, np.nan if rule.kind == "statistic" else float(np.mean(kept))


def _of_schools(
    figures: Callable[[Facts, list[int], int], NDArray[np.int64]],
) -> Callable[[Facts, NDArray[np.int64], Rule, int], tuple[float, float] | None]:
    """Return the measure of a rule for schools, of figures [school, draw]."""

    def measure(
        facts: Facts, taught: NDArray[np.int64], rule: Rule, position: int
    ) -> tuple[float, float] | None:
        year = facts.simulation.years[position]
        grades = grades_concerned(facts, rule, year)
        if not grades:
            return None
        spans, span_of = np.unique(taught, axis=0, return_inverse=True)
        governed = [
            rule.kind == "statistic"
            or facts.policy.school_rule(rule.rule, int(first), int(last), year) == rule
            for first, last in spans
        ]
        ruled = np.flatnonzero(np.array(governed, dtype=bool)[span_of])
        found = figures(facts, grades, position)[ruled]
        found = found[found.any(axis=1)]
        if not len(found):
            return None
        complies = np.ones(found.shape, dtype=bool)
        if rule.at_most is not None:
            complies &= found <= rule.at_most
        if rule.at_least is not None:
            complies &= found >= rule.at_least
        if rule.kind == "statistic":
            return float(mean((complies & (found > 0)).sum(axis=0))), np.nan
        extreme = found.max(axis=0) if rule.at_least is None else found.min(axis=0)
        return float(mean(extreme)), float(np.mean(complies.all(axis=0)))

    return measure


def _children(facts: Facts, grades: list[int], position: int) -> NDArray[np.int64]:
    return facts.simulation.pupils[:, grades, position].sum(axis=1, dtype=np.int64)


def _classes(facts: Facts, grades: list[int], position: int) -> NDArray[np.int64]:
    return facts.simulation.classes[:, grades, position].sum(axis=1, dtype=np.int64)


def _walk(facts: Facts, rule: Rule, known: pd.DataFrame, year: int) -> tuple[float, float] | None:
    stages = [
        stage
        for stage, first in zip(facts.simulation.stages, facts.starts, strict=True)
        if _governs(facts, rule, int(first), year)
    ]
    here = known["year"].to_numpy() == year
    here &= np.isin(known["stage"].to_numpy(object), stages)
    children, metres, beyond = (known[name].to_numpy()[here] for name in ("children", "metres", "beyond"))
    if not children.sum() > 0:
        return None
    kept = 1 - float(np.average(beyond, weights=children))
    return float(np.average(metres, weights=children)), np.nan if rule.kind == "statistic" else kept


_MEASURES = {
    "class_size": _class_size,
    "class_share": _class_share,
    "school_size": _of_schools(_children),
    "small_school": _of_schools(_children),
    "classes_per_school": _of_schools(_classes),
}
