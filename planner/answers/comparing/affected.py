"""Who goes elsewhere than in the first scenario: how many children, from where, and how far they walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.answers.comparing.model import MOVED
from planner.answers.comparing.stages import facts_of
from planner.outcomes import moves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from planner.pipeline import Run
    from planner.plan import Plan
    from planner.plan.model import Diversion

_TYPES = {
    "stage": "str",
    "year": "int64",
    "block": "str",
    "grade": "Int64",
    "from": "str",
    "to": "str",
    "children": "float64",
    "metres_before": "float64",
    "metres_after": "float64",
}


def moved_children(run: Run, base: Run) -> pd.DataFrame:
    """
    Return the children who go elsewhere than in the base, by block and year or by school and year.

    Entrants of the blocks whose catchment differs; and those whom one scenario sends from one school to another and
    the other does not, entrants every year, later grades once. Ways are on foot, from the middle of the block to
    the schools of the catchment in the parts that the plan gives them; of children sent, on average over the homes
    of the entrants of the school that they leave.

    Returns
    -------
    DataFrame
        stage, year, block (missing for children sent), grade (of a year group that moves), from, to (catchments or
        schools; empty for none), children (mean), metres_before, metres_after (missing where unknown).
    """
    table = moves(facts_of(run), base.plan)
    table["metres_before"] = _ways(base, table, "from")
    table["metres_after"] = _ways(run, table, "to")
    rows = [*_sent(run, base, back=False), *_sent(base, run, back=True)]
    whole = pd.concat([table.assign(grade=pd.NA), *(pd.DataFrame([row]) for row in rows)], ignore_index=True)
    return whole.reindex(MOVED, axis=1).astype(_TYPES)


def _ways(run: Run, table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return the ways from the blocks of some rows to the schools of the catchments in a column. [m]."""
    plan = run.plan
    catchments = {(each.stage, each.key): c for c, each in enumerate(plan.catchments)}
    blocks = {block: b for b, block in enumerate(plan.blocks)}
    found = np.full(len(table), np.nan)
    for row, (stage, year, block, key) in enumerate(
        table[["stage", "year", "block", column]].itertuples(index=False)
    ):
        catchment = catchments.get((stage, key))
        if catchment is not None:
            shares = plan.shares[catchment, :, plan.years.index(year)]
            there = np.flatnonzero(shares)
            found[row] = float(shares[there] @ run.distances[blocks[block], there])
    return found


def _sent(run: Run, other: Run, *, back: bool) -> Iterator[dict[str, object]]:
    """
    Yield the children whom a run sends from one school to another, and the other run does not.

    Parameters
    ----------
    back
        Whether it is the base that sends them, so that in the other scenario they stay.
    """
    for diversion in run.plan.diversions:
        if diversion in other.plan.diversions:
            continue
        for t, year in enumerate(run.plan.years):
            for grade, children in _numbers(diversion, other, t, year):
                before, after = (
                    _mean_way(other, diversion, school, t)
                    for school in (diversion.from_school, diversion.to_school)
                )
                ends = (diversion.from_school, before), (diversion.to_school, after)
                (start, metres_before), (end, metres_after) = reversed(ends) if back else ends
                yield {
                    "stage": diversion.stage,
                    "year": year,
                    "grade": grade,
                    "from": start,
                    "to": end,
                    "children": children,
                    "metres_before": metres_before,
                    "metres_after": metres_after,
                }


def _numbers(diversion: Diversion, run: Run, t: int, year: int) -> Iterator[tuple[int | None, float]]:
    """Yield grades (None: the entrants) and mean children of a diversion in a year, counted where it is not carried out."""
    simulation = run.simulation
    school = simulation.schools.index(diversion.from_school)
    if diversion.grades:
        if year != diversion.since:
            return
        for grade in diversion.grades:
            there = simulation.pupils[school, simulation.grades.index(grade), t]
            yield grade, _part(diversion, there)
    elif diversion.since <= year <= diversion.until:
        yield None, _part(diversion, simulation.demand[school, simulation.stages.index(diversion.stage), t])


def _part(diversion: Diversion, there: NDArray[np.integer]) -> float:
    """Return how many of the children [draw] a diversion moves, on average."""
    asked = np.floor(there * diversion.share + 0.5) if diversion.share > 0 else diversion.children
    return float(np.minimum(there, asked).mean())


def _mean_way(run: Run, diversion: Diversion, school: str, t: int) -> float:
    """Return the mean way to a school of the entrants expected at the school that a diversion starts from. [m]."""
    plan: Plan = run.plan
    homes = run.simulation.expected_from[
        plan.stages.index(diversion.stage), :, plan.schools.index(diversion.from_school), t
    ]
    ways = run.distances[:, plan.schools.index(school)]
    known = np.isfinite(ways) & (homes > 0)
    return float(np.average(ways[known], weights=homes[known])) if known.any() else float("nan")


def by_pair(moved: pd.DataFrame) -> pd.DataFrame:
    """
    Return the children moved by scenario, stage and pair of schools or catchments.

    Returns
    -------
    DataFrame
        scenario, stage, from, to, since (first year), blocks, children_first (in that year), children (all years),
        metres_before, metres_after (means, weighted by the children).
    """

    def told(pair: pd.DataFrame) -> dict[str, object]:
        since = pair["year"].min()
        return {
            "since": since,
            "blocks": pair["block"].nunique(),
            "children_first": pair.loc[pair["year"] == since, "children"].sum(),
            "children": pair["children"].sum(),
        }

    return _grouped(moved, ["scenario", "stage", "from", "to"], told)


def by_year(moved: pd.DataFrame) -> pd.DataFrame:
    """
    Return the children moved by scenario, stage and year.

    Returns
    -------
    DataFrame
        scenario, stage, year, blocks, children, further (children whose way is longer), metres_before, metres_after.
    """

    def told(part: pd.DataFrame) -> dict[str, object]:
        further = part["metres_after"] > part["metres_before"]
        return {
            "blocks": part["block"].nunique(),
            "children": part["children"].sum(),
            "further": part.loc[further, "children"].sum(),
        }

    return _grouped(moved, ["scenario", "stage", "year"], told)


def _grouped(
    moved: pd.DataFrame, keys: list[str], told: Callable[[pd.DataFrame], dict[str, object]]
) -> pd.DataFrame:
    """Return a row for each group of the children moved: its keys, what is told of it, its mean ways."""
    groups = [part for _, part in moved.groupby(keys, sort=False)]
    rows = [{**told(part), **mean_ways(part)} for part in groups]
    firsts = pd.concat([moved.iloc[:0], *(part.iloc[:1] for part in groups)])[keys].reset_index(drop=True)
    columns = [*told(moved.iloc[:0]), "metres_before", "metres_after"]
    return pd.concat([firsts, pd.DataFrame(rows, columns=columns)], axis=1)


def mean_ways(moved: pd.DataFrame) -> dict[str, float]:
    """Return the mean way before and after of the children whose ways are both known; NaN where there are none. [m]."""
    known = moved.dropna(subset=["metres_before", "metres_after"])
    weights = known["children"].to_numpy(np.float64)
    if not weights.sum() > 0:
        return {"metres_before": np.nan, "metres_after": np.nan}
    return {
        name: float(np.average(known[name].to_numpy(np.float64), weights=weights))
        for name in ("metres_before", "metres_after")
    }
