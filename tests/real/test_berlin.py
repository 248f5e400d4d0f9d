"""Class-based capacity (streams) and joint catchments (several schools in a zone), in two boroughs of Berlin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest

import planner
from planner.plan import verify_plan
from planner.simulation import check_conservation
from tests.real import berlin
from tests.real.places import real_data

if TYPE_CHECKING:
    from pathlib import Path

    from planner.pipeline import Run

CAP, STANDARD, GRADES = 26, 24, 6


@pytest.fixture(scope="module")
def source() -> Path:
    return real_data("berlin")


@pytest.fixture(scope="module")
def streams(source: Path) -> gpd.GeoDataFrame:
    """Return the schools as the boroughs give them, indexed by school."""
    return gpd.read_file(source / "berlin_mitte_lichtenberg_schools.geojson").set_index("school_id")


@pytest.fixture(scope="module")
def run(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return planner.run(berlin.write_case(source, tmp_path_factory.mktemp("berlin"), 200))


def test_check_finds_no_error(run: Run) -> None:
    """Malchow's school stands outside both boroughs' zones, new schools have no past: warnings, no errors."""
    findings = planner.check_district(run.district, run.policy)
    assert not [found for found in findings if found.level == "error"]
    assert {"D034", "D042"} <= {found.code for found in findings if found.level == "warning"}


def test_a_stream_is_six_rooms_of_24_seats(run: Run, streams: gpd.GeoDataFrame) -> None:
    """67 schools; rooms x 24 are the seats that the data state for all 35 schools that have them, half streams too."""
    capacity = run.capacity.of(run.plan.schools)
    assert len(capacity.schools) == 67
    given = streams.loc[list(capacity.schools)]
    assert (capacity.rooms[:, 0] == (given["streams_2020"] * GRADES).to_numpy()).all()
    stated = given["seats_2020"].notna().to_numpy()
    assert stated.sum() == 35
    assert (capacity.seats[stated, 0, 0] == given["seats_2020"].to_numpy()[stated]).all()
    assert (capacity.seats[:, 0, 0] == capacity.rooms[:, 0] * STANDARD).all()


def test_every_zone_has_a_catchment_and_several_schools_of_a_zone_share_it(
    run: Run, streams: gpd.GeoDataFrame
) -> None:
    """
    46 zones: 26 of one school, 13 of two, 5 of three, and 2 without one, which go to the nearest.

    Shares of the schools of a joint catchment sum to 1 in every year.
    """
    plan = run.plan
    assert len(plan.blocks) == 46
    assert (plan.catchment_of >= 0).all()
    members = streams.groupby("esb_spatial").groups
    for b, block in enumerate(plan.blocks):
        schools = plan.catchments[plan.catchment_of[0, b, 0]].schools
        if block in members:
            assert set(schools) == set(members[block])
    sizes = [len(plan.catchments[c].schools) for c in plan.catchment_of[0, :, 0]]
    assert [sizes.count(number) for number in (1, 2, 3)] == [28, 13, 5]
    used = np.unique(plan.catchment_of)
    assert plan.shares[used].sum(axis=1) == pytest.approx(1.0, abs=1e-4)


def test_entry_seats_are_streams_times_the_cap_where_each_later_grade_fills_its_streams(
    run: Run, streams: gpd.GeoDataFrame
) -> None:
    """
    Seats of the intake are free rooms x 26. Where grades 1 to 5 of 2020 need a class a stream each, the sixth is free.

    Of the seven such schools the median of free rooms in 2021 is within one of the streams, of most equal.
    """
    simulation = run.simulation
    assert (simulation.seats == CAP * simulation.free).all()
    counted = run.district["enrolment"].query("year == 2020 and grade < 6")
    needed = np.ceil(counted.set_index(["school", "grade"])["pupils"] / CAP).unstack().astype(float)
    number = streams["streams_2020"]
    full = [school for school in needed.index if (needed.loc[school] == number[school]).all()]
    assert len(full) >= 6
    at = [simulation.schools.index(school) for school in full]
    free = np.median(simulation.free[at, 0, 0], axis=-1)
    assert (np.abs(free - number[full]) <= 1).all()
    assert (free == number[full]).mean() > 0.5


def test_every_child_is_accounted_for(run: Run) -> None:
    """Entitled + arriving = seated + private + elsewhere + unplaced in every draw; all 46 zones' entrants are expected."""
    check_conservation(run.simulation)
    expected = run.simulation.expected_from[0].sum(axis=(0, 1))
    lived = run.simulation.block_entrants[0].sum(axis=0)
    assert expected == pytest.approx(lived, rel=1e-3)


def test_every_goal_is_solved_to_its_end(run: Run) -> None:
    """Half a hundred zones of nearly even grades are many plans nearly alike: goals are held a little less tightly."""
    assert run.proposal is not None
    for goals in (run.proposal.goals, run.proposal.whole_goals):
        assert (goals["status"] == "optimal").all()
        assert (goals["gap"] < 1e-4).all()
    assert run.proposal.solver["status"] == "optimal"
    assert 1e-6 <= run.proposal.solver["hold_absolute"] <= 1e-2


def test_the_plan_keeps_its_promises(run: Run) -> None:
    """The verifier, which shares no code with what proposed the plan, finds no breach."""
    facts = {"district": run.district, "policy": run.policy, "capacity": run.capacity}
    pupils = run.simulation.pupils.mean(axis=-1)
    assert not verify_plan(run.plan, pupils=pupils, **facts)


@pytest.mark.slow
def test_the_command_draws_the_maps(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``python -m tests.real.berlin OUT`` writes the run folder with seat gaps, entry gaps and odds."""
    assert berlin.main([str(tmp_path), "100"]) == 0
    maps = {file.name for file in (tmp_path / "keep" / "maps").glob("*.png")}
    assert {"seat-gap-primary-2021.png", "entry-gap-primary-2021.png", "odds-primary-2021.png"} <= maps
    assert "Yes, most likely" in capsys.readouterr().out
