r"""
Growth ratios of schools' grades as one random-effects model, fitted by maximum a posteriori.

With E the children of the grade below a year before times the district's ratio of that year, and O those observed,

.. math::

    O - E = E\,(a_{s,t} + b_{s,g,t} + u_{s,t}) + e, \qquad \operatorname{Var} e = c\,E,

where a is what lasts at a school, b what lasts in one of its grades (both forget at the rate :math:`\rho` a year),
and u the shock of a school in one year. The five parameters are fitted together over all schools, each drawn
towards its prior on the logarithmic scale, so that two autumns of many schools and ten of one school both count for
what they are worth. The deviations to come are the best linear prediction under the fitted covariance: small
schools stay near the district, large ones follow their own history, recent years more than early ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRIOR = {"per_child": 0.5, "school_year": 0.035, "school": 0.02, "school_grade": 0.025, "forgetting": 0.25}
"""Centres of the priors: count noise per child, standard deviations of u, a and b, and the rate of forgetting. New York
has 0.37, 3.4 %, 3.0 % and 4.3 %; Atlanta 0.7 to 1.2, 6.6 to 10 %, 0 to 3.5 % and 2.3 to 4.2 %."""
_PRIOR_SPREAD = np.array([0.7, 0.7, 0.7, 0.7, 0.8])
"""Standard deviations of the logarithms: a factor of two either way is unremarkable."""
_EXTREME = 3.5
"""Standard deviations beyond which a residual counts as that many."""
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


def fit_ratios(observed: NDArray[np.float64], expected: NDArray[np.float64]) -> Ratios:
    """
    Fit the deviations of growth.

    Parameters
    ----------
    observed, expected
        [school, grade, year], oldest year first; missing where there is no transition to learn from. [children]
    """
    schools, grades, years = observed.shape
    of_grade, of_year = np.repeat(np.arange(grades), years), np.tile(np.arange(years), grades)
    known = (np.isfinite(observed) & np.isfinite(expected) & (expected > 0)).reshape(schools, -1)
    size = np.where(known, expected.reshape(schools, -1), 0.0)
    residual = _clipped(np.where(known, (observed - expected).reshape(schools, -1), 0.0), size, known)
    shape = _Shape(
        same_grade=(of_grade[:, None] == of_grade).astype(float),
        same_year=(of_year[:, None] == of_year).astype(float),
        apart=np.abs(of_year[:, None] - of_year).astype(float),
    )
    told = np.flatnonzero(known.any(axis=1))
    by_size = told[np.argsort(size[told].sum(axis=1), kind="stable")]
    chosen = (
        by_size[np.unique(np.linspace(0, len(by_size) - 1, _MOST_SCHOOLS).astype(int))] if len(told) else told
    )
    parameters = _fitted(shape, residual[chosen], size[chosen], known[chosen])
    deviation, covariance = _predicted(shape, parameters, residual, size, known, (grades, years))
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
    )


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """Which pairs of a school's transitions share what; all [transition, transition]."""

    same_grade: NDArray[np.float64]
    same_year: NDArray[np.float64]
    apart: NDArray[np.float64]
    """Years between them."""

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
        out[:, at, at] += per_child * size + np.where(known, 0.0, 1.0)
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

    def surprise(logs: NDArray[np.float64]) -> float:
        factor = np.linalg.cholesky(shape.covariance(np.exp(logs), size, known))
        white = np.linalg.solve(factor, residual[:, :, None])
        fit = 0.5 * float((white**2).sum()) + float(np.log(np.diagonal(factor, axis1=1, axis2=2)).sum())
        return fit + 0.5 * float((((logs - centre) / _PRIOR_SPREAD) ** 2).sum())

    near = [
        (value - 4 * spread, value + 4 * spread) for value, spread in zip(centre, _PRIOR_SPREAD, strict=True)
    ]
    found = optimize.minimize(
        surprise, centre, method="L-BFGS-B", bounds=near, options={"maxiter": 20, "ftol": 1e-6}
    )
    return np.exp(found.x)


def _predicted(
    shape: _Shape,
    parameters: NDArray[np.float64],
    residual: NDArray[np.float64],
    size: NDArray[np.float64],
    known: NDArray[np.bool_],
    extent: tuple[int, int],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each school's lasting deviations [school, grade] in the coming year, and their covariance."""
    grades, coming = extent
    of_grade, of_year = np.repeat(np.arange(grades), coming), np.tile(np.arange(coming), grades)
    _, _, school, school_grade, forgetting = parameters
    same = (np.arange(grades)[:, None] == of_grade).astype(float)
    towards = (school**2 + school_grade**2 * same) * np.exp(-forgetting * (coming - of_year))
    alone = school**2 + school_grade**2 * np.eye(grades)
    between = towards[None] * size[:, None, :]
    solved = np.linalg.solve(
        shape.covariance(parameters, size, known),
        np.concatenate([residual[:, :, None], between.transpose(0, 2, 1)], axis=2),
    )
    deviation = np.einsum("sgi,si->sg", between, solved[:, :, 0])
    covariance = alone[None] - np.einsum("sgi,sih->sgh", between, solved[:, :, 1:])
    return deviation, covariance
