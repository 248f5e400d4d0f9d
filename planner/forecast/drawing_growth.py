"""Draws of the growth of every grade at every school, and of the noise of the counts, a whole chunk at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.common_ratios import COMMON_MEMORY, ENTRY_TOGETHER, GRADE_MEMORY
from planner.forecast.drivers import together
from planner.forecast.model import CHUNK
from planner.forecast.roll import newcomers_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.forecast.drawing import Fit
    from planner.forecast.drivers import Arriving
    from planner.forecast.streams import Shocks


def _remembering(fresh: NDArray[np.float32], memory: float) -> NDArray[np.float32]:
    """Return stationary paths [year, draw] of unit variance, each year remembering the one before."""
    out = fresh.copy()
    part = np.float32(np.sqrt(1 - memory**2))
    for year in range(1, len(out)):
        out[year] = np.float32(memory) * out[year - 1] + part * fresh[year]
    return out


def _school_year(shocks: Shocks, school: str, years: int, *, of: str) -> NDArray[np.float32]:
    """
    Return the shock of a school in each year [year, draw]: heavy-tailed, of variance 1, the same for all its grades.

    Parameters
    ----------
    of
        The component that it is part of: "growth" for the grades of the school, "ratio" where its entry shares in it.
    """
    return shocks.heavy(years, "school year", school, of=of)


def _lasting(
    fit: Fit, school: int, inner: NDArray[np.intp], shocks: Shocks, *, of: str
) -> NDArray[np.float32]:
    """Return what is not known of a school's lasting deviations [grade of `inner`, draw]; `of` as in `_school_year`."""
    fresh = np.concatenate(
        [shocks.normals(1, "school grade", fit.schools[school], str(fit.grades[at]), of=of) for at in inner]
    )
    covariance = fit.growth.covariance[school][np.ix_(inner, inner)]
    factor = np.linalg.cholesky(covariance + 1e-10 * np.eye(len(inner))).astype(np.float32)
    return np.einsum("gh,hd->gd", factor, fresh)


def _shared_by_grades(fit: Fit, school: int, shocks: Shocks) -> NDArray[np.float32]:
    """
    Return what all grades of a school share, summed over the years [year, draw]: its lasting deviation and yearly shocks.

    Of variance 1 in every year.
    """
    growth, ahead = fit.growth, np.arange(1, len(fit.years) + 1)
    walk = np.float32(growth.yearly) * _school_year(shocks, fit.schools[school], len(ahead), of="ratio")
    grades = np.flatnonzero(fit.teaches[school])
    if len(grades):
        walk += _lasting(fit, school, grades, shocks, of="ratio").mean(axis=0)
    lasting = growth.covariance[school][np.ix_(grades, grades)].mean() if len(grades) else 0.0
    spread = np.sqrt(growth.yearly**2 * ahead + lasting * ahead**2)
    return np.cumsum(walk, axis=0) / np.maximum(spread, 1e-6).astype(np.float32)[:, None]


def beside_its_schools(
    fit: Fit, path: NDArray[np.float32], spread: NDArray[np.float64], catchment: str, shocks: Shocks
) -> NDArray[np.float32]:
    """
    Return what is not known of a catchment's entry [block, year, draw], correlated with what the grades of its schools share.

    Families who come to a school or leave it have children of all ages.

    Parameters
    ----------
    path
        Its own shocks. [1]
    spread
        [block, year]: their standard deviation, which is kept. [1]
    catchment
        Its schools, joined by "+".
    """
    schools = [fit.schools.index(school) for school in catchment.split("+") if school in fit.schools]
    if not schools:
        return path
    shared = sum(_shared_by_grades(fit, school, shocks) for school in schools)
    part = (ENTRY_TOGETHER / np.sqrt(len(schools)) * spread).astype(np.float32)
    return part[:, :, None] * shared + np.float32(np.sqrt(1 - ENTRY_TOGETHER**2)) * path


def drawn_growth(
    fit: Fit, stock: dict[int, NDArray[np.float32]], moved: Arriving, shocks: Shocks
) -> NDArray[np.float32]:
    """Return growth [school, grade, year, draw]."""
    growth, years = fit.growth, len(fit.years)
    out = np.zeros((len(fit.schools), len(fit.grades), years, CHUNK), dtype=np.float32)
    inner = np.flatnonzero(growth.district > 0)
    common = _remembering(shocks.normals(years, "district", of="growth"), COMMON_MEMORY)
    common *= np.float32(growth.common)
    ratio = np.zeros((len(fit.grades), years, CHUNK), dtype=np.float32)
    half = np.float32(shocks.half(growth.common**2 + growth.grade**2, of="growth"))
    for at in inner:
        drawn = shocks.normals(years, "district grade", str(fit.grades[at]), of="growth")
        own = _remembering(drawn, GRADE_MEMORY)
        ratio[at] = np.exp(common + np.float32(growth.grade) * own - half)
    newcomers = _newcomers(fit, stock, moved.joining())
    inflated = growth.inflated(years, together=True).astype(np.float32)[:, None]
    expected = fit.expected_growth.astype(np.float32)
    for school, name in enumerate(fit.schools):
        lasting = _lasting(fit, school, inner, shocks, of="growth")
        year = _school_year(shocks, name, years, of="growth")
        year *= np.float32(growth.yearly) * inflated
        np.clip(year, np.float32(-0.8), np.float32(1.5), out=year)
        year += 1
        for at, deviation in zip(inner, lasting, strict=True):
            level = expected[school, at, :, None] + np.float32(growth.district[at]) * deviation * inflated
            np.maximum(level, np.float32(0.05), out=level)
            np.multiply(level, year, out=out[school, at])
            out[school, at] *= ratio[at]
        if school in newcomers:
            out[school] += newcomers[school]
            np.maximum(out[school], 0, out=out[school])
    return out


def _newcomers(
    fit: Fit, stock: dict[int, NDArray[np.float32]], joining: dict[int, NDArray[np.float32]]
) -> dict[int, NDArray[np.float32]]:
    """Return growth that new dwellings and drivers bring, by position of the school [grade, year, draw]."""
    out: dict[int, NDArray[np.float32]] = {}
    for block, children in stock.items():
        more = np.maximum(np.diff(children, axis=0, prepend=np.float32(0)), 0)
        for school in np.flatnonzero(fit.newcomer_parts[block].any(axis=1)):
            coming = fit.newcomer_parts[block, school].astype(np.float32)[:, None, None] * more[None]
            out[int(school)] = out.get(int(school), np.float32(0)) + coming
    out = together(out, joining)
    for school, more in out.items():
        base = fit.base[school][:, :, None]
        carries = fit.teaches[school][:, None, None]
        out[school] = newcomers_share(more, base, carries).astype(np.float32)
    return out


def drawn_noise(fit: Fit, shocks: Shocks) -> NDArray[np.float32]:
    """Return the shocks of the counts themselves [school, grade, year, draw]; 0 in grades that no growth leads to."""
    years = len(fit.years)
    inflated = fit.growth.inflated(years).astype(np.float32)[:, None]
    out = np.zeros((len(fit.schools), len(fit.grades), years, CHUNK), dtype=np.float32)
    for school, grade in np.argwhere(fit.teaches):
        name = ("pupils", fit.schools[school], str(fit.grades[grade]))
        np.multiply(shocks.normals(years, *name, of="count"), inflated, out=out[school, grade])
    return out
