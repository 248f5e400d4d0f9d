"""Checks of the drivers of migration: one spoilt row for every rule."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.errors import DataError
from tests.district import square
from tests.district.square import found, the

SOUND = {"driver": "d", "kind": "talent", "since": 2027, "children": 60, "low": 40, "high": 80}


def drivers(*rows: dict[str, object]) -> pd.DataFrame:
    """Return sound drivers of the whole district, but for what they say."""
    return pd.DataFrame([{**SOUND, **row} for row in rows])


def test_a_sound_driver_has_no_finding() -> None:
    district = square.district(drivers=drivers({"block": "NE"}, {"driver": "e"}))
    assert [code for code in ("D014", "D190", "D191", "D192") if found(district, code)] == []


def test_a_driver_of_an_area_where_no_block_lies() -> None:
    finding = the(square.district(drivers=drivers({"area": "nowhere"})), "D190")
    assert (finding.level, finding.column, finding.ids) == ("error", "area", ("d/nowhere/-/2027/-",))
    assert "nowhere" in str(finding.text)


def test_a_driver_of_a_block_that_is_not_there() -> None:
    """As ids of any table, the district is refused."""
    with pytest.raises(
        DataError, match="table drivers, column block: Ids that table blocks does not have: XX"
    ):
        square.district(drivers=drivers({"block": "XX"}))


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"low": 70}, "low"),
        ({"high": 50}, "low"),
        ({"children": -60, "low": -40, "high": -80}, "low"),
        ({"until": 2026}, "until"),
        ({"age_from": 9, "age_to": 8}, "age_to"),
    ],
)
def test_figures_that_contradict_each_other(row: dict[str, object], column: str) -> None:
    finding = the(square.district(drivers=drivers(row)), "D191")
    assert (finding.level, finding.column) == ("error", column)


def test_those_who_move_away_have_a_lower_end_that_is_lower() -> None:
    assert found(square.district(drivers=drivers({"children": -60, "low": -80, "high": -40})), "D191") == []


@pytest.mark.parametrize(
    ("row", "told"), [({"low": None}, True), ({"low": None, "until": 2026, "since": 2025}, False)]
)
def test_a_driver_without_a_range(row: dict[str, object], *, told: bool) -> None:
    """Rows of the past serve as a baseline and need none."""
    said = found(square.district(drivers=drivers(row)), "D192")
    assert [finding.level for finding in said] == ["warning"] * told


def test_phases_without_dwellings_or_date_are_told() -> None:
    """Blank is missing, 0 is none."""
    phase = {"development": "H", "block": "NE", "hand_over": "2027-06-30"}
    rows = [{**phase, "phase": str(n), "dwellings": dwellings} for n, dwellings in enumerate((10, None, 0))]
    rows.append({**phase, "phase": "3", "dwellings": 10, "hand_over": None})
    finding = the(square.district(housing=pd.DataFrame(rows)), "D177")
    assert (finding.level, finding.ids) == ("warning", ("H/1", "H/3"))
