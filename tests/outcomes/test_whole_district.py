"""The district as a whole, and all tables together."""

from __future__ import annotations

import csv
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from planner.outcomes import all_outcomes, conservation, district_totals, seats_by_school
from tests.outcomes.made import FULL, facts_of, row, street
from tests.simulation.test_years import random_town
from tests.simulation.town import STRICT, School


def test_district_totals_are_the_sums_of_its_schools():
    """A (30 seats) and B (30) have 33 and 18 children who would come: 60 - 51 = 9; one of 21 entrants is unplaced."""
    town = street(
        {"A": FULL, "B": School(rooms=3, at=1000, pupils=(5, 5, 5))}, {"a": 13, "b": 8}, policy=STRICT
    )
    found = row(district_totals(facts_of(town)), stage="primary", year=2027)
    columns = [
        "entitled",
        "admitted",
        "pupils",
        "rooms",
        "seats",
        "gap",
        "classes",
        "turned_away",
        "unplaced",
    ]
    assert found[columns].tolist() == [21, 20, 50, 6, 60, 9, 6, 3, 1]


def test_where_entrants_go_adds_up():
    """Entitled + arriving = seated within + above the cap + private + elsewhere + unplaced, on average too."""
    table = conservation(facts_of(random_town(8)))
    went = table[["private", "elsewhere", "seated_within", "seated_above", "unplaced"]].sum(axis=1)
    np.testing.assert_allclose(table["entitled"] + table["arriving"], went)
    assert (table["seated_above"] > 0).any()


def dictionary(name):
    with resources.files("planner.words").joinpath(name).open(encoding="utf-8", newline="") as file:
        return [line[0] for line in csv.reader(file)][1:]


@pytest.fixture(scope="module")
def everything():
    town = random_town(4)
    facts = facts_of(town)
    distances = np.full((len(facts.plan.blocks), len(facts.plan.schools)), 400.0)
    return facts, all_outcomes(facts, of=town.district, distances=distances, base=town.plan)


def test_every_table_and_column_stands_in_the_dictionary(everything):
    """Tables are those of the dictionary but for the projects, the proposal and schedules; ranges go without their ends."""
    _, tables = everything
    assert list(tables) == [
        name
        for name in dictionary("outcome_tables.csv")
        if name not in {"newcomers", "projects", "goals", "missing", "branches"}
        and not name.startswith(("schedule_", "robust_"))
    ]
    known = set(dictionary("outcome_columns.csv"))
    for name, table in tables.items():
        plain = {column.removesuffix("_p10").removesuffix("_p90") for column in table.columns}
        assert plain <= known, name
        assert isinstance(table.index, pd.RangeIndex), name


def test_ids_are_text_and_years_whole_numbers(everything):
    """What CSV, GeoPackage and Excel are written from."""
    for name, table in everything[1].items():
        for column in table.columns.intersection(
            ["school", "stage", "block", "catchment", "from", "to", "rule"]
        ):
            assert pd.api.types.is_string_dtype(table[column]), (name, column)
        assert pd.api.types.is_integer_dtype(table["year"]), name


def test_ranges_hold_their_median_and_lie_in_order(everything):
    """The 10 % end is never above the 90 % end."""
    for table in everything[1].values():
        for column in table.columns:
            if column.endswith("_p10"):
                assert (table[column] <= table[column.removesuffix("_p10") + "_p90"]).all()


def test_tables_of_one_quantity_agree(everything):
    """The district's gap is the sum of its schools' gaps."""
    facts, tables = everything
    by_school = seats_by_school(facts).groupby(["stage", "year"])["gap"].sum()
    whole = tables["district"].set_index(["stage", "year"])["gap"]
    pd.testing.assert_series_equal(by_school.reindex(whole.index), whole)
