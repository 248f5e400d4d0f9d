"""Entrants of neighbourhoods from past entrants and births, and the district's path that their sum is held against."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast import Assumptions, fit_forecast
from tests.forecast.town import COUNTED, POLICY, rolls, steady, town, yearly

AHEAD = range(COUNTED + 1, COUNTED + 8)
TWO = {"A": "S", "B": "T"}


def _births(of_a, of_b, years=range(2008, 2025)):
    return yearly("area", "births", {"A": {y: of_a(y) for y in years}, "B": {y: of_b(y) for y in years}})


def _entrants(forecast):
    return forecast.expected().entrants["primary"][:, :, 0]


def _entry(forecast):
    return forecast.fit.stages[0].entry


def _relative_spread(forecast, draws=2000):
    drawn = forecast.draw(0, draws).entrants["primary"].sum(axis=0, dtype=np.float64)
    return drawn.std(axis=1) / drawn.mean(axis=1)


def test_births_that_halve_take_the_entrants_with_them():
    """
    100 births a year to 2017, then 10 % fewer each year; 60 + 30 entrants from 2018 to 2023, fewer since.

    Autumn 2030 has a third of 2023's and two thirds of 2024's births: 100 x (0.9^6 / 3 + 0.9^7 x 2 / 3) = 49.6, of which 0.9
    enter: 44.6 within 5 %, though half of the forecasts go by past numbers.
    """

    def born(year):
        return 100 * 0.9 ** max(year - 2017, 0)

    def came(autumn, share):
        return round(share * (born(autumn - 7) / 3 + born(autumn - 6) * 2 / 3))

    enrolment = [
        row
        for school, share in (("S", 0.6), ("T", 0.3))
        for row in rolls(school, {autumn: [came(autumn, share)] for autumn in range(2018, COUNTED + 1)})
    ]
    births = _births(lambda year: round(born(year) * 2 / 3), lambda year: round(born(year) / 3))
    forecast = fit_forecast(town(blocks=TWO, enrolment=enrolment, births=births), POLICY, AHEAD)
    assert _entrants(forecast)[:, 4].sum() == pytest.approx(44.6, rel=0.05)


def test_the_sum_of_neighbourhoods_is_drawn_to_births_times_the_ratio():
    """Mean of the tier, its sum E, births x ratio T and weight w: what is expected is the mean times (T / E)^w."""
    enrolment = rolls("S", {year: [60 + 5 * (year % 3)] for year in range(2018, COUNTED + 1)})
    enrolment += steady("T", 30)
    births = _births(lambda year: 70 + 6 * (year % 4), lambda year: 30)
    entry = _entry(fit_forecast(town(blocks=TWO, enrolment=enrolment, births=births), POLICY, AHEAD))
    (tier,), control = entry.tiers, entry.control
    assert control is not None
    assert ((control.weight > 0.05) & (control.weight < 0.95)).all()
    total = tier.mean.sum(axis=0)
    assert entry.mean == pytest.approx(tier.mean * (control.total / total) ** control.weight)
    assert control.weight == pytest.approx(
        tier.district_spread**2 / (tier.district_spread**2 + control.spread**2)
    )


def test_draws_have_the_expected_mean_though_each_is_drawn_to_the_districts_path():
    """4,000 draws of 900 entrants: the mean within half a percent, and the first year's spread between the floor and 4 %."""
    enrolment, births = steady("S", 600) + steady("T", 300), _births(lambda _: 700, lambda _: 300)
    forecast = fit_forecast(town(blocks=TWO, enrolment=enrolment, births=births), POLICY, AHEAD)
    drawn = forecast.draw(0, 4000).entrants["primary"].sum(axis=0, dtype=np.float64)
    assert drawn.mean(axis=1) == pytest.approx(_entrants(forecast).sum(axis=0), rel=0.005)
    quiet = forecast.draw(0, 2000, quiet=frozenset({"count"})).entrants["primary"].sum(axis=0)
    # 1.15 % a year here and 0.75 % nationally around births times their ratio: 1.37 % at least.
    assert 0.0137 < quiet[0].std() / quiet[0].mean() < 0.04


