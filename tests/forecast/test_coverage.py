"""Ranges hold what they promise in made worlds of Poisson children."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast import fit_forecast
from tests.forecast.town import COUNTED, POLICY, town


def _world(random: np.random.Generator, catchments: int, per_catchment: int, years: range):
    """Return residents and births of a world: ratio 0.8 of births, differing by 8 % between catchments, drifting by 2 % a year."""
    blocks = [f"B{at:03d}" for at in range(catchments * per_catchment)]
    of = np.arange(len(blocks)) // per_catchment
    births = random.uniform(3, 25, len(blocks))
    ratio = 0.8 * (1 + 0.08 * random.standard_normal(catchments))
    rows, born, truth = [], [], {}
    for year in years:
        ratio = ratio * (1 + 0.02 * random.standard_normal(catchments))
        level = 1 + 0.02 * random.standard_normal()
        number = random.poisson(births)
        entrants = random.poisson(number * ratio[of] * level)
        truth[year] = entrants
        born += [
            {"area": block, "year": year, "births": int(n)} for block, n in zip(blocks, number, strict=True)
        ]
        if year <= COUNTED:
            rows += [
                {"block": block, "grade": 1, "year": year, "children": int(n)}
                for block, n in zip(blocks, entrants, strict=True)
            ]
    return blocks, of, rows, born, truth


def test_eighty_percent_ranges_hold_about_eighty_percent():
    """
    Entrants of blocks (3 to 25 births) and of catchments, one and three years ahead, over ten worlds of 240 blocks.

    Whole numbers make ranges of small counts hold more: a block's range must hold 78 to 90 %, a catchment's 74 to 88 %.
    """
    random = np.random.default_rng(20)
    policy = POLICY.model_copy(update={"entry": POLICY.entry.model_copy(update={"birth_lags": {0: 1.0}})})
    held: dict[str, list[float]] = {"block": [], "catchment": []}
    for _ in range(10):
        blocks, of, residents, births, truth = _world(random, 30, 8, range(2016, COUNTED + 4))
        district = town(
            blocks={block: f"S{catchment:02d}" for block, catchment in zip(blocks, of, strict=True)},
            residents=residents,
            births=births,
        )
        forecast = fit_forecast(district, policy, (2026, 2027, 2028))
        entry = forecast.fit.stages[0].entry
        assert entry is not None
        assert (entry.near_spread > 0.02).all(), (
            "90 Poisson children cannot tell that nothing but them is unknown"
        )
        drawn = forecast.draw(0, 500).entrants["primary"]
        for at, year in ((0, 2026), (2, 2028)):
            for unit, codes in (("block", np.arange(len(blocks))), ("catchment", of)):
                together = np.zeros((codes.max() + 1, drawn.shape[-1]))
                actual = np.zeros(codes.max() + 1)
                np.add.at(together, codes, drawn[:, at])
                np.add.at(actual, codes, truth[year])
                low, high = np.quantile(together, [0.1, 0.9], axis=1)
                held[unit].append(float(np.mean((actual >= low) & (actual <= high))))
    assert 0.78 <= np.mean(held["block"]) <= 0.90
    assert 0.74 <= np.mean(held["catchment"]) <= 0.88


@pytest.mark.parametrize("per_child", [0.1, 0.9])
def test_ranges_of_grades_hold_in_calm_and_in_moving_districts(per_child):
    """60 schools of 40 to 160 a grade, ten years, school effects 3 %, school-year shocks 2 %: 76 to 90 % a year ahead."""
    random = np.random.default_rng(int(per_child * 10))
    schools, years = 60, 11
    lasting = 0.03 * random.standard_normal(schools)
    pupils = np.zeros((years, schools, 6))
    pupils[:, :, 0] = random.poisson(random.uniform(40, 160, schools), (years, schools))
    pupils[0] = pupils[0, :, :1]
    for year in range(1, years):
        shock = 0.02 * random.standard_normal(schools)
        mean = pupils[year - 1, :, :-1] * (1 + lasting + shock)[:, None]
        noise = np.sqrt(per_child * mean) * random.standard_normal(mean.shape)
        pupils[year, :, 1:] = np.rint(np.maximum(mean + noise, 0))
    names = [f"S{at:02d}" for at in range(schools)]
    enrolment = [
        {
            "school": name,
            "grade": grade + 1,
            "year": COUNTED - years + 2 + year,
            "pupils": int(pupils[year, at, grade]),
        }
        for year in range(years - 1)
        for at, name in enumerate(names)
        for grade in range(6)
    ]
    district = town(blocks={f"B{name}": name for name in names}, enrolment=enrolment)
    forecast = fit_forecast(district, POLICY, (COUNTED + 1,))
    before = np.zeros((schools, 6, 1000), dtype=np.int16)
    before[:, 1:] = pupils[-2, :, :-1, None]
    drawn = forecast.draw(0, 1000).grown(before, 0)[:, 1:]
    low, high = np.quantile(drawn, [0.1, 0.9], axis=-1)
    actual = pupils[-1, :, 1:]
    assert 0.76 <= np.mean((actual >= low) & (actual <= high)) <= 0.90
    assert forecast.fit.growth.spread[1] == pytest.approx(per_child, rel=0.25)
    total_low, total_high = np.quantile(drawn.sum(axis=1), [0.1, 0.9], axis=-1)
    assert 0.68 <= np.mean((actual.sum(axis=1) >= total_low) & (actual.sum(axis=1) <= total_high)) <= 0.92
