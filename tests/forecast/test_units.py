"""Forecasts from plain counts of units."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.forecast.model import CHUNK
from planner.forecast.unit_entry import EntryFacts, fit_unit_entry
from planner.forecast.units import UnitCounts, fit_units
from tests.forecast.made import grown, modelled


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


def _held(said: np.ndarray, came: np.ndarray, share: float) -> float:
    """Return how often ranges hold what came, whole children spread over half a child either way."""
    spread = (np.arange(said.shape[-1]) * 0.6180339887) % 1 - 0.5
    low, high = np.quantile(said + spread, [(1 - share) / 2, (1 + share) / 2], axis=-1)
    return float(((came >= low) & (came <= high)).mean())


def test_on_schools_made_of_the_model_ranges_hold_within_a_point_and_a_half_and_parameters_come_back():
    """
    100 schools of 8 years known, six worlds: 80 and 95 % ranges of entry and later grades, one and two years ahead.

    c = 0.4 and a school-year shock of 4 % are found again within 15 %, as are the entry's noise of 1.0 and the fall of
    growth with the size of a group, -0.1.
    """
    held: dict[tuple[str, int, float], list[float]] = {}
    found = []
    for seed in range(6):
        pupils = modelled(seed, years=10)
        fitted = fit_units(counts(pupils).until(2017), 2)
        said = fitted.draw(2, 0, 1)
        for lead in (0, 1):
            for share in (0.8, 0.95):
                for name, of in (("entry", slice(0, 1)), ("grades", slice(1, None))):
                    hit = _held(said[:, of, lead], pupils[:, of, 8 + lead], share)
                    held.setdefault((name, lead, share), []).append(hit)
        ratios = fitted.ratios
        found.append(
            [ratios.per_child, ratios.school_year, fitted.entry.per_child, float(ratios.reverting.mean())]
        )
    for name in ("entry", "grades"):
        for share in (0.8, 0.95):
            both = [np.mean(held[name, lead, share]) for lead in (0, 1)]
            assert np.mean(both) == pytest.approx(share, abs=0.015)
    assert np.mean(found, axis=0) == pytest.approx([0.4, 0.04, 1.0, -0.1], rel=0.15)


def _forecast(pupils: np.ndarray, **more) -> np.ndarray:
    """Return the mean forecast [unit, grade, lead] of three years, after seeing that it is sound wherever it is given."""
    said = fit_units(counts(pupils, **more), 3).draw(3, 0, 1)
    assert not np.isinf(said).any()
    assert not (said < 0).any()
    taught = np.nan_to_num(pupils[:, :, -1]) > 0
    assert np.isfinite(said[:, :, 0][taught]).all()
    return said.mean(axis=-1)


@pytest.mark.parametrize("years", [1, 2])
@pytest.mark.parametrize("before", [np.nan, 0.0])
def test_a_school_of_one_or_two_years_keeps_its_size_whether_unlisted_or_zero_before(years, before):
    pupils = grown(1, schools=12, grades=4)
    now = pupils[0, 0, -years:].mean()
    pupils[0, :, :-years] = before
    assert _forecast(pupils)[0, 0, 0] == pytest.approx(now, rel=0.2)


def test_a_school_that_jumps_does_not_move_the_others():
    """School 0 triples in its last year, as by a merger: the ratios of the others stay within a few children."""
    pupils = grown(2, schools=12, grades=4)
    calm = _forecast(pupils)[1:]
    pupils[0, :, -1] *= 3
    assert _forecast(pupils)[1:, 1:, 0] == pytest.approx(calm[:, 1:, 0], rel=0.02)


def test_a_closed_school_stays_closed_and_one_no_longer_listed_has_no_forecast():
    pupils = grown(3, schools=6, grades=4)
    pupils[0, :, -2:], pupils[1, :, -2:] = 0.0, np.nan
    said = _forecast(pupils)
    assert not said[0].any()
    assert np.isnan(said[1]).all()


def test_a_renamed_school_goes_on_under_its_new_name():
    pupils = grown(4, schools=6, grades=4)
    renamed = np.full((1, *pupils.shape[1:]), np.nan)
    renamed[0, :, 5:] = pupils[0, :, 5:]
    pupils[0, :, 5:] = np.nan
    said = _forecast(np.concatenate([pupils, renamed]))
    assert np.isnan(said[0]).all()
    assert said[-1, 1, 0] == pytest.approx(renamed[0, 0, -1], rel=0.15)


def test_a_year_of_zeros_in_between_is_no_year():
    """With and without the year, entrants of a steady school of 60 are the same within a tenth."""
    pupils = grown(5, schools=8, grades=4)
    without = pupils.copy()
    pupils[:, :, 4], without[:, :, 4] = 0.0, np.nan
    assert _forecast(pupils) == pytest.approx(_forecast(without), rel=1e-6)


def test_an_entry_grade_given_up_gets_no_children():
    pupils = grown(6, schools=6, grades=4)
    pupils[0, 0, -1] = 0.0
    assert not _forecast(pupils)[0, 0].any()


def test_a_withheld_last_count_is_forecast_through_with_wider_odds():
    """The second grade's last count is withheld: the third is expected of the first of two years ago, less surely."""
    pupils = grown(7, schools=12, grades=4)
    plain = fit_units(counts(pupils), 1).draw(1, 0, 1)[0, 2, 0]
    pupils[0, 1, -1] = np.nan
    hidden = fit_units(counts(pupils), 1).draw(1, 0, 1)[0, 2, 0]
    assert hidden.mean() == pytest.approx(pupils[0, 0, -2], rel=0.15)
    assert hidden.std() > 1.3 * plain.std()


