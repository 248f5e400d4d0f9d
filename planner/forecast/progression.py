r"""
Growth of a grade at a school: empirical-Bayes shrinkage of the school's ratio towards the district's.

.. math:: N_{s,g,t} = N_{s,g-1,t-1}\, D_{g,t}\,(1 + a_s + b_{s,g})\,(1 + u_{s,t})

with D the district's ratio, a the school's lasting deviation, b its deviation in one grade and u a shock of the
school in one year. Variances are estimated by moments and shrunk towards priors; with fewer than four
transitions the priors serve alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.arrays import numbers, positions, where
from planner.forecast.smoothing import dispersion, shrunk_between, shrunk_variance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.arrays import Rolls
    from planner.policy import Stage

PER_CHILD = 0.5
"""Prior variance of a count per child: New York 0.37, Atlanta 0.7 to 1.2."""
_SCHOOL_YEAR = 0.045
_SCHOOL = 0.025
_SCHOOL_GRADE = 0.035
_DISTRICT = 0.012
_DISTRICT_GRADE = 0.008
"""Prior standard deviations: shock of a school's year, lasting deviations, and errors of the district's ratio."""

COMMON_MEMORY = 0.8
GRADE_MEMORY = 0.3
"""Yearly memory of the district's common deviation and of a grade's."""

_WEIGHTS = (0.4, 0.3, 0.2, 0.1)
"""Of the district's latest transitions, newest first."""
WINDOW = 5
"""Latest transitions that a school's own ratio rests on."""
_LEAST_YEARS = 4
_DIFFERENCES = 60.0
"""Differences that the priors of the count noise and the school-year shock are worth."""
_SCHOOLS = 10.0
"""Schools that the priors of the lasting deviations are worth."""
_DISTRICT_YEARS = 5.0

_BREAKS = ("opening", "closure", "merger", "rezoning")
"""Events after which a school's grades are not last year's children."""


