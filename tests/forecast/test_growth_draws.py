"""Draws of growth and of counts: what they share, what each part of the uncertainty adds, and in which order they are made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.forecast import CHUNK, COMPONENTS, Draws, fit_forecast, over_chunks
from planner.forecast.drawing import draw_chunk
from planner.forecast.drawing_growth import beside_its_schools
from planner.forecast.streams import Shocks
from tests.forecast.made import grown
from tests.forecast.town import COUNTED, POLICY, YEARS, town, yearly


def _district(schools=12):
    pupils = grown(4, schools=schools)
    years = range(COUNTED - pupils.shape[2] + 1, COUNTED + 1)
    names = [f"S{at:02d}" for at in range(schools)]
    enrolment = [
        {"school": name, "grade": grade + 1, "year": year, "pupils": int(pupils[at, grade, when])}
        for at, name in enumerate(names)
        for grade in range(pupils.shape[1])
        for when, year in enumerate(years)
    ]
    births = yearly("area", "births", {f"B{name}": dict.fromkeys(range(2008, 2021), 80) for name in names})
    estate = {"development": "D", "phase": "1", "block": "BS00", "dwellings": 900, "hand_over": "2026-12-31"}
    return town(
        blocks={f"B{name}": name for name in names},
        enrolment=enrolment,
        births=births,
        housing=[estate | {"certainty": 0.6}],
    )


@pytest.fixture(scope="module")
def forecast():
    return fit_forecast(_district(), POLICY, YEARS, draws=1200)


def test_lasting_deviations_vary_together_as_the_fit_says(forecast):
    """Over draws, covariance of the grades' growth = that of the lasting deviations + school-year + district (+ grade) shocks."""
    growth = forecast.fit.growth
    drawn = forecast.draw(0, 8 * CHUNK).growth[5, 1:, 0].astype(float) / growth.district[1:, None]
    own = growth.covariance[5][1:, 1:] + growth.yearly**2
    expected = own * growth.inflation_together[0] + growth.common**2 + growth.grade**2 * np.eye(5)
    assert np.cov(drawn) == pytest.approx(expected, rel=0.12, abs=0.05 * expected.min())
    usual = forecast.fit.expected_growth[5, 1:, 0]
    assert usual != pytest.approx(growth.school[5, 1:], abs=0.002), "groups are not of one size"
    assert drawn.mean(axis=1) == pytest.approx(usual / growth.district[1:], abs=0.004)


def test_a_catchments_entry_moves_with_what_its_schools_grades_share(forecast):
    """Correlation 0.4 with the growth of the school of the catchment, summed over the years; its variance stays what it was."""
    growth = replace(forecast.fit.growth, common=0.0, grade=0.0)
    fit = replace(forecast.fit, growth=growth)
    shocks = [Shocks(seed=1, chunk=chunk) for chunk in range(8)]
    years = len(fit.years)
    grown = np.log([draw_chunk(fit, each).growth[:, 1:].mean(axis=1) for each in shocks]).cumsum(axis=2)
    own = [each.normals(years, "near", "primary", "S03", of="ratio")[None] for each in shocks]
    spread = np.ones((1, years))

    def beside(catchment):
        moved = [
            beside_its_schools(fit, path, spread, catchment, each)
            for path, each in zip(own, shocks, strict=True)
        ]
        return np.stack(moved)[:, 0]

    entry, joint = beside("S03"), beside("S03+S04")
    for year in range(years):
        of_year = entry[:, year].ravel()
        assert of_year.var() == pytest.approx(1, abs=0.06)
        assert joint[:, year].var() == pytest.approx(1, abs=0.06)
        assert np.corrcoef(of_year, grown[:, 3, year].ravel())[0, 1] == pytest.approx(0.4, abs=0.04)
        assert np.corrcoef(of_year, grown[:, 4, year].ravel())[0, 1] == pytest.approx(0.0, abs=0.04)
    assert np.corrcoef(joint.ravel(), grown[:, 4].ravel())[0, 1] == pytest.approx(0.4 / np.sqrt(2), abs=0.04)


def _differing(one: Draws, other: Draws) -> set[str]:
    """Return which arrays of two draws are not the same to the last bit."""
    names = {
        name for name in ("growth", "noise") if not np.array_equal(getattr(one, name), getattr(other, name))
    }
    if not np.array_equal(one.entrants["primary"], other.entrants["primary"]):
        names.add("entrants")
    return names


