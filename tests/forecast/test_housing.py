"""Children of new dwellings."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast import Assumptions, fit_forecast
from planner.forecast.housing import new_housing, occupancy
from planner.forecast.streams import Shocks
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


def _housing(rows, **more):
    return new_housing(_town(rows, **more), POLICY, YEARS, Assumptions())


def _shocks(chunks=40):
    return [Shocks(seed=5, chunk=chunk) for chunk in range(chunks)]


def test_phases_of_a_development_share_their_fate():
    """
    Phases of certainty 0.9, 0.5 and 0.8: the third is built only where the second is, so in half of the draws.

    Never the second without the first, and the second of another development independently: 0.5 x 0.5 both.
    """
    phases = [
        _phase(phase=phase, hand_over=f"{year}-06-30", certainty=certainty)
        for phase, year, certainty in (("1", 2027, 0.9), ("2", 2028, 0.5), ("3", 2029, 0.8))
    ]
    other = _phase(phase="1", hand_over="2027-06-30", certainty=0.5) | {"development": "E"}
    housing = _housing([*phases, other])
    found = [housing.built(shocks) for shocks in _shocks()]
    built = {name: np.concatenate([each[name] for each in found]) for name in found[0]}
    means = [built[name].mean() for name in ("D/1", "D/2", "D/3")]
    assert means == pytest.approx([0.9, 0.5, 0.5], abs=0.015)
    assert not (built["D/2"] & ~built["D/1"]).any()
    assert (built["D/3"] == built["D/2"]).all()
    assert (built["D/2"] & built["E/1"]).mean() == pytest.approx(0.25, abs=0.015)
    assert housing.certainty.tolist() == [0.9, 0.5, 0.5, 0.5]


def test_drawn_stock_has_the_mean_and_variance_of_its_parts():
    """
    A phase of 100 children of an age, built with 0.7, slipping S years, yield of mean 1 and coefficient 0.30.

    Mean 0.7 x 100 x E[o]; second moment 0.7 x 100^2 x E[o^2] x 1.09, as fate, slip and yield are independent.
    """
    housing = _housing([_phase(certainty=0.7)])
    drawn = np.concatenate([housing.drawn(shocks)[0] for shocks in _shocks(80)], axis=1)
    chances = np.array([2 / 3 * (1 / 3) ** slip for slip in range(5)] + [(1 / 3) ** 5])
    ages = np.array(YEARS)[:, None] + 2 / 3 - (2026 + 243 / 365.25) - np.arange(6)[None, :]
    lived = occupancy(ages)
    mean = 70 * (lived * chances).sum(axis=1)
    second = 0.7 * 100**2 * (lived**2 * chances).sum(axis=1) * 1.09
    assert drawn.mean(axis=1) == pytest.approx(mean, rel=0.02, abs=0.2)
    assert drawn.mean(axis=1) == pytest.approx(housing.expected()[0], rel=0.02, abs=0.2)
    assert drawn.var(axis=1)[1:] == pytest.approx((second - mean**2)[1:], rel=0.04)


def test_quiet_housing_is_the_expected_stock():
    housing = _housing([_phase(certainty=0.7)])
    drawn = housing.drawn(Shocks(seed=1, chunk=0, quiet=frozenset({"housing"})))[0]
    assert drawn[:, 0] == pytest.approx(housing.expected()[0])
    assert (drawn == drawn[:, :1]).all()


def test_blank_dwellings_are_missing_and_none_is_none():
    """A phase of 0 dwellings brings nobody and needs no note; one without a figure, or a date, is left out and named."""
    told = fit_forecast(_town([_phase(dwellings=0)]), POLICY, YEARS)
    assert not any("left out" in str(note) for note in told.notes)
    unknown = [_phase(dwellings=None), _phase(phase="2", hand_over=None)]
    forecast = fit_forecast(_town(unknown), POLICY, YEARS)
    assert _stock(forecast).eq(0).all()
    assert any("2 phases" in str(note) and "D/1, D/2" in str(note) for note in forecast.notes)


def test_a_record_that_begins_late_is_told():
    """No hand-over before the count: nothing is known of usual building. From 2024 on: two years of five."""
    ahead = _phase(hand_over="2027-06-30")
    assert any("counted twice" in str(note) for note in fit_forecast(_town([ahead]), POLICY, YEARS).notes)
    past = [_phase(phase=f"p{year}", hand_over=f"{year}-06-30", dwellings=400) for year in (2024, 2025)]
    housing = _housing([*past, ahead])
    assert housing.recorded == 2024
    assert any("from autumn 2024 on" in str(note) for note in housing.notes())


def test_usual_building_is_the_mean_of_the_years_recorded():
    """
    400 dwellings in each of 2024 and 2025: 160 a year of five, so that 840 of 1000 count; 400 a year of the two from
    `housing_since = 2024` on, so that 600 do.
    """
    past = [_phase(phase=f"p{year}", hand_over=f"{year}-06-30", dwellings=400) for year in (2024, 2025)]
    rows = [*past, _phase(hand_over="2027-06-30")]
    areas = {"A": "town", "B": "town"}
    assert _housing(rows, areas=areas).children.tolist() == pytest.approx([84])
    since = _housing(rows, areas=areas, about=[{"key": "housing_since", "value": "2024"}])
    assert since.children.tolist() == pytest.approx([60])
    assert since.notes() == []


def test_yields_by_type_of_dwelling():
    """The district's 0.04 of rentals beats the policy's 0.02; villas have the policy's 0.2, others 0.1; a stated 0.5 holds."""
    policy = POLICY.model_copy(update={"children_per_dwelling_by_kind": {"rental": 0.02, "villa": 0.2}})
    kinds = {"1": "rental", "2": "villa", "3": "tower", "4": None}
    rows = [_phase(phase=phase, kind=kind) for phase, kind in kinds.items()]
    rows.append(_phase(phase="5", kind="rental", children_per_dwelling=0.5))
    district = _town(rows, yields=[{"kind": "rental", "children_per_dwelling": 0.04}])
    found = new_housing(district, policy, YEARS, Assumptions())
    assert found.children == pytest.approx([40, 200, 100, 100, 500])


