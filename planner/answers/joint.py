"""
Odds of several schools and several autumns together, from the same draws.

Schools share the district's births, ratios and growth, and a year group stays for years: what happens to one is no
news for another. So nothing is multiplied; everything is counted draw by draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from planner.outcomes import exceeding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.pipeline import Run


class Chance(NamedTuple):
    """A probability found in draws."""

    p: float
    """[1]"""
    error: float
    """Its Monte Carlo standard error. [1]"""

    @classmethod
    def of(cls, happens: NDArray[np.bool_]) -> Chance:
        """Return the chance of what happens in some of the draws. [draw]."""
        p = float(happens.mean())
        return cls(p, float(np.sqrt(p * (1 - p) / len(happens))))

    def as_json(self) -> dict[str, float]:
        """Return it as plain values."""
        return {"p": round(self.p, 4), "error": round(self.error, 4)}


@dataclass(frozen=True, kw_only=True)
class Over:
    """How often a school, or a group of schools, exceeds its cap in the autumns asked about."""

    years: Mapping[int, Chance]
    """By school year."""
    once: Chance
    """In at least one of them."""
    every: Chance
    """In all of them."""
    in_a_row: Chance | None
    """In as many consecutive ones as were asked about; None where no number was."""

    @classmethod
    def of(cls, happens: NDArray[np.bool_], years: Sequence[int], in_a_row: int | None) -> Over:
        """Return the odds of what happens in some draws of some years. [year, draw]."""
        return cls(
            years={year: Chance.of(row) for year, row in zip(years, happens, strict=True)},
            once=Chance.of(np.logical_or.reduce(happens)),
            every=Chance.of(np.logical_and.reduce(happens)),
            in_a_row=None if in_a_row is None else Chance.of(consecutive(happens, in_a_row)),
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "years": [{"year": year, **chance.as_json()} for year, chance in self.years.items()],
            "once": self.once.as_json(),
            "every": self.every.as_json(),
            "in_a_row": None if self.in_a_row is None else self.in_a_row.as_json(),
        }


@dataclass(frozen=True, kw_only=True)
class Joint:
    """Odds of several schools together, in one autumn or several."""

    years: tuple[int, ...]
    """School years asked about, without gaps."""
    in_a_row: int | None
    """Consecutive autumns asked about. [years]"""
    some: Over
    """At least one of the schools. In a row: at least one in each of these autumns, not always the same."""
    same: Chance | None
    """One and the same school in as many consecutive autumns as were asked about; None where no number was."""
    all: Over
    """All of the schools."""
    schools: Mapping[str, Over]
    """Each school by itself: any of the grades asked about."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "years": list(self.years),
            "consecutive": self.in_a_row,
            "at_least_one": self.some.as_json()
            | {"same_in_a_row": None if self.same is None else self.same.as_json()},
            "all": self.all.as_json(),
            "schools": [{"school": school, **over.as_json()} for school, over in self.schools.items()],
        }


def consecutive(happens: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """
    Return whether something happens in so many years that follow one another. [..., draw].

    Parameters
    ----------
    happens
        [..., year, draw].
    """
    years = happens.shape[-2]
    runs = [
        np.logical_and.reduce(happens[..., first : first + count, :], axis=-2)
        for first in range(years - count + 1)
    ]
    return np.logical_or.reduce(runs) if runs else np.zeros_like(happens[..., 0, :])


def joint_of(
    run: Run,
    schools: Sequence[str],
    grades: Sequence[int],
    years: Sequence[int],
    *,
    cap: int | None = None,
    in_a_row: int | None = None,
) -> Joint:
    """
    Return the odds of some schools together.

    Parameters
    ----------
    schools
        Those that have children or classes in a grade asked about.
    grades
        A school exceeds its cap where any of these grades does.
    years
        School years of the run, one after the other.
    cap
        Class size asked about; None: the policy's of each year. [children]
    in_a_row
        Consecutive autumns asked about, at most as many as there are years. [years]
    """
    at = [run.simulation.schools.index(school) for school in schools]
    over = np.zeros((len(at), len(years), run.simulation.draws), dtype=bool)
    for grade in grades:
        over |= exceeding(run.simulation, run.plan, run.policy, grade, years, cap)[at]
    some = np.logical_or.reduce(over)
    every = np.logical_and.reduce(over) if at else np.zeros_like(some)
    return Joint(
        years=tuple(years),
        in_a_row=in_a_row,
        some=Over.of(some, years, in_a_row),
        same=None if in_a_row is None else Chance.of(np.logical_or.reduce(consecutive(over, in_a_row))),
        all=Over.of(every, years, in_a_row),
        schools={
            school: Over.of(happens, years, in_a_row) for school, happens in zip(schools, over, strict=True)
        },
    )
