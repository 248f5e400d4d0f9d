"""How the entrants of a fed stage spread over its catchments: by past intakes where a rule only guesses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner.forecast import fit_forecast
from planner.forecast.model import COMPONENTS
from tests.forecast.town import COUNTED, POLICY, rolls, town

YEARS = tuple(range(COUNTED + 1, COUNTED + 9))
RATIO_ALONE = frozenset(COMPONENTS) - {"ratio"}


def entering(intakes, years):
    """Return enrolment rows of junior schools: the same intake in every year."""
    return [
        {"school": school, "grade": grade, "year": year, "pupils": number}
        for school, number in intakes.items()
        for year in years
        for grade in (7, 8, 9)
    ]


def crossing(intakes, *, since=2018, junior=None, **more):
    """Return primary P of equal blocks A and B, 100 children a grade; A is of junior J and B of junior K."""
    years = range(since, COUNTED + 1)
    return town(
        blocks={"A": "P", "B": "P"},
        schools={"P": "1-6", "J": "7-9", "K": "7-9"},
        junior=junior or {"A": "J", "B": "K"},
        enrolment=rolls("P", {year: [100] * 6 for year in years}) + entering(intakes, years),
        **more,
    )


def spread(forecast):
    return forecast.fit.stages[1].coming.past


def explained(forecast, block, year=YEARS[0]):
    table = forecast.explained.query("stage == 'junior'")
    return table.set_index(["block", "year"]).loc[(block, year)]


def test_past_intakes_say_what_a_rule_only_guesses():
    """Land shares P's children 50 to 50, but J has taken 75 and K 25 for seven years: so they do next year."""
    forecast = fit_forecast(crossing({"J": 75, "K": 25}), POLICY, YEARS)
    first = forecast.expected().entrants["junior"][:, :6, 0]
    assert first[0] == pytest.approx(np.full(6, 75), abs=1)
    assert (first.sum(axis=0) == 100).all()
    row = explained(forecast, "A")
    assert (row["base"], row["tier"]) == (50, "living: pupils by land")
    assert row["ratio"] == first[0, 0] / 50
    assert 0.95 < row["own_weight"] < 1
    told = forecast.parameters.query("component == 'junior: past intakes'").set_index("parameter")
    # Eight years of counts let seven intakes be held against the grade below a year before.
    assert (told["evidence"] == 7).all()
    assert told.loc["neighbourhood_sd", "value"] < told.loc["neighbourhood_sd_last", "value"]


def test_one_years_intake_counts_by_its_precision():
    r"""
    One year: J took 75 where 50 were expected; its ratio moves from 1 by the own weight w times 0.5.

    With P the variance believed and c/50 that of the intake, w = P / (P + c/50), and P (1 - w) = w c/50 is left.
    """
    past = spread(fit_forecast(crossing({"J": 75, "K": 25}, since=COUNTED - 1), POLICY, YEARS))
    assert past.years == 1
    weight, noise = past.own[0, 0], past.per_child[0, 0] / 50
    assert 0.5 < weight < 0.98
    assert past.effect[:, 0] == pytest.approx([1 + 0.5 * weight, 1 - 0.5 * weight])
    assert past.fixed[:, 0] == pytest.approx(np.sqrt(weight * noise) / past.effect[:, 0])


def test_a_new_school_without_intakes_is_expected_as_its_blocks_and_less_sure():
    """K has never been counted: its catchment keeps the children who live there, with all that is not known of them."""
    district = crossing({"J": 100})
    past = spread(fit_forecast(district, POLICY, YEARS))
    assert (past.own[1] == 0).all()
    assert (past.effect[1] == 1).all()
    assert (past.fixed[1] > 2 * past.fixed[0]).all()


