"""The picture of past forecasts: error, coverage, and stated odds against what came."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner.forecast.backtest import REFERENCE, Cases, Said
from planner.maps import accuracy_chart
from tests.maps.reading import written


def found(stated: float, cases: int, *, lead: int = 1, actual: float = 40.0):
    """Return the back-test of schools of one grade; so many of 100 draws say 51 children, the others 40."""
    draws = np.full((cases, 1, 100), 40, dtype=np.float32)
    draws[:, :, : round(100 * stated)] = 51
    gathered = Cases(["1"], ["1"])
    gathered.add(
        Said(
            units=[f"u{at}" for at in range(cases)],
            grades=["1"],
            origin=2020,
            lead=lead,
            draws=draws,
            came=np.full((cases, 1), actual),
            simple={REFERENCE: np.full((cases, 1), 45.0)},
            feeding=np.full((cases, 1), 50.0) if lead == 1 else None,
            caps=[50],
        )
    )
    gathered.add_fit(pd.DataFrame({"origin": [2020]}))
    return gathered.judged()


def odds_drawn(figure) -> bool:
    return "too few cases" not in written(figure, "caption")


@pytest.mark.parametrize(("cases", "drawn"), [(9, False), (10, True)])
def test_groups_of_fewer_than_ten_cases_are_left_out(cases, drawn):
    assert odds_drawn(accuracy_chart(found(0.3, cases))) is drawn


def test_where_odds_were_not_asked_the_panel_says_so():
    figure = accuracy_chart(found(0.3, 40, lead=2))
    assert not odds_drawn(figure)
    assert "Another class needed: stated and came (%)" in written(figure, "panel")


def test_the_scale_reaches_down_to_the_share_that_ranges_held():
    """No count of 80 lies in ranges around 40: 0 %, where the scale usually ends at 50."""
    assert "0" in written(accuracy_chart(found(0.0, 20, actual=80.0)), "scale")
    scale = [text for text in written(accuracy_chart(found(0.0, 20)), "scale") if text.isdecimal()]
    assert scale.count("50") == 1


def test_the_picture_tells_which_autumns_and_how_many_counts():
    figure = accuracy_chart(found(0.3, 12))
    assert any("2020 to 2020" in line and "12 counts" in line for line in written(figure, "subtitle"))
