"""What opening years must keep to whatever the children do: once each, precedence, choices, budgets, construction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import Bounds, milp

from planner.errors import QuestionError
from planner.optimise.openings.facts import NEVER
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from planner.optimise.openings.facts import Projects


class Row(NamedTuple):
    """A sum over opening years that has limits."""

    name: str
    terms: dict[tuple[int, int], float]
    """Factor of each (project, year of opening)."""
    low: float
    high: float


def project_rows(projects: Projects, names: Sequence[str], years: Sequence[str]) -> Iterator[Row]:
    """
    Yield equation (7) of the openings model.

    Parameters
    ----------
    projects
        The projects.
    names, years
        What stands for each project and year in the names of the rows.

    Yields
    ------
    Rows over the openings allowed; rows that nothing could break are left out.
    """
    openings: list[tuple[int, int]] = [(p, v) for p, v in np.argwhere(projects.allowed).tolist()]

    def within(members: Sequence[int]) -> dict[tuple[int, int], float]:
        return {(p, v): 1.0 for p, v in openings if p in members}

    for p in range(projects.count):
        if own := within([p]):
            yield Row(f"once({names[p]})", own, -np.inf, 1.0)
    for p, other in projects.needs:
        for t in range(projects.allowed.shape[1]):
            terms = {(q, v): (1.0 if q == p else -1.0) for q, v in openings if q in {p, other} and v <= t}
            if any(q == p for q, _ in terms):
                yield Row(f"needs({names[p]},{names[other]},{years[t]})", terms, -np.inf, 0.0)
    for n, members in enumerate(projects.at_most_one, start=1):
        if own := within(members):
            yield Row(f"at_most_one({n})", own, -np.inf, 1.0)
    for n, members in enumerate(projects.exactly_one, start=1):
        yield Row(f"exactly_one({n})", within(members), 1.0, 1.0)
    yield from _yearly("budget", projects.budget, projects.spending, openings, years)
    if np.isfinite(projects.budget_total):
        spent = projects.spending.sum(axis=2)
        terms = {at: float(spent[at]) for at in openings if spent[at]}
        yield Row("budget_total", terms, -np.inf, float(projects.budget_total))
    yield from _yearly("building", projects.building_limit, projects.building, openings, years)


def _yearly(
    name: str,
    limits: NDArray[np.float64],
    amounts: NDArray[np.float64],
    openings: list[tuple[int, int]],
    years: Sequence[str],
) -> Iterator[Row]:
    """Yield a row for each year with a limit of the amounts [project, year of opening, year]."""
    for t in np.flatnonzero(np.isfinite(limits)).tolist():
        terms = {(p, v): float(amounts[p, v, t]) for p, v in openings if amounts[p, v, t]}
        if terms:
            yield Row(f"{name}({years[t]})", terms, -np.inf, float(limits[t]))


def no_openings() -> QuestionError:
    """Return the error of demands on projects that contradict each other."""
    return QuestionError(
        Text("no opening years of the projects keep to what must open, precedence and budgets")
    )


def some_openings(projects: Projects) -> NDArray[np.int64]:
    """
    Return opening years with as few projects as may be that keep to all rows. [project].

    Raises
    ------
    QuestionError
        There are none.
    """
    openings: list[tuple[int, int]] = [(p, v) for p, v in np.argwhere(projects.allowed).tolist()]
    opens = np.full(projects.count, NEVER)
    if not openings:
        if projects.exactly_one:
            raise no_openings()
        return opens
    numbers = [str(position) for position in range(max(projects.allowed.shape))]
    rows = list(project_rows(projects, numbers, numbers))
    factors = np.array([[row.terms.get(at, 0.0) for at in openings] for row in rows])
    low, high = np.array([row.low for row in rows]), np.array([row.high for row in rows])
    found = milp(
        np.ones(len(openings)),
        integrality=np.ones(len(openings)),
        bounds=Bounds(0, 1),
        constraints=(factors, low, high),
    )
    if found.x is None:
        raise no_openings()
    for (p, v), chosen in zip(openings, found.x, strict=True):
        if chosen > 0.5:
            opens[p] = v
    return opens
