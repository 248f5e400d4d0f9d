"""
Eau Claire Area School District, Wisconsin: is the number of classes that a school forms predicted right?

5,781 real sections of kindergarten (grade 0) to grade 5, 1998-2024, are 2,070 year groups: the children of a grade at
a school in a year. Each year from 2005 on is predicted from its head-counts and the years before it; autumn 2020, whose
sections lack the pupils taught at home, is left out throughout. Four rules are compared, each through
`planner.capacity.form_classes` with as many rooms as are asked for:

- `one_size`: ceil(children / size) with the size that was right most often in the eight years before, all grades alike;
- `size_by_grade`: the same, a size for each grade;
- `learned`: sizes by grade and school, of `planner.capacity.learn_sizes`;
- `learned_kept`: the same, where a year group keeps its classes while they stay within 1.06 times the size: what a
  simulation does under a policy with ``formation = "reformed"`` and ``learned = true``.

As a command, which prints the shares that are right (seconds)::

    python -m tests.real.eauclaire
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.capacity import balanced_sizes, form_classes, learn_sizes
from planner.policy import ClassRules
from tests.real.places import real_folder

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FIRST = 2005
"""First year predicted."""
LEFT_OUT = 2020
EARLIER = 8
"""Years before from which the size of the plain rules is taken."""
RULES = ("one_size", "size_by_grade", "learned", "learned_kept")
_SIZES = range(15, 36)
_ANEW = ClassRules(formation="reformed")


def year_groups(source: Path) -> pd.DataFrame:
    """Return school, grade, year, pupils, classes, largest (the largest class) of every year group. [children]"""
    sections = pd.read_csv(source / "eauclaire_sections.csv")
    sections = sections[sections["year"] != LEFT_OUT]
    sections["grade"] = sections["grade"].replace({"K": "0"}).astype(int)
    groups = sections.groupby(["school", "grade", "year"])["students"].agg(["sum", "size", "max"])
    return groups.set_axis(["pupils", "classes", "largest"], axis=1).reset_index()


def _best_size(groups: pd.DataFrame) -> int:
    """Return the size with which ceil(children / size) is right most often, the smaller one on a tie."""
    right = [(np.ceil(groups["pupils"] / size) == groups["classes"]).sum() for size in _SIZES]
    return _SIZES[int(np.argmax(right))]


def _formed(
    pupils: NDArray[np.int64],
    carried: NDArray[np.int64],
    caps: list[int],
    sizes: NDArray[np.float64] | None = None,
) -> NDArray[np.int16]:
    """Return the classes of a year [school, grade] with a room for every child."""
    rooms = pupils.sum(axis=1)
    formed = form_classes(pupils[:, :, None], carried[:, :, None], rooms, caps, _ANEW, sizes=sizes)
    return formed.classes[:, :, 0]


def _predicted_year(groups: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the year groups of a year with the classes that each rule forms, learned from the years before."""
    now, past = groups[groups["year"] == year], groups[groups["year"] < year]
    recent = past[past["year"] >= year - EARLIER]
    schools, grades = sorted(now["school"].unique()), sorted(now["grade"].unique())
    pupils = now.pivot_table(index="school", columns="grade", values="pupils", fill_value=0).astype(int)
    before = past[past["year"] == year - 1].assign(grade=lambda table: table["grade"] + 1)
    carried = before.pivot_table(index="school", columns="grade", values="classes", fill_value=0)
    carried = carried.reindex(index=schools, columns=grades, fill_value=0).astype(int)
    none = np.zeros_like(carried.to_numpy())
    limits = [int(recent.loc[recent["grade"] == grade, "largest"].quantile(0.95)) for grade in grades]
    by_grade = [_best_size(recent[recent["grade"] == grade]) for grade in grades]
    learned = learn_sizes(past)
    assert learned is not None
    sizes = learned.of(schools, grades)
    children = pupils.to_numpy()
    classes = {
        "one_size": _formed(children, none, [_best_size(recent)] * len(grades)),
        "size_by_grade": _formed(children, none, by_grade),
        "learned": _formed(children, none, limits, sizes),
        "learned_kept": _formed(children, carried.to_numpy(), limits, sizes),
    }
    at = pupils.index.get_indexer(now["school"]), pupils.columns.get_indexer(now["grade"])
    return now.assign(**{rule: formed[at] for rule, formed in classes.items()})


def predicted(groups: pd.DataFrame, first: int = FIRST) -> pd.DataFrame:
    """Return the year groups since a year with a column of classes for each of `RULES`."""
    years = sorted(year for year in groups["year"].unique() if year >= first)
    return pd.concat([_predicted_year(groups, year) for year in years], ignore_index=True)


def shares_right(table: pd.DataFrame, by: str | pd.Series | None = None) -> pd.DataFrame:
    """
    Return the share of year groups whose number of classes is right, and how far the largest class is off.

    Returns
    -------
    DataFrame
        A row for each rule, or rule and group: groups, right, within_one [1], largest_off (mean absolute difference of
        ceil(children / classes) from the largest class) [children].
    """
    rows = []
    parts = [("all", table)] if by is None else list(table.groupby(by, observed=True))
    for name, part in parts:
        for rule in RULES:
            formed = part[rule].to_numpy(np.int64)
            largest = balanced_sizes(part["pupils"].to_numpy(np.int64), formed).largest
            off = np.abs(formed - part["classes"])
            rows.append(
                {
                    "of": name,
                    "rule": rule,
                    "groups": len(part),
                    "right": (off == 0).mean(),
                    "within_one": (off <= 1).mean(),
                    "largest_off": np.abs(largest - part["largest"]).mean(),
                }
            )
    return pd.DataFrame(rows).set_index(["of", "rule"])


def right_by(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the share that is right, a row for each group and a column for each rule. [1]"""
    table = shares.reset_index().pivot_table(index="of", columns="rule", values="right", observed=True)
    return table[list(RULES)]


def unevenness(groups: pd.DataFrame) -> pd.Series:
    """Return the share of year groups by how far the largest class is above ceil(children / classes). [1]"""
    even = np.ceil(groups["pupils"] / groups["classes"])
    return (groups["largest"] - even).astype(int).value_counts(normalize=True).sort_index()


def main() -> int:
    """Print the shares: all, by grade, by size of the year group, by period, and how uneven classes are."""
    source = real_folder("eauclaire")
    if not source.is_dir():
        sys.stderr.write(f"{source} is not there: set PLANNER_REAL_DATA to the folder that holds eauclaire\n")
        return 1
    groups = year_groups(source)
    table = predicted(groups)
    children = pd.cut(table["pupils"], [0, 25, 50, 75, 100, 200]).rename("children")
    period = pd.cut(table["year"], [2004, 2009, 2014, 2019, 2024]).rename("period")
    for by in (None, "grade", children, period):
        found = shares_right(table, by)
        shown = found if by is None else right_by(found)
        sys.stdout.write(shown.to_string(float_format="{:.3f}".format) + "\n\n")
    uneven = unevenness(groups).to_string(float_format="{:.3f}".format)
    sys.stdout.write(f"largest class above the even one by\n{uneven}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
