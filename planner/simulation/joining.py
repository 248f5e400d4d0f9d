"""Batches of draws put together, and the promise that no child is lost on the way."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.errors import PlanError
from planner.simulation.model import Simulation
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_AXES = ("blocks", "schools", "stages", "grades", "years", "starts", "unevenness")


def join(simulations: Sequence[Simulation]) -> Simulation:
    """Return simulations of the same plan as one, along the draw axis, in the order given."""
    first = simulations[0]
    if len(simulations) == 1:
        return first
    parts: dict[str, Any] = {name: getattr(first, name) for name in _AXES}
    draws = np.array([part.pupils.shape[-1] for part in simulations])
    ends = np.cumsum(draws)
    pairs = {pair for part in simulations for pair in part.placements}
    stage, school = ({name: at for at, name in enumerate(names)} for names in (first.stages, first.schools))
    placements = sorted(pairs, key=lambda pair: (stage[pair[0]], school[pair[1]], school[pair[2]]))
    row = {pair: at for at, pair in enumerate(placements)}
    placed = np.zeros((len(placements), len(first.years), int(ends[-1])), np.int16)
    for part, end, number in zip(simulations, ends, draws, strict=True):
        placed[[row[pair] for pair in part.placements], :, end - number : end] = part.placed
    parts |= {"placements": tuple(placements), "placed": placed}
    for name in ("block_entrants", "expected_from"):
        means = np.stack([getattr(part, name) for part in simulations])
        parts[name] = np.average(means, axis=0, weights=draws).astype(np.float32)
    parts["entrants_in"] = sum(part.entrants_in for part in simulations)
    for field in fields(Simulation):
        if field.name not in parts and getattr(first, field.name) is not None:
            parts[field.name] = np.concatenate([getattr(part, field.name) for part in simulations], axis=-1)
    return Simulation(**parts)


def check_conservation(simulation: Simulation) -> None:
    """
    Check that nobody was lost or made up at entry, in any stage, year and draw.

    entitled + arriving = seated within the cap + seated above it + private + elsewhere + unplaced; those seated
    are the school's own and those received; those turned away are those placed elsewhere and those unplaced.

    Raises
    ------
    PlanError
        With every stage and year where a draw does not add up.
    """
    faults: list[Text] = []
    for stage, name in enumerate(simulation.stages):
        seated = simulation.admitted[:, stage]
        turned_away, received, unplaced = (
            figures[:, stage]
            for figures in (simulation.turned_away, simulation.received, simulation.unplaced)
        )
        came = simulation.entitled[stage] + simulation.arriving[stage]
        left = simulation.private[stage] + simulation.elsewhere[stage]
        of_stage = [at for at, pair in enumerate(simulation.placements) if pair[0] == name]
        placed = simulation.placed[of_stage].sum(axis=0, dtype=np.int64)
        own = simulation.demand[:, stage] - turned_away
        checks = (
            (
                Text("the entrants are not those seated, gone and unplaced"),
                came - left - _all(seated) - _all(unplaced),
            ),
            (
                Text("those seated are not the school's own and those received"),
                _all(np.abs(seated - own - received)),
            ),
            (
                Text("those turned away are not those placed and unplaced"),
                _all(turned_away) - placed - _all(unplaced),
            ),
            (Text("those placed are not those received"), placed - _all(received)),
        )
        faults += [
            Text(
                "{stage} {year}: {fault}, in {draws} draws",
                stage=name,
                year=autumn,
                fault=fault,
                draws=np.count_nonzero(off[year]),
            )
            for fault, off in checks
            for year, autumn in enumerate(simulation.years)
            if off[year].any()
        ]
    if faults:
        raise PlanError(*faults)


def _all(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    return counts.sum(axis=0, dtype=np.int64)
