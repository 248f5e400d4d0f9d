"""Draws: reproducible, belonging to their blocks and schools, around the expected path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import ScenarioError
from planner.forecast import CHUNK, DemandEdit, fit_forecast
from tests.forecast.town import COUNTED, POLICY, YEARS, steady, town, yearly

if TYPE_CHECKING:
    from planner.district import District
    from planner.forecast import Draws

NAMES = ("entrants", "leaving", "arriving", "transition")


def _district(order: str = "ABCD", **more) -> District:
    """Return four blocks over two primaries and a junior school, with attendance and births."""
    home = {"A": "S", "B": "S", "C": "T", "D": "T"}
    size = {"A": 40, "B": 20, "C": 30, "D": 5}
    years = range(2017, COUNTED + 1)
    attendance = [
        {"block": block, "school": school, "grade": 1, "year": year, "children": number}
        for block, number in size.items()
        for school, number in ((home[block], number), ("private", number // 10))
        for year in (2023, 2024, 2025)
    ] + [
        {"block": "other", "school": "S", "grade": 1, "year": year, "children": 6}
        for year in (2023, 2024, 2025)
    ]
    enrolment = steady("S", 60, years=years) + steady("T", 35, years=years)
    enrolment += [
        {"school": "J", "grade": grade, "year": year, "pupils": 95} for year in years for grade in (7, 8, 9)
    ]
    births = yearly(
        "area",
        "births",
        {block: dict.fromkeys(range(2010, 2025), number * 2) for block, number in size.items()},
    )
    return town(
        blocks={block: home[block] for block in order},
        schools={"S": "1-6", "T": "1-6", "J": "7-9"},
        junior=dict.fromkeys(order, "J"),
        enrolment=enrolment,
        attendance=attendance,
        births=births,
        **more,
    )


def _same(one: Draws, other: Draws) -> None:
    for name in NAMES:
        for stage, values in getattr(one, name).items():
            assert (values == getattr(other, name)[stage]).all(), (name, stage)
    assert (one.growth == other.growth).all()
    assert (one.noise == other.noise).all()


@given(st.integers(0, 1400), st.integers(1, 700))
@settings(max_examples=12, deadline=None)
def test_draws_are_the_same_whatever_range_is_asked_for(first, number):
    """Any range equals that piece of all draws, to the last bit, across the ends of chunks."""
    forecast = fit_forecast(_district(), POLICY, YEARS)
    whole, piece = forecast.draw(0, 2100), forecast.draw(first, first + number)
    assert piece.first == first
    cut = slice(first, first + number)
    for name in NAMES:
        for stage, values in getattr(piece, name).items():
            assert (values == getattr(whole, name)[stage][..., cut]).all()
    assert (piece.growth == whole.growth[..., cut]).all()
    assert (piece.noise == whole.noise[..., cut]).all()


def test_the_same_seed_gives_the_same_draws_and_another_one_others():
    """Fitted twice, drawn twice: equal; seed 2: different."""
    once = fit_forecast(_district(), POLICY, YEARS, seed=1).draw(0, 100)
    _same(once, fit_forecast(_district(), POLICY, YEARS, seed=1).draw(0, 100))
    other = fit_forecast(_district(), POLICY, YEARS, seed=2).draw(0, 100)
    assert (once.entrants["primary"] != other.entrants["primary"]).any()


@given(st.permutations("ABCD"))
@settings(max_examples=8, deadline=None)
def test_the_order_of_blocks_changes_no_blocks_draws(order):
    """Rows of the blocks table in another order: each block keeps its entrants and who leaves, draw by draw."""
    plain = fit_forecast(_district(), POLICY, YEARS).draw(0, CHUNK)
    moved = fit_forecast(_district("".join(order)), POLICY, YEARS).draw(0, CHUNK)
    for at, block in enumerate(order):
        for name in ("entrants", "leaving"):
            for stage in ("primary", "junior"):
                before = getattr(plain, name)[stage]["ABCD".index(block)]
                assert (getattr(moved, name)[stage][at] == before).all()


def test_a_new_school_and_later_catchments_change_no_ones_draws():
    """A project's school among the schools, and blocks that move to it in 2027: every other array stays as it is."""
    plain = _district()
    schools = pd.concat([plain.schools, plain.schools.loc[["T"]].rename(index={"T": "N"})])
    moved = plain["catchments"].iloc[[0]].assign(since=2027, school="N")
    with_new = plain.with_tables(
        schools=gpd.GeoDataFrame(schools, geometry="geometry", crs=plain.schools.crs),
        catchments=pd.concat([plain["catchments"], moved], ignore_index=True),
    )
    one, two = (fit_forecast(district, POLICY, YEARS).draw(0, CHUNK) for district in (plain, with_new))
    for stage in ("primary", "junior"):
        assert (one.entrants[stage] == two.entrants[stage]).all()
        assert (one.leaving[stage] == two.leaving[stage]).all()
    assert (one.growth == two.growth[:3]).all()
    assert (one.noise == two.noise[:3]).all()
    assert two.growth.shape[0] == 4
    assert (two.growth[3, 1:6] > 0).all()


