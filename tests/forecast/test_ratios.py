"""Growth ratios as one random-effects model."""

import numpy as np
import pytest

from planner.forecast.common_ratios import latest, ratios_of_sums, usual_errors
from planner.forecast.ratios import PRIOR, fit_ratios
from tests.forecast.made import grown


def test_what_went_into_made_schools_is_found_again_within_a_fifth():
    """100 schools, 8 transitions of 5 grades: 4,000 observations of noise, 800 of the school-year shock."""
    found = {"per_child": [], "school_year": [], "school": []}
    for seed in range(3):
        pupils = grown(seed)
        fitted = fit_ratios(pupils[:, 1:, 1:], pupils[:, :-1, :-1])
        for name, values in found.items():
            values.append(getattr(fitted, name))
    assert np.mean(found["per_child"]) == pytest.approx(0.4, rel=0.15)
    assert np.mean(found["school_year"]) == pytest.approx(0.04, rel=0.2)
    assert np.mean(found["school"]) == pytest.approx(0.025, rel=0.3)


def test_without_any_transition_the_priors_hold_and_no_school_deviates():
    fitted = fit_ratios(np.full((2, 3, 4), np.nan), np.full((2, 3, 4), np.nan))
    assert fitted.per_child == pytest.approx(PRIOR["per_child"])
    assert not fitted.deviation.any()
    assert not fitted.own.any()
    assert fitted.transitions == 0


def test_a_large_school_follows_itself_and_a_small_one_the_district():
    """Both grow by a tenth more than expected in every grade and year; only in the large one can it not be chance."""
    expected = np.stack([np.full((3, 5), 1000.0), np.full((3, 5), 4.0), *[np.full((3, 5), 100.0)] * 6])
    observed = expected.copy()
    observed[:2] *= 1.1
    fitted = fit_ratios(observed, expected)
    assert fitted.deviation[0].min() > 0.04
    assert abs(fitted.deviation[1]).max() < fitted.deviation[0].min()
    assert fitted.own[0].min() > fitted.own[1].max()


def test_recent_years_weigh_more_than_early_ones():
    rising, falling = np.full((1, 2, 6), 300.0), np.full((1, 2, 6), 300.0)
    rising[:, :, -2:] *= 1.08
    falling[:, :, :2] *= 1.08
    base = np.full((1, 2, 6), 300.0)
    assert fit_ratios(rising, base).deviation.mean() > fit_ratios(falling, base).deviation.mean() + 0.005


def test_one_impossible_year_hardly_moves_the_noise():
    pupils = grown(7, schools=30)
    observed, base = pupils[:, 1:, 1:].copy(), pupils[:, :-1, :-1]
    calm = fit_ratios(observed, base).per_child
    observed[0, 0, 0] = 2000
    assert fit_ratios(observed, base).per_child < 1.3 * calm


def test_the_district_ratio_is_one_of_sums():
    """(30 + 5) of (20 + 20); the third school has no grade below and does not count."""
    observed = np.array([[[30.0]], [[5.0]], [[9.0]]])
    base = np.array([[[20.0]], [[20.0]], [[np.nan]]])
    assert ratios_of_sums(observed, base).item() == pytest.approx(35 / 40)


def test_the_latest_ratio_weighs_most():
    """Two years: 0.4 and 0.3 of 0.7 on the logarithm."""
    assert latest(np.array([np.nan, 1.0, 1.1])) == pytest.approx(1.1 ** (0.4 / 0.7))
    assert latest(np.array([np.nan])) == 1.0


def test_grades_that_move_together_have_a_common_error():
    together = np.array([[1.0, 1.0, 1.06, 0.94, 1.06, 0.94]] * 4)
    common, own = usual_errors(together, np.full((4, 6), 1e6), 0.5)
    assert common > 0.02
    assert own < 0.01
