"""Entrants of the first stage: register, births and history, each by hand, and combined."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import DataError
from planner.forecast import Assumptions, fit_forecast
from planner.forecast.calibration import PRIORS
from tests.forecast.town import COUNTED, POLICY, YEARS, rolls, steady, town, yearly


def _extract(year, figures, kind="register", **more):
    return [
        {"block": block, "cohort": cohort, "as_of": f"{year}-09-01", "kind": kind, "children": number, **more}
        for block, by_cohort in figures.items()
        for cohort, number in by_cohort.items()
    ]


def _tier(forecast, name, stage=0):
    return next(tier for tier in forecast.fit.stages[stage].entry.tiers if tier.name == name)


def test_a_cohort_enters_six_years_after_it_closes():
    """Cohort 2020 closes on 31 August 2020 and enters in autumn 2026; without a past year its ratio is taken as 1."""
    district = town(
        blocks={"A": "S"}, children=_extract(2025, {"A": {2020: 50, 2021: 40, 2022: 30, 2023: 20, 2024: 10}})
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    assert forecast.expected().entrants["primary"][0, :, 0].tolist() == [50, 40, 30, 20, 10]
    assert any("taken as 1" in str(note) for note in forecast.notes)


def test_registration_statuses_are_added():
    """30 local and 20 migrant children of one cohort are 50."""
    children = _extract(2025, {"A": {2020: 30}}, status="local") + _extract(
        2025, {"A": {2020: 20}}, status="migrant"
    )
    forecast = fit_forecast(town(blocks={"A": "S"}, children=children), POLICY, (2026,))
    assert forecast.expected().entrants["primary"][0, 0, 0] == 50


def test_a_cohort_that_has_not_closed_does_not_count():
    """In September 2025 cohort 2026, born from that month on, is not half there: its entrants are not forecast from it."""
    district = town(
        blocks={"A": "S"},
        enrolment=steady("S", 60),
        children=_extract(2025, {"A": {2020: 60, 2025: 60, 2026: 3}}),
    )
    tier = _tier(fit_forecast(district, POLICY, range(2026, 2033)), "register")
    assert np.isfinite(tier.base[0]).tolist() == [True, False, False, False, False, True, False]


def test_the_register_ratio_is_the_districts_own():
    """Extracts of 2023 and 2024 had 100 children a year ahead, 80 entered each time: ratio 0.8, so 50 registered make 40."""
    children = (
        _extract(2023, {"A": {2018: 100}})
        + _extract(2024, {"A": {2019: 100}})
        + _extract(2025, {"A": {2020: 50}})
    )
    enrolment = rolls("S", {2024: [80], 2025: [80]})
    forecast = fit_forecast(town(blocks={"A": "S"}, enrolment=enrolment, children=children), POLICY, (2026,))
    tier = _tier(forecast, "register")
    assert tier.mean[0, 0] == pytest.approx(40)
    assert tier.years == 2


def test_without_an_older_extract_the_last_intake_calibrates_the_register():
    """The extract of September 2025 still has cohort 2019, of whose 100 children 90 have just entered: ratio 0.9."""
    district = town(
        blocks={"A": "S"},
        enrolment=rolls("S", {2025: [90]}),
        children=_extract(2025, {"A": {2019: 100, 2020: 50}}),
    )
    assert _tier(fit_forecast(district, POLICY, (2026,)), "register").mean[0, 0] == pytest.approx(45)


def test_births_times_the_smoothed_ratio():
    """Ratios 0.5 and then 0.6: exp(log 0.5 + 0.7 log 1.2) = 0.568; 100 births make 56.8 entrants."""
    births = yearly("area", "births", {"A": dict.fromkeys(range(2010, 2025), 100)})
    enrolment = rolls("S", {2024: [50], 2025: [60]})
    forecast = fit_forecast(town(blocks={"A": "S"}, enrolment=enrolment, births=births), POLICY, (2026,))
    assert _tier(forecast, "births").mean[0, 0] == pytest.approx(100 * 0.5 * 1.2**0.7, rel=0.01)


def test_births_by_area_go_to_blocks_as_past_entrants_did():
    """A town of 200 births, 150 entrants, of whom blocks counted by home have 2 in 3: 100 and 50 again."""
    births = yearly("area", "births", {"town": dict.fromkeys(range(2008, 2026), 200)})
    residents = yearly(
        "block",
        "children",
        {"A": dict.fromkeys(range(2018, 2026), 100), "B": dict.fromkeys(range(2018, 2026), 50)},
        grade=1,
    )
    district = town(
        blocks={"A": "S", "B": "T"}, areas={"A": "town", "B": "town"}, births=births, residents=residents
    )
    mean = _tier(fit_forecast(district, POLICY, (2026,)), "births").mean[:, 0]
    assert mean == pytest.approx([100, 50], rel=1e-3)


def test_past_intake_serves_only_where_nothing_else_reaches():
    """Block A is registered, block B is not: history carries B alone."""
    district = town(
        blocks={"A": "S", "B": "T"},
        enrolment=steady("S", 60) + steady("T", 30),
        children=_extract(2025, {"A": {2019: 60, 2020: 90}}),
    )
    forecast = fit_forecast(district, POLICY, (2026,))
    table = forecast.explained.set_index(["stage", "block"])
    assert table.loc[("primary", "A"), "tier"] == "register"
    assert table.loc[("primary", "B"), "tier"] == "history"
    assert forecast.expected().entrants["primary"][:, 0, 0].tolist() == [90, 30]


def test_history_is_no_trend():
    """Intakes 100, 110, 120, 130: next year is smoothed near the last, never 140, and no later year is above it."""
    enrolment = rolls("S", {2022: [100], 2023: [110], 2024: [120], 2025: [130]})
    forecast = fit_forecast(town(blocks={"A": "S"}, enrolment=enrolment), POLICY, YEARS)
    entrants = forecast.expected().entrants["primary"][0, :, 0]
    assert (np.diff(entrants) <= 0).all()
    assert 120 <= entrants[0] <= 130
    assert entrants[-1] >= 110


def test_tiers_are_weighted_by_the_inverse_of_their_variance():
    """Two kinds of count of the same children: the weights of the explanation are the inverse variances."""
    children = _extract(2025, {"A": {2020: 100}}) + _extract(2025, {"A": {2020: 80}}, kind="kindergarten")
    forecast = fit_forecast(town(blocks={"A": "S"}, children=children), POLICY, (2026,))
    entry = forecast.fit.stages[0].entry
    # Neither is calibrated: priors alone, lead 1, and the same count noise, so only these variances differ.
    variance = [
        PRIORS[tier.name].unseen ** 2 + PRIORS[tier.name].between ** 2 + PRIORS[tier.name].yearly ** 2
        for tier in entry.tiers
    ]
    precision = 1 / np.array(variance)
    assert entry.weights[:, 0, 0] == pytest.approx(precision / precision.sum())
    means = np.array([tier.mean[0, 0] for tier in entry.tiers])
    assert sorted(means) == [80, 100]
    assert entry.mean[0, 0] == pytest.approx((precision * means).sum() / precision.sum())


def test_a_full_school_is_no_measure_of_demand():
    """Intakes 90, 60 (full), 60 (full): the capped years say nothing, so history keeps 90."""
    enrolment = rolls("S", {2023: [90]}) + rolls("S", {2024: [60], 2025: [60]}, full=True)
    enrolment += rolls("T", {2023: [90], 2024: [90], 2025: [90]})
    forecast = fit_forecast(town(blocks={"A": "S", "B": "T"}, enrolment=enrolment), POLICY, (2026,))
    tier = _tier(forecast, "history")
    share = tier.mean[0, 0] / tier.mean[:, 0].sum()
    assert share > 0.45


def test_a_school_that_was_always_full_is_said_to_be_a_lower_bound():
    """Every known year capped: the bound is kept and the note says so."""
    district = town(blocks={"A": "S"}, enrolment=rolls("S", {2024: [60], 2025: [60]}, full=True))
    forecast = fit_forecast(district, POLICY, (2026,))
    assert forecast.expected().entrants["primary"][0, 0, 0] == 60
    assert any("lower bound" in str(note) for note in forecast.notes)


def test_the_intake_of_a_catchment_is_shared_by_the_stated_rule():
    """60 children over blocks with 30 and 10 births: 45 and 15; over equal land without births: 30 and 30."""
    blocks = {"A": "S", "B": "S"}
    enrolment = rolls("S", {2024: [60], 2025: [60]})
    births = yearly(
        "area",
        "births",
        {"A": dict.fromkeys(range(2015, 2026), 30), "B": dict.fromkeys(range(2015, 2026), 10)},
    )
    by_births = fit_forecast(town(blocks=blocks, enrolment=enrolment, births=births), POLICY, (2026,))
    by_land = fit_forecast(town(blocks=blocks, enrolment=enrolment), POLICY, (2026,))
    assert by_births.expected().entrants["primary"][:, 0, 0].tolist() == [45, 15]
    assert by_land.expected().entrants["primary"][:, 0, 0].tolist() == [30, 30]
    assert set(by_births.explained["past"]) == {"intake by births"}
    assert any("shared over the blocks" in str(note) for note in by_land.notes)


def test_catchments_of_the_year_say_whose_children_an_intake_was():
    """Block B belonged to S until 2024 and to T since: 80 children of S in 2024 are of A and B, those of 2025 of A."""
    catchments = [
        {"block": "A", "stage": "primary", "since": 2000, "school": "S"},
        {"block": "B", "stage": "primary", "since": 2000, "school": "S"},
        {"block": "B", "stage": "primary", "since": 2025, "school": "T"},
    ]
    enrolment = rolls("S", {2024: [80], 2025: [40]}) + rolls("T", {2025: [40]})
    district = town(blocks={"A": "S", "B": "T"}, enrolment=enrolment, catchments=catchments)
    assert fit_forecast(district, POLICY, (2026,)).expected().entrants["primary"][:, 0, 0].tolist() == [
        40,
        40,
    ]


def test_births_beyond_the_last_figure_follow_the_assumed_trend():
    """Factor 0.9 a year from 2024 on: autumn 2032 (births of 2025 and 2026) against no trend: 0.9/3 + 0.81 x 2/3."""
    births = yearly("area", "births", {"A": dict.fromkeys(range(2008, 2025), 900)})
    district = town(blocks={"A": "S"}, enrolment=steady("S", 900), births=births)
    years = range(2026, 2033)
    level = fit_forecast(district, POLICY, years).expected().entrants["primary"][0, -1, 0]
    falling = fit_forecast(district, POLICY, years, assumptions=Assumptions(birth_trend=0.9)).expected()
    assert falling.entrants["primary"][0, -1, 0] == pytest.approx(level * (0.9 / 3 + 0.81 * 2 / 3), abs=1)


def test_without_births_the_youngest_cohort_goes_on():
    """Registered to cohort 2024 with 60 children of the last: autumns from 2031 on have 60, and the notes say so; history's 100 do not return."""
    children = _extract(2025, {"A": {2019: 100, 2020: 100, 2021: 90, 2022: 80, 2023: 70, 2024: 60}})
    forecast = fit_forecast(
        town(blocks={"A": "S"}, enrolment=steady("S", 100), children=children), POLICY, range(2026, 2034)
    )
    path = forecast.expected().entrants["primary"][0, :, 0]
    assert path.tolist() == [100, 90, 80, 70, 60, 60, 60, 60]
    assert any("from 2031 on keep the number" in str(note) for note in forecast.notes)
    falling = fit_forecast(
        town(blocks={"A": "S"}, enrolment=steady("S", 100), children=children),
        POLICY,
        range(2026, 2034),
        assumptions=Assumptions(birth_trend=0.9),
    )
    assert falling.expected().entrants["primary"][0, -3:, 0].tolist() == [54, 49, 44]