def test_a_longer_horizon_changes_no_earlier_year():
    """Five years and ten years: the first five are the same."""
    short = fit_forecast(_district(), POLICY, YEARS).draw(0, CHUNK)
    long = fit_forecast(_district(), POLICY, range(YEARS[0], YEARS[0] + 10)).draw(0, CHUNK)
    years = len(YEARS)
    assert (short.entrants["primary"] == long.entrants["primary"][:, :years]).all()
    assert (short.growth == long.growth[:, :, :years]).all()


def test_the_expected_path_is_the_mean_of_the_draws():
    """Entrants, leaving, arriving, transition and growth, by block or school and year, within Monte Carlo error."""
    forecast = fit_forecast(_district(), POLICY, YEARS)
    path, draws = forecast.expected(), forecast.draw(0, 8000)
    for name in ("entrants", "leaving", "arriving"):
        for stage, expected in getattr(path, name).items():
            drawn = getattr(draws, name)[stage].astype(float)
            error = drawn.std(axis=-1) / np.sqrt(8000)
            # The path is in whole children, each catchment's sum within one.
            assert np.abs(drawn.mean(axis=-1) - expected[..., 0]).max() < 1 + 5 * error.max(), (name, stage)
            assert drawn.sum(axis=0).mean() == pytest.approx(expected.sum(axis=0).mean(), abs=0.6)
    assert draws.transition["junior"].mean(axis=1) == pytest.approx(
        path.transition["junior"][:, 0], rel=0.003
    )
    assert draws.growth.mean(axis=-1) == pytest.approx(path.growth[..., 0], abs=0.005)


def test_counts_are_whole_and_not_negative():
    """int16 children, float32 shares, on the axes that the model states."""
    forecast = fit_forecast(_district(), POLICY, YEARS)
    draws = forecast.draw(0, 30)
    assert draws.entrants["primary"].shape == (4, len(YEARS), 30)
    assert draws.arriving["junior"].shape == (3, len(YEARS), 30)
    assert draws.growth.shape == draws.noise.shape == (3, 9, len(YEARS), 30)
    assert draws.spread.shape == (9,)
    for stage in forecast.stages:
        assert draws.entrants[stage].dtype == draws.leaving[stage].dtype == np.int16
        assert (draws.leaving[stage] >= 0).all()
        assert forecast.private[stage].shape == (4,)
        assert forecast.choice[stage].shape == (4, 3)
    assert forecast.living.shape == (4, 9)


