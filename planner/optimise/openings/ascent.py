"""Quasi-Newton descent over numbers within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MEMORY = 20
"""Steps from which curvature is known."""
ARMIJO = 1e-4
"""Part of the descent that the slope promises which a step must keep. [1]"""
CURVED = 1e-12
"""Curvature that counts."""
FLAT = 1e-12
"""A slope that is none."""
SHORTEST = 1e-10
"""A step so much shorter than the one tried first is none. [1]"""


def lowered(
    function: Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]],
    start: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    *,
    steps: int,
    tolerance: float,
) -> NDArray[np.float64]:
    """
    Return numbers within bounds at which a convex function is lower than at the start.

    Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, 2006, algorithm 7.4) on the numbers that the slope
    does not hold at a bound, each step projected on the bounds. Sums are numpy's own: a plan must not
    depend on how many threads a library of linear algebra takes.

    Parameters
    ----------
    function
        Returns its value and its slope.
    start
        Within the bounds.
    low, high
        The bounds; equal where a number is fixed.
    steps
        Most steps.
    tolerance
        Relative gain of a step at which it ends. [1]
    """
    at = start.copy()
    value, slope = function(at)
    moves, turns = np.zeros((2, MEMORY, len(at)))
    known = 0
    for _ in range(steps):
        loose = ~(((at <= low) & (slope >= 0)) | ((at >= high) & (slope <= 0)))
        way = _direction(moves[:known], turns[:known], slope, loose)
        if not (way * slope).sum() < 0:
            known, way = 0, np.where(loose, -slope, 0.0)
        if np.abs(way).max(initial=0.0) < FLAT:
            break
        length = 1.0 if known else min(1.0, 1 / np.sqrt((way**2).sum()))
        shortest = SHORTEST * length
        while True:
            there = np.clip(at + length * way, low, high)
            new, new_slope = function(there)
            promised = (slope * (there - at)).sum()
            if new <= value + ARMIJO * promised:
                break
            curve = new - value - promised
            length *= min(max(-promised / (2 * curve), 0.1), 0.5) if curve > 0 else 0.5
            if length < shortest:
                return at
        move, turn = there - at, new_slope - slope
        if (move * turn).sum() > CURVED * (turn**2).sum():
            if known == MEMORY:
                moves[:-1], turns[:-1] = moves[1:].copy(), turns[1:].copy()
                known -= 1
            moves[known], turns[known] = move, turn
            known += 1
        gained = value - new
        at, value, slope = there, new, new_slope
        if gained <= tolerance * max(abs(value), 1.0):
            break
    return at


def _direction(
    moves: NDArray[np.float64],
    turns: NDArray[np.float64],
    slope: NDArray[np.float64],
    loose: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return where to go: the slope turned by what is known of the curvature, among loose numbers only."""
    way = np.where(loose, -slope, 0.0)
    curved = (moves * turns * loose).sum(axis=1)
    bent = (turns**2 * loose).sum(axis=1)
    used = [n for n in range(len(moves) - 1, -1, -1) if curved[n] > CURVED * bent[n] > 0]
    shares = {}
    for n in used:
        shares[n] = float((moves[n] * way).sum() / curved[n])
        way -= shares[n] * (turns[n] * loose)
    if used:
        way *= curved[used[0]] / bent[used[0]]
    for n in reversed(used):
        way += (shares[n] - float((turns[n] * way).sum() / curved[n])) * (moves[n] * loose)
    return way
