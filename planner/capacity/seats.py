"""Seats where no classes are formed: who has one, and who is above them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def seats_taken(pupils: NDArray[np.integer[Any]], seats: NDArray[np.integer[Any]]) -> NDArray[np.int16]:
    """
    Return the children of each grade who have a seat. [school, grade, draw] [children].

    All of them where the school has as many seats; else its seats are divided in proportion to the children, whole
    by largest remainder, the lower grade first on a tie. A school's seats serve all its grades.

    Parameters
    ----------
    pupils
        [school, grade, draw]. [children]
    seats
        [school]. [children]
    """
    total = pupils.sum(axis=1, keepdims=True, dtype=np.int64)
    held = np.minimum(seats[:, None, None].astype(np.int64), total)
    parts, rest = np.divmod(pupils * held, np.maximum(total, 1))
    left = held - parts.sum(axis=1, keepdims=True)
    rank = np.argsort(np.argsort(-rest, axis=1, kind="stable"), axis=1, kind="stable")
    return (parts + (rank < left)).astype(np.int16)
