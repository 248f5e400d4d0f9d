"""Fixed small costs that choose among equally good solutions."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.optimise.facts import IntakeFacts
    from planner.optimise.letters import Family

TIE = 1e-5
"""Largest cost that breaks a tie: one centimetre a child. [km]"""


def tie_costs(facts: IntakeFacts, families: dict[str, Family], columns: int) -> NDArray[np.float64]:
    """Return the fixed small cost of every column that breaks ties; see `state_intake`. [km]"""
    schools, years, grades, stages = (
        _marks(ids) for ids in (facts.schools, facts.years, facts.grades, facts.stages)
    )
    by_id = np.argsort(np.array(facts.schools, dtype=object), kind="stable")
    ways = np.rint(facts.metres[:, by_id]).astype("<i8")
    blocks = np.array([zlib.crc32(row.tobytes()) for row in ways], dtype=np.uint64)
    ties = np.zeros(columns)
    e, b, s, t = families["x"].keys.T
    ties[families["x"].columns] = 0.1 * _noise(stages[e], blocks[b], schools[s], years[t])
    e, b, t = families["u"].keys.T
    ties[families["u"].columns] = 0.1 * _noise(stages[e], blocks[b], years[t])
    e, s, z, t = families["y"].keys.T
    ties[families["y"].columns] = 0.1 * _noise(stages[e], schools[s], schools[z], years[t])
    e, s, t = families["v"].keys.T
    ties[families["v"].columns] = 0.1 * _noise(stages[e], schools[s], years[t])
    for letter, scale in (("n", 0.9), ("o", 1.0), ("q", 1.0), ("c", 0.3)):
        s, g, t = families[letter].keys.T
        ties[families[letter].columns] = scale * _noise(_marks([letter]), schools[s], grades[g], years[t])
    for letter in ("split", "merge"):
        ties[families[letter].columns] = 0.01
    return TIE * ties


def _noise(*parts: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Mix integers into numbers of [0, 1) that look drawn at random and depend on nothing else (splitmix64)."""
    mixed = np.zeros(np.broadcast_shapes(*(part.shape for part in parts)), dtype=np.uint64)
    for part in parts:
        mixed = (mixed ^ part) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _marks(ids: Iterable[str | int]) -> NDArray[np.uint64]:
    """Return a number for each id that depends on the id alone."""
    return np.array([zlib.crc32(str(name).encode()) for name in ids], dtype=np.uint64)