@dataclass(frozen=True, kw_only=True)
class Moves:
    """Schools whose last grade is not their stage's: their children go on to another school."""

    shares: NDArray[np.float64]
    """[from school, to school]: share of the leavers. [1]"""
    last: NDArray[np.int64]
    """[school]: last grade taught, of schools whose children go on within the stage; -1 for others."""
    stated: NDArray[np.bool_]
    """[school]: the feeders table says where; otherwise the nearest school that teaches the next grade."""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Fitted growth and its uncertainty; axes in the order of the schools and grades."""

    district: NDArray[np.float64]
    """[grade]: ratio expected district-wide; 0 in starting grades. [1]"""
    school: NDArray[np.float64]
    """[school, grade]: ratio expected; 0 in starting grades. [1]"""
    school_spread: NDArray[np.float64]
    """[school]: standard deviation of what is not known of its lasting deviation. [1]"""
    grade_spread: NDArray[np.float64]
    """[school, grade]: the same of its deviation in the grade. [1]"""
    usual_spread: float
    """The same over the schools that were counted; new schools do not change it. [1]"""
    yearly: float
    """Standard deviation of the school-year shock. [1]"""
    common: float
    grade: float
    """Standard deviations of the district's common deviation and of a grade's, in one year. [1]"""
    spread: NDArray[np.float32]
    """[grade]: variance of a count around its mean, per child. [1]"""
    explained: pd.DataFrame
    """school, grade, ratio, district_ratio, own_weight, transitions, excluded; of the grades taught."""
    transitions: int
    """School-grade transitions used for the variances."""


def moves_within(district: District, rolls: Rolls, stages: Sequence[Stage]) -> Moves:
    """
    Return where the children of schools go that end before their stage does, such as teaching points.

    By the latest feeders that hold at the last count, rescaled to 1 among public schools of the stage; else to
    the nearest public school that teaches the next grade.
    """
    schools = list(rolls.schools)
    table = district.schools.loc[schools]
    first, last = table["first"].to_numpy(np.int64), table["last"].to_numpy(np.int64)
    ends = {stage.last for stage in stages}
    inner = np.array(
        [grade not in ends and any(grade in stage for stage in stages) for grade in last], dtype=bool
    )
    shares, stated = np.zeros((len(schools), len(schools))), np.zeros(len(schools), dtype=bool)
    feeders = district["feeders"]
    feeders = where(
        feeders.assign(since=numbers(feeders["since"], 0)), numbers(feeders["since"], 0) <= district.counted
    )
    feeders = where(feeders, feeders["since"] == feeders.groupby("school")["since"].transform("max"))
    for at in np.flatnonzero(inner):
        fits = (first <= last[at] + 1) & (last >= last[at] + 1)
        rows = where(feeders, feeders["school"] == schools[at])
        to = positions(rows["to_school"], schools)
        share = numbers(rows["share"], 0)
        good = (to >= 0) & fits[to] & (share > 0)
        if good.any():
            np.add.at(shares[at], to[good], share[good] / share[good].sum())
            stated[at] = True
        elif fits.any():
            distance = table.geometry.distance(table.geometry.iloc[at]).to_numpy(np.float64)
            shares[at, int(np.argmin(np.where(fits, distance, np.inf)))] = 1.0
    return Moves(shares=shares, last=np.where(inner, last, -1), stated=stated)


def _broken(district: District, rolls: Rolls) -> NDArray[np.bool_]:
    """Return [school, year]: whether an event makes that autumn no continuation of the year before."""
    events = district["events"]
    events = where(events, events["kind"].isin(_BREAKS))
    out = np.zeros((len(rolls.schools), len(rolls.years)), dtype=bool)
    year = positions(events["year"], rolls.years)
    for column in ("school", "other"):
        school = positions(events[column], rolls.schools)
        both = (school >= 0) & (year >= 0)
        out[school[both], year[both]] = True
    return out


@dataclass(frozen=True, kw_only=True)
class _Transitions:
    """Children observed in a grade, and those of the grade below a year before; [school, grade, year]."""

    observed: NDArray[np.float64]
    base: NDArray[np.float64]
    excluded: NDArray[np.bool_]


def _transitions(district: District, rolls: Rolls, starts: set[int], moves: Moves) -> _Transitions:
    observed, base = np.full_like(rolls.pupils, np.nan), np.full_like(rolls.pupils, np.nan)
    guessed = np.zeros_like(rolls.full)
    for at, grade in enumerate(rolls.grades):
        if grade in starts or grade - 1 not in rolls.grades:
            continue
        below = rolls.pupils[:, at - 1, :-1]
        leaving = np.where((moves.last == grade - 1)[:, None], np.nan_to_num(below), 0.0)
        fed = np.einsum("st,sy->ty", moves.shares, leaving)
        receives = (moves.shares * (moves.last == grade - 1)[:, None]).sum(axis=0) > 0
        unsure = (moves.shares * ((moves.last == grade - 1) & ~moves.stated)[:, None]).sum(axis=0) > 0
        own = np.where(receives[:, None], np.nan_to_num(below), below)
        base[:, at, 1:] = own + fed
        observed[:, at, 1:] = rolls.pupils[:, at, 1:]
        guessed[:, at] = unsure[:, None]
    possible = np.isfinite(observed) & (np.nan_to_num(base) > 0)
    excluded = possible & (rolls.full | _broken(district, rolls)[:, None, :] | guessed)
    used = possible & ~excluded
    return _Transitions(
        observed=np.where(used, observed, np.nan), base=np.where(used, base, np.nan), excluded=excluded
    )


def _district_ratios(moved: _Transitions) -> NDArray[np.float64]:
    """Return the ratio of sums [grade, year]; missing where no school has one."""
    base = np.nansum(moved.base, axis=0)
    observed = np.nansum(moved.observed, axis=0)
    return np.where((base > 0) & (observed > 0), observed / np.where(base > 0, base, 1.0), np.nan)


def _latest(series: NDArray[np.float64]) -> float:
    """Return the weighted mean of the latest logarithms, the newest weighing most; 0 when there are none."""
    known = series[np.isfinite(series)][::-1][: len(_WEIGHTS)]
    return float(np.average(known, weights=_WEIGHTS[: len(known)])) if len(known) else 0.0


def _district_errors(logs: NDArray[np.float64]) -> tuple[float, float]:
    """Return the standard deviations of the one-year errors of the district's ratios: common to all grades, and a grade's own."""
    errors = np.full_like(logs, np.nan)
    for grade in range(logs.shape[0]):
        for year in range(2, logs.shape[1]):
            if np.isfinite(logs[grade, year]) and np.isfinite(logs[grade, :year]).any():
                errors[grade, year] = logs[grade, year] - _latest(logs[grade, :year])
    known = np.isfinite(errors)
    many = known.sum(axis=0) > 1
    if not many.any():
        return _DISTRICT, _DISTRICT_GRADE
    common = np.array([np.nanmean(errors[:, year]) for year in np.flatnonzero(many)])
    within = errors[:, many] - common
    freedom = float(known[:, many].sum() - many.sum())
    own = float(np.nansum(within**2)) / freedom
    shared = max(float(np.mean(common**2)) - own / float(known[:, many].sum(axis=0).mean()), 0.0)
    return (
        float(np.sqrt(shrunk_variance(shared, float(many.sum()), _DISTRICT**2, _DISTRICT_YEARS))),
        float(np.sqrt(shrunk_variance(own, freedom, _DISTRICT_GRADE**2, 4 * _DISTRICT_YEARS))),
    )


def _school_year_variance(
    observed: NDArray[np.float64], expected: NDArray[np.float64], per_child: float, total: float
) -> float:
    """
    Return the variance of a shock that all grades of a school share in a year.

    Half the mean product of the year-to-year changes of two grades' ratios, weighted by children, each change
    limited to three standard deviations; shrunk towards the prior.
    """
    ratio = observed / expected
    change = ratio[:, :, 1:] - ratio[:, :, :-1]
    inverse = 1 / expected[:, :, 1:] + 1 / expected[:, :, :-1]
    limit = 3 * np.sqrt(per_child * inverse + 2 * total)
    known = np.isfinite(change) & np.isfinite(inverse)
    change = np.where(known, np.clip(change, -limit, limit), 0.0)
    weight = np.where(known, 1 / np.where(known, inverse, 1.0), 0.0)
    products = (change * weight).sum(axis=1) ** 2 - (change**2 * weight**2).sum(axis=1)
    weights = weight.sum(axis=1) ** 2 - (weight**2).sum(axis=1)
    pairs = float(((known.sum(axis=1) - 1).clip(min=0)).sum())
    estimate = max(float(products.sum() / weights.sum()) / 2, 0.0) if weights.sum() > 0 else 0.0
    return shrunk_variance(estimate, pairs, _SCHOOL_YEAR**2, _DIFFERENCES)


def fit_growth(
    district: District, rolls: Rolls, stages: Sequence[Stage], moves: Moves, taught: NDArray[np.bool_]
) -> Growth:
    """
    Fit the growth of every grade at every school.

    Left out: years when the school was full in the grade (the count is a lower bound), years of an opening,
    closure, merger or re-zoning of the school, and grades that receive from schools whose feeders are not stated.
    """
    starts = {stage.first for stage in stages}
    moved = _transitions(district, rolls, starts, moves)
    ratios = _district_ratios(moved)
    logs = np.log(np.where(np.isfinite(ratios), ratios, 1.0))
    logs[~np.isfinite(ratios)] = np.nan
    common, grade_error = _district_errors(logs)
    inner = np.array([grade not in starts for grade in rolls.grades])
    district_ratio = np.where(inner, np.exp([_latest(row) for row in logs]), 0.0)

    expected = moved.base * ratios[None]
    observed = moved.observed
    schools, grades, years = observed.shape
    flat = (schools * grades, years)
    enough = np.isfinite(ratios).any(axis=0).sum() >= _LEAST_YEARS
    prior = (PER_CHILD, 2 * _SCHOOL_YEAR**2)
    if enough:
        found = dispersion(observed.reshape(flat), expected.reshape(flat), prior, _DIFFERENCES)
        shock = _school_year_variance(observed, expected, found.per_child, found.yearly / 2)
        per_child, excess, pieces = found.per_child, max(found.yearly / 2 - shock, 0.0), found.differences
    else:
        per_child, excess, shock, pieces = PER_CHILD, 0.0, _SCHOOL_YEAR**2, 0

    recent = np.zeros(years, dtype=bool)
    recent[-WINDOW:] = True
    used = np.isfinite(observed) & recent
    seen, base = np.where(used, observed, 0.0), np.where(used, expected, 0.0)
    school, school_spread, school_own = _deviation(
        seen.sum(axis=(1, 2)),
        base.sum(axis=(1, 2)),
        per_child,
        shock / np.maximum(used.any(axis=1).sum(axis=1), 1),
        _SCHOOL,
        estimate=bool(enough),
    )
    grade, grade_spread, grade_own = _deviation(
        seen.sum(axis=2),
        base.sum(axis=2) * (1 + school[:, None]),
        per_child,
        excess / np.maximum(used.sum(axis=2), 1),
        _SCHOOL_GRADE,
        estimate=bool(enough),
    )
    typical = np.array([_typical(expected[:, at]) for at in range(grades)])
    spread = np.clip(per_child + excess * typical, 0.02, 1.5)
    ratio = np.where(inner, district_ratio * (1 + school[:, None] + grade), 0.0)
    ratio = np.where(inner, np.clip(ratio, 0.3, 2.0), 0.0)
    transitions, excluded = used.sum(axis=2), (moved.excluded & recent).sum(axis=2)
    own = 1 - (1 - school_own[:, None]) * (1 - grade_own)
    index = pd.MultiIndex.from_product([rolls.schools, rolls.grades], names=["school", "grade"])
    explained = pd.DataFrame(
        {
            "ratio": ratio.ravel(),
            "district_ratio": np.broadcast_to(district_ratio, ratio.shape).ravel(),
            "own_weight": own.ravel(),
            "transitions": transitions.ravel(),
            "excluded": excluded.ravel(),
        },
        index=index,
    ).reset_index()
    return Growth(
        district=district_ratio,
        school=ratio,
        school_spread=school_spread,
        grade_spread=grade_spread,
        usual_spread=_root_mean_square(school_spread[school_own > 0], _SCHOOL),
        yearly=float(np.sqrt(shock)),
        common=common,
        grade=grade_error,
        spread=np.where(inner, spread, per_child).astype(np.float32),
        explained=where(explained, (taught & inner).ravel()).reset_index(drop=True),
        transitions=pieces,
    )


def _root_mean_square(values: NDArray[np.float64], otherwise: float) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else otherwise


def _typical(expected: NDArray[np.float64]) -> float:
    known = expected[np.isfinite(expected)]
    return float(np.median(known)) if len(known) else 0.0


def _deviation(
    observed: NDArray[np.float64],
    expected: NDArray[np.float64],
    per_child: float,
    yearly: NDArray[np.float64],
    prior: float,
    *,
    estimate: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """
    Return lasting deviations from the expected, shrunk towards 0; what is not known of them; and their own weights.

    Parameters
    ----------
    observed, expected
        Children over the window; any shape.
    yearly
        Variance that the mean of the yearly shocks leaves in the ratio.
    prior
        Prior standard deviation.
    estimate
        Whether there is history enough to estimate the variance between schools; otherwise the prior serves.
    """
    seen = expected > 0
    base = np.where(seen, expected, 1.0)
    deviation = np.where(seen, observed / base - 1, 0.0)
    variance = per_child / base + yearly
    between = prior**2
    if estimate:
        known = np.where(seen, deviation, np.nan).ravel()
        between = shrunk_between(known, variance.ravel(), prior**2, _SCHOOLS)
    own = np.where(seen, between / (between + variance), 0.0)
    return own * deviation, np.sqrt(between * (1 - own)), own
