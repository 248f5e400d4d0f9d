"""Schools made of the forecast's own model, so that what went in can be asked for again."""

from __future__ import annotations

import numpy as np

from planner.forecast.ratios import relative_sizes

_SETTLING = 8
"""Years before the first that is shown, in which groups come to depend on each other. [years]"""


def grown(
    seed: int,
    *,
    schools: int = 100,
    grades: int = 6,
    years: int = 9,
    per_child: float = 0.4,
    school_year: float = 0.04,
    lasting: float = 0.025,
    entry: float = 60.0,
) -> np.ndarray:
    """Return counts [school, grade, year] whose growth has these variances."""
    random = np.random.default_rng(seed)
    pupils = np.zeros((schools, grades, years))
    size = entry * np.exp(0.3 * random.standard_normal(schools))
    own = lasting * random.standard_normal(schools)
    pupils[:, :, 0] = random.poisson(size[:, None], (schools, grades))
    for year in range(1, years):
        pupils[:, 0, year] = random.poisson(size)
        shock = school_year * random.standard_t(5, schools) / np.sqrt(5 / 3)
        mean = pupils[:, :-1, year - 1] * (1 + own + shock)[:, None]
        noise = np.sqrt(per_child * mean) * random.standard_normal(mean.shape)
        pupils[:, 1:, year] = np.rint(np.maximum(mean + noise, 0))
    return pupils


def modelled(
    seed: int,
    *,
    schools: int = 100,
    grades: int = 6,
    years: int = 8,
    per_child: float = 0.4,
    school_year: float = 0.04,
    lasting: float = 0.02,
    reverting: float = -0.1,
    moving: float = 0.05,
    entry: float = 70.0,
) -> np.ndarray:
    """
    Return counts [school, grade, year] of the whole model.

    Poisson entrants of a level that moves by `moving` a year, lasting deviations of schools and grades forgotten at a
    rate of 0.25, heavy-tailed school-year shocks, groups that revert to their school's size, and count noise.
    """
    random = np.random.default_rng(seed)
    level = entry * np.exp(0.3 * random.standard_normal(schools))
    pupils = np.zeros((schools, grades, _SETTLING + years))
    pupils[:, :, 0] = random.poisson(level[:, None], (schools, grades))
    kept = np.exp(-0.25)
    parts = lasting * random.standard_normal((schools, grades))
    for year in range(1, _SETTLING + years):
        if year >= _SETTLING:
            level = level * np.exp(moving * random.standard_normal(schools))
        pupils[:, 0, year] = random.poisson(level)
        parts = kept * parts + np.sqrt(1 - kept**2) * lasting * random.standard_normal(parts.shape)
        shock = school_year * random.standard_t(5, schools) / np.sqrt(5 / 3)
        growth = (1 + parts[:, :1] + parts[:, 1:]) * (1 + shock)[:, None]
        size = relative_sizes(pupils[:, :, year - 1])[:, :-1]
        mean = pupils[:, :-1, year - 1] * growth * (1 + reverting * size)
        noise = np.sqrt(per_child * mean) * random.standard_normal(mean.shape)
        pupils[:, 1:, year] = np.rint(np.maximum(mean + noise, 0))
    return pupils[:, :, _SETTLING:]
