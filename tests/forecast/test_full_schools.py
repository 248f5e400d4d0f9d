"""Full schools: what they counted is a lower bound of what would have come."""

from __future__ import annotations

import numpy as np
import pytest

from planner.forecast.ratios import fit_ratios
from tests.forecast.made import grown
from tests.forecast.test_progression import _fitted
from tests.forecast.town import COUNTED, rolls, town

GROWTH = 1.10
"""Of the full schools, if they had room."""


def _capped(seed: int, room: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return children that came, children expected and where the room cut them, the first ten schools growing by 10 % a year."""
    pupils = grown(seed, schools=40, years=8, school_year=0.02, lasting=0.04, entry=200)
    expected, came = pupils[:, :-1, :-1].copy(), pupils[:, 1:, 1:].copy()
    came[:10] = np.rint(came[:10] * GROWTH)
    limit = np.full(came.shape, np.inf)
    limit[:10, :, 1:] = expected[:10, :, 1:] * room
    return np.minimum(came, np.floor(limit)), expected, came > limit


@pytest.mark.parametrize("room", [0.97, 1.04])
def test_a_room_that_cuts_the_count_does_not_cut_the_ratio(room):
    """Ten schools grow by 10 % but for room for 97 or 104 % in all years but one: taken as they stand, the counts bias the ratio."""
    error = {"as counted": 0.0, "left out": 0.0, "lower bound": 0.0}
    for seed in range(5):
        observed, expected, cut = _capped(seed, room)
        alone = np.where(cut, np.nan, observed)
        found = {
            "as counted": fit_ratios(observed, expected),
            "left out": fit_ratios(alone, expected),
            "lower bound": fit_ratios(observed, expected, at_least=cut),
        }
        assert (found["lower bound"].deviation >= found["left out"].deviation - 1e-9).all()
        for name, fitted in found.items():
            error[name] += float(np.mean(fitted.deviation[:10]) - (GROWTH - 1)) / 5
    assert error["as counted"] < error["lower bound"] - 0.01
    assert error["left out"] <= error["lower bound"] < 0.02


def test_a_full_school_above_the_districts_ratio_is_said_to_grow():
    """S has 108 of 100 children in every full year, as many as it holds; T and U stay as they are: S grows by some per cent."""
    years = range(2018, COUNTED + 1)
    full = [
        {"school": "S", "grade": grade, "year": year, "pupils": number, "full": grade == 2}
        for year in years
        for grade, number in ((1, 100), (2, 108))
    ]
    others = [row for name in "TU" for row in rolls(name, {year: [100, 100] for year in years})]
    growth = _fitted(town(blocks={name: name for name in "STU"}, enrolment=full + others))
    assert growth.district[1] == pytest.approx(1.0)
    assert 1.02 < growth.school[0, 1] < 1.08
    row = growth.explained.query("school == 'S' and grade == 2").iloc[0]
    assert (row["transitions"], row["left_out"][:5]) == (0, "full:")
