"""Entrants of a fed stage: the children of that age, scaled to the leavers of the grade below."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast import Assumptions, DemandEdit, fit_forecast
from tests.forecast.town import COUNTED, POLICY, rolls, town, yearly

YEARS = tuple(range(COUNTED + 1, COUNTED + 9))


def _town(pupils=None, **more):
    """Return two blocks, A of primary P and B of primary Q, both of junior J; 60 and 40 children in every grade."""
    years = range(2018, COUNTED + 1)
    enrolment = rolls("P", pupils or {year: [60] * 6 for year in years})
    enrolment += rolls("Q", {year: [40] * 6 for year in years})
    enrolment += [
        {"school": "J", "grade": grade, "year": year, "pupils": 100} for year in years for grade in (7, 8, 9)
    ]
    return town(
        blocks={"A": "P", "B": "Q"},
        schools={"P": "1-6", "Q": "1-6", "J": "7-9"},
        junior={"A": "J", "B": "J"},
        enrolment=enrolment,
        **more,
    )


def test_junior_entrants_are_the_leavers_times_the_transition():
    """100 leavers of grade 6 became 100 entrants of grade 7 every year: ratio 1, and they live 60 to 40."""
    forecast = fit_forecast(_town(), POLICY, YEARS)
    path = forecast.expected()
    assert path.transition["junior"][:, 0] == pytest.approx(np.ones(len(YEARS)))
    assert path.entrants["junior"][:, 0, 0].tolist() == [60, 40]
    assert path.entrants["junior"].sum(axis=0)[:, 0].tolist() == [100] * len(YEARS)


def test_a_large_year_group_reaches_grade_7_when_its_time_has_come():
    """P's grade 3 of 2025 has 90 children: they enter junior school in 2029."""
    pupils = {year: [60] * 6 for year in range(2018, COUNTED)} | {COUNTED: [60, 60, 90, 60, 60, 60]}
    # Grade 3 grew from 60 to 90 by an event, not as schools of the district grow.
    events = [{"school": "P", "year": COUNTED, "kind": "merger"}]
    path = fit_forecast(_town(pupils, events=events), POLICY, YEARS).expected()
    assert path.entrants["junior"][0, :, 0].tolist() == [60, 60, 60, 90, 60, 60, 60, 60]
    assert path.entrants["junior"][1, :, 0].tolist() == [40] * 8


def test_beyond_the_children_at_school_the_first_stages_entrants_follow():
    """Births double for 2026: 120 entrants of block A in autumn 2026 are 120 junior entrants in 2032."""
    births = yearly(
        "area",
        "births",
        {
            "A": dict.fromkeys(range(2010, 2026), 60) | {2019: 120, 2020: 120},
            "B": dict.fromkeys(range(2010, 2026), 40),
        },
    )
    forecast = fit_forecast(_town(births=births), POLICY, YEARS)
    path = forecast.expected()
    assert (path.entrants["junior"][0, 6, 0] - 60) / (
        path.entrants["primary"][0, 0, 0] - 60
    ) == pytest.approx(1, abs=0.1)
    tiers = forecast.explained.query("stage == 'junior' and block == 'A'").set_index("year")["tier"]
    assert tiers[2026].startswith("living")
    assert tiers[2032] == "entrants of primary"
    # In every draw too: a large first year group is a large junior year group six years later.
    drawn = forecast.draw(0, 1000)
    first, later = drawn.entrants["primary"][0, 0], drawn.entrants["junior"][0, 6]
    assert np.corrcoef(first, later)[0, 1] > 0.7


def test_an_assumed_transition_holds_without_doubt():
    """90 of 100 leavers go on: 90 entrants, and no draw says otherwise."""
    forecast = fit_forecast(_town(), POLICY, YEARS, assumptions=Assumptions(transition=0.9))
    assert forecast.expected().entrants["junior"][:, 0, 0].tolist() == [54, 36]
    assert forecast.draw(0, 100).transition["junior"] == pytest.approx(
        np.full((len(YEARS), 100), 0.9), rel=1e-6
    )


