"""Checks of cohorts of a block beside each other, and of ways where a place is missing."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.district import square
from tests.district.square import found, tables, the


def cohorts(*sizes: int) -> pd.DataFrame:
    """Return one extract of the block NW with cohorts of these sizes, from 2018 on."""
    row = {"block": "NW", "as_of": "2026-08-31", "kind": "register"}
    return pd.DataFrame([{**row, "cohort": 2018 + k, "children": size} for k, size in enumerate(sizes)])


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ((50, 50, 251), 1),
        ((50, 50, 250), 0),
        ((1, 2, 190), 0),
        ((50, 50), 0),
        ((50, 5000), 0),
        ((300, 320, 340), 0),
    ],
)
def test_a_cohort_several_times_every_other_is_told(sizes, told):
    """251 is more than 5 times 50 and 201 more; two cohorts say nothing about a third."""
    findings = found(square.district(children=cohorts(*sizes)), "D067")
    assert len(findings) == told
    if told:
        assert findings[0].ids == ("NW/2020",)
        assert "NW/2020: 251, 50" in str(findings[0].message)


def test_cohorts_are_compared_within_one_kind_of_count():
    """300 registered beside 20 in kindergarten are two kinds of count, not two cohorts."""
    kindergarten = cohorts(20, 21, 22).assign(kind="kindergarten")
    both = pd.concat([cohorts(300, 310, 320), kindergarten])
    assert found(square.district(children=both), "D067") == []


def test_a_block_is_beyond_reach_where_its_school_is_known():
    """Private schools may have no place: ways to them are not known, and none is missed."""
    schools = tables()["schools"].assign(owner=["public", "private"])
    schools.loc[1, "geometry"] = None
    catchments = tables()["catchments"]
    district = square.district(schools=schools, catchments=catchments[catchments["stage"] == "primary"])
    assert found(district, "D164") == []
    assert the(square.district(children=cohorts(50, 50, 251)), "D067").level == "warning"
