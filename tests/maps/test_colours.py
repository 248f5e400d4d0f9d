"""Colours that every eye and a black-and-white printer keep apart."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from planner.maps import gap_bands, ink_on, odds_bands
from planner.maps.palette import hatch_colour, luminance, site_bands, worth_bands
from tests.maps.colours import EYES, difference, lab

APART = 10.0
"""CIEDE2000 between classes, at least; 2.3 is about what an eye can just tell side by side."""
GREY_APART = 7.0
"""CIELAB lightness between neighbouring classes in black and white, at least."""

BANDS = {
    "gap": gap_bands([800]),
    "odds": odds_bands(),
    "worth": worth_bands([100]),
    "sites": site_bands([500]),
}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_measure_agrees_with_published_pairs(
    first: tuple[float, ...], second: tuple[float, ...], expected: float
) -> None:
    """Pairs 1, 17, 25 and 34 of the table that the authors of the formula's implementation notes give."""
    assert difference(np.array(first), np.array(second)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("kind", BANDS)
def test_all_classes_differ_for_every_eye(kind: str, eye: str) -> None:
    """Not only neighbours: no two classes of a legend can be taken for each other."""
    seen = [lab(colour, eye) for colour in BANDS[kind].colours]
    assert min(difference(one, other) for one, other in combinations(seen, 2)) > APART


@pytest.mark.parametrize("kind", BANDS)
def test_neighbouring_classes_differ_in_grey(kind: str) -> None:
    """Within short and within to spare, a darker grey means more."""
    greys = [lab(colour)[0] for colour in BANDS[kind].colours]
    assert min(abs(one - other) for one, other in pairwise(greys)) > GREY_APART


def test_where_greys_meet_a_pattern_tells_short_from_spare() -> None:
    """Both ends of the seat gap are dark: each class that is short is hatched, and none that is not."""
    bands = BANDS["gap"]
    for entry, hatch in zip(bands.classes, bands.hatches, strict=True):
        short = entry.high is not None and entry.high < 0
        assert (hatch > 0) == short


def test_signs_and_hatching_show_on_every_fill() -> None:
    """Contrast of WCAG 2.1 for graphics is 3; lines of a hatching, which are many, may have 2.5."""

    def contrast(one: str, other: str) -> float:
        light, dark = sorted((luminance(one), luminance(other)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    for bands in BANDS.values():
        assert min(contrast(colour, ink_on(colour)) for colour in bands.colours) > 3
        hatched = [c for c, hatch in zip(bands.colours, bands.hatches, strict=True) if hatch]
        assert all(contrast(colour, hatch_colour(colour)) > 2.5 for colour in hatched)
