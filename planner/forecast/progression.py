r"""
Growth of a grade at a school: the district's ratio, times what lasts at the school and what one year brings.

.. math:: N_{s,g,t} = N_{s,g-1,t-1}\, D_{g,t}\,(1 + a_s + b_{s,g})\,(1 + \beta_g z_{s,g,t})\,(1 + u_{s,t})

with D the district's ratio (`common_ratios`), a and b what lasts at a school and in one of its grades, z how much larger
the group is than its school's others (`ratios.usual_sizes`), and u a shock of the school in one year, all fitted together
over all schools (`ratios`). What a full school counted is a lower bound of what would have come; years in which other
rules or other catchments held are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.arrays import numbers, positions, where
from planner.forecast.common_ratios import at_common_ratios, calm_ratios, latest, usual_errors
from planner.forecast.ratios import fit_ratios, usual_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.arrays import Rolls
    from planner.forecast.ratios import Ratios
    from planner.policy import Stage

WINDOW = 6
"""Latest transitions that a school's own ratio rests on."""
_MOST = 1.5
"""Largest inflation of variances."""
_ORIGINS = 3
"""Past counts from which forecasts are made again, to see how far off they were. [years]"""
_LEAST_YEARS = 3
"""Transitions that must be known then. [years]"""
_PRIOR_CASES = 60.0
"""Forecasts that the prior of no inflation is worth."""
_EXTREME = 9.0
"""Largest squared standardised error used; larger ones count as this."""

_BREAKS = ("opening", "closure", "merger", "rezoning")
"""Events after which a school's grades are not last year's children."""
_BAN = "transfer_ban"
"""Event from which on nobody joins a later grade: what was before tells nothing of what comes."""


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
    """[school, grade]: ratio expected of a group of its school's usual size; 0 in starting grades. [1]"""
    reverting: NDArray[np.float64]
    """[school, grade]: growth per relative size of the group below, see `usual_sizes`; not positive. [1]"""
    covariance: NDArray[np.float64]
    """[school, grade, grade]: of what is not known of the lasting deviations, relative to the district's ratio; 0 in
    starting grades. [1]"""
    usual_spread: float
    """Standard deviation of what is not known of a school in all its grades, over the schools that were counted. [1]"""
    yearly: float
    """Standard deviation of the school-year shock. [1]"""
    common: float
    grade: float
    """Standard deviations of the district's common deviation and of a grade's, in one year. [1]"""
    spread: NDArray[np.float32]
    """[grade]: variance of a count around its mean, per child. [1]"""
    inflation: NDArray[np.float64]
    """[lead]: factor of the counts' variances, at least 1: how much further off past forecasts of grades were than they
    claimed. Later years have the last one. [1]"""
    inflation_together: NDArray[np.float64]
    """[lead]: the same of all grades of a school together: factor of `covariance` and of the variance of school-year
    shocks, at least that of the counts. [1]"""
    explained: pd.DataFrame
    """school, grade, ratio, district_ratio, own_weight, transitions, excluded, left_out (years and why), noise_share
    (part of next year's variance that is the count's own, which no model can remove); of the grades taught."""
    fitted: tuple[tuple[str, float], ...]
    """Parameters of the fit by name, for the table of parameters."""
    transitions: int
    """School-grade transitions that the fit rests on."""

    def inflated(self, years: int, *, together: bool = False) -> NDArray[np.float64]:
        """Return the factors of standard deviations [year] of counts, or of what a school's grades share. [1]."""
        factors = self.inflation_together if together else self.inflation
        return np.sqrt(factors[np.minimum(np.arange(years), len(factors) - 1)])


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


