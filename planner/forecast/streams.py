"""
Random numbers that belong to a place, not to an order of computation.

Every stream is named by the seed, what it is for, the id of the block or school it is about, and the number of
the chunk of draws. A block therefore keeps its shocks whatever other blocks, schools or years exist, in any
scenario, and whatever range of draws is asked for first.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from numpy.random.bit_generator import ISeedSequence

from planner.forecast.model import CHUNK

if TYPE_CHECKING:
    from numpy.typing import NDArray

_T_DEGREES = 5

_Figures = TypeVar("_Figures", float, "NDArray[np.float64]")


class _Key(ISeedSequence):
    """A key as it is: Philox given one by name asks the machine for entropy first, which takes longer than all else."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: object = np.uint32) -> NDArray[np.uint64]:
        """Return the two words of the key, all that Philox asks for."""
        if (n_words, dtype) != (len(self._words), np.uint64):
            raise ValueError(f"{n_words} words of {dtype} are not the key")
        return self._words


def stream(seed: int, chunk: int, *name: str) -> np.random.Generator:
    """Return the generator of a name in a chunk of draws; names are joined unmistakably before hashing."""
    text = "\x1f".join((str(seed), str(chunk), *name))
    key = np.frombuffer(hashlib.blake2b(text.encode(), digest_size=16).digest(), dtype=np.uint64)
    # Numpy's type stubs know SeedSequence alone, of all that has its interface.
    return np.random.Generator(np.random.Philox(cast("np.random.SeedSequence", _Key(key))))


def normals(seed: int, chunk: int, rows: int, *name: str) -> NDArray[np.float32]:
    """
    Return standard normal shocks [row, draw of the chunk].

    More rows extend the array and leave its first rows as they are, so a longer horizon changes no earlier year.
    """
    return stream(seed, chunk, *name).standard_normal((rows, CHUNK), dtype=np.float32)


def heavy(seed: int, chunk: int, rows: int, *name: str) -> NDArray[np.float32]:
    r"""
    Return shocks [row, draw of the chunk] of Student's t with 5 degrees of freedom, scaled to variance 1.

    .. math:: t = \sqrt{\nu\,(U^{-2/\nu} - 1)}\,\cos 2\pi V

    of two uniform numbers (Bailey 1994, "Polar generation of random variates with the t-distribution"), exact and three
    times as fast as a normal over the root of a chi-square.
    """
    drawn = stream(seed, chunk, *name).random((rows, 2, CHUNK), dtype=np.float32)
    out = np.expm1(np.float32(-2 / _T_DEGREES) * np.log1p(-drawn[:, 0]))
    np.sqrt(np.float32(_T_DEGREES - 2) * out, out=out)
    out *= np.cos(np.float32(2 * math.pi) * drawn[:, 1])
    return out


@dataclass(frozen=True, kw_only=True)
class Shocks:
    """
    The shocks of a chunk of draws; those of quiet components are zero.

    Every stream has its own generator, so silencing one component leaves the numbers of all others as they are.
    """

    seed: int
    chunk: int
    quiet: frozenset[str] = frozenset()
    """Of `planner.forecast.model.COMPONENTS`."""

    def moves(self, of: str) -> bool:
        """Return whether a component is left to chance."""
        return of not in self.quiet

    def stream(self, *name: str) -> np.random.Generator:
        """Return the generator of a name, for shocks that have no zero; ask `moves` before."""
        return stream(self.seed, self.chunk, *name)

    def normals(self, rows: int, *name: str, of: str) -> NDArray[np.float32]:
        """Return standard normal shocks [row, draw of the chunk] of a component; zeros when it is quiet."""
        if not self.moves(of):
            return np.zeros((rows, CHUNK), dtype=np.float32)
        return normals(self.seed, self.chunk, rows, *name)

    def heavy(self, rows: int, *name: str, of: str) -> NDArray[np.float32]:
        """Return heavy-tailed shocks [row, draw of the chunk] of a component; zeros when it is quiet."""
        if not self.moves(of):
            return np.zeros((rows, CHUNK), dtype=np.float32)
        return heavy(self.seed, self.chunk, rows, *name)

    def half(self, variance: _Figures, of: str) -> _Figures:
        """Return half the variance of a component, which keeps the mean of exp(shock - half) at 1; 0 when it is quiet."""
        return variance / 2 if self.moves(of) else variance * 0.0
