r"""
Growth ratios of schools' grades as one random-effects model, fitted by maximum a posteriori.

With E the children of the grade below a year before times the district's ratio of that year, and O those observed,

.. math::

    O - E = E\,(\beta_g z_{s,g,t} + a_{s,t} + b_{s,g,t} + u_{s,t}) + e, \qquad \operatorname{Var} e = c_g\,E,

where z says how much larger the group is than its school's other groups (`relative_sizes`): large groups lose children to
the usual size and small ones win some, in every history seen by 5 to 20 % of what sets them apart; a is what lasts at a school, b what lasts in one of its grades (both forget at the rate :math:`\rho` a year), and u the
shock of a school in one year. Grades differ in their noise: the first after entry is mostly the least certain. The five
parameters are fitted together over all schools, each drawn
towards its prior on the logarithmic scale, so that two autumns of many schools and ten of one school both count for
what they are worth. The deviations to come are the best linear prediction under the fitted covariance: small
schools stay near the district, large ones follow their own history, recent years more than early ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from scipy import optimize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_Figures = TypeVar("_Figures", np.float32, np.float64)

PRIOR = {
    "per_child": 0.5,
    "school_year": 0.035,
    "school": 0.02,
    "school_grade": 0.025,
    "forgetting": 0.25,
}
"""Centres of the priors: count noise per child, standard deviations of u, a and b, and the rate of forgetting. New York
has 0.37, 3.4 %, 3.0 % and 4.3 %; Atlanta 0.7 to 1.2, 6.6 to 10 %, 0 to 3.5 % and 2.3 to 4.2 %."""
_PRIOR_SPREAD = np.array([0.7, 0.7, 0.7, 0.7, 0.8])
"""Standard deviations of the logarithms: a factor of two either way is unremarkable."""
_EXTREME = 3.5
"""Standard deviations beyond which a residual counts as that many."""
_ENOUGH = 1e15
"""More than any sum of squared standard residuals."""
_REVERTING = (-0.08, 0.08, 0.05)
"""Prior of the growth per relative size: its centre, and standard deviations of all grades together and of each."""
_NOISE_WORTH = 40.0
"""Transitions of a grade that the belief in equal noise is worth."""
_NOISE_RANGE = (0.5, 3.0)
_MOST_SCHOOLS = 40
"""Schools, evenly spaced by size, from which the parameters are fitted; more add time, not knowledge."""


@dataclass(frozen=True, kw_only=True)
class Ratios:
    """Fitted deviations of schools' growth from the district's, and how they vary."""

    per_child: float
    """Variance of a count around its mean, per child. [1]"""
    school_year: float
    """Standard deviation of the shock of a school in one year. [1]"""
    school: float
    school_grade: float
    """Standard deviations of what lasts at a school, and in one of its grades. [1]"""
    forgetting: float
    """Rate at which lasting deviations are forgotten. [1/year]"""
    deviation: NDArray[np.float64]
    """[school, grade]: expected in the year after the last. [1]"""
    covariance: NDArray[np.float64]
    """[school, grade, grade]: of what is not known of it. [1]"""
    own: NDArray[np.float64]
    """[school, grade]: weight of the school's own history; the rest is the district's. [1]"""
    transitions: int
    """School-grade transitions that the fit rests on."""
    reverting: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """[grade]: growth per relative size of the group it comes from; not positive. [1]"""
    noise: NDArray[np.float64] = field(default_factory=lambda: np.ones(0))
    """[grade]: factor of `per_child`, around 1. [1]"""
    parts: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0, 0)))
    """[school, part, part]: covariance of what is not known of the school's own part, then of each grade's. [1]"""


def fit_ratios(
    observed: NDArray[np.float64],
    expected: NDArray[np.float64],
    *,
    at_least: NDArray[np.bool_] | None = None,
    like: Ratios | None = None,
    relative: NDArray[np.float64] | None = None,
) -> Ratios:
    """
    Fit the deviations of growth.

    Parameters
    ----------
    observed, expected
        [school, grade, year], oldest year first; missing where there is no transition to learn from. [children]
    at_least
        The same axes: the school was full, so more children than those observed would have come. Such a count tells
        something only where it is above what is forecast without it; it never lowers a school's deviation.
    like
        A fit whose parameters hold here too, so that only the deviations are found; left out, they are fitted.
    relative
        The same axes: relative size of the group that the transition comes from; left out, it is not asked about. [1]
    """
    schools, grades, years = observed.shape
    of_grade, of_year = np.repeat(np.arange(grades), years), np.tile(np.arange(years), grades)
    told_of = (np.isfinite(observed) & np.isfinite(expected) & (expected > 0)).reshape(schools, -1)
    bound = told_of & (False if at_least is None else at_least.reshape(schools, -1))
    known = told_of & ~bound
    size = np.where(known, expected.reshape(schools, -1), 0.0)
    residual = _clipped(np.where(known, (observed - expected).reshape(schools, -1), 0.0), size, known)
    shape = _Shape(
        same_grade=(of_grade[:, None] == of_grade).astype(float),
        same_year=(of_year[:, None] == of_year).astype(float),
        apart=np.abs(of_year[:, None] - of_year).astype(float),
        noise=np.ones(len(of_year)),
    )
    told = np.flatnonzero(known.any(axis=1))
    by_size = told[np.argsort(size[told].sum(axis=1), kind="stable")]
    chosen = (
        by_size[np.unique(np.linspace(0, len(by_size) - 1, _MOST_SCHOOLS).astype(int))] if len(told) else told
    )
    few = (residual[chosen], size[chosen], known[chosen])
    sizes = np.zeros_like(size) if relative is None else np.nan_to_num(relative.reshape(schools, -1))
    reverting = np.zeros(grades)
    if relative is not None:
        reverting = _reverting(shape, np.array(list(PRIOR.values())), *few, sizes[chosen], grades)
    if like is None:
        parameters = _fitted(shape, few[0] - few[1] * sizes[chosen] * reverting[of_grade], *few[1:])
    else:
        parameters = np.array([getattr(like, name) for name in PRIOR])
    if relative is not None:
        reverting = _reverting(shape, parameters, *few, sizes[chosen], grades)
    reverted = sizes * reverting[of_grade]
    residual = residual - size * reverted
    noise = _noise(shape, parameters, residual[chosen], *few[1:], grades)
    shape = replace(shape, noise=noise[of_grade])
    deviation, parts = _predicted(shape, parameters, residual, size, known, (grades, years))
    if bound.any():
        beside = (observed - expected * (1 + reverted.reshape(observed.shape))).reshape(schools, -1)
        above = beside - expected.reshape(schools, -1) * np.repeat(deviation, years, axis=1)
        telling = bound & (above > 0)
        more = known | telling
        size = np.where(more, expected.reshape(schools, -1), 0.0)
        residual = np.where(telling, beside, residual)
        raised, parts = _predicted(shape, parameters, residual, size, more, (grades, years))
        deviation = np.maximum(deviation, raised)
    covariance = parts[:, 1:, 1:] + parts[:, :1, :1] + parts[:, 1:, :1] + parts[:, :1, 1:]
    unknown = parameters[2] ** 2 + parameters[3] ** 2
    spread = np.diagonal(covariance, axis1=1, axis2=2)
    per_child, school_year, school, school_grade, forgetting = (float(value) for value in parameters)
    return Ratios(
        per_child=per_child,
        school_year=school_year,
        school=school,
        school_grade=school_grade,
        forgetting=forgetting,
        deviation=deviation,
        covariance=covariance,
        own=np.clip(1 - spread / unknown, 0, 1),
        transitions=int(known.sum()),
        reverting=reverting,
        noise=noise,
        parts=parts,
    )


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """Which pairs of a school's transitions share what; all [transition, transition]."""

    same_grade: NDArray[np.float64]
    same_year: NDArray[np.float64]
    apart: NDArray[np.float64]
    """Years between them."""
    noise: NDArray[np.float64]
    """[transition]: factor of the noise per child."""

    def covariance(
        self, parameters: NDArray[np.float64], size: NDArray[np.float64], known: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return [school, transition, transition]; transitions that are not known stand apart with variance 1."""
        per_child, school_year, school, school_grade, forgetting = parameters
        shared = school_year**2 * self.same_year + (school**2 + school_grade**2 * self.same_grade) * np.exp(
            -forgetting * self.apart
        )
        out = size[:, :, None] * size[:, None, :] * shared
        at = np.arange(size.shape[1])
        out[:, at, at] += per_child * self.noise * size + np.where(known, 0.0, 1.0)
        return out


def _clipped(
    residual: NDArray[np.float64], size: NDArray[np.float64], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return residuals without their extremes, measured by the median: an unlisted merger must not set the noise."""
    if not known.any():
        return residual
    usual = np.sqrt(PRIOR["per_child"] * size + (2 * PRIOR["school_year"] * size) ** 2)
    scale = 1.4826 * float(np.median(np.abs(residual[known]) / usual[known]))
    limit = _EXTREME * max(scale, 0.2) * usual
    return np.clip(residual, -limit, limit)


def _fitted(
    shape: _Shape, residual: NDArray[np.float64], size: NDArray[np.float64], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the parameters, in the order of `PRIOR`, that are most probable after the residuals."""
    centre = np.log(list(PRIOR.values()))
    if not len(residual):
        return np.exp(centre)

    schools, cells = residual.shape
    bordered = np.zeros((schools, cells + 1, cells + 1))
    bordered[:, cells, :cells] = residual
    bordered[:, cells, cells] = _ENOUGH

    def surprise(logs: NDArray[np.float64]) -> float:
        # The last row of the bordered matrix's factor is the residual made white: one factorisation does for both terms.
        bordered[:, :cells, :cells] = shape.covariance(np.exp(logs), size, known)
        factor = np.linalg.cholesky(bordered)
        roots = np.diagonal(factor, axis1=1, axis2=2)[:, :cells]
        fit = 0.5 * float((factor[:, cells, :cells] ** 2).sum()) + float(np.log(roots).sum())
        return fit + 0.5 * float((((logs - centre) / _PRIOR_SPREAD) ** 2).sum())

    near = [
        (value - 4 * spread, value + 4 * spread) for value, spread in zip(centre, _PRIOR_SPREAD, strict=True)
    ]
    found = optimize.minimize(
        surprise, centre, method="L-BFGS-B", bounds=near, options={"maxiter": 20, "ftol": 1e-6}
    )
    return np.exp(found.x)


def relative_sizes(pupils: NDArray[_Figures]) -> NDArray[_Figures]:
    r"""
    Return how much larger each group is than its school's groups are on the whole [school, grade, ...].

    With :math:`x_{s,g} = N_{s,g} / \sum_s N_{s,g}` it is :math:`x_{s,g} / \bar x_s - 1`, between -1/2 and 1/2, so that what
    all schools of a grade have in common is no one's size; 0 where a school has no other group.

    Parameters
    ----------
    pupils
        [school, grade, ...]; missing or 0 where a grade is not taught. [children]
    """
    taught = pupils > 0
    part = np.where(taught, pupils, pupils.dtype.type(0))
    total = part.sum(axis=0)
    part /= np.where(total > 0, total, 1)
    usual = part.sum(axis=1) / np.maximum(taught.sum(axis=1), 1).astype(pupils.dtype)
    part /= np.where(usual > 0, usual, 1)[:, None]
    part -= 1
    return np.where(taught, np.clip(part, -0.5, 0.5, out=part), pupils.dtype.type(0))


def mean_size(sizes: NDArray[np.float64], children: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Return the mean relative size of the groups of all schools, each child counting once [grade, ...].

    The growth that all schools share is one of sums: about this mean no child is gained or lost by sizes.

    Parameters
    ----------
    sizes, children
        [school, grade, ...]; children missing where there is no group. [1], [children]
    """
    some = np.nan_to_num(children)
    total = some.sum(axis=0)
    return (some * sizes).sum(axis=0) / np.where(total > 0, total, 1.0)


def usual_sizes(moving: NDArray[np.float64], starts: Sequence[int]) -> NDArray[np.float64]:
    """
    Return how much larger each group that moves up is than its school's others of the stage, about the district's mean.

    Parameters
    ----------
    moving
        [school, grade, ...]: those who would now be in the grade; missing or 0 where there is no group. [children]
    starts
        Positions of the stages' starting grades, rising; into these nobody moves up.
    """
    out = np.zeros(moving.shape)
    for first, end in zip(starts, (*starts[1:], moving.shape[1]), strict=True):
        groups = moving[:, first + 1 : end]
        if groups.shape[1]:
            sizes = relative_sizes(groups)
            out[:, first + 1 : end] = np.where(groups > 0, sizes - mean_size(sizes, groups), 0.0)
    return out


def _reverting(
    shape: _Shape,
    parameters: NDArray[np.float64],
    residual: NDArray[np.float64],
    size: NDArray[np.float64],
    known: NDArray[np.bool_],
    sizes: NDArray[np.float64],
    grades: int,
) -> NDArray[np.float64]:
    """Return growth per relative size by grade: generalised least squares, drawn towards what other histories showed."""
    centre, common, own = _REVERTING
    if not len(residual):
        return np.full(grades, centre)
    years = len(shape.apart) // grades
    design = (size * sizes)[:, :, None] * np.repeat(np.eye(grades), years, axis=0)[None]
    solved = np.linalg.solve(
        shape.covariance(parameters, size, known), np.concatenate([design, residual[:, :, None]], axis=2)
    )
    precision = np.linalg.inv(common**2 + own**2 * np.eye(grades))
    told = np.einsum("sig,sih->gh", design, solved[:, :, :-1])
    towards = np.einsum("sig,si->g", design, solved[:, :, -1])
    found = np.linalg.solve(told + precision, towards + precision @ np.full(grades, centre))
    return np.clip(found, -0.5, 0.0)


def _noise(
    shape: _Shape,
    parameters: NDArray[np.float64],
    residual: NDArray[np.float64],
    size: NDArray[np.float64],
    known: NDArray[np.bool_],
    grades: int,
) -> NDArray[np.float64]:
    r"""
    Return each grade's factor of the noise per child, drawn towards 1.

    A transition is held against what all others of its school say of it: with :math:`P = C^{-1}` its error is
    :math:`(P r)_i / P_{ii}` of variance :math:`1/P_{ii}`.
    """
    if not len(residual):
        return np.ones(grades)
    inverse = np.linalg.inv(shape.covariance(parameters, size, known))
    told = np.diagonal(inverse, axis1=1, axis2=2)
    error = np.einsum("sij,sj->si", inverse, residual) / told
    counted = parameters[0] * size
    usable = known & (counted > 0)
    beyond = np.minimum(error**2 * told, _EXTREME**2) / told - 1 / told
    # Weighted by the certainty of each variance, so that large schools with other shocks do not decide.
    weights = np.where(usable, (counted * told) ** 2, 0.0)
    excess = np.where(usable, counted * told**2 * beyond, 0.0)
    of = np.repeat(np.eye(grades), len(shape.apart) // grades, axis=0)
    weight, found = (weights @ of).sum(axis=0), (excess @ of).sum(axis=0)
    everywhere = found.sum() / weight.sum() if weight.sum() > 0 else 0.0
    factor = 1 + (found - everywhere * weight) / (weight + _NOISE_WORTH)
    return np.clip(factor, *_NOISE_RANGE)


def _predicted(
    shape: _Shape,
    parameters: NDArray[np.float64],
    residual: NDArray[np.float64],
    size: NDArray[np.float64],
    known: NDArray[np.bool_],
    extent: tuple[int, int],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lasting deviations in the coming year [school, grade], and the covariance of their parts [school, part, part]."""
    grades, coming = extent
    of_grade, of_year = np.repeat(np.arange(grades), coming), np.tile(np.arange(coming), grades)
    _, _, school, school_grade, forgetting = parameters
    same = (np.arange(grades)[:, None] == of_grade).astype(float)
    kept = np.exp(-forgetting * (coming - of_year))
    towards = np.concatenate([school**2 * kept[None], school_grade**2 * same * kept])
    alone = np.diag([school**2, *[school_grade**2] * grades])
    between = towards[None] * size[:, None, :]
    solved = np.linalg.solve(
        shape.covariance(parameters, size, known),
        np.concatenate([residual[:, :, None], between.transpose(0, 2, 1)], axis=2),
    )
    lasting = np.einsum("spi,si->sp", between, solved[:, :, 0])
    covariance = alone[None] - np.einsum("spi,siq->spq", between, solved[:, :, 1:])
    return lasting[:, :1] + lasting[:, 1:], covariance
