"""How large classes and schools are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from planner.capacity import classes_at_least
from planner.outcomes.spread import mean, named, of_classes, ranged, whole_or_missing
from planner.policy import judged_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.outcomes.facts import Facts
    from planner.policy import Rule


def class_sizes(facts: Facts) -> pd.DataFrame:
    """
    Return children, classes and the largest class of every school and grade that ever has children, by year.

    Returns
    -------
    DataFrame
        school, grade, year, pupils, classes, size (the largest of classes that are as even as whole children allow, or
        as uneven as class lists tell: `Simulation.largest`) with p10 and p90, p_over
        (probability that a class is above the cap); classes, size and p_over are missing where none are formed.
    """
    simulation = facts.simulation
    attended = np.any(simulation.pupils > 0, axis=(2, 3))
    at = np.nonzero(np.repeat(np.asarray(attended)[:, :, None], len(simulation.years), axis=2))
    pupils, classes = simulation.pupils[at], simulation.classes[at]
    caps = np.array([facts.policy.caps(simulation.grades, year) for year in simulation.years]).T[at[1:]]
    largest = facts.largest(at)
    over = (largest > caps[:, None]) | ((pupils > 0) & (classes == 0))
    formed = ranged("classes", classes) | ranged("size", largest)
    return pd.DataFrame(
        {
            "school": named(simulation.schools, at[0]),
            "grade": np.array(simulation.grades)[at[1]],
            "year": np.array(simulation.years)[at[2]],
            **ranged("pupils", pupils),
            **{name: of_classes(figures, missing=facts.by_seats) for name, figures in formed.items()},
            "p_over": of_classes(mean(over), missing=facts.by_seats),
        }
    )


def grades_text(grades: Sequence[int]) -> str:
    """Return a range of grades as rules write it: 1-6, or 7."""
    return f"{grades[0]}-{grades[-1]}" if len(grades) > 1 else f"{grades[0]}"


def grades_concerned(facts: Facts, rule: Rule, year: int) -> list[int]:
    """
    Return the positions of the grades that a rule is about in a year.

    A rule about entrants leaves out the year groups admitted before it was in force.
    """
    found = []
    of_rule = facts.policy.grades_of(rule)
    for at, grade in enumerate(facts.simulation.grades):
        if grade not in of_rule:
            continue
        admitted = year - (grade - facts.policy.stage_of(grade).first)
        if rule.applies == "all" or rule.since is None or admitted >= judged_in(rule.since):
            found.append(at)
    return found


def large_in(facts: Facts, at: Any, size: int) -> NDArray[np.integer[Any]]:
    """
    Return how many classes hold at least so many children, in cells of [school, grade, year] (draws after them).

    Of balanced classes; where the largest is drawn larger than them, it counts by its own size.
    """
    pupils, classes = facts.simulation.pupils[at], facts.simulation.classes[at]
    balanced = classes_at_least(pupils, classes, size)
    if facts.simulation.splits is None:
        return balanced
    return np.maximum(balanced, (facts.largest(at) >= size) & (classes > 0))


def large_classes(facts: Facts) -> pd.DataFrame:
    """
    Return how many classes have the size, or more, that a rule of class size counts, by stage and year.

    A statistic counts classes of its `at_least`; a limit or target with `at_most` those of one child more.
    Classes are as even as whole children allow, but for the largest of a year group, which may be drawn larger.

    Returns
    -------
    DataFrame
        rule, stage, grades, year, at_least, classes with p10 and p90, of (all classes of these grades), share.
        Rules that count the same classes stand once.
    """
    simulation = facts.simulation
    found: dict[tuple[str, str, str, int, int], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    for rule in facts.policy.rules_on("class_size"):
        size = _counted_from(rule)
        if size is None:
            continue
        for stage, inside in zip(simulation.stages, facts.grades, strict=True):
            grades = [grade for grade in facts.policy.grades_of(rule) if grade in facts.policy.stage(stage)]
            for position, year in enumerate(simulation.years):
                at = [grade for grade in grades_concerned(facts, rule, year) if grade in inside]
                if not at or not rule.in_force(year):
                    continue
                key = (rule.rule, stage, grades_text(grades), year, size)
                if key in found and rule.applies == "entrants":
                    continue
                classes = simulation.classes[:, at, position]
                found[key] = (
                    large_in(facts, (slice(None), at, position), size).sum(axis=(0, 1), dtype=np.int64),
                    classes.sum(axis=(0, 1), dtype=np.int64),
                )
    counts = np.array(list(found.values())).reshape(len(found), 2, simulation.draws)
    total = mean(counts[:, 1])
    table = pd.DataFrame(list(found), columns=["rule", "stage", "grades", "year", "at_least"])
    return table.astype({"year": "int64", "at_least": "int64"}).assign(
        **ranged("classes", counts[:, 0]),
        of=total,
        share=np.divide(mean(counts[:, 0]), total, out=np.zeros_like(total), where=total > 0),
    )


def _counted_from(rule: Rule) -> int | None:
    """Return the size from which a rule counts a class as large; None where it does not."""
    if rule.level != "class":
        return None
    if rule.kind == "statistic":
        return None if rule.at_least is None else int(rule.at_least)
    return None if rule.at_most is None else int(rule.at_most) + 1


def school_sizes(facts: Facts, district: District) -> pd.DataFrame:
    """
    Return the children of every campus, and of every legal school of several campuses, against the limit.

    No rule says whether the limit binds the campus or the legal school, so both are reported. The limit is that of
    the rule of school size for the grades taught.

    Returns
    -------
    DataFrame
        level (campus, group), school (missing for a group), group (missing for a campus), year, pupils with p10
        and p90, limit, p_over (probability that the limit is not kept; missing without one).
    """
    simulation = facts.simulation
    table = district.schools.loc[list(simulation.schools)]
    first, last = table["first"].to_numpy(np.int64), table["last"].to_numpy(np.int64)
    units: list[tuple[str, str | None, str | None, list[int]]] = [
        ("campus", school, None, [at]) for at, school in enumerate(simulation.schools)
    ]
    names = [None if pd.isna(name) else str(name) for name in table["group"]]
    groups = {name: [at for at, own in enumerate(names) if own == name] for name in names if name}
    units += [("group", None, name, campuses) for name, campuses in groups.items() if len(campuses) > 1]
    whole = simulation.pupils.sum(axis=1, dtype=np.int32)
    children = np.stack([whole[campuses].sum(axis=0) for _, _, _, campuses in units])
    spans = [(int(first[campuses].min()), int(last[campuses].max())) for _, _, _, campuses in units]
    limits_of = {span: _size_limits(facts, *span) for span in set(spans)}
    limits = np.array([limits_of[span] for span in spans]).reshape(children.shape[:2])
    over = np.where(np.isnan(limits), np.nan, mean(children > limits[:, :, None]))
    years = len(simulation.years)
    key = pd.DataFrame(
        [(level, school, group) for level, school, group, _ in units], columns=["level", "school", "group"]
    )
    return (
        key.astype("str")
        .loc[np.repeat(key.index, years)]
        .reset_index(drop=True)
        .assign(
            year=np.tile(simulation.years, len(units)),
            **ranged("pupils", children.reshape(len(units) * years, -1)),
            limit=whole_or_missing(limits.reshape(-1)),
            p_over=over.reshape(-1),
        )
    )


def _size_limits(facts: Facts, first: int, last: int) -> list[float]:
    """Return the limit of the school size by year, for schools that teach these grades; NaN for none. [children]."""
    rules = [facts.policy.school_rule("school_size", first, last, year) for year in facts.simulation.years]
    return [np.nan if rule is None or rule.at_most is None else float(rule.at_most) for rule in rules]
