"""What the histories of units tell before any forecast: years not counted, units under a new name, units left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.district.findings import few
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.forecast.backtest.judging import Backtest
    from planner.forecast.units import UnitCounts

_ALIKE = 0.15
"""Children counted apart, per child, up to which two units may be one under two names. [1]"""
_ENOUGH = 20.0
"""Children from whom on a likeness of counts is no chance. [children]"""
_SHOWN = 30
"""Pairs of units named."""


def emptied(
    pupils: NDArray[np.float64], units: Sequence[str], years: Sequence[int]
) -> tuple[NDArray[np.float64], list[Text]]:
    """
    Return counts [unit, grade, year] without whole years of zeros that cannot be true, and notes of them.

    Those of a unit that has children before and after, and those of all units together.
    """
    some = np.isfinite(pupils).any(axis=1)
    total = np.where(some, np.nansum(pupils, axis=1), np.nan)
    before = np.maximum.accumulate(np.nan_to_num(total), axis=1) > 0
    after = np.maximum.accumulate(np.nan_to_num(total)[:, ::-1], axis=1)[:, ::-1] > 0
    everywhere = some.any(axis=0) & (np.nansum(total, axis=0) <= 0)
    between = (total == 0) & before & after & ~everywhere
    notes = []
    if everywhere.any():
        notes.append(
            Text(
                "No child at all in any unit in {years}; taken as not counted.",
                years=few(np.array(years)[everywhere]),
            )
        )
    if between.any():
        listed = [f"{units[unit]}/{years[year]}" for unit, year in np.argwhere(between)]
        notes.append(
            Text(
                "No child at all between years with children; taken as not counted (unit/year): {list}.",
                list=few(listed),
            )
        )
    return np.where((between | everywhere)[:, None, :], np.nan, pupils), notes


def renamed(pupils: NDArray[np.float64], units: Sequence[str], years: Sequence[int]) -> list[Text]:
    """
    Return a note of the units that end the autumn before another begins with nearly the same children.

    Compared are the children of each grade with those of the grade below a year before, where both units teach them,
    and all of them together; the pairs most alike come first, and no unit is named twice.
    """
    there = np.nan_to_num(pupils).sum(axis=1) > 0
    first, last = there.argmax(axis=1), there.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
    ended = np.flatnonzero(there.any(axis=1) & (last < there.shape[1] - 1))
    pairs = []
    for old in ended.tolist():
        was = np.nan_to_num(pupils[old, :, last[old]])
        for new in np.flatnonzero(there.any(axis=1) & (first == last[old] + 1)).tolist():
            apart = _apart(was, np.nan_to_num(pupils[new, :, first[new]]))
            if apart <= _ALIKE:
                pairs.append((apart, old, new))
    found: dict[int, int] = {}
    for _, old, new in sorted(pairs):
        if old not in found and new not in found.values():
            found[old] = new
    if not found:
        return []
    listed = [f"{units[old]} > {units[new]} ({years[int(first[new])]})" for old, new in sorted(found.items())]
    return [
        Text(
            "Units that end the autumn before another begins with nearly the same children: {pairs}. If two are one, give all its rows the same id; as they are, the new one is forecast as a new unit.",
            pairs=few(listed, _SHOWN),
        )
    ]


def _apart(was: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    """Return how far children of one unit [grade] are from those of another a year later, per child; inf for few. [1]"""
    shared = (was[:-1] > 0) & (now[1:] > 0)
    below, above = (was[:-1][shared], now[1:][shared]) if len(was) > 1 else (was, now)
    if min(below.sum(), above.sum()) < _ENOUGH:
        return np.inf
    moved = np.abs(below - above).sum() / max(below.sum(), above.sum())
    return float(max(moved, abs(was.sum() - now.sum()) / max(was.sum(), now.sum())))


def left_out(counts: UnitCounts, label: str, origins: Sequence[int], found: Backtest) -> list[Text]:
    """
    Return notes of the units of which nothing, or nothing of the entry grade, could be scored, with the reason.

    Parameters
    ----------
    label
        Name of the entry grade.
    """
    at = [counts.years.index(origin) for origin in origins]
    known = np.isfinite(counts.pupils).sum(axis=1)
    scored = set(found.forecasts["unit"])
    reasons: dict[str, list[str]] = {"withheld": [], "origin": [], "after": [], "entry": []}
    for unit, name in enumerate(counts.units):
        if name in scored:
            if not np.isfinite(counts.pupils[unit, 0]).any():
                reasons["entry"].append(name)
        elif not known[unit].any():
            reasons["withheld"].append(name)
        elif not known[unit, at].any():
            reasons["origin"].append(name)
        else:
            reasons["after"].append(name)
    said = {
        "withheld": Text("all their counts are withheld or blank"),
        "origin": Text("they were not counted at any origin"),
        "after": Text("they were not counted after an origin at which they were known"),
    }
    notes = [
        Text(
            "Units left out, {number} of {all}: {units}; {reason}.",
            number=len(reasons[why]),
            all=len(counts.units),
            units=few(reasons[why]),
            reason=reason,
        )
        for why, reason in said.items()
        if reasons[why]
    ]
    if reasons["entry"]:
        notes.append(
            Text(
                "Units never counted in entry grade {grade}, {number} of {all}: {units}. Only their later grades are forecast.",
                grade=label,
                number=len(reasons["entry"]),
                all=len(counts.units),
                units=few(reasons["entry"]),
            )
        )
    return notes