def test_those_who_pass_straight_on_are_not_missing_from_their_catchment():
    """N keeps 90 of its 100 leavers, as stated; K has the other 10, J the 100 of Q: nothing has to be corrected."""
    years = range(2018, COUNTED + 1)
    district = town(
        blocks={"A": "N", "B": "Q"},
        schools={"N": "1-9", "Q": "1-6", "J": "7-9", "K": "7-9"},
        junior={"A": "K", "B": "J"},
        enrolment=rolls("N", {year: [100] * 6 for year in years})
        + rolls("Q", {year: [100] * 6 for year in years})
        + entering({"N": 90, "K": 10, "J": 100}, years),
        feeders=[{"school": "N", "to_school": "N", "share": 0.9}],
    )
    past = spread(fit_forecast(district, POLICY, YEARS))
    assert past.effect == pytest.approx(np.ones((2, len(YEARS))))
    assert (past.own[:, 0] > 0.5).all()


def test_those_who_choose_another_school_still_live_where_they_live():
    """A fifth of A's 50 children choose K, so J's 40 and K's 60 are nearly the 50 and 50 of both blocks, not 40 and 60."""
    attendance = [
        {"block": block, "school": school, "grade": 7, "year": COUNTED, "children": number}
        for block, school, number in (("A", "J", 40), ("A", "K", 10), ("B", "K", 50))
    ]
    past = spread(fit_forecast(crossing({"J": 40, "K": 60}, attendance=attendance), POLICY, YEARS))
    assert past.effect[:, 0] == pytest.approx([1, 1], abs=0.08)


def test_children_counted_by_home_leave_less_to_past_intakes():
    """Residents say 75 and 25 each year, as the intakes do: nothing to correct, and surer than by a rule."""
    residents = [
        {"block": block, "grade": grade, "year": year, "children": number}
        for block, number in {"A": 75, "B": 25}.items()
        for year in range(2020, COUNTED + 1)
        for grade in range(1, 7)
    ]
    by_home = fit_forecast(crossing({"J": 75, "K": 25}, residents=residents), POLICY, YEARS)
    by_rule = spread(fit_forecast(crossing({"J": 75, "K": 25}), POLICY, YEARS))
    assert by_home.expected().entrants["junior"][:, 0, 0].tolist() == [75, 25]
    assert spread(by_home).effect[:, 0] == pytest.approx([1, 1])
    assert (spread(by_home).fixed[:, 0] < by_rule.fixed[:, 0]).all()
    assert (spread(by_home).own[:, 0] < by_rule.own[:, 0]).all()
    assert not spread(by_home).within.any()


def test_residents_and_intakes_are_weighed_by_their_precision():
    """Residents said 60 of last year's entrants live in A, its school took 75: this year's 60 are 60 (1 + w 15/60)."""
    residents = [
        {"block": block, "grade": 6, "year": year, "children": number}
        for block, number in {"A": 60, "B": 40}.items()
        for year in (COUNTED - 1, COUNTED)
    ]
    forecast = fit_forecast(crossing({"J": 75, "K": 25}, residents=residents), POLICY, YEARS)
    row, past = explained(forecast, "A"), spread(forecast)
    assert row["base"] == 60
    assert 0.1 < row["own_weight"] < 0.9
    assert past.effect[0, 0] == pytest.approx(1 + row["own_weight"] * 15 / 60)
    # Both blocks are corrected and scaled to the 100 leavers.
    children = past.effect[:, 0] * [60, 40]
    assert row["entrants"] == np.rint(100 * children[0] / children.sum())


def test_a_full_schools_intake_tells_nothing():
    """J turned children away in every year: its 60 are a bound, so the children stay where land shares them."""
    district = crossing({"K": 25})
    years = range(2018, COUNTED + 1)
    full = [{**row, "full": True} for row in entering({"J": 60}, years)]
    more = district["enrolment"].to_dict("records") + full
    again = crossing({})
    enrolment = town(blocks={"A": "P"}, enrolment=more)["enrolment"]
    past = spread(fit_forecast(again.with_tables(enrolment=enrolment), POLICY, YEARS))
    assert past.own[0, 0] == 0
    assert past.effect[0, 0] == 1


