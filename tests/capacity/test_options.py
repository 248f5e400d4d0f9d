"""What an option costs, brings and builds, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.capacity import Option, Options, Terms, overspent
from planner.capacity.budgets import money_notes

YEARS = tuple(range(2027, 2033))


def option(**changes: Any) -> Option:
    """Return a new school of 12, then 24 rooms for 40 million yuan, two years in building, that lasts 50 years."""
    fields: dict[str, Any] = {
        "option": "p", "project": "p", "name": "p", "name_en": "", "kind": "new", "choice": "free", "counted": False,
        "school": "S", "brings": True, "site": "", "place": None, "grades": (1, 6), "opening_grades": (),
        "rooms": (12, 24), "years": YEARS, "refused": {}, "capital_yuan": 40e6, "running_yuan": 0.0,
        "room_running_yuan": 10_000.0, "building_years": 2, "life": 50, "closes": "", "closes_rooms": 0,
        "receives": (), "bus": False, "certainty": 1.0, "late": {}, "source": "",
    }  # fmt: skip
    return Option(**(fields | changes))


def test_rooms_by_years_since_opening():
    """Opened in 2029: nothing in 2027 and 2028, 12 in 2029, 24 from 2030 on."""
    assert option().gained(2029, YEARS).tolist() == [0, 0, 12, 24, 24, 24]


def test_capital_is_paid_in_equal_parts_over_the_years_of_construction():
    """Two years before 2030: 20 million in 2028 and 2029."""
    assert option().paid(2030, YEARS).tolist() == [0, 20e6, 20e6, 0, 0, 0]


def test_what_falls_before_the_first_year_is_paid_in_it_or_has_been_paid():
    """Opened in 2028: 2026 and 2027. A free project pays both in 2027; a settled one has paid the first."""
    assert option().paid(2028, YEARS).tolist() == [40e6, 0, 0, 0, 0, 0]
    assert option(counted=True).paid(2028, YEARS).tolist() == [20e6, 0, 0, 0, 0, 0]


def test_without_years_of_construction_all_is_paid_in_the_year_of_opening():
    assert option(building_years=0).paid(2029, YEARS).tolist() == [0, 0, 40e6, 0, 0, 0]


def test_rooms_under_construction():
    assert option().under_construction(2030, YEARS).tolist() == [0, 24, 24, 0, 0, 0]
    assert not option(building_years=0).under_construction(2030, YEARS).any()


def test_value_left_after_the_horizon():
    """Open for the four years 2029 to 2032 of 50: 46/50 of 40 million are left."""
    assert option().left(2029, 2032) == pytest.approx(40e6 * 46 / 50)
    assert option(life=3).left(2029, 2032) == 0


def test_cost_without_discount_is_capital_and_running_cost_less_the_value_left():
    """2029: 40 million + 10,000 x (12 + 3 x 24 rooms) - 36.8 million = 4.04 million."""
    assert option().cost(2029, YEARS, 0.0) == pytest.approx(40e6 + 10_000 * 84 - 36.8e6)


def test_cost_is_counted_at_the_first_year():
    """10 % a year, a life of one year, no running cost: 20 million in 2028 and 2029 are 20/1.1 + 20/1.21 in 2027."""
    bare = option(room_running_yuan=0.0, life=1)
    assert bare.cost(2030, YEARS, 0.1) == pytest.approx(20e6 / 1.1 + 20e6 / 1.21)


def test_a_closure_saves_what_its_rooms_cost_to_run_and_pays_for_the_bus():
    """10 rooms at 10,000 saved and a bus of 60,000, for the three years 2030 to 2032: -120,000."""
    closure = option(
        kind="closure",
        rooms=(0,),
        capital_yuan=0.0,
        building_years=0,
        closes="S",
        closes_rooms=10,
        running_yuan=60_000.0,
    )
    assert closure.cost(2030, YEARS, 0.0) == pytest.approx(3 * (60_000 - 100_000))


@given(st.integers(2027, 2032), st.floats(0.0, 0.2), st.integers(0, 3))
def test_opening_a_year_later_never_costs_more(opens: int, discount: float, building: int):
    """Capital is paid later and less of its value is lost, as long as nothing is cut off by the horizon's start."""
    one = option(building_years=building)
    if opens + 1 <= YEARS[-1] and opens - building >= YEARS[0]:
        assert one.cost(opens + 1, YEARS, discount) <= one.cost(opens, YEARS, discount) + 1e-6


@given(st.integers(2028, 2032), st.integers(0, 2))
def test_all_capital_is_paid_within_the_horizon(opens: int, building: int):
    assert option(building_years=building).paid(opens, YEARS).sum() == pytest.approx(40e6)


def test_the_id_of_a_campus_names_the_site():
    assert option(site="B1").campus == "S@B1"
    assert option().campus == "S"


def test_terms_by_kind_stage_and_year():
    terms = Terms(
        life={"new": 40},
        class_yuan={"junior": 5e5},
        reach={"primary": 500},
        yearly_yuan={2028: 1e6},
    )
    assert (terms.life_of("new"), terms.life_of("expansion")) == (40, 50)
    assert (terms.class_yuan_of("junior"), terms.class_yuan_of("primary")) == (5e5, 300_000)
    assert (terms.reach_of("primary"), terms.reach_of("junior"), Terms(reach=900).reach_of("junior")) == (
        500,
        None,
        900,
    )
    assert terms.yearly_budget((2027, 2028)).tolist() == [np.inf, 1e6]


def offered(*given: Option, **terms: Any) -> Options:
    return Options(years=YEARS, terms=Terms(**terms), options=given)


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"total_yuan": 9_000.0}, "total_yuan"),
        ({"yearly_yuan": {2028: 5_000.0}}, "yearly_yuan"),
        ({"total_yuan": 9e7}, None),
        ({"total_yuan": 3e7}, None),
        ({"total_yuan": 9e11}, "total_yuan"),
        ({}, None),
    ],
)
def test_a_budget_in_the_wrong_unit_is_told_by_its_magnitude(terms: dict[str, Any], told: str | None):
    """Projects of 40 million: 9,000 is 90 million in 万元; 30 million pays for none, but is no slip of the unit."""
    notes = [str(note) for note in money_notes(offered(option(), **terms))]
    assert len(notes) == (told is not None)
    assert told is None or told in notes[0]
    if terms == {"total_yuan": 9_000.0}:
        assert "90000000" in notes[0]


def test_what_is_settled_must_fit_into_the_budgets_by_itself():
    """40 million for 2030, 20 million of it in 2028 and 24 rooms in building, against 15 million and 20 rooms."""
    settled = option(counted=True, choice="fixed", years=(2030,))
    assert [key for key, _ in overspent(offered(settled, yearly_yuan=15e6))] == ["yearly_yuan", "yearly_yuan"]
    assert [key for key, _ in overspent(offered(settled, total_yuan=39e6))] == ["total_yuan"]
    assert [key for key, _ in overspent(offered(settled, yearly_rooms=20))] == [
        "yearly_rooms",
        "yearly_rooms",
    ]
    assert not list(overspent(offered(settled, yearly_yuan=20e6, total_yuan=40e6, yearly_rooms=24)))
    assert not list(overspent(offered(option(years=(2030,)), total_yuan=1e6)))
