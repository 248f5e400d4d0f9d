"""Growth ratios as one random-effects model."""

import numpy as np
import pytest

from planner.forecast.common_ratios import latest, own_passages, ratios_of_sums, usual_errors
from planner.forecast.ratios import PRIOR, fit_ratios, relative_sizes
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


def test_a_groups_size_is_that_beside_its_schools_other_groups():
    """
    Two schools of two grades: 30 and 10 of a school, 10 and 30 of the other; each grade has 40.

    Parts 0.75 and 0.25, mean 0.5: one half above and one half below. A grade alone has no size.
    """
    assert relative_sizes(np.array([[30.0, 10.0], [10.0, 30.0]])).tolist() == [[0.5, -0.5], [-0.5, 0.5]]
    assert not relative_sizes(np.array([[30.0, np.nan], [10.0, 0.0]])).any()


def test_a_grade_of_more_noise_is_told_from_the_others():
    """Grade 0 moves by 1.6 per child, the other three by 0.4: its factor lies far above theirs."""
    random = np.random.default_rng(5)
    expected = np.full((80, 4, 6), 60.0)
    per_child = np.array([1.6, 0.4, 0.4, 0.4])[None, :, None]
    observed = expected + np.sqrt(per_child * expected) * random.standard_normal(expected.shape)
    noise = fit_ratios(observed, expected).noise
    assert noise[0] > 1.5
    assert noise[1:].max() < 1


def test_growth_falls_with_the_size_of_a_group_as_it_was_made_to():
    random = np.random.default_rng(6)
    expected = 80 * np.exp(0.2 * random.standard_normal((60, 4, 6)))
    sizes = np.clip(expected / 80 - 1, -0.5, 0.5)
    mean = expected * (1 - 0.2 * sizes)
    observed = mean + np.sqrt(0.4 * mean) * random.standard_normal(mean.shape)
    assert fit_ratios(observed, expected, relative=sizes).reverting == pytest.approx(-0.2, abs=0.05)
    assert not fit_ratios(observed, expected).reverting.any()


def test_a_passage_of_its_own_is_neither_common_nor_drawn_towards_it():
    """
    Of ten units nine pass 100 of 100 children on, one 30 of 100 each year: the other 70 go to an academy.

    Together they pass 93 on; but 100 is common to the nine, and the tenth stands at 30 of it.
    """
    base = np.full((10, 1, 5), 100.0)
    observed = np.full((10, 1, 5), 100.0)
    observed[9] = 30
    apart = own_passages(observed, base)
    assert apart[:9, 0].tolist() == [1] * 9
    assert apart[9, 0] == pytest.approx(0.3)


def test_a_passage_that_differs_in_one_direction_only_at_times_or_by_chance_is_none_of_its_own():
    """Once as the others; two years only; and 7 of 10 children, which chance explains."""
    base = np.full((8, 1, 5), 100.0)
    observed = np.full((8, 1, 5), 100.0)
    observed[5, 0] = [30, 30, 100, 30, 30]
    observed[6, 0] = [np.nan, np.nan, np.nan, 30, 30]
    base[7], observed[7] = 10, 7
    assert own_passages(observed, base).tolist() == [[1.0]] * 8