def test_a_catchments_sum_has_a_shared_shock_and_none_of_the_doubt_about_its_blocks():
    """
    1200 entrants over twelve blocks by area of land: how they are spread is unsure, their number much less so.

    The sum varies more than Poisson's 1200, for the catchment's and the district's ratio move; and less than half
    as much as blocks of that spread would if they were independent. Of two catchments only the district's part is
    shared.
    """
    district = town(
        blocks={f"B{at}": "S" for at in range(12)} | {f"C{at}": "T" for at in range(12)},
        enrolment=steady("S", 1200) + steady("T", 1200),
    )
    drawn = fit_forecast(district, POLICY, YEARS).draw(0, 4000).entrants["primary"][:, 0].astype(float)
    one, other = drawn[:12], drawn[12:]
    assert one.sum(axis=0).mean() == pytest.approx(1200, rel=0.01)
    assert 2 * 1200 < one.sum(axis=0).var() < one.var(axis=1).sum() / 2
    assert 0.05 < np.corrcoef(one.sum(axis=0), other.sum(axis=0))[0, 1] < 0.9


def test_a_demand_edit_multiplies_its_blocks_in_its_years():
    """Factor 1.5 for block A in 2027 and 2028: expectation and draws rise by half there and nowhere else."""
    edit = DemandEdit(blocks=("A",), since=2027, until=2028, factor=1.5)
    plain, edited = (fit_forecast(_district(), POLICY, YEARS, demand=demand) for demand in ((), (edit,)))
    before, after = plain.draw(0, 2000).entrants["primary"], edited.draw(0, 2000).entrants["primary"]
    touched = np.zeros(before.shape[:2], dtype=bool)
    touched[0, 1:3] = True
    assert (before[~touched] == after[~touched]).all()
    assert after[0, 1:3].mean() == pytest.approx(1.5 * before[0, 1:3].mean(), rel=0.01)
    assert (after[0, 1:3] >= before[0, 1:3]).all()
    rows = edited.explained.query("stage == 'primary' and block == 'A'").set_index("year")
    assert rows["factor"].to_dict() == {2026: 1.0, 2027: 1.5, 2028: 1.5, 2029: 1.0, 2030: 1.0}


def test_children_added_to_an_area_are_spread_as_its_entrants():
    """60 more a year in an area of A (44 children) and B (22): 40 and 20."""
    district = _district(areas={"A": "old town", "B": "old town", "C": "new town", "D": "new town"})
    edit = DemandEdit(area="old town", since=2026, children=60)
    plain, edited = (fit_forecast(district, POLICY, YEARS, demand=demand) for demand in ((), (edit,)))
    more = (edited.expected().entrants["primary"] - plain.expected().entrants["primary"])[:, 0, 0]
    assert more.tolist() == [40, 20, 0, 0]


def test_faulty_edits_are_told_all_at_once():
    """A block, an area and a stage that the forecast does not have: three faults in one error."""
    edits = (
        DemandEdit(blocks=("Z",), since=2026),
        DemandEdit(area="Mars", since=2026),
        DemandEdit(stage="senior", since=2026),
    )
    with pytest.raises(ScenarioError) as caught:
        fit_forecast(_district(), POLICY, YEARS, demand=edits)
    assert len(caught.value.faults) == 3


def test_no_input_is_changed():
    """Tables of the district are as they were after fitting and drawing."""
    district = _district()
    before = {
        name: district[name].copy(deep=True) for name in ("enrolment", "attendance", "births", "catchments")
    }
    fit_forecast(district, POLICY, YEARS, demand=(DemandEdit(since=2026, factor=2),)).draw(0, 5)
    for name, table in before.items():
        pd.testing.assert_frame_equal(district[name], table)


def test_every_entry_figure_is_explained():
    """One row per stage, block and year, whose entrants are those of the expected path."""
    forecast = fit_forecast(_district(), POLICY, YEARS)
    table = forecast.explained
    assert not table.duplicated(["stage", "block", "year"]).any()
    assert len(table) == 2 * 4 * len(YEARS)
    for stage in forecast.stages:
        shown = table.query("stage == @stage")["entrants"].to_numpy().reshape(4, -1)
        assert (shown == forecast.expected().entrants[stage][:, :, 0]).all()
    assert set(forecast.growth_explained["school"]) == {"S", "T", "J"}
    assert forecast.parameters["value"].notna().all()
