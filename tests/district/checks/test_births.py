"""Checks of births: one spoilt square for every rule. Of the children of autumn t a third are born in t-7, two thirds in t-6."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.district import assemble_district, check_district
from planner.policy import Entry
from tests.district import square
from tests.district.square import enrolment, found, tables, the

YEARS = range(2017, 2021)


def births(number: int = 80, **of_year: int) -> pd.DataFrame:
    """Return births of the town from 2017 to 2020, behind the entrants of 2024 to 2026."""
    return pd.DataFrame(
        [{"area": "town", "year": year, "births": of_year.get(f"y{year}", number)} for year in YEARS]
    )


def test_births_that_fit_the_entrants() -> None:
    """80 enter of 80 births in each of three autumns."""
    assert [
        f for f in check_district(square.district(births=births()), square.POLICY) if f.table == "births"
    ] == []


@pytest.mark.parametrize(("number", "told"), [(40, False), (39, True), (160, False), (161, True)])
def test_entrants_are_half_to_twice_the_births(number: int, *, told: bool) -> None:
    """80 entrants of 40 births are a ratio of 2, which a boom town has; of 39 nobody has it."""
    said = found(square.district(births=births(number)), "D110")
    assert [finding.ids for finding in said] == [("2024", "2025", "2026")] * told


def test_the_policy_says_which_births_enter() -> None:
    """With a lag of exactly five years the births of 2019 and 2020 stand behind 2024 and 2025, those of 2021 are not known."""
    policy = square.POLICY.model_copy(update={"entry": Entry(birth_lags={5: 1.0})})
    findings = check_district(square.district(births=births(30)), policy)
    assert [finding.ids for finding in findings if finding.code == "D110"] == [("2024", "2025")]


def test_a_jump_of_the_ratio() -> None:
    """Ratio 1.0, 1.0 and then 0.55 with 4,400 of 8,000: a year whose births or entrants are of other land."""
    grown = tables()["enrolment"]
    grown.loc[grown["grade"] == 1, "pupils"] = 4000
    grown.loc[(grown["grade"] == 1) & (grown["year"] == 2026), "pupils"] = 2200
    grown["classes"] = None
    finding = the(square.district(births=births(8000), enrolment=grown), "D111")
    assert finding.ids == ("2026",)
    assert "1.00, 0.55" in str(finding.text)


def test_chance_is_no_jump() -> None:
    """80 births and then 60 entrants are a ratio of 0.75, within the chance of such small counts."""
    fewer = pd.concat(
        [
            enrolment("n", 1, 2026, pupils=20).query("school == 'n'"),
            tables()["enrolment"].query("school == 's'"),
        ]
    )
    assert found(square.district(births=births(), enrolment=fewer), "D111") == []


def test_a_year_beside_its_months() -> None:
    """12 months and their sum count every child twice."""
    months = pd.DataFrame({"area": "town", "year": 2020, "month": range(1, 13), "births": 5})
    both = pd.concat(
        [months, pd.DataFrame({"area": ["town"], "year": [2020], "month": [None], "births": [60]})]
    )
    finding = the(square.district(births=both), "D112")
    assert (finding.level, finding.column, finding.ids) == ("error", "month", ("town/2020",))


def test_an_area_beside_its_blocks() -> None:
    """Births by block leave those of the town out."""
    both = pd.concat([births(), births(20).assign(area="NW")])
    finding = the(square.district(births=both), "D112")
    assert (finding.level, finding.column, finding.ids) == ("error", "area", ("town",))


def test_years_and_months_that_are_missing() -> None:
    """The town has no 2018, and May 2019 lies between full years."""
    finding = the(square.district(births=births().query("year != 2018")), "D113")
    assert (finding.column, finding.ids) == ("year", ("2018",))
    months = pd.DataFrame(
        [
            {"area": "town", "year": y, "month": m, "births": 7}
            for y in YEARS
            for m in range(1, 13)
            if (y, m) != (2019, 5)
        ]
    )
    finding = the(square.district(births=months), "D113")
    assert (finding.column, finding.ids) == ("month", ("2019",))


def test_an_area_that_lacks_a_year_which_others_have() -> None:
    """West and east are both areas; west has no 2018."""
    two = {**tables(), "births": pd.concat([births().query("year != 2018"), births().assign(area="east")])}
    two["blocks"] = two["blocks"].assign(area=["town", "east", "town", "east"])
    finding = the(assemble_district(two), "D113")
    assert (finding.column, finding.ids) == ("area", ("town/2018",))


@pytest.mark.parametrize(("number", "told"), [(240, False), (241, True), (27, False), (26, True)])
def test_births_that_triple(number: int, *, told: bool) -> None:
    """From 80: up to 240 and down to 27 nothing is said."""
    said = found(square.district(births=births(y2020=number)), "D114")
    assert [finding.ids for finding in said] == [("town/2020",)] * told