def test_unknown_births_widen_the_range_by_3_percent_a_year():
    """Of large numbers nearly all spread is the level's: beyond the births it grows faster than before."""
    births = yearly("area", "births", {"A": dict.fromkeys(range(2008, 2025), 9000)})
    district = town(blocks={"A": "S"}, enrolment=steady("S", 9000), births=births)
    drawn = fit_forecast(district, POLICY, range(2026, 2038)).draw(0, 2000).entrants["primary"][0]
    spread = drawn.std(axis=1) / drawn.mean(axis=1)
    known, unknown = spread[4] ** 2, spread[-1] ** 2
    assert unknown - known > 0.7 * 0.03**2 * 6


def test_a_district_that_says_nothing_of_entrants_is_refused():
    """No children, births, residents, attendance or enrolment: one error naming the tables."""
    with pytest.raises(DataError, match="children"):
        fit_forecast(town(blocks={"A": "S"}), POLICY, YEARS)


def test_years_must_follow_the_last_count():
    """A horizon that skips a year is a mistake of the caller."""
    with pytest.raises(ValueError, match="do not follow"):
        fit_forecast(town(blocks={"A": "S"}, enrolment=steady("S", 10)), POLICY, (COUNTED + 2,))


def test_the_explanation_says_what_can_never_be_known():
    """Part of the variance that is the counts' own: 0 to 1, larger for the small block, smaller further ahead."""
    births = yearly(
        "area",
        "births",
        {"A": dict.fromkeys(range(2008, 2025), 700), "B": dict.fromkeys(range(2008, 2025), 7)},
    )
    district = town(blocks={"A": "S", "B": "T"}, enrolment=steady("S", 600) + steady("T", 6), births=births)
    forecast = fit_forecast(district, POLICY, YEARS)
    table = forecast.explained.query("stage == 'primary'").set_index(["block", "year"])
    noise = table["noise_share"]
    assert noise.between(0, 1).all()
    assert noise["B", 2026] > 0.5 > noise["A", 2026]
    assert noise["A", 2030] < noise["A", 2026]
    entry = forecast.fit.stages[0].entry
    other = entry.ratio_variance[0, 0] + entry.births_variance[0, 0] + entry.block_fixed[0, 0] ** 2
    of_counts = entry.per_child[0, 0] / entry.mean[0, 0]
    assert noise["A", 2026] == pytest.approx(of_counts / (of_counts + other))


def test_the_explanation_names_births_weights_and_years_left_out():
    """Cohort of 700 a year at A; 2024, when S was full, tells nothing of its demand."""
    births = yearly(
        "area",
        "births",
        {"A": dict.fromkeys(range(2008, 2025), 700), "B": dict.fromkeys(range(2008, 2025), 70)},
    )
    enrolment = [row for row in steady("S", 600) if row["year"] != 2024] + rolls(
        "S", {2024: [500]}, full=True
    )
    district = town(blocks={"A": "S", "B": "T"}, enrolment=enrolment + steady("T", 60), births=births)
    row = (
        fit_forecast(district, POLICY, YEARS)
        .explained.set_index(["stage", "block", "year"])
        .loc["primary", "A", 2026]
    )
    assert row["births_used"] == pytest.approx(700)
    assert row["left_out"] == "2024"
    assert row["births"] + row["history"] == pytest.approx(1)
    assert 0 < row["births"] < 1
    assert row["drawn_to_district"] == pytest.approx(1, abs=0.05)