def _struck(district: District, rolls: Rolls) -> dict[str, NDArray[np.bool_]]:
    """Return, by kind of event, whether it keeps an autumn from being a continuation of the year before [school, year]."""
    events = district["events"]
    out: dict[str, NDArray[np.bool_]] = {}
    for kind in _BREAKS:
        found = where(events, events["kind"] == kind)
        mask = np.zeros((len(rolls.schools), len(rolls.years)), dtype=bool)
        year = positions(found["year"], rolls.years)
        for column in ("school", "other"):
            school = positions(found[column], rolls.schools)
            both = (school >= 0) & (year >= 0)
            mask[school[both], year[both]] = True
        out[kind] = mask
    since = _banned_since(district, rolls)
    out[_BAN] = (np.array(rolls.years)[None, :] < since[:, None]) & (since[:, None] <= rolls.years[-1])
    return out


def _banned_since(district: District, rolls: Rolls) -> NDArray[np.float64]:
    """Return the school year of the latest ban of transfers [school]; infinite without one. A ban of no school is one of all."""
    events = district["events"]
    bans = where(events, events["kind"] == _BAN)
    out = np.full(len(rolls.schools), np.inf)
    everywhere = (bans["school"].isna() & bans["block"].isna()).to_numpy(dtype=bool)
    for year, at, all_schools in zip(
        numbers(bans["year"]), positions(bans["school"], rolls.schools), everywhere, strict=True
    ):
        chosen = slice(None) if all_schools else [at] if at >= 0 else []
        known = out[chosen]
        out[chosen] = np.where(np.isfinite(known), np.maximum(known, year), year)
    return out


