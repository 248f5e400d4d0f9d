"""Forecasts from plain counts of units."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.forecast.model import CHUNK
from planner.forecast.unit_entry import EntryFacts, fit_unit_entry
from planner.forecast.units import UnitCounts, fit_units
from tests.forecast.made import grown


def entry_facts(entered, births=None, born_here=None, lag=5) -> EntryFacts:
    entered = np.asarray(entered, dtype=float)
    return EntryFacts(entered=entered, younger=entered, births=births, born_here=born_here, lag=lag)


def counts(pupils: np.ndarray, **more) -> UnitCounts:
    return UnitCounts(
        units=tuple(f"u{at}" for at in range(len(pupils))),
        grades=tuple(range(pupils.shape[1])),
        years=tuple(range(2010, 2010 + pupils.shape[2])),
        pupils=pupils,
        **more,
    )


def test_a_steady_school_stays_as_it_is():
    found = fit_unit_entry(entry_facts([[50.0] * 8, [100.0] * 8]), 3)
    assert found.mean[:, 0] == pytest.approx([50, 100], rel=0.02)
    assert found.mean[:, 2] == pytest.approx([50, 100], rel=0.02)


def test_births_that_double_move_entrants_up():
    """Ten years of 1,000 births and 500 entrants; the cohorts of the next three autumns are twice as large."""
    births = np.array([1000.0] * 10 + [2000.0] * 3)
    found = fit_unit_entry(entry_facts([[200.0] * 10, [300.0] * 10], births=births), 3)
    assert (found.mean[:, 0] > 1.5 * np.array([200, 300])).all()
    assert found.follows_births == pytest.approx(0.95, abs=0.1)


def test_births_that_entrants_never_followed_are_trusted_less():
    random = np.random.default_rng(3)
    births = 1000 * np.exp(0.2 * random.standard_normal(15))
    found = fit_unit_entry(entry_facts(np.full((6, 12), 80.0), births=births), 3)
    assert found.follows_births < 0.5


def test_leads_beyond_the_last_birth_go_on_as_the_last_one():
    births = np.array([1000.0] * 10 + [1200.0, 1200.0, np.nan, np.nan])
    found = fit_unit_entry(entry_facts([[100.0] * 10], births=births, lag=2), 4)
    assert found.mean[0, 3] == pytest.approx(found.mean[0, 1], rel=0.03)


def test_uncertainty_never_shrinks_with_the_years_ahead():
    random = np.random.default_rng(4)
    found = fit_unit_entry(entry_facts(random.poisson(60, (20, 12))), 5)
    assert (np.diff(found.unit_variance) >= 0).all()
    assert (np.diff(found.shared_variance) >= 0).all()


def test_a_unit_not_counted_last_has_no_forecast():
    entered = np.full((2, 6), 40.0)
    entered[1, -1] = np.nan
    assert np.isnan(fit_unit_entry(entry_facts(entered), 2).mean[1]).all()


def test_leavers_of_small_schools_join_the_school_that_goes_on():
    """Two schools end with the second grade, a third begins with the third: it takes all they leave, 40 and 60."""
    pupils = np.full((3, 4, 8), np.nan)
    pupils[0, :2], pupils[1, :2], pupils[2, 2:] = 40.0, 60.0, 100.0
    pupils[:2, 2:] = 0.0
    said = fit_units(counts(pupils), 2).draw(2, 0, 1)
    assert said[2, 2].mean() == pytest.approx(100, rel=0.04)
    assert (said[:2, 2] == 0).all()
    assert np.isnan(said[2, 0]).all()


def test_draws_are_whole_children_and_the_same_again():
    fitted = fit_units(counts(grown(1, schools=5)), 3)
    first, again = fitted.draw(3, 0, 1), fitted.draw(3, 0, 1)
    assert first.shape == (5, 6, 3, CHUNK)
    assert np.array_equal(first, again)
    assert (first >= 0).all()
    assert np.array_equal(first, np.rint(first))
    assert not np.array_equal(first, fitted.draw(3, 1, 1))


def test_stated_ranges_hold_on_schools_made_of_the_model():
    """100 schools of known variances: 80 % ranges of later grades a year ahead hold 80 % of what comes, within 3 points."""
    inside = []
    for seed in range(3):
        pupils = grown(seed, years=10)
        said = fit_units(counts(pupils).until(2018), 1).draw(1, 0, 1)[:, 1:, 0]
        low, high = np.quantile(said + np.linspace(-0.5, 0.5, CHUNK), [0.1, 0.9], axis=-1)
        came = pupils[:, 1:, 9]
        inside.append(((came >= low) & (came <= high)).mean())
    assert np.mean(inside) == pytest.approx(0.80, abs=0.03)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 3), st.sampled_from([np.nan, 0.0, 1.0, 500.0]))
def test_odd_histories_never_give_negative_or_infinite_children(seed, unit, odd):
    """Gaps, a year of none, a single child, a sudden 500: anything finite and not negative, or missing."""
    pupils = grown(seed, schools=4, grades=3, years=5, entry=6.0)
    pupils[unit, :, 2] = odd
    said = fit_units(counts(pupils), 2).draw(2, 0, 1)
    assert not np.isinf(said).any()
    assert not (said < 0).any()


@pytest.mark.parametrize("years", [1, 2])
def test_one_school_of_few_years_gets_wide_odds(years):
    said = fit_units(counts(np.full((1, 3, years), 30.0)), 1).draw(1, 0, 1)
    low, high = np.quantile(said[0, 0, 0], [0.1, 0.9])
    assert low < 30 < high
    assert high - low > 10


def test_a_single_grade_is_forecast_too():
    assert fit_units(counts(np.full((3, 1, 6), 40.0)), 2).draw(2, 0, 1).shape == (3, 1, 2, CHUNK)
