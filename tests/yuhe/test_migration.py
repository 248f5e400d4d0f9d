"""The drivers of migration of the made district, and the scenario that switches them."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.district import read_district
from planner.forecast import fit_forecast
from planner.policy import read_policy
from planner.scenario import apply_scenario, read_scenario

PROJECT = Path(__file__).parents[2]
HALF = 0.3989423 / 1.2815516
"""What the mean of two half normals lies above the middle, per unit of (high - middle) - (middle - low)."""


def _fitted(name, **tables):
    district = read_district(PROJECT / "data" / "yuhe").with_tables(**tables)
    applied = apply_scenario(
        read_scenario(PROJECT / "scenarios" / "yuhe" / f"{name}.toml"), district, read_policy("cn-shandong")
    )
    return fit_forecast(applied.district, applied.policy, range(2027, 2031), draws=500, seed=1)


@pytest.fixture(scope="module")
def kept():
    return _fitted("keep")


def test_the_default_counts_with_no_driver_beyond_the_counts(kept):
    """Two drivers wait for a scenario, and the talent quota has run since 2024: the draws are those without the table."""
    table = read_district(PROJECT / "data" / "yuhe")["drivers"]
    without = _fitted("keep", drivers=table.iloc[:0])
    assert (kept.expected().entrants["primary"] == without.expected().entrants["primary"]).all()
    some, none = kept.draw(0, 50), without.draw(0, 50)
    assert (some.entrants["primary"] == none.entrants["primary"]).all()
    assert (some.growth == none.growth).all()
    assert "driver" not in set(kept.newcomers()["mover_kind"])


def test_the_scenario_switches_one_on_and_another_off(kept):
    """
    Permits bring 60 children a year (35 to 95), a sixth of them to enter: (60 + 10 x 0.311) / 6 = 10.5 in 2027.

    The talent quota's 20 entrants a year no longer come. The old town's move takes from one street what it gives to
    another, with a chance of 0.7.
    """
    moved = _fitted("migration")
    table = moved.newcomers().set_index(["mover", "year"])
    permits = table.loc[("permit-points", 2027)]
    assert permits["entrants"] == pytest.approx((60 + 10 * HALF) / 6, abs=0.01)
    assert permits["joining"] == pytest.approx((60 + 10 * HALF) * 5 / 6, abs=0.05)
    assert table.loc[("talent-quota", 2027), "entrants"] == -20
    assert moved.fates(0, 500)["old-town-move"].mean() == pytest.approx(0.7, abs=0.06)
    assert moved.fates(0, 500)["permit-points"].all()
    assert "H09/2" in kept.fates(0, 500)
    assert "H09/2" not in moved.fates(0, 500)
    more = moved.expected().entrants["primary"].astype(int) - kept.expected().entrants["primary"]
    assert more[:, 0].sum() == pytest.approx((60 + 10 * HALF) / 6 - 20, abs=1)
    rows = moved.explained.query("stage == 'primary' and year == 2027").set_index("block")["drivers"]
    area = read_district(PROJECT / "data" / "yuhe").blocks["area"].reindex(rows.index)
    gone = 0.7 * (45 + (25 - 20) * HALF) / 9
    assert rows[(area == "河东街道").to_numpy(bool)].sum() == pytest.approx(-gone, abs=0.01)
    assert rows[(area == "云湖街道").to_numpy(bool)].sum() == pytest.approx(gone, abs=0.01)
