"""
Maps of seat gaps, of odds and of moved catchments, and charts of pupils against seats.

Functions take a district, a plan and an outcome table and return a matplotlib figure; `save_figure` writes it.
Nothing depends on fonts or settings of the machine: text is set in the font shipped in ``fonts/``. The colour
classes of seat gaps come from `gap_bands`, for whoever colours the same figures elsewhere.
"""

from __future__ import annotations

from planner.maps.chart import pupils_and_seats_chart
from planner.maps.draw import draw_maps
from planner.maps.land import Land, prepare_land
from planner.maps.moves import before_after_map
from planner.maps.odds import odds_map
from planner.maps.palette import Bands, MapClass, gap_bands, odds_bands
from planner.maps.save import save_figure
from planner.maps.seatgap import seat_gap_map
from planner.maps.years import seat_gap_years

__all__ = [
    "Bands",
    "Land",
    "MapClass",
    "before_after_map",
    "draw_maps",
    "gap_bands",
    "odds_bands",
    "odds_map",
    "prepare_land",
    "pupils_and_seats_chart",
    "save_figure",
    "seat_gap_map",
    "seat_gap_years",
]
