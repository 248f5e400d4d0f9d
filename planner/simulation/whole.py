"""Whole children: quotas rounded so that nobody is lost, by rules that depend on nothing but the quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STEPS = 1 << 20
"""Steps in which remainders are compared, so that the last bits of a float decide no tie."""


def whole(quotas: NDArray[np.floating]) -> NDArray[np.int32]:
    """
    Round quotas to whole children by largest remainder, draw by draw.

    Parameters
    ----------
    quotas
        [part, draw]: none negative. [children]

    Returns
    -------
    Array [part, draw]; each within one of its quota, their sum the rounded sum of the quotas. Of equal
    remainders the earlier part comes first. [children]
    """
    parts = len(quotas)
    floors = np.floor(quotas + 0.5 / _STEPS)
    missing = np.rint(quotas.sum(axis=0) - floors.sum(axis=0)).astype(np.int64)
    steps = np.rint((quotas - floors) * _STEPS).astype(np.int64)
    keys = steps * parts + np.arange(parts - 1, -1, -1)[:, None]
    ranked = np.sort(keys, axis=0)
    position = np.clip(parts - missing, 0, parts - 1)
    threshold = np.take_along_axis(ranked, position[None], axis=0)[0]
    gains = (keys >= threshold) & (missing > 0)
    return floors.astype(np.int32) + gains


def split(total: NDArray[np.integer], weights: ArrayLike) -> NDArray[np.int32]:
    """
    Split whole children in proportion to weights, by largest remainder.

    Parameters
    ----------
    total
        [draw]. [children]
    weights
        [part, draw] or [part, 1]; where all are zero the parts are equal. [any unit]

    Returns
    -------
    Array [part, draw] that sums to `total`. [children]
    """
    given = np.asarray(weights, dtype=np.float64)
    sums = given.sum(axis=0)
    given = np.where(sums > 0, given, 1.0)
    return whole(total * given / np.where(sums > 0, sums, len(given)))


def in_turn(sums: NDArray[np.floating], offset: NDArray[np.floating]) -> NDArray[np.int32]:
    r"""
    Round quotas to whole children by counting on from part to part.

    .. math:: n_i = \lfloor Q_i + u \rfloor - \lfloor Q_{i-1} + u \rfloor, \quad Q_i = q_1 + \dots + q_i

    Quotas far below one child, which largest remainders would always round away or always up, come out right
    over many offsets.

    Parameters
    ----------
    sums
        [part, draw]: Q, the quotas added up from part to part. [children]
    offset
        [draw]: u in [0, 1). [children]

    Returns
    -------
    Array [part, draw]; each within one of its quota, their sum within one of the quotas' sum. [children]
    """
    reached = np.floor(sums + offset).astype(np.int32)
    reached[1:] -= reached[:-1].copy()
    return reached


def shared(
    wanted: NDArray[np.integer], room: NDArray[np.integer], first: NDArray[np.integer]
) -> NDArray[np.int32]:
    """
    Share what room there is among those who want it, in proportion, in whole children.

    Parameters
    ----------
    wanted
        [part, draw], the parts that want the same room together. [children]
    room
        [part, draw]: the room they want, the same throughout a group. [children]
    first
        [part]: position of the first part of the part's group.

    Returns
    -------
    Array [part, draw]: at most what is wanted, together at most the room. [children]
    """
    sums = np.cumsum(wanted, axis=0, dtype=np.int64)
    reached = sums - np.where(first[:, None] > 0, sums[first - 1], 0)
    last = np.append(first[1:] != first[:-1], True)
    group = np.cumsum(np.append(False, last[:-1]))
    totals = reached[last][group]
    fits = np.minimum(room, totals)
    upto = np.where(totals > 0, (2 * reached * fits + totals) // np.maximum(2 * totals, 1), 0)
    starts = first == np.arange(len(first))
    previous = np.where(starts[:, None], 0, np.roll(upto, 1, axis=0))
    return (upto - previous).astype(np.int32)
