"""Registration statuses as streams of their own: local children, those registered elsewhere, and migrant workers'."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import ScenarioError
from planner.forecast import DemandEdit, fit_forecast
from tests.forecast.town import COUNTED, POLICY, steady, town, yearly

AHEAD = (2026, 2027)


def _registered(local, migrant, extracts=(2023, 2024, 2025), block="A"):
    """Return the register of every extract: so many of each status in each cohort that enters in 2024 to 2027."""
    return [
        {
            "block": block,
            "cohort": cohort,
            "as_of": f"{extract}-09-01",
            "kind": "register",
            "status": status,
            "children": number,
        }
        for extract in extracts
        for cohort in range(2018, 2022)
        for status, number in (("local", local), ("migrant", migrant))
    ]


def _came(local, migrant, block="A"):
    """Return residents of grade 1 by status in 2024 and 2025."""
    rows = []
    for status, number in (("local", local), ("migrant", migrant)):
        rows += yearly(
            "block", "children", {block: dict.fromkeys((2024, COUNTED), number)}, grade=1, status=status
        )
    return rows


def _tier(forecast):
    return forecast.fit.stages[0].entry.tiers[0]


def test_each_status_has_its_own_ratio_where_its_entrants_are_known():
    """Of 100 local children 90 enter, of 50 migrant ones 20: ratios 0.9 and 0.4, calibrated on two years."""
    district = town(blocks={"A": "S"}, children=_registered(100, 50), residents=_came(90, 20))
    table = fit_forecast(district, POLICY, AHEAD).by_status().set_index(["status", "year"])
    assert table.loc[("local", 2026), "ratio"] == pytest.approx(0.9, rel=0.01)
    assert table.loc[("migrant", 2026), "ratio"] == pytest.approx(0.4, rel=0.01)
    assert table["registered"].tolist() == [100, 100, 50, 50]
    assert (table["calibrated"] == 2).all()


def test_a_status_that_grows_brings_what_its_own_ratio_says():
    """
    100 local and 50 migrant children before, 100 and 150 now: 90 + 150 x 0.4 = 150 enter.

    One ratio for all, 110 of 150, would have let 183 enter.
    """
    before = [row for row in _registered(100, 50) if row["cohort"] < 2020]
    now = [row for row in _registered(100, 150) if row["cohort"] >= 2020]
    district = town(blocks={"A": "S"}, children=before + now, residents=_came(90, 20))
    assert _tier(fit_forecast(district, POLICY, AHEAD)).mean[0, 0] == pytest.approx(150, rel=0.02)
    plain = [{**row, "status": None} for row in _came(90, 20)]
    shared = town(blocks={"A": "S"}, children=before + now, residents=plain)
    assert _tier(fit_forecast(shared, POLICY, AHEAD)).mean[0, 0] == pytest.approx(250 * 110 / 150, rel=0.02)


def test_without_their_entrants_statuses_share_a_ratio_and_migrant_children_are_less_sure():
    """Twelve catchments of local children only, and twelve of migrant ones only: the sum of the latter varies more."""
    blocks = {f"{kind}{at:02d}": f"S{kind}{at:02d}" for kind in "LM" for at in range(12)}
    children = [
        row
        for block in blocks
        for row in _registered(*((60, 0) if block[0] == "L" else (0, 60)), block=block)
    ]
    residents = [row for block in blocks for row in _came(50, 0, block) if row["status"] == "local"]
    residents = [{**row, "status": None} for row in residents]
    forecast = fit_forecast(town(blocks=blocks, children=children, residents=residents), POLICY, AHEAD)
    streams = {stream.status: stream for stream in _tier(forecast).streams}
    assert streams["migrant"].years == streams["local"].years == 0
    drawn = forecast.draw(0, 1000, quiet=frozenset({"count"})).entrants["primary"][:, 0].astype(float)
    local, migrant = drawn[:12].sum(axis=0), drawn[12:].sum(axis=0)
    assert migrant.mean() == pytest.approx(local.mean(), rel=0.02)
    assert migrant.std() > 1.5 * local.std()


def test_entrants_by_status_add_up_to_those_of_the_block():
    """The rows of a block and year sum to its expected entrants."""
    forecast = fit_forecast(
        town(blocks={"A": "S"}, children=_registered(100, 50), residents=_came(90, 20)), POLICY, AHEAD
    )
    sums = forecast.by_status().groupby("year")["entrants"].sum()
    assert sums.to_numpy() == pytest.approx(forecast.fit.stages[0].entry.mean[0])


def test_children_of_one_status_alone_are_no_streams():
    """Nothing is told apart, so nothing is added to the explanation."""
    children = [row for row in _registered(100, 0) if row["status"] == "local"]
    forecast = fit_forecast(town(blocks={"A": "S"}, children=children), POLICY, AHEAD)
    assert not _tier(forecast).streams
    assert forecast.by_status().empty


def test_an_edit_of_one_status_changes_its_part_only():
    """Twice as many migrant children in 2027: 90 + 2 x 20 = 130 of 110; 2026 stays."""
    district = town(blocks={"A": "S"}, children=_registered(100, 50), residents=_came(90, 20))
    edit = DemandEdit(status="migrant", since=2027, factor=2)
    plain = fit_forecast(district, POLICY, AHEAD).expected().entrants["primary"][0, :, 0]
    changed = fit_forecast(district, POLICY, AHEAD, demand=[edit]).expected().entrants["primary"][0, :, 0]
    assert plain.tolist() == [110, 110]
    assert changed.tolist() == pytest.approx([110, 130], abs=1)


def test_an_edit_of_a_status_that_is_not_told_apart_is_refused():
    """The message names the edit, the stage and the status."""
    district = town(blocks={"A": "S"}, enrolment=steady("S", 60))
    with pytest.raises(ScenarioError, match=r"demand edit 1.*primary.*migrant"):
        fit_forecast(district, POLICY, AHEAD, demand=[DemandEdit(status="migrant", since=2026, factor=2)])


def test_streams_have_shocks_of_their_own():
    """Local and migrant children of two catchments: their relative errors are not the same draw by draw."""
    blocks = {"A": "S", "B": "T"}
    children = _registered(3000, 0) + _registered(0, 3000, block="B")
    forecast = fit_forecast(town(blocks=blocks, children=children), POLICY, AHEAD)
    drawn = forecast.draw(0, 500, quiet=frozenset({"count"})).entrants["primary"][:, 0].astype(float)
    assert drawn[1].std() > drawn[0].std()
    assert np.corrcoef(drawn)[0, 1] < 0.95
