"""Schools made of the forecast's own model, so that what went in can be asked for again."""

from __future__ import annotations

import numpy as np


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