def test_known_births_keep_the_error_nearly_flat():
    """
    720 entrants a year, all born by 2025: the district's relative spread six years ahead is at most 1.35 x the first year's.

    The counts' own noise is near 3.7 %, the district's ratio 1.4 % in the first year and 2.6 % in the sixth.
    """
    random = np.random.default_rng(7)
    names = [f"S{at}" for at in range(12)]
    enrolment = [
        row
        for name in names
        for row in rolls(name, {year: [int(random.poisson(60))] for year in range(2018, COUNTED + 1)})
    ]
    policy = POLICY.model_copy(update={"entry": POLICY.entry.model_copy(update={"birth_lags": {6: 1.0}})})
    blocks = {f"B{name}": name for name in names}

    def spread(last):
        births = yearly(
            "area", "births", {f"B{name}": dict.fromkeys(range(2008, last + 1), 70) for name in names}
        )
        return _relative_spread(
            fit_forecast(town(blocks=blocks, enrolment=enrolment, births=births), policy, AHEAD)
        )

    known, unknown = spread(COUNTED), spread(2020)
    assert known[5] / known[0] < 1.35
    assert unknown[0] == pytest.approx(known[0], rel=0.02)
    assert unknown[5] > 1.3 * known[5]


def test_without_births_the_level_gains_2_percent_a_year_at_least():
    """Entrants who never changed: even so the level of the district is as uncertain as 2 % x the root of the years."""
    tier = _entry(
        fit_forecast(town(blocks=TWO, enrolment=steady("S", 60) + steady("T", 30)), POLICY, AHEAD)
    ).tiers[0]
    assert (tier.district_spread >= 0.02 * np.sqrt(np.arange(1, 8)) - 1e-12).all()


def test_blocks_share_their_neighbourhood_as_the_births_that_tell_more():
    """
    A and B of one catchment: 40 and 20 entrants a year of 40 and 20 births until 2023, 20 and 40 from then on.

    Both past entrants (to 2023, two to one) and births (one to two) count, so B's part of 2026, born in 2019 and 2020, lies
    between a third and two thirds.
    """
    years = range(2010, COUNTED)
    births = yearly(
        "area",
        "births",
        {"A": {y: 40 if y < 2019 else 20 for y in years}, "B": {y: 20 if y < 2019 else 40 for y in years}},
    )
    residents = yearly(
        "block",
        "children",
        {"A": dict.fromkeys(range(2018, COUNTED + 1), 40), "B": dict.fromkeys(range(2018, COUNTED + 1), 20)},
        grade=1,
    )
    district = town(blocks={"A": "S", "B": "S"}, residents=residents, births=births)
    mean = _entry(fit_forecast(district, POLICY, AHEAD)).mean[:, 0]
    assert 0.35 < mean[1] / mean.sum() < 0.65


class TestLittleOrOddHistory:
    """Every case has numbers and odds, wider where less is known; never an infinite ratio."""

    def _forecast(self, **tables):
        forecast = fit_forecast(town(blocks=TWO, **tables), POLICY, AHEAD)
        assert np.isfinite(_entry(forecast).mean).all()
        assert np.isfinite(_relative_spread(forecast, 500)).all()
        return forecast

    def test_two_years_only(self):
        """60 and 30 again, less sure than after eight years."""
        two = self._forecast(
            enrolment=steady("S", 60, years=(2024, 2025)) + steady("T", 30, years=(2024, 2025))
        )
        eight = self._forecast(enrolment=steady("S", 60) + steady("T", 30))
        assert _entrants(two)[:, 0].tolist() == [60, 30]
        assert _relative_spread(two)[0] > 1.1 * _relative_spread(eight)[0]

    def test_one_school_only(self):
        """60 goes on as 60."""
        forecast = fit_forecast(town(blocks={"A": "S"}, enrolment=steady("S", 60)), POLICY, AHEAD)
        assert _entrants(forecast)[0].tolist() == [60] * 7

    def test_a_year_of_zeros_is_left_out_and_said(self):
        """Nobody entered anywhere in 2022: nothing was counted. 60 and 30 stay; a note names the year."""
        pupils = {year: [60 if year != 2022 else 0] for year in range(2018, COUNTED + 1)}
        half = {year: [30 if year != 2022 else 0] for year in range(2018, COUNTED + 1)}
        births = _births(lambda _: 70, lambda _: 30)
        for more in ({}, {"births": births}):
            forecast = self._forecast(enrolment=rolls("S", pupils) + rolls("T", half), **more)
            assert _entrants(forecast)[:, 0].tolist() == [60, 30]
            assert any(
                "Nobody at all entered" in str(note) and "2022" in str(note) for note in forecast.notes
            )
            assert set(forecast.explained.query("stage == 'primary'")["left_out"]) == {"2022"}

    def test_births_of_other_years_than_the_entrants_tell_how_these_move(self):
        """
        Births from 2019 on, 70 falling by 5 a year at A; no entrant on the books was born then.

        The first year stays the smoothed 90 of 2025; later years follow part of births' fall, ever less sure.
        """
        years = range(2022, COUNTED + 1)
        enrolment = steady("S", 60, years=years) + steady("T", 30, years=years)
        births = _births(lambda year: 70 - 5 * (year - 2019), lambda _: 30, range(2019, COUNTED))
        forecast = self._forecast(enrolment=enrolment, births=births)
        path = _entrants(forecast).sum(axis=0)
        assert path[0] == 90
        assert 72 < path[4] < 85
        spread = _relative_spread(forecast)
        assert spread[4] > 1.5 * spread[0]
        assert any("only how their numbers move" in str(note) for note in forecast.notes)

    def test_births_and_no_entrants_at_all(self):
        """Births alone: as many enter as were born, 10 % more or less district-wide."""
        forecast = self._forecast(births=_births(lambda _: 60, lambda _: 30))
        assert _entrants(forecast)[:, 0].tolist() == [60, 30]
        assert _entry(forecast).tiers[0].district_spread[0] == pytest.approx(0.10)

    def test_a_cohort_of_0_births(self):
        """Nobody was born in 2020: autumn 2026 keeps the third born in 2019, 2027 the two thirds born in 2021."""
        births = _births(lambda year: 0 if year == 2020 else 70, lambda year: 0 if year == 2020 else 30)
        path = _entrants(self._forecast(enrolment=steady("S", 60) + steady("T", 30), births=births)).sum(
            axis=0
        )
        assert path[:3] == pytest.approx([30, 60, 90], abs=3)

    def test_an_area_without_any_birth(self):
        """Entrants of A with no birth there ever: A keeps its past children."""
        births = _births(lambda _: 0, lambda _: 30)
        forecast = self._forecast(enrolment=steady("S", 60) + steady("T", 30), births=births)
        assert _entrants(forecast)[0, 0] == pytest.approx(60, abs=2)

    def test_a_school_with_3_pupils(self):
        """0 to 3 a year: one or two are expected, and the range starts at none."""
        forecast = fit_forecast(
            town(blocks={"A": "S"}, enrolment=rolls("S", {y: [y % 4] for y in range(2018, COUNTED + 1)})),
            POLICY,
            AHEAD,
        )
        drawn = forecast.draw(0, 500).entrants["primary"][0, 0]
        assert 1 <= _entrants(forecast)[0, 0] <= 2
        assert drawn.min() == 0
        assert drawn.max() < 20


