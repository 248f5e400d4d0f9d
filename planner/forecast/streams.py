"""
Random numbers that belong to a place, not to an order of computation.

Every stream is named by the seed, what it is for, the id of the block or school it is about, and the number of
the chunk of draws. A block therefore keeps its shocks whatever other blocks, schools or years exist, in any
scenario, and whatever range of draws is asked for first.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np

from planner.forecast.model import CHUNK

if TYPE_CHECKING:
    from numpy.typing import NDArray

_T_DEGREES = 5


def stream(seed: int, chunk: int, *name: str) -> np.random.Generator:
    """Return the generator of a name in a chunk of draws; names are joined unmistakably before hashing."""
    text = "\x1f".join((str(seed), str(chunk), *name))
    key = np.frombuffer(hashlib.blake2b(text.encode(), digest_size=16).digest(), dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def normals(seed: int, chunk: int, rows: int, *name: str) -> NDArray[np.float32]:
    """
    Return standard normal shocks [row, draw of the chunk].

    More rows extend the array and leave its first rows as they are, so a longer horizon changes no earlier year.
    """
    return stream(seed, chunk, *name).standard_normal((rows, CHUNK), dtype=np.float32)


def heavy(seed: int, chunk: int, rows: int, *name: str) -> NDArray[np.float32]:
    """Return shocks [row, draw of the chunk] of Student's t with 5 degrees of freedom, scaled to variance 1."""
    drawn = stream(seed, chunk, *name).standard_t(_T_DEGREES, (rows, CHUNK))
    return (drawn * math.sqrt((_T_DEGREES - 2) / _T_DEGREES)).astype(np.float32)
