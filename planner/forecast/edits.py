"""Demand edits: named changes of the children entitled to enter, on top of the forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.errors import ScenarioError
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.model import DemandEdit


def faults_of(district: District, stages: Sequence[str], demand: Sequence[DemandEdit]) -> list[Text]:
    """Return what is wrong with demand edits: blocks, areas and stages that the forecast does not have."""
    faults: list[Text] = []
    areas = set(district.blocks["area"].dropna())
    for number, edit in enumerate(demand, start=1):
        unknown = [block for block in edit.blocks if block not in district.blocks.index]
        if unknown:
            faults.append(
                Text(
                    "demand edit {number}: no block {blocks} in the district.",
                    number=number,
                    blocks=", ".join(unknown[:5]),
                )
            )
        if edit.area and edit.area not in areas:
            faults.append(
                Text("demand edit {number}: no block lies in the area {area}.", number=number, area=edit.area)
            )
        if edit.stage not in stages:
            faults.append(
                Text(
                    "demand edit {number}: the forecast has no stage {stage}; it has {stages}.",
                    number=number,
                    stage=edit.stage,
                    stages=", ".join(stages),
                )
            )
    return faults


def checked(district: District, stages: Sequence[str], demand: Sequence[DemandEdit]) -> None:
    """Raise `ScenarioError` with all faults of the edits."""
    if faults := faults_of(district, stages, demand):
        raise ScenarioError(*faults)


def checked_statuses(
    demand: Sequence[DemandEdit], parts: Mapping[str, Mapping[str, NDArray[np.float64]]]
) -> None:
    """
    Raise `ScenarioError` for edits of registration statuses that the children of their stage are not told apart by.

    Parameters
    ----------
    parts
        By stage and status.
    """
    faults = [
        Text(
            "demand edit {number}: children of the stage {stage} are not given by the registration status {status}. Give it in the table children, or leave it out.",
            number=number,
            stage=edit.stage,
            status=edit.status,
        )
        for number, edit in enumerate(demand, start=1)
        if edit.status and edit.status not in parts.get(edit.stage, {})
    ]
    if faults:
        raise ScenarioError(*faults)


def edited(
    district: District,
    stage: str,
    years: Sequence[int],
    demand: Sequence[DemandEdit],
    entrants: NDArray[np.float64],
    parts: Mapping[str, NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return the factor and the children added by the edits of a stage, both [block, year].

    Edits follow one another. Children added are spread over an edit's blocks in proportion to their entrants,
    or equally where they have none.

    Parameters
    ----------
    entrants
        [block, year]: expected before any edit. [children]
    parts
        By registration status [block, year]: part of the entrants, where these are told apart. [1]
    """
    factor, added = np.ones_like(entrants), np.zeros_like(entrants)
    areas = district.blocks["area"].astype(object)
    for edit in demand:
        if edit.stage != stage:
            continue
        if edit.blocks:
            rows = np.isin(np.arange(len(entrants)), district.blocks.index.get_indexer(list(edit.blocks)))
        elif edit.area:
            rows = (areas == edit.area).fillna(value=False).to_numpy(bool)
        else:
            rows = np.ones(len(entrants), dtype=bool)
        columns = np.array([edit.since <= year <= (edit.until or max(years)) for year in years])
        cells = rows[:, None] & columns[None, :]
        times = edit.factor if not edit.status else 1 + parts[edit.status] * (edit.factor - 1)
        factor = np.where(cells, factor * times, factor)
        added = np.where(cells, added * times, added)
        now = np.where(cells, entrants * factor + added, 0.0)
        total = now.sum(axis=0, keepdims=True)
        part = np.where(total > 0, now / np.where(total > 0, total, 1.0), cells / max(int(rows.sum()), 1))
        added = added + edit.children * np.where(cells, part, 0.0)
    return factor, np.maximum(added, -entrants * factor)
