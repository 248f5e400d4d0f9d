"""Children of new dwellings."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast import Assumptions, fit_forecast
from planner.forecast.housing import occupancy
from tests.forecast.town import POLICY, YEARS, steady, town


def _phase(phase="1", hand_over="2026-09-01", dwellings=1000, **more):
    return {
        "development": "D",
        "phase": phase,
        "block": "A",
        "dwellings": dwellings,
        "hand_over": hand_over,
        **more,
    }


def _town(housing, **more):
    return town(
        blocks={"A": "S", "B": "T"}, enrolment=steady("S", 100) + steady("T", 100), housing=housing, **more
    )


def _stock(forecast, block="A"):
    rows = forecast.explained.query("stage == 'primary'")
    return rows[rows["block"] == block].set_index("year")["housing"]


def test_the_occupancy_curve():
    """Nothing before hand-over; 0.30, 0.60, 0.85 and 1 in the middle of the first four years; 0.62 in the long run."""
    found = occupancy(np.array([-1, 0, 0.5, 1.5, 2.5, 4.0, 8.0, 40.0]))
    assert found == pytest.approx([0, 0, 0.3, 0.6, 0.85, 1.0, 0.9, 0.62])


def test_dwellings_after_the_last_count_bring_children_as_they_fill():
    """
    1000 dwellings of 0.1 children, handed over on 1 September 2026, with a mean slip of half a year.

    In autumn 2028 two years have passed (0.725 of the best), or one (0.45) or none with chances 2/3, 2/9 and 1/9.
    """
    stock = _stock(fit_forecast(_town([_phase()]), POLICY, YEARS))
    assert stock[2026] == pytest.approx(0, abs=0.5)
    assert stock[2028] == pytest.approx(100 * (0.725 * 2 / 3 + 0.45 * 2 / 9), rel=0.01)
    assert stock[2030] > stock[2029] > stock[2028]
    assert _stock(fit_forecast(_town([_phase()]), POLICY, YEARS), "B").eq(0).all()


def test_the_tables_yield_and_the_assumption_override_the_policy():
    """0.05 children a dwelling in the table halve the policy's 0.1; an assumed 0.2 doubles it."""
    policy = _stock(fit_forecast(_town([_phase()]), POLICY, YEARS))[2030]
    given = _town([_phase(children_per_dwelling=0.05)])
    assert _stock(fit_forecast(given, POLICY, YEARS))[2030] == pytest.approx(policy / 2)
    assumed = fit_forecast(given, POLICY, YEARS, assumptions=Assumptions(children_per_dwelling=0.2))
    assert _stock(assumed)[2030] == pytest.approx(policy * 2)


def test_past_ratios_contain_the_usual_building():
    """400 dwellings a year are usual in the area; of 1000 handed over in 2027 only 600 count; at 400 none."""
    past = [_phase(phase=f"p{year}", hand_over=f"{year}-06-30", dwellings=400) for year in range(2021, 2026)]
    areas = {"A": "town", "B": "town"}
    alone = _stock(fit_forecast(_town([_phase(hand_over="2027-06-30")], areas=areas), POLICY, YEARS))[2030]
    above = _stock(fit_forecast(_town([*past, _phase(hand_over="2027-06-30")], areas=areas), POLICY, YEARS))[
        2030
    ]
    usual = _phase(hand_over="2027-06-30", dwellings=400)
    assert above == pytest.approx(0.6 * alone)
    assert _stock(fit_forecast(_town([*past, usual], areas=areas), POLICY, YEARS)).eq(0).all()


def test_what_was_handed_over_before_the_count_is_in_the_counts():
    """A phase of June 2025 adds nothing to the forecast of a count in autumn 2025."""
    assert _stock(fit_forecast(_town([_phase(hand_over="2025-06-30")]), POLICY, YEARS)).eq(0).all()


def test_a_phase_is_built_for_all_years_or_for_none():
    """Certainty 0.6: in about 60 % of the draws there are children, and then in every year once it is filled."""
    district = _town([_phase(dwellings=20_000, hand_over="2025-12-31", certainty=0.6)])
    years = range(2026, 2038)
    drawn = fit_forecast(district, POLICY, years).draw(0, 2000).entrants["primary"][0].astype(int)
    without = fit_forecast(_town([]), POLICY, years).draw(0, 2000).entrants["primary"][0].astype(int)
    # By 2034 even the longest slip of five years is over.
    built = (drawn - without)[-3:] > 300
    assert (built.all(axis=0) == built.any(axis=0)).all()
    assert built[0].mean() == pytest.approx(0.6, abs=0.035)


def test_other_blocks_do_not_see_the_new_dwellings():
    """Draw by draw the entrants of block B stay as they are."""
    some = fit_forecast(_town([_phase()]), POLICY, YEARS).draw(0, 500).entrants["primary"]
    none = fit_forecast(_town([]), POLICY, YEARS).draw(0, 500).entrants["primary"]
    assert (some[1] == none[1]).all()
    assert (some[0] >= none[0]).all()
    assert some[0, -1].mean() > none[0, -1].mean() + 50


def test_older_children_of_new_dwellings_come_to_the_grades_of_the_catchment_school():
    """The yearly increase of children of one age joins grades 2 to 6 of S as growth on its 100 children; T sees none."""
    forecast = fit_forecast(_town([_phase()]), POLICY, YEARS)
    growth = forecast.expected().growth[:, :, :, 0]
    more = np.diff(_stock(forecast).to_numpy(), prepend=0.0)
    # S's 100 children a grade stay 100 until newcomers join, so in the first years the base is 100.
    assert growth[0, 3, 1] - 1 == pytest.approx(more[1] / 100, rel=0.02)
    assert growth[1, 1:6] == pytest.approx(np.ones_like(growth[1, 1:6]))
    drawn = forecast.draw(0, 2000).growth.mean(axis=3)
    assert drawn[0, 1:6] == pytest.approx(growth[0, 1:6], rel=0.04)