def test_what_is_not_known_of_a_catchment_grows_with_the_years():
    """With only these shocks, the logarithm of A's children has the variance left today and one year's more each year."""
    forecast = fit_forecast(crossing({"J": 750, "K": 250}, since=2020), POLICY, YEARS)
    past = spread(forecast)
    drawn = forecast.draw(0, 4000, quiet=RATIO_ALONE).entrants["junior"][0].astype(float)
    for lead in (1, 3, 6):
        expected = past.fixed[0, 0] ** 2 + lead * past.yearly[0, 0] ** 2
        assert np.log(drawn[lead - 1]).std() == pytest.approx(np.sqrt(expected), rel=0.1)
    assert drawn[5].std() > drawn[0].std()


def test_what_is_not_known_within_a_catchment_leaves_its_sum():
    """A and B are both of J: land shares its 100 children between them with much doubt, but they are 100."""
    district = crossing({"J": 100}, junior={"A": "J", "B": "J"})
    drawn = fit_forecast(district, POLICY, YEARS).draw(0, 1000, quiet=RATIO_ALONE).entrants["junior"]
    assert drawn[0, 0].std() > 10
    assert np.abs(drawn[:, :6].sum(axis=0) - 100).max() <= 1


def test_a_catchments_shocks_are_its_own():
    """The spread of A is drawn under its catchment's id: with another catchment beside it A's shocks stay the same."""
    small, large = (fit_forecast(crossing({"J": 75, "K": other}), POLICY, YEARS) for other in (25, 50))
    first, second = (
        np.log(each.draw(0, 500, quiet=RATIO_ALONE).entrants["junior"][0, 0]) for each in (small, large)
    )
    assert np.corrcoef(first, second)[0, 1] > 0.97


def test_children_stay_at_their_school_when_a_new_one_takes_their_block():
    """Q opened in 2024 for block B, for first graders alone: P's grade 6 still has the children of both blocks."""
    years = range(2018, COUNTED + 1)
    first = rolls("Q", {2024: [50], 2025: [50, 50]})
    kept = rolls("P", {year: [100] * 6 for year in years if year < 2024})
    kept += rolls("P", {2024: [50] + [100] * 5, 2025: [50, 50] + [100] * 4})
    district = town(
        blocks={"A": "P", "B": "P"},
        schools={"P": "1-6", "Q": "1-6", "J": "7-9", "K": "7-9"},
        junior={"A": "J", "B": "K"},
        enrolment=kept + first + entering({"J": 50, "K": 50}, years),
    )
    catchments = district["catchments"]
    moved = catchments.loc[(catchments["block"] == "B") & (catchments["stage"] == "primary")]
    catchments = pd.concat([catchments, moved.assign(since=2024, school="Q")], ignore_index=True)
    forecast = fit_forecast(district.with_tables(catchments=catchments), POLICY, YEARS)
    assert forecast.living[:, 5].tolist() == [50, 50]
    assert forecast.living[:, 0].tolist() == [50, 50]
    assert forecast.expected().entrants["junior"][:, 0, 0].tolist() == [50, 50]


def test_a_catchment_that_was_a_small_part_of_another_starts_anew():
    """K took block B over from J last year: J's years with both tell nothing of B alone, K's one intake does."""
    years = range(2018, COUNTED + 1)
    enrolment = rolls("P", {year: [100] * 6 for year in years})
    enrolment += entering({"J": 100}, range(2018, COUNTED)) + entering({"J": 70, "K": 30}, [COUNTED])
    district = town(
        blocks={"A": "P", "B": "P"},
        schools={"P": "1-6", "J": "7-9", "K": "7-9"},
        junior={"A": "J", "B": "J"},
        enrolment=enrolment,
    )
    catchments = district["catchments"]
    moved = catchments.loc[(catchments["block"] == "B") & (catchments["stage"] == "junior")]
    catchments = pd.concat([catchments, moved.assign(since=COUNTED, school="K")], ignore_index=True)
    past = spread(fit_forecast(district.with_tables(catchments=catchments), POLICY, YEARS))
    weight, noise = past.own[:, 0], past.per_child[:, 0] / 50
    assert past.effect[:, 0] == pytest.approx([1 + 0.4 * weight[0], 1 - 0.4 * weight[1]])
    # One intake each: the same as if there were no other year.
    assert past.fixed[:, 0] == pytest.approx(np.sqrt(weight * noise) / past.effect[:, 0])