def _residents(block, before, after):
    return [
        {"block": block, "grade": grade, "year": year, "children": children}
        for year, children in ((2022, before), (2025, after))
        for grade in range(1, 7)
    ]


def test_a_yield_is_learned_from_estates_of_the_past():
    """
    1000 rentals of block A, handed over on 31 August 2022, were to bring 0.1 x o(3 years) x 1000 = 92.5 of an age
    by 2025; 46 came, while B stood still. Both counts are of 6 ages: E = 555, f^ = (636 - 360) / 555 = 0.497.

    s^2 = (636 + 360) / 555^2 + 0.2^2 = 0.0432, K^2 = 1.09/1.04 - 1 = 0.0481, w = 0.527: f = 1 - 0.527 x 0.503 = 0.735.
    """
    past = _phase(phase="p", hand_over="2022-08-31", kind="rental")
    ahead = _phase(phase="1", hand_over="2027-06-30", kind="rental")
    residents = [*_residents("A", 60, 106), *_residents("B", 100, 100)]
    housing = _housing([past, ahead], residents=residents)
    (found,) = housing.yields
    assert (found.kind, found.stated, found.estates) == ("rental", 0.1, 1)
    assert found.factor == pytest.approx(0.735, abs=0.003)
    assert found.cv == pytest.approx(0.2193 * np.sqrt(1 - 0.527), abs=0.002)
    part = 1 - 200 / 1000
    # The estate of 2022 is one of the five years' building: 200 of the 1000 to come are usual.
    assert housing.children == pytest.approx([1000 * 0.1 * found.factor * part], rel=1e-6)
    stated = _housing([past, ahead | {"children_per_dwelling": 0.1}], residents=residents)
    assert stated.children == pytest.approx([100 * part])


def test_no_residents_no_learning():
    """Without residents of two counts the stated yield keeps its coefficient of 0.30."""
    past = _phase(phase="p", hand_over="2022-08-31", kind="rental")
    (found,) = _housing([past, _phase(hand_over="2027-06-30", kind="rental")]).yields
    assert (found.factor, found.estates) == (1.0, 0)
    assert (1 + found.cv**2) * 1.04 == pytest.approx(1.09)


def test_the_table_of_newcomers_tells_developments():
    """Two phases of one development are one row a year, with the stock of both."""
    rows = [_phase(), _phase(phase="2", hand_over="2027-09-01", certainty=0.5)]
    forecast = fit_forecast(_town(rows), POLICY, YEARS)
    table = forecast.newcomers().set_index(["mover", "year"])
    assert table.loc[("D", 2030), "entrants"] == pytest.approx(_stock(forecast)[2030])
    rise = _stock(forecast)[2030] - _stock(forecast)[2029]
    assert table.loc[("D", 2030), "joining"] == pytest.approx(5 * rise)
    assert table.loc[("D", 2030), "moving_in_p10"] < table.loc[("D", 2030), "moving_in"]
    assert table.loc[("D", 2030), "moving_in_p90"] > table.loc[("D", 2030), "moving_in"]