def test_a_grade_without_the_one_below_anywhere_keeps_its_size():
    """No school of the table ends below: what joins comes from outside it."""
    pupils = grown(8, schools=6, grades=4)
    pupils[0, :2] = np.nan
    pupils[0, 2] = 50.0
    assert _forecast(pupils)[0, 2, 0] == pytest.approx(50, rel=0.1)


def test_schools_of_three_pupils_and_tables_of_none_are_sound():
    assert _forecast(np.rint(grown(9, schools=6, grades=4) / 20))[:, 0].max() < 10
    assert not _forecast(np.zeros((3, 4, 6))).any()
    assert np.isnan(_forecast(np.full((3, 4, 6), np.nan))).all()


@pytest.mark.parametrize(
    "births", [np.zeros(14), np.full(14, np.nan), np.concatenate([np.full(9, np.nan), np.full(5, 900.0)])]
)
def test_births_that_match_no_year_change_nothing(births):
    pupils = grown(10, schools=6, grades=4)
    assert _forecast(pupils, births=births, lag=5) == pytest.approx(_forecast(pupils), rel=1e-6)


def test_births_after_the_origin_are_not_known():
    """Two tables that differ only in cohorts born after the autumn of the origin give the same forecast."""
    pupils = grown(11, schools=6, grades=4)
    births = np.full(11, 900.0)
    later = births.copy()
    later[5 + 2 :] = 9000.0
    first, second = (
        fit_units(counts(pupils, births=of, lag=2).until(2014), 4).draw(4, 0, 1) for of in (births, later)
    )
    assert np.array_equal(first, second)


def test_a_large_group_loses_children_to_its_schools_usual_size():
    """Growth falls by a third of what a group is larger than others; one of 90 in a school of 60 expects fewer than 90."""
    pupils = modelled(12, schools=60, reverting=-0.3)
    pupils[0, :, -1] = [60.0, 90.0, 60.0, 60.0, 60.0, 60.0]
    fitted = fit_units(counts(pupils), 1)
    assert fitted.ratios.reverting == pytest.approx(-0.3, abs=0.1)
    said = fitted.draw(1, 0, 1)[0].mean(axis=-1)
    assert said[2, 0] / 90 < said[4, 0] / 60 - 0.05


def test_a_unit_alone_has_ranges_as_wide_as_it_needs():
    """
    Each of 40 made units by itself, 200 grades one year ahead: about 80 % lie within the range of 80 %.

    What is common is then the unit's own, and would hide all of how far it varies.
    """
    held = []
    for unit in grown(0)[:40]:
        drawn = fit_units(counts(unit[None, :, :-1]), 1).draw(1, 0, 1)[0, 1:, 0]
        low, high = np.quantile(drawn, [0.1, 0.9], axis=1)
        held.append((low <= unit[1:, -1]) & (unit[1:, -1] <= high))
    assert 0.72 <= np.mean(held) <= 0.93
