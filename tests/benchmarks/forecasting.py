"""
The forecast of a large made district: fitting, drawing and rolling forward, beside a loop over years in float64.

200 schools of nine grades, 15 years of counts, 15 years ahead, 10,000 draws. The baseline does the same arithmetic the
plain way: one draw of all schools and grades a step, all numbers of double length, Student's t and rounded normal
counts from one generator.
"""

from __future__ import annotations

import resource
import time
import tracemalloc

import numpy as np

from planner.district import read_district
from planner.forecast import CHUNK, Draws, FittedForecast, fit_forecast, over_chunks
from planner.forecast.arrays import read_rolls
from planner.forecast.progression import fit_growth, moves_within
from planner.policy import read_policy
from tests.forecast.made import grown
from tests.forecast.town import COUNTED, JUNIOR, POLICY, PRIMARY, town

SCHOOLS, GRADES, YEARS, DRAWS = 200, 9, 15, 10_000
_BASELINE_DRAWS = 500


def _district(schools: int):
    pupils = grown(1, schools=schools, grades=GRADES, years=YEARS)
    names = [f"S{at:03d}" for at in range(schools)]
    school, grade, year = np.indices(pupils.shape)
    enrolment = [
        {"school": names[s], "grade": int(g) + 1, "year": COUNTED - YEARS + 1 + int(y), "pupils": int(n)}
        for s, g, y, n in zip(school.flat, grade.flat, year.flat, pupils.flat, strict=True)
    ]
    homes = {f"B{name}": name for name in names}
    return town(blocks=homes, schools=dict.fromkeys(names, "1-9"), junior=homes, enrolment=enrolment)


def _rolled(forecast: FittedForecast, now: np.ndarray, draws: Draws) -> np.ndarray:
    """Return the pupils of the last year [school, grade, draw], every school taking the children of its own block."""
    before = np.repeat(now[:, :, None], draws.growth.shape[-1], axis=2)
    for year in range(len(forecast.years)):
        here = np.zeros_like(before)
        here[:, 1:] = before[:, :-1]
        leavers = here[:, 6]
        before = draws.grown(here, year)
        before[:, 0] = draws.entrants["primary"][:, year]
        before[:, 6] = leavers
    return before


def _plain_loop(forecast: FittedForecast, now: np.ndarray, draws: int) -> np.ndarray:
    """Return the same as `_rolled`, the plain way."""
    growth, random = forecast.fit.growth, np.random.default_rng(1)
    schools, grades = now.shape
    inner = growth.district > 0
    scale = np.sqrt(3 / 5) * growth.yearly
    lasting = np.linalg.cholesky(growth.covariance + 1e-10 * np.eye(grades))
    expected = forecast.expected().entrants["primary"][:, :, 0].astype(float)
    out = np.empty((draws, schools, grades))
    for draw in range(draws):
        ratio = growth.school + np.einsum("sgh,sh->sg", lasting, random.standard_normal((schools, grades)))
        before = now.astype(float)
        for year in range(len(forecast.years)):
            shock = 1 + scale * random.standard_t(5, (schools, 1))
            common = (
                1 + growth.common * random.standard_normal() + growth.grade * random.standard_normal(grades)
            )
            mean = np.zeros((schools, grades))
            mean[:, 1:] = before[:, :-1] * np.maximum(ratio * shock * common, 0)[:, 1:]
            noise = np.sqrt(growth.spread * mean) * random.standard_normal((schools, grades))
            after = np.rint(np.maximum(mean + noise, 0))
            after[:, 6] = before[:, 5]
            after[:, 0] = random.poisson(expected[:, year] * np.exp(0.1 * random.standard_normal(schools)))
            before = np.where(inner | (np.arange(grades) % 6 == 0), after, 0)
        out[draw] = before
    return out


def forecast_parts(*, small: bool = False) -> list[tuple[str, float, str]]:
    """Return the seconds of fitting, of all draws with the roll forward, and of the baseline. [s]"""
    schools, draws = (40, 1000) if small else (SCHOOLS, DRAWS)
    district = _district(schools)
    stages, grades = (PRIMARY, JUNIOR), tuple(range(1, GRADES + 1))
    rolls = read_rolls(district, tuple(district.public), grades)
    moves, taught = moves_within(district, rolls, stages), np.ones((schools, GRADES), dtype=bool)
    started = time.perf_counter()
    fit_growth(district, rolls, stages, moves, taught)
    grew = time.perf_counter() - started
    started = time.perf_counter()
    ahead = range(COUNTED + 1, COUNTED + 1 + YEARS)
    forecast = fit_forecast(district, POLICY, ahead, draws=draws)
    fitted = time.perf_counter() - started
    now = np.nan_to_num(rolls.pupils[:, :, -1]).astype(np.int16)

    started = time.perf_counter()
    for _ in over_chunks(forecast, lambda drawn: _rolled(forecast, now, drawn)):
        pass
    ours = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    tracemalloc.start()
    few = fit_forecast(district, POLICY, ahead, draws=2 * CHUNK)
    for _ in over_chunks(few, lambda drawn: _rolled(few, now, drawn), workers=2):
        pass
    traced = tracemalloc.get_traced_memory()[1] / 1024**3
    tracemalloc.stop()

    started = time.perf_counter()
    _plain_loop(forecast, now, _BASELINE_DRAWS if not small else 100)
    plain = (time.perf_counter() - started) * draws / (_BASELINE_DRAWS if not small else 100)
    size = f"{schools} schools x {GRADES} grades x {YEARS} years"
    return [
        (f"fit growth of {size}", grew, "goal 0.5 s"),
        ("fit the whole forecast", fitted, "entry, homes and growth"),
        ("plain loop over years", plain, f"baseline, from {_BASELINE_DRAWS if not small else 100} draws"),
        (
            f"{draws:,} draws rolled forward",
            ours,
            f"{ours / plain:.2f} x the plain loop; goal 12 s; {traced:.2f} GiB in two chunks at once, {peak:.2f} in all; goal 1 GiB",
        ),
    ]


def yuhe_draws(folder, draws: int) -> list[tuple[str, float, str]]:
    """Return the seconds of fitting and drawing the made district of the examples. [s]"""
    district = read_district(folder)
    started = time.perf_counter()
    years = range(district.counted + 1, district.counted + 16)
    forecast = fit_forecast(district, read_policy(district.policy), years, draws=draws)
    fitted = time.perf_counter()
    for _ in over_chunks(forecast, lambda drawn: drawn.first):
        pass
    done = time.perf_counter() - fitted
    return [
        ("fit Yuhe", fitted - started, f"{len(forecast.blocks)} blocks"),
        (f"{draws:,} draws of Yuhe", done, f"{len(years)} years; goal 2 s"),
    ]