def test_a_quiet_part_changes_what_it_is_part_of_and_nothing_else(forecast):
    """Other shocks keep their values; without choice to leave and without drivers, choice and migration change nothing."""
    plain = forecast.draw(0, 200)
    changed = {part: _differing(plain, forecast.draw(0, 200, quiet=frozenset({part}))) for part in COMPONENTS}
    assert changed == {
        "births": {"entrants"},
        "ratio": {"entrants"},
        "housing": {"entrants", "growth"},
        "migration": set(),
        "choice": set(),
        "growth": {"growth"},
        "count": {"entrants", "noise"},
    }


def test_with_every_part_quiet_all_draws_are_the_same_and_near_the_expected_path(forecast):
    """No shock is left and no correction for the mean of one: entrants within one child a block, growth within 1 in 1000."""
    still = forecast.draw(0, 50, quiet=frozenset(COMPONENTS))
    path = forecast.expected()
    assert (still.entrants["primary"] == still.entrants["primary"][..., :1]).all()
    assert np.abs(still.entrants["primary"][..., :1] - path.entrants["primary"]).max() <= 1
    assert still.growth == pytest.approx(np.broadcast_to(path.growth, still.growth.shape), abs=0.001)
    assert not still.noise.any()


@pytest.mark.parametrize("part", ["births", "ratio", "housing", "growth", "count"])
def test_a_quiet_part_leaves_the_mean_and_takes_variance(forecast, part):
    """Of the district's entrants, or of growth where the part is of growth alone."""
    plain, still = forecast.draw(0, 2 * CHUNK), forecast.draw(0, 2 * CHUNK, quiet=frozenset({part}))
    one, other = (
        (draws.growth[:, 1:] if part == "growth" else draws.entrants["primary"].sum(axis=0)).astype(float)
        for draws in (plain, still)
    )
    assert other.mean() == pytest.approx(one.mean(), rel=0.01)
    assert other[..., -1, :].var() < one[..., -1, :].var()


def test_unknown_parts_are_refused(forecast):
    with pytest.raises(ValueError, match="weather"):
        forecast.draw(0, 1, quiet=frozenset({"weather"}))


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_chunks_come_in_their_order_whatever_the_number_of_workers(forecast, workers):
    """1,200 draws in chunks of 500, 500 and 200; each the same as when drawn alone."""
    made = list(over_chunks(forecast, lambda draws: (draws.first, draws.growth), workers=workers))
    assert [(first, growth.shape[-1]) for first, growth in made] == [(0, 500), (500, 500), (1000, 200)]
    for first, growth in made:
        assert (growth == forecast.draw(first, first + growth.shape[-1]).growth).all()


def test_chunks_not_asked_for_are_not_made(forecast):
    """Whoever stops after the first chunk waits for at most one a worker."""
    made = []
    steps = over_chunks(forecast, lambda draws: made.append(draws.first) or draws.first, workers=2)
    assert next(steps) == 0
    steps.close()
    assert len(made) <= 3


@pytest.mark.parametrize("per_child", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("mean", [0.5, 2.0, 4.5, 5.0, 7.3, 10.0, 20.0, 500.0])
def test_whole_children_have_mean_and_variance_at_five_and_at_five_hundred(mean, per_child):
    """
    Mean within 1 %, variance within 5 % of spread x mean; whole children vary at least by f (1 - f), f the broken part.

    Growth is mean / 500 of 500 children, or mean / 5 of 5.
    """
    shape = (1, 2, 1, 400_000)
    pupils = 5 if mean < 10 else 500
    draws = Draws(
        first=0,
        entrants={},
        leaving={},
        arriving={},
        transition={},
        growth=np.full(shape, mean / pupils, dtype=np.float32),
        noise=np.random.default_rng(9).standard_normal(shape, dtype=np.float32),
        spread=np.full(2, per_child, dtype=np.float32),
    )
    found = draws.grown(np.full((1, 2, shape[-1]), pupils, dtype=np.int16), 0)[0, 1].astype(float)
    least = (mean % 1) * (1 - mean % 1)
    assert found.mean() == pytest.approx(mean, rel=0.01)
    assert found.var() == pytest.approx(max(per_child * mean, least), rel=0.05)
    assert found.min() >= 0