def test_the_transition_is_learned_from_the_districts_own_leavers():
    """Grade 7 has 110 for 100 leavers of grade 6 a year before: ratio 1.1, with the years it rests on."""
    years = range(2018, COUNTED + 1)
    enrolment = rolls("P", {year: [100] * 6 for year in years})
    enrolment += [
        {"school": "J", "grade": grade, "year": year, "pupils": 110} for year in years for grade in (7, 8, 9)
    ]
    district = town(
        blocks={"A": "P"}, schools={"P": "1-6", "J": "7-9"}, junior={"A": "J"}, enrolment=enrolment
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    ratio = forecast.fit.stages[1].transition
    assert np.exp(ratio.log) == pytest.approx(1.1)
    assert ratio.years == 7
    drawn = forecast.draw(0, 2000).transition["junior"]
    assert drawn.mean(axis=1) == pytest.approx(np.full(len(YEARS), 1.1), rel=0.005)
    assert drawn[0].std() > 0


def test_residents_say_where_children_live():
    """By pupils 60 to 40; by residents of grade 6 it is 20 to 80, and so are next year's junior entrants."""
    residents = [
        {"block": block, "grade": 6, "year": COUNTED, "children": number}
        for block, number in {"A": 20, "B": 80}.items()
    ]
    forecast = fit_forecast(_town(residents=residents), POLICY, YEARS)
    assert forecast.living[:, 5].tolist() == [20, 80]
    assert forecast.living[:, 4].tolist() == [60, 40]
    assert forecast.expected().entrants["junior"][:, :2, 0].T.tolist() == [[20, 80], [60, 40]]


def test_a_year_group_counted_by_home_at_entry_is_known_by_home_later():
    """Residents of grade 1 in 2023, 30 and 70: two years on they are the 30 and 70 of grade 3."""
    residents = [
        {"block": block, "grade": 1, "year": 2023, "children": number}
        for block, number in {"A": 30, "B": 70}.items()
    ]
    living = fit_forecast(_town(residents=residents), POLICY, YEARS).living
    assert living[:, 2] == pytest.approx([30, 70])


def test_a_demand_edit_of_a_fed_stage_outlives_its_scaling():
    """Half as many junior entrants in block A: the blocks change and the ratio to the leavers with them."""
    edit = DemandEdit(blocks=("A",), stage="junior", since=YEARS[0], factor=0.5)
    plain = fit_forecast(_town(), POLICY, YEARS)
    edited = fit_forecast(_town(), POLICY, YEARS, demand=(edit,))
    assert edited.expected().entrants["junior"][:, 0, 0].tolist() == [30, 40]
    assert edited.expected().transition["junior"][:, 0] == pytest.approx(np.full(len(YEARS), 0.7))
    before, after = plain.draw(0, 500).entrants["junior"], edited.draw(0, 500).entrants["junior"]
    assert (before[1] == after[1]).all()
    assert after[0].mean() == pytest.approx(before[0].mean() / 2, rel=0.03)


def test_a_district_of_junior_schools_alone_is_entered_from_births():
    """No stage feeds grade 7 here: births thirteen and twelve calendar years before, at the ratio of past entrants."""
    births = yearly("area", "births", {"A": dict.fromkeys(range(2000, 2026), 200)})
    enrolment = [
        {"school": "J", "grade": grade, "year": year, "pupils": 100}
        for year in range(2018, 2026)
        for grade in (7, 8, 9)
    ]
    district = town(
        blocks={"A": None}, schools={"J": "7-9"}, junior={"A": "J"}, enrolment=enrolment, births=births
    )
    forecast = fit_forecast(district, POLICY, YEARS)
    assert forecast.stages == ("junior",)
    assert forecast.grades == (7, 8, 9)
    assert forecast.expected().entrants["junior"][0, :, 0].tolist() == [100] * 8
    assert forecast.expected().transition == {}
