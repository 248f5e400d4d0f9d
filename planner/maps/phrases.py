"""How maps and charts write figures, years, stages and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from planner.maps.land import district_name
from planner.words import say

if TYPE_CHECKING:
    from planner.district import District
    from planner.policy import Policy

MINUS = "\u2212"


def whole(value: float) -> str:
    """Write a number of children: no decimals, thousands apart."""
    return f"{value:,.0f}".replace("-0", "0") if round(value) == 0 else f"{value:,.0f}".replace("-", MINUS)


def signed(value: float) -> str:
    """Write a seat gap with its sign; nothing before a zero."""
    return f"+{value:,.0f}" if round(value) > 0 else whole(value)


def gap_number(gap: float, low: float, high: float) -> str:
    """
    Write a seat gap, in brackets where its range holds both a shortage and spare seats.

    Parameters
    ----------
    low, high
        Bounds of the range; missing where there is none. [children]
    """
    return f"({signed(gap)})" if low < 0 < high else signed(gap)


def percent(probability: float) -> str:
    """Write a probability in whole percent; below one and above 99 as such: no number of draws makes it certain."""
    if probability < 0.01:
        return say("<{p} %", p=1)
    if probability > 0.99:
        return say(">{p} %", p=99)
    return say("{p} %", p=f"{100 * probability:.0f}")


def year_name(year: int) -> str:
    """Write a school year."""
    return say("{year}/{next}", year=year, next=f"{(year + 1) % 100:02d}")


def stage_name(stage: str, policy: Policy | None) -> str:
    """Write the name of a stage; its id where no policy names it."""
    return stage if policy is None else policy.stage(stage).label


def grade_name(grade: int, policy: Policy | None) -> str:
    """Write the name of a grade."""
    return say("grade {grade}", grade=grade) if policy is None else policy.grade_label(grade)


def count_day(district: District) -> str:
    """Write the day of the last count, or its autumn where the district does not say the day."""
    counts = district["enrolment"]
    days = (
        counts.loc[counts["year"] == district.counted, "counted_on"].dropna() if len(counts) else pd.Series()
    )
    if days.empty:
        return say("count of autumn {year}", year=district.counted)
    return say("count of {day}", day=str(days.max())[:10])


def source_line(district: District, scenario: str, *parts: str) -> str:
    """Write the line below a map or chart: district, count, scenario, and what the figures are."""
    facts = [district_name(district), count_day(district)]
    if scenario:
        facts.append(say("scenario: {name}", name=scenario))
    return say("Source: {facts}", facts=" · ".join([*facts, *(part for part in parts if part)]))
