"""Draws of the growth of every grade at every school, and of the noise of the counts, a whole chunk at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.model import CHUNK
from planner.forecast.progression import COMMON_MEMORY, GRADE_MEMORY
from planner.forecast.roll import newcomers_share
from planner.forecast.streams import heavy, normals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.forecast.drawing import Fit


def _remembering(shocks: NDArray[np.float32], memory: float) -> NDArray[np.float32]:
    """Return stationary paths [year, draw] of unit variance, each year remembering the one before."""
    out = shocks.copy()
    fresh = np.float32(np.sqrt(1 - memory**2))
    for year in range(1, len(out)):
        out[year] = np.float32(memory) * out[year - 1] + fresh * shocks[year]
    return out


def drawn_growth(fit: Fit, stock: dict[int, NDArray[np.float32]], chunk: int) -> NDArray[np.float32]:
    """Return growth [school, grade, year, draw]."""
    growth, years = fit.growth, len(fit.years)
    out = np.zeros((len(fit.schools), len(fit.grades), years, CHUNK), dtype=np.float32)
    inner = np.flatnonzero(growth.district > 0)
    common = _remembering(normals(fit.seed, chunk, years, "district"), COMMON_MEMORY) * np.float32(
        growth.common
    )
    ratio = np.zeros((len(fit.grades), years, CHUNK), dtype=np.float32)
    half = np.float32((growth.common**2 + growth.grade**2) / 2)
    for at in inner:
        own = _remembering(
            normals(fit.seed, chunk, years, "district grade", str(fit.grades[at])), GRADE_MEMORY
        )
        ratio[at] = np.exp(common + np.float32(growth.grade) * own - half)
    newcomers = _newcomers(fit, stock)
    for school, name in enumerate(fit.schools):
        lasting = normals(fit.seed, chunk, 1, "school", name)[0] * np.float32(growth.school_spread[school])
        year = 1 + np.float32(growth.yearly) * heavy(fit.seed, chunk, years, "school year", name)
        year = np.clip(year, np.float32(0.2), np.float32(2.5))
        for at in inner:
            grade = normals(fit.seed, chunk, 1, "school grade", name, str(fit.grades[at]))[0]
            deviation = lasting + grade * np.float32(growth.grade_spread[school, at])
            level = np.float32(growth.school[school, at]) + np.float32(growth.district[at]) * deviation
            out[school, at] = np.maximum(level, np.float32(0.05)) * year * ratio[at]
        if school in newcomers:
            out[school] += newcomers[school]
    return out


def _newcomers(fit: Fit, stock: dict[int, NDArray[np.float32]]) -> dict[int, NDArray[np.float32]]:
    """Return growth that new dwellings bring, by position of the school [grade, year, draw]."""
    out: dict[int, NDArray[np.float32]] = {}
    for block, children in stock.items():
        more = np.maximum(np.diff(children, axis=0, prepend=np.float32(0)), 0)
        for school in np.flatnonzero(fit.newcomer_parts[block].any(axis=1)):
            coming = fit.newcomer_parts[block, school].astype(np.float32)[:, None, None] * more[None]
            out[int(school)] = out.get(int(school), np.float32(0)) + coming
    for school, more in out.items():
        base = fit.base[school][:, :, None]
        carries = fit.teaches[school][:, None, None]
        out[school] = newcomers_share(more, base, carries).astype(np.float32)
    return out


def drawn_noise(fit: Fit, chunk: int) -> NDArray[np.float32]:
    """Return the shocks of the counts themselves [school, grade, year, draw]; 0 in grades that no growth leads to."""
    years = len(fit.years)
    out = np.zeros((len(fit.schools), len(fit.grades), years, CHUNK), dtype=np.float32)
    for school, grade in np.argwhere(fit.teaches):
        out[school, grade] = normals(
            fit.seed, chunk, years, "pupils", fit.schools[school], str(fit.grades[grade])
        )
    return out
