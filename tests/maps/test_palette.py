"""Classes and colours of maps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.maps import gap_bands, odds_bands
from planner.maps.palette import hatch_colour, luminance


def test_classes_of_schools_with_800_seats() -> None:
    """
    A quarter of the median 800 seats is 200: short, the largest steps whose last does not exceed it are 20-100-200.

    To spare, after 20 and 200, half of the seats, 400, is nearest to 500, and 800 to 1,000.
    """
    bands = gap_bands([780, 800, 820, 0, math.nan])
    assert bands.edges == (-200, -100, -20, 20, 200, 500, 1000)
    values = [-201, -200, -100, -20, 0, 20, 20.5, 200, 201, 500, 501, 1000, 1001, math.nan]
    assert bands.of(values).tolist() == [0, 1, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, -1]
    assert str(bands.labels[0]) == "more than 200 short"
    assert str(bands.labels[3]) == "balanced, within 20"
    assert str(bands.labels[-1]) == "more than 1,000 to spare"


def test_a_wave_that_empties_schools_is_not_all_of_one_colour() -> None:
    """Schools of 900 seats of which 150, 400, 700 and 880 stand empty: four classes, where 200 was the last bound."""
    assert len(set(gap_bands([900]).of([150, 400, 700, 1010]).tolist())) == 4


@given(st.lists(st.one_of(st.floats(0, 1e12), st.just(math.nan)), max_size=20), st.floats(-9000, 9000))
def test_gap_classes_are_fixed_on_zero(seats: list[float], gap: float) -> None:
    """Zero lies in the middle of the balanced class; bounds rise; short is below it and to spare above."""
    bands = gap_bands(seats)
    balanced = bands.of([0.0]).tolist()[0]
    assert bands.edges[balanced - 1] == -bands.edges[balanced]
    assert list(bands.edges) == sorted(set(bands.edges))
    assert len(bands.colours) == len(bands.labels) == len(bands.hatches) == len(bands.edges) + 1
    (own,) = bands.of([gap]).tolist()
    assert own <= balanced if gap < 0 else own >= balanced


def test_without_seats_there_are_classes_all_the_same() -> None:
    """Empty tables give the finest steps."""
    assert gap_bands([]).edges == (-10, -5, -1, 1, 10, 20, 50)


def test_darker_means_further_from_zero_on_both_sides() -> None:
    """In black and white, luminance falls from the middle outwards."""
    shades = [luminance(colour) for colour in gap_bands([]).colours]
    assert shades[:4] == sorted(shades[:4])
    assert shades[3:] == sorted(shades[3:], reverse=True)


def test_only_shortages_are_hatched_the_closer_the_larger() -> None:
    """Hatching tells a shortage from spare seats of the same grey; it contrasts with its fill."""
    bands = gap_bands([])
    assert bands.hatches[3:] == (0, 0, 0, 0, 0)
    assert 0 < bands.hatches[0] < bands.hatches[1] < bands.hatches[2]
    for fill in bands.colours[:3]:
        light, dark = sorted((luminance(fill), luminance(hatch_colour(fill))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) > 2.5


@pytest.mark.parametrize(
    ("chance", "label"),
    [
        (0.0, "below 5 %"),
        (0.05, "5 to 20 %"),
        (0.2, "20 to 50 %"),
        (0.5, "50 to 80 %"),
        (0.799, "50 to 80 %"),
        (0.8, "80 % and more"),
        (1.0, "80 % and more"),
    ],
)
def test_odds_fall_into_bands_at_5_20_50_and_80(chance: float, label: str) -> None:
    """A bound belongs to the band above it."""
    bands = odds_bands()
    assert str(bands.labels[bands.of([chance])[0]]) == label


def test_odds_are_darker_the_likelier() -> None:
    """One order of luminance over all bands."""
    shades = [luminance(colour) for colour in odds_bands().colours]
    assert shades == sorted(shades, reverse=True)


def test_classes_can_be_taken_one_by_one() -> None:
    """Other layers colour the same figures by the same classes, open at both ends, without a hole."""
    classes = gap_bands([800]).classes
    assert (classes[0].low, classes[-1].high) == (None, None)
    assert [entry.high for entry in classes[:-1]] == [entry.low for entry in classes[1:]]
