"""
Maps of seat gaps, of odds and of moved catchments, charts of pupils, ranges and odds, and a page with a slider;
of schedules: projects by year, what a room is worth, cost against overcrowding, sites for one new school.

Functions take a district, a plan and an outcome table and return a matplotlib figure; `save_figure` writes it.
Nothing depends on fonts or settings of the machine: text is set in the font shipped in ``fonts/``. The colour
classes of seat gaps come from `gap_bands`, for whoever colours the same figures elsewhere.
"""

from __future__ import annotations

from planner.maps.accuracy import accuracy_chart
from planner.maps.chart import pupils_and_seats_chart
from planner.maps.differences import gap_change_map
from planner.maps.draw import draw_maps, run_page, scenario_name
from planner.maps.fan import Level, fan_chart, held_by_year
from planner.maps.frontier import frontier_chart
from planner.maps.land import Land, prepare_land
from planner.maps.moves import before_after_map
from planner.maps.odds import odds_map
from planner.maps.odds_years import odds_by_year_chart
from planner.maps.palette import Bands, MapClass, gap_bands, hatch_colour, ink_on, odds_bands
from planner.maps.reliability import reliability_chart
from planner.maps.save import save_figure, save_page
from planner.maps.seatgap import seat_gap_map
from planner.maps.sites import site_map
from planner.maps.slider import years_page
from planner.maps.timeline import schedule_chart
from planner.maps.worth import worth_map
from planner.maps.years import seat_gap_years

__all__ = [
    "Bands",
    "Land",
    "Level",
    "MapClass",
    "accuracy_chart",
    "before_after_map",
    "draw_maps",
    "fan_chart",
    "frontier_chart",
    "gap_bands",
    "gap_change_map",
    "hatch_colour",
    "held_by_year",
    "ink_on",
    "odds_bands",
    "odds_by_year_chart",
    "odds_map",
    "prepare_land",
    "pupils_and_seats_chart",
    "reliability_chart",
    "run_page",
    "save_figure",
    "save_page",
    "scenario_name",
    "schedule_chart",
    "seat_gap_map",
    "seat_gap_years",
    "site_map",
    "worth_map",
    "years_page",
]