@dataclass(frozen=True, kw_only=True)
class _Transitions:
    """Children observed in a grade, and those of the grade below a year before; [school, grade, year]."""

    observed: NDArray[np.float64]
    base: NDArray[np.float64]
    """Missing where there is nothing to learn from."""
    sizes: NDArray[np.float64]
    """Relative sizes of the groups of the grade below. [1]"""
    full: NDArray[np.bool_]
    """Of those: what was observed is a lower bound."""
    left_out: dict[str, NDArray[np.bool_]]
    """By reason."""

    def free(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return children observed and their base where nobody was turned away."""
        return np.where(self.full, np.nan, self.observed), np.where(self.full, np.nan, self.base)


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
    reasons = {kind: possible & mask[:, None, :] for kind, mask in _struck(district, rolls).items()} | {
        "feeders not stated": possible & guessed
    }
    used = possible & ~np.logical_or.reduce(list(reasons.values()))
    return _Transitions(
        observed=np.where(used, observed, np.nan),
        base=np.where(used, base, np.nan),
        sizes=usual_sizes(base, [rolls.grades.index(start) for start in sorted(starts)]),
        full=used & rolls.full,
        left_out=reasons | {"full": used & rolls.full},
    )


def fit_growth(
    district: District, rolls: Rolls, stages: Sequence[Stage], moves: Moves, taught: NDArray[np.bool_]
) -> Growth:
    """
    Fit the growth of every grade at every school.

    Left out: years of an opening, closure, merger or re-zoning of the school, years before a ban of transfers, and
    grades that receive from schools whose feeders are not stated. Where a school was full in the grade, the count is a
    lower bound. Under a ban no grade is expected to grow.
    """
    starts = {stage.first for stage in stages}
    moved = _transitions(district, rolls, starts, moves)
    inner = np.array([grade not in starts for grade in rolls.grades])
    observed, base = moved.free()
    ratios = calm_ratios(observed, base)
    expected, shown = at_common_ratios(observed, base, ratios)
    bounds = np.where(moved.full, moved.base * ratios[None], expected)
    recent = slice(-WINDOW, None)
    learned = (moved.observed[:, inner, recent], bounds[:, inner, recent], moved.full[:, inner, recent])
    sizes = moved.sizes[:, inner, recent]
    fitted = fit_ratios(*learned[:2], at_least=learned[2], relative=sizes)
    per_child, shock = fitted.per_child * shown, fitted.school_year * np.sqrt(shown)
    common, grade_error = usual_errors(ratios, np.nansum(base, axis=0), per_child)

    district_ratio = np.where(inner, [latest(row) for row in ratios], 0.0)
    deviation = np.zeros(rolls.pupils.shape[:2])
    deviation[:, inner] = fitted.deviation
    ratio = np.where(inner, np.clip(district_ratio * (1 + deviation), 0.3, 2.0), 0.0)
    banned = _banned_since(district, rolls) <= rolls.years[-1] + 1
    ratio = np.where(banned[:, None], np.minimum(ratio, 1.0), ratio)
    covariance = np.zeros((*deviation.shape, len(inner)))
    covariance[:, np.ix_(inner, inner)[0], np.ix_(inner, inner)[1]] = fitted.covariance
    noise = np.ones(len(inner))
    noise[inner] = fitted.noise
    known = np.isfinite(moved.observed[:, :, recent])
    inflation, together = _inflation(*learned, sizes, fitted, shown)
    reverting = np.zeros_like(deviation)
    reverting[:, inner] = np.where(banned[:, None], 0.0, fitted.reverting)
    growth = Growth(
        district=district_ratio,
        school=ratio,
        reverting=reverting,
        covariance=covariance,
        usual_spread=_usual_spread(fitted, np.asarray(known.any(axis=(1, 2)))),
        yearly=float(shock),
        common=common,
        grade=grade_error,
        spread=np.clip(per_child * noise, 0.025, 1.5).astype(np.float32),
        inflation=inflation,
        inflation_together=together,
        explained=pd.DataFrame(),
        fitted=(
            ("school_year_sd", float(shock)),
            ("district_sd", common),
            ("district_grade_sd", grade_error),
            ("variance_per_child", float(per_child)),
            ("school_sd", fitted.school),
            ("school_grade_sd", fitted.school_grade),
            ("forgetting", fitted.forgetting),
            ("reverting", float(fitted.reverting.mean()) if inner.any() else 0.0),
            *((f"inflation_{lead}", float(factor)) for lead, factor in enumerate(inflation, start=1)),
            *((f"inflation_together_{lead}", float(each)) for lead, each in enumerate(together, start=1)),
        ),
        transitions=fitted.transitions,
    )
    own = np.zeros_like(deviation)
    own[:, inner] = fitted.own
    return replace(growth, explained=_explained(growth, rolls, moved, own, taught & inner))


def _usual_spread(fitted: Ratios, counted: NDArray[np.bool_]) -> float:
    """Return the standard deviation of what the grades of a counted school have in common and is not known of it."""
    grades = fitted.covariance.shape[1]
    if not counted.any() or grades < 2:
        return fitted.school
    apart = ~np.eye(grades, dtype=bool)
    return float(np.sqrt(max(fitted.covariance[counted][:, apart].mean(), 0.0)))


def _inflation(
    observed: NDArray[np.float64],
    expected: NDArray[np.float64],
    full: NDArray[np.bool_],
    sizes: NDArray[np.float64],
    fitted: Ratios,
    shown: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""
    Return by how much past forecasts were further off than they claimed [lead], as factors of variances: of grades, and of
    all grades of a school together.

    The deviations are found again from what was known at the last `_ORIGINS` counts before this one, and their errors
    in the years since, at the district's ratio of each year, are set against the variance claimed,
    :math:`c_g\,E + E^2 (\operatorname{Var} d + \sigma_u^2)` of a grade, and its like of a sum. The means are drawn towards
    1, and variances are never deflated.
    """
    years = observed.shape[2]
    grades: list[list[NDArray[np.float64]]] = [[] for _ in range(_ORIGINS)]
    schools: list[list[NDArray[np.float64]]] = [[] for _ in range(_ORIGINS)]
    open_years = np.where(full, np.nan, observed)
    for back in range(1, _ORIGINS + 1):
        until = years - back
        if np.isfinite(open_years[:, :, :until]).any(axis=(0, 1)).sum() < _LEAST_YEARS:
            break
        past = fit_ratios(
            open_years[:, :, :until], expected[:, :, :until], like=fitted, relative=sizes[:, :, :until]
        )
        lasting = past.covariance + past.school_year**2 * shown
        for lead in range(back):
            growth = 1 + past.deviation + past.reverting * sizes[:, :, until + lead]
            off = open_years[:, :, until + lead] - expected[:, :, until + lead] * growth
            known = np.isfinite(off)
            size = np.where(known, expected[:, :, until + lead], 0.0)
            counted = past.per_child * past.noise * shown * size
            claimed = counted + size**2 * np.diagonal(lasting, axis1=1, axis2=2)
            grades[lead].append(_squares(off[known], claimed[known]))
            several = known.sum(axis=1) > 1
            claimed = counted.sum(axis=1) + np.einsum("sg,sgh,sh->s", size, lasting, size)
            schools[lead].append(_squares(np.nansum(off, axis=1)[several], claimed[several]))
    of_grades = _beyond(grades, np.ones(_ORIGINS))
    return of_grades, _beyond(schools, of_grades)


def _squares(off: NDArray[np.float64], claimed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return squared standardised errors, without their extremes."""
    return np.minimum(off**2 / np.where(claimed > 0, claimed, 1.0), _EXTREME)


def _beyond(squares: list[list[NDArray[np.float64]]], least: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return means of squared standardised errors by lead, drawn towards 1, never falling and never below the least."""
    out = np.ones(len(squares))
    for lead, found in enumerate(squares):
        cases = np.concatenate(found) if found else np.zeros(0)
        mean = (cases.sum() + _PRIOR_CASES) / (len(cases) + _PRIOR_CASES)
        out[lead] = np.clip(mean, max(least[lead], out[lead - 1] if lead else 1.0), _MOST)
    return out


def _explained(
    growth: Growth,
    rolls: Rolls,
    moved: _Transitions,
    own: NDArray[np.float64],
    shown: NDArray[np.bool_],
) -> pd.DataFrame:
    """Return how each ratio came; see `Growth.explained`."""
    recent = slice(-WINDOW, None)
    used = np.isfinite(moved.observed) & ~moved.full
    excluded = np.logical_or.reduce(list(moved.left_out.values()))
    below = np.nan_to_num(np.roll(rolls.pupils[:, :, -1], 1, axis=1)) * growth.school
    lasting = np.diagonal(growth.covariance, axis1=1, axis2=2) + growth.yearly**2
    shocks = below**2 * (lasting + growth.common**2 + growth.grade**2)
    noise = growth.spread * below
    index = pd.MultiIndex.from_product([rolls.schools, rolls.grades], names=["school", "grade"])
    table = pd.DataFrame(
        {
            "ratio": growth.school.ravel(),
            "district_ratio": np.broadcast_to(growth.district, own.shape).ravel(),
            "own_weight": own.ravel(),
            "transitions": used[:, :, recent].sum(axis=2).ravel(),
            "excluded": excluded[:, :, recent].sum(axis=2).ravel(),
            "left_out": _reasons(moved, rolls, recent).ravel(),
            "noise_share": np.where(
                below > 0, noise / np.where(below > 0, noise + shocks, 1.0), np.nan
            ).ravel(),
        },
        index=index,
    ).reset_index()
    return where(table, shown.ravel()).reset_index(drop=True)


def _reasons(moved: _Transitions, rolls: Rolls, recent: slice) -> NDArray[np.object_]:
    """Return the years left out and why, as text [school, grade]."""
    out = np.full(rolls.pupils.shape[:2], "", dtype=object)
    years = rolls.years[recent]
    for reason, mask in moved.left_out.items():
        for school, grade in np.argwhere(mask[:, :, recent].any(axis=2)):
            when = ", ".join(
                str(year) for year, hit in zip(years, mask[school, grade, recent], strict=True) if hit
            )
            before = f"{out[school, grade]}; " if out[school, grade] else ""
            out[school, grade] = f"{before}{reason}: {when}"
    return out
