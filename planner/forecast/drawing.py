"""
Draws of a fitted forecast, a whole chunk at a time.

A chunk is always made whole and then cut, with arithmetic element by element, so that a draw is the same to the
last bit whatever range it is asked for in and whatever else the district holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.forecast.drawing_entry import (
    drawn_arriving,
    drawn_children_of_age,
    drawn_choosing,
    drawn_entrants,
    drawn_leaving,
    drawn_transition,
)
from planner.forecast.drawing_growth import drawn_growth, drawn_noise
from planner.forecast.drivers import together
from planner.forecast.model import CHUNK, Draws

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from planner.forecast.calibration import Ratio
    from planner.forecast.drivers import Arrivals
    from planner.forecast.entry import Entry
    from planner.forecast.flows import Flows
    from planner.forecast.housing import Housing
    from planner.forecast.later import Coming
    from planner.forecast.progression import Growth
    from planner.forecast.streams import Shocks


@dataclass(frozen=True, kw_only=True)
class StageFit:
    """All that the draws of a stage's entrants need; axes [block, year] unless stated."""

    stage: str
    entry: Entry | None
    """Of a stage that no other feeds."""
    coming: Coming | None
    """Of a fed stage."""
    flows: Flows
    leaving: NDArray[np.float64]
    """[block]: share of entrants who leave. [1]"""
    leaving_spread: NDArray[np.float64]
    """[block]: standard deviation of what is not known of it, relative to it. [1]"""
    leaving_yearly: float
    """Of the yearly error of the district's share. [1]"""
    leaving_near: float
    """Of the yearly move of a neighbourhood's share beside it. [1]"""
    factor: NDArray[np.float64]
    """Of demand edits. [1]"""
    added: NDArray[np.float64]
    """Children added by demand edits. [children]"""
    transition: Ratio | None
    """Of a fed stage: entrants per leaver."""
    transition_factor: NDArray[np.float64]
    """[year]: what demand edits change of it. [1]"""
    target: NDArray[np.float64]
    """Of a fed stage [year]: entrants expected of its leavers, without edits. [children]"""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """All fitted parts; axes in the order of blocks, schools, grades, years and stages."""

    blocks: tuple[str, ...]
    schools: tuple[str, ...]
    grades: tuple[int, ...]
    years: tuple[int, ...]
    seed: int
    near: NDArray[np.intp]
    """[block]: position of its neighbourhood."""
    members: tuple[NDArray[np.intp], ...]
    """By neighbourhood: positions of its blocks, by id."""
    near_ids: tuple[str, ...]
    stages: tuple[StageFit, ...]
    growth: Growth
    housing: Housing
    arrivals: Arrivals
    newcomer_parts: NDArray[np.float64]
    """[block, school, grade]: part of a block's children in new dwellings that a school's grade takes. [1]"""
    base: NDArray[np.float64]
    """[school, grade, year]: children expected in the grade below, who carry newcomers as growth. [children]"""
    expected_growth: NDArray[np.float64]
    """[school, grade, year]: without newcomers; 0 in starting grades. [1]"""
    teaches: NDArray[np.bool_]
    """[school, grade]: grades into which growth leads."""


def draw_chunk(fit: Fit, shocks: Shocks) -> Draws:
    """Return all draws of a chunk."""
    stock, moved = fit.housing.drawn(shocks), fit.arrivals.drawn(shocks)
    entrants: dict[str, NDArray[np.int16]] = {}
    leaving: dict[str, NDArray[np.int16]] = {}
    arriving: dict[str, NDArray[np.int16]] = {}
    transition: dict[str, NDArray[np.float32]] = {}
    choosing: dict[str, NDArray[np.float32]] = {}
    for stage in fit.stages:
        name = stage.stage
        entrants[name] = (
            drawn_entrants(fit, stage, stage.entry, together(stock, moved.entering(name)), shocks)
            if stage.entry is not None
            else drawn_children_of_age(fit, stage, entrants, stock, moved.present(name), shocks)
        )
        leaving[name] = drawn_leaving(fit, stage, entrants[name], shocks)
        arriving[name] = drawn_arriving(fit, stage, shocks)
        if stage.flows.choosing.share.any():
            choosing[name] = drawn_choosing(fit, stage, shocks)
        if stage.transition is not None:
            transition[name] = drawn_transition(fit, stage, stage.transition, moved, shocks)
    return Draws(
        first=shocks.chunk * CHUNK,
        entrants=entrants,
        leaving=leaving,
        arriving=arriving,
        transition=transition,
        growth=drawn_growth(fit, stock, moved, shocks),
        noise=drawn_noise(fit, shocks),
        spread=fit.growth.spread,
        choosing=choosing,
    )
