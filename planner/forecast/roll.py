"""
The expected path of the public schools' pupils: what later stages' entrants and the growth that new dwellings
bring are measured against. Plans and rooms play no part in it; the simulation has the say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.arrays import positions
from planner.forecast.ratios import usual_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.forecast.progression import Moves

_ENOUGH = 5.0
"""Children below whom a school's grade is too small to carry newcomers as growth. [children]"""


def schools_of_blocks(
    groups: Sequence[str], schools: Sequence[str], intake: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Return [block, school]: the part of a block's children that each school of its catchment takes.

    Schools of a joint catchment share in proportion to their last intake, or equally when they had none.
    """
    out = np.zeros((len(groups), len(schools)))
    codes, keys = pd.factorize(np.array(groups, dtype=object))
    for code, key in enumerate(keys):
        members = positions(key.split("+"), schools)
        members = members[members >= 0]
        if not len(members):
            continue
        taken = np.nan_to_num(intake[members])
        out[np.ix_(codes == code, members)] = taken / taken.sum() if taken.sum() > 0 else 1 / len(members)
    return out


def moved_on(shares: NDArray[np.float64], moves: Moves, grade: int) -> NDArray[np.float64]:
    """Return the parts [block, school] at a grade: children of schools that end below it have moved on."""
    for _ in range(len(moves.last)):
        ended = (moves.last >= 0) & (moves.last < grade) & (shares.any(axis=0))
        ended &= moves.shares.sum(axis=1) > 0
        if not ended.any():
            return shares
        passed = np.where(ended[None, :], shares, 0.0)
        shares = np.where(ended[None, :], 0.0, shares) + np.einsum("bs,st->bt", passed, moves.shares)
    return shares


def shared_over_blocks(
    pupils: NDArray[np.float64], parts: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Return the pupils of a grade by the blocks that their schools serve [block]; those of a school that serves none are left out.

    Parameters
    ----------
    pupils
        [school]. [children]
    parts
        [block, school]: part of a block's children that a school takes.
    weights
        [block]: of the sharing rule.
    """
    load = parts * weights[:, None]
    total = load.sum(axis=0)
    # A catchment whose blocks have no weight at all is shared equally.
    load = np.where(total[None, :] > 0, load, parts)
    total = load.sum(axis=0)
    return np.einsum(
        "bs,s->b", load / np.where(total > 0, total, 1.0), np.where(total > 0, np.nan_to_num(pupils), 0.0)
    )


def intakes(
    staying: NDArray[np.float64],
    parts: NDArray[np.float64],
    choice: NDArray[np.floating],
    arriving: NDArray[np.float64],
) -> NDArray[np.float64]:
    """
    Return the children that enter each public school [school, year], were nobody turned away.

    Children of blocks without a catchment are spread over the schools as the others are.
    """
    at_home = staying * (1 - choice.sum(axis=1))[:, None]
    homeless = parts.sum(axis=1) <= 0
    into = np.einsum("bs,bt->st", parts, at_home) + np.einsum("bs,bt->st", choice.astype(np.float64), staying)
    lost = at_home[homeless].sum(axis=0)
    total = into.sum(axis=0)
    into = into * (1 + np.divide(lost, total, out=np.zeros_like(lost), where=total > 0))
    return into + arriving[:, None]


@dataclass(frozen=True, kw_only=True)
class Rolled:
    """A stage on the expected path; all [school, grade of the stage, year]."""

    pupils: NDArray[np.float64]
    """[children]"""
    base: NDArray[np.float64]
    """Children of the grade below who would now be in the grade. [children]"""
    growth: NDArray[np.float64]
    """Children of the grade per child of the base, without newcomers. [1]"""


def rolled(
    now: NDArray[np.float64],
    entering: NDArray[np.float64],
    growth: NDArray[np.float64],
    reverting: NDArray[np.float64],
    newcomers: NDArray[np.float64],
    teaches: NDArray[np.bool_],
    moves: Moves,
    grades: Sequence[int],
) -> Rolled:
    r"""
    Roll a stage forward on the expected path.

    .. math:: N_{s,g,t} = r_{s,g}\,(1 + \beta_{s,g} z_{s,g,t})\,(N_{s,g-1,t-1} + M_{s,g-1,t-1}) + A_{s,g,t}

    with M the children moved on to the school from schools that end below grade g, z the relative size of the group
    beside the school's others, and A the newcomers of new dwellings and of drivers, where the school's grade has children
    enough to carry them. Only year groups of the last count revert to their school's usual size: those yet to enter are
    as large as catchments and plans make them.

    Parameters
    ----------
    now
        [school, grade of the stage]: the last count. [children]
    entering
        [school, year]. [children]
    growth, reverting
        [school, grade of the stage]. [1]
    newcomers
        [school, grade of the stage, year]: children who move in; negative where they move away. [children/year]
    teaches
        [school, grade of the stage].
    grades
        Of the stage.
    """
    years = entering.shape[1]
    pupils, base, grown = (np.zeros((*now.shape, years)) for _ in range(3))
    before = now
    for year in range(years):
        pupils[:, 0, year] = entering[:, year]
        for at, grade in enumerate(grades[1:], start=1):
            ending = (moves.last == grade - 1)[:, None]
            below = before[:, at - 1]
            going = np.where(ending[:, 0] & (moves.shares.sum(axis=1) > 0), below, 0.0)
            came = (below - going) + np.einsum("st,s->t", moves.shares, going)
            base[:, at, year] = came
        counted = np.where(np.arange(len(grades)) > year, base[:, :, year], 0.0)
        grown[:, :, year] = growth * (1 + reverting * usual_sizes(counted, (0,)))
        carried = np.where(teaches & (base[:, :, year] >= _ENOUGH), newcomers[:, :, year], 0.0)
        later = grown[:, :, year] * base[:, :, year] + carried
        pupils[:, 1:, year] = np.maximum(later[:, 1:], 0.0)
        before = pupils[:, :, year]
    return Rolled(pupils=pupils, base=base, growth=grown)


def newcomers_share(
    newcomers: NDArray[np.floating], base: NDArray[np.floating], teaches: NDArray[np.bool_]
) -> NDArray[np.floating]:
    """
    Return newcomers per child of the base, at most 1 and at least -1; none where too few children could carry them.

    Parameters
    ----------
    newcomers, base
        Of one shape, or shapes that broadcast to one. [children]
    teaches
        Whether the school teaches the grade, of the same kind of shape.
    """
    carries = teaches & (base >= _ENOUGH)
    return np.where(carries, np.clip(newcomers / np.where(carries, base, 1.0), -1.0, 1.0), 0.0)


def without_carriers(
    newcomers: NDArray[np.float64], base: NDArray[np.float64], teaches: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """
    Return newcomers whom no growth can carry, because hardly any children are in their grade yet [year]. [children]

    Parameters
    ----------
    newcomers, base
        [school, grade, year]. [children]
    teaches
        [school, grade]: grades into which growth leads.
    """
    lost = teaches[:, :, None] & (base < _ENOUGH)
    return np.where(lost, np.maximum(newcomers, 0.0), 0.0).sum(axis=(0, 1))


def newcomers_by_school(stock: NDArray[np.float64], parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return children who move into new dwellings each year, by school and grade [school, grade, year]. [children/year]

    Parameters
    ----------
    stock
        [block, year]: children of one age in new dwellings; their yearly increase moves in. [children]
    parts
        [block, school, grade]: part of a block's children that a school's grade takes. [1]
    """
    more = np.maximum(np.diff(stock, axis=1, prepend=0.0), 0.0)
    built = np.flatnonzero(more.any(axis=1))
    return np.einsum("bsg,bt->sgt", parts[built], more[built])