class TestBirthScenarios:
    """Low, central and high births beyond the last figure."""

    def _run(self, **assumed):
        births = _births(lambda _: 7000, lambda _: 3000)
        district = town(blocks=TWO, enrolment=steady("S", 6000) + steady("T", 3000), births=births)
        return fit_forecast(
            district, POLICY, range(COUNTED + 1, COUNTED + 11), assumptions=Assumptions(**assumed)
        )

    def test_they_part_where_births_end_and_are_the_ends_of_the_80_percent_range(self):
        """
        Births to 2024: autumns to 2030 are the same. Autumn 2035 has a third of 2028's and two thirds of 2029's births:
        four and five steps of 3 %, so high is central x (exp(1.2816 x 0.03 x 2) / 3 + exp(1.2816 x 0.03 x root 5) x 2 / 3).
        """
        paths = {name: _entrants(self._run(births=name)).sum(axis=0) for name in ("low", "central", "high")}
        for name in ("low", "high"):
            assert (paths[name][:5] == paths["central"][:5]).all()
            assert (paths[name][5:] != paths["central"][5:]).all()
        z = 1.2815515655446004 * 0.03
        high = np.exp(2 * z) / 3 + np.exp(5**0.5 * z) * 2 / 3
        assert paths["high"][9] / paths["central"][9] == pytest.approx(high, rel=0.002)
        low = np.exp(-2 * z) / 3 + np.exp(-(5**0.5) * z) * 2 / 3
        assert paths["low"][9] / paths["central"][9] == pytest.approx(low, rel=0.002)

    def test_a_low_run_has_its_own_odds_and_shares_its_shocks(self):
        """Draw by draw low is below central by what the paths differ, and as wide around its path."""
        low, central = (
            self._run(births=name).draw(0, 500).entrants["primary"].sum(axis=0)[9].astype(float)
            for name in ("low", "central")
        )
        ratio = low / central
        assert ratio.std() < 0.01
        assert ratio.mean() == pytest.approx(np.exp(-1.28155 * 0.03 * 2.16), abs=0.005)
        assert low.std() / low.mean() == pytest.approx(central.std() / central.mean(), rel=0.05)

    def test_the_band_is_the_yearly_spread_of_unknown_births(self):
        """A band of 10 % widens the last year; a band of 0 makes low and central the same."""
        spread = [_relative_spread(self._run(birth_band=band), 1000)[9] for band in (0.03, 0.10)]
        assert spread[1] > 2 * spread[0]
        still = [_entrants(self._run(birth_band=0, births=name)) for name in ("low", "central")]
        assert (still[0] == still[1]).all()
