"""Schools and the catchments that they are members of, as the checks need them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.tables import complete, figures, rows, texts
from planner.policy import parse_grades

if TYPE_CHECKING:
    from planner.district.model import District


@dataclass(frozen=True, kw_only=True)
class KnownSchool:
    """What the checks need to know of a school."""

    first: int
    last: int
    opens: float
    """First school year; -inf for one that has long been open."""
    closes: float
    """Last school year; inf for one that stays open."""
    private: bool = False

    def teaches(self, grade: int) -> bool:
        """Whether the school teaches the grade."""
        return self.first <= grade <= self.last


def known_schools(district: District) -> dict[str, KnownSchool]:
    """Return every school by id, those that projects bring included: open from their dated opening."""
    projects = district["projects"]
    new = rows(projects, (texts(projects, "kind") == "new") & (texts(projects, "grades") != ""))
    known: dict[str, KnownSchool] = {}
    for school, grades, opens in zip(
        texts(new, "school"), texts(new, "grades"), figures(new, "opens"), strict=True
    ):
        first, last = parse_grades(grades)
        year = -math.inf if math.isnan(opens) else opens
        if school not in known or year < known[school].opens:
            known[school] = KnownSchool(first=first, last=last, opens=year, closes=math.inf)
    schools = district.schools
    for school, first, last, opens, closes, owner in zip(
        schools.index,
        figures(schools, "first"),
        figures(schools, "last"),
        np.nan_to_num(figures(schools, "open_from"), nan=-np.inf),
        np.nan_to_num(figures(schools, "open_to"), nan=np.inf),
        texts(schools, "owner"),
        strict=True,
    ):
        known[str(school)] = KnownSchool(
            first=int(first), last=int(last), opens=opens, closes=closes, private=owner == "private"
        )
    return known


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A school in a catchment that holds at the last count or later."""

    school: str
    stage: str
    group: tuple[str, ...]
    """All schools of the catchment."""
    begins: int
    """First school year, not before the last count."""
    ends: float
    """Last school year; inf when nothing follows."""


def memberships(district: District) -> set[Membership]:
    """Return each school of each catchment, once for all blocks of the same dates."""
    table = complete(district["catchments"], ("block", "stage", "since", "school"))
    table = table.sort_values(["block", "stage", "since"], kind="stable")
    block, stage, since = texts(table, "block"), texts(table, "stage"), figures(table, "since")
    same = (block[1:] == block[:-1]) & (stage[1:] == stage[:-1])
    ends = np.append(np.where(same, since[1:] - 1, np.inf), np.inf)[: len(table)]
    current = ends >= district.counted
    found = pd.DataFrame(
        {
            "stage": stage,
            "schools": texts(table, "school"),
            "begins": np.maximum(since, district.counted),
            "ends": ends,
        }
    )[current].drop_duplicates()
    return {
        Membership(school=school, stage=of, group=group, begins=int(begins), ends=end)
        for of, schools, begins, end in found.itertuples(index=False)
        for group in (tuple(schools.split("+")),)
        for school in group
    }
