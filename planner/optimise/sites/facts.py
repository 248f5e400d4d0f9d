"""What the siting model is told: children by unit and year, ways to schools and to candidate sites, seats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class SiteFacts:
    """
    Children of units, existing schools, and sites where one new school may stand.

    A school takes any number of children, those above its seats at a price above all ways; whoever has no way to any
    school is unplaced.
    """

    units: tuple[str, ...]
    schools: tuple[str, ...]
    sites: tuple[str, ...]
    years: tuple[int, ...]
    demand: NDArray[np.float64]
    """[unit, year]: children to be placed. [children]"""
    ways: NDArray[np.float64]
    """[unit, school]: infinite where there is none. [km]"""
    site_ways: NDArray[np.float64]
    """[unit, site]: infinite where there is none. [km]"""
    seats: NDArray[np.float64]
    """[school, year]; missing where the school is not open. [children]"""
    least: NDArray[np.float64]
    """[school, year]: fewest children that a school should have; 0 for no rule. [children]"""

    @cached_property
    def open(self) -> NDArray[np.bool_]:
        """Whether a school is open. [school, year]."""
        return ~np.isnan(self.seats)

    def ways_in(self, year: int) -> NDArray[np.float64]:
        """Return the ways to the schools that are open in a year, infinite to others. [unit, school] [km]."""
        return np.where(self.open[:, year], self.ways, np.inf)

    def away(self, year: int) -> NDArray[np.bool_]:
        """Return whether a unit has no way to any existing school in a year. [unit]."""
        return np.logical_not(np.isfinite(self.ways_in(year)).any(axis=1))

    @cached_property
    def price(self) -> float:
        """
        What a child above the seats, or below the least number, costs. [km].

        Twice all ways together, had every child the longest one: half a child above the seats weighs more than any
        difference of ways, between two plans and between two sites.
        """
        longest = max(
            float(np.max(ways, initial=0.0, where=np.isfinite(ways))) for ways in (self.ways, self.site_ways)
        )
        return 2.0 * max(float(self.demand.sum()), 1.0) * max(longest, 1.0)

    def unplaced(self) -> NDArray[np.float64]:
        """Return children without a way to any school, by site of the new one. [site] [child-years]."""
        away = np.stack([self.away(year) for year in range(len(self.years))], axis=1)
        return (self.demand * away).sum(axis=1) @ ~np.isfinite(self.site_ways)


@dataclass(frozen=True, kw_only=True)
class NewSchool:
    """The school to be placed."""

    seats: float
    """[children]"""
    least: float = 0.0
    """Fewest children that it should have. [children]"""
