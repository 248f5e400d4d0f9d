"""
How far the largest class lies above the balanced one, learned from real class lists.

Schools split a year group nearly evenly, but not quite, and now and then not at all. Where the sizes of single
classes are known, both are learned; where they are not, classes are balanced.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEAST = 30
"""Year groups of two and more listed classes below which nothing is learned. [school grades]"""
LIKE_OTHERS = 50.0
"""Year groups of all schools that count as much as a school's own list: on the sections of Eau Claire schools hardly
differ, and less weight predicts later years worse. [school grades]"""
RANKS = 256
"""Steps in which the unevenness of a split is drawn: the lower half those of common splits, the upper of uneven ones."""
_HALF = RANKS // 2
_DISPERSIONS = np.geomspace(0.002, 4.0, 24)
_MOST = 60
"""Classes of a year group beyond which splits are taken to be as uneven as among so many. [classes]"""
_BLOCK = 1 << 16
"""Splits looked up at a time: few enough to stay in the cache of a processor."""
_ROUNDS = 300
_SETTLED = 1e-6
_DEVIATIONS = np.linspace(0.0, 8.0, 1601)


@dataclass(frozen=True, kw_only=True)
class Unevenness:
    """How unevenly the schools of a district split year groups into classes."""

    common: float
    """Variance of the class sizes of a common split, relative to children who join classes by lot: 0 would be
    balanced, 1 by lot. [1]"""
    uneven: float
    """The same of an uneven split. [1]"""
    part: float
    """Share of the splits that are uneven. [1]"""
    by_school: pd.Series
    """The same at single schools, drawn towards that of all, indexed by school. [1]"""
    counted: int
    """Year groups with classes listed. [school grades]"""
    first: int
    """First year of these."""
    last: int

    def parts(self, schools: Sequence[str]) -> NDArray[np.float64]:
        """Return the share of uneven splits at schools; that of all where a school has no list. [school] [1]."""
        return self.by_school.reindex(list(schools)).fillna(self.part).to_numpy(np.float64)

    def ranks(self, uniform: NDArray[np.floating[Any]], part: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
        """
        Return how uneven splits are, as steps of `RANKS`, from uniform numbers.

        Parameters
        ----------
        uniform, part
            In [0, 1), and the share of uneven splits; of shapes that broadcast.
        """
        common = 1.0 - part
        even = np.minimum(uniform / np.maximum(common, 1e-9) * _HALF, _HALF - 1)
        other = np.clip(_HALF + (uniform - common) / np.maximum(part, 1e-9) * _HALF, _HALF, RANKS - 1)
        return np.where(uniform < common, even, other).astype(np.uint8)

    def excess(
        self,
        pupils: NDArray[np.integer[Any]],
        classes: NDArray[np.integer[Any]],
        ranks: NDArray[np.uint8],
    ) -> NDArray[np.int8]:
        r"""
        Return how many children the largest class has above the balanced one. [children].

        .. math::

            e = \max(0, \lfloor s + \sqrt{\varphi s}\, m_k + 1/2 \rfloor - \lceil s \rceil), \quad s = N / k

        with m the largest deviation from the mean of k standard normal figures, at its rank, and :math:`\varphi` the
        dispersion of common or uneven splits. A class has no more than all children; one class is never uneven.

        Parameters
        ----------
        pupils, classes, ranks
            Of shapes that broadcast.
        """
        shape = np.broadcast_shapes(pupils.shape, classes.shape, ranks.shape)
        counts, numbers, steps = (
            np.broadcast_to(each, shape).reshape(-1) for each in (pupils, classes, ranks)
        )
        children = _up_to(int(counts.max(initial=0)), 64)
        table = _excess(self.common, self.uneven, children, _up_to(int(numbers.max(initial=0)), 4))
        out = np.empty(len(counts), dtype=np.int8)
        for first in range(0, len(counts), _BLOCK):
            part = slice(first, first + _BLOCK)
            at = (numbers[part].astype(np.int64) * (children + 1) + counts[part]) * RANKS + steps[part]
            np.take(table, at, out=out[part], mode="clip")
        return out.reshape(shape)


def _up_to(number: int, step: int) -> int:
    """Return the next multiple of a step, so that a table serves several askers."""
    return -(-number // step) * step


@lru_cache(maxsize=4)
def _excess(common: float, uneven: float, pupils: int, classes: int) -> NDArray[np.int8]:
    """Return the excess by classes, pupils and rank, one after the other: `Unevenness.excess`. [children]."""
    deviations = _deviations(common, uneven)
    out = np.zeros((classes + 1, pupils + 1, RANKS), dtype=np.int8)
    count = np.arange(pupils + 1, dtype=np.float32)[:, None]
    for number in range(2, classes + 1):
        size = count / np.float32(number)
        largest = np.floor(size + np.sqrt(size) * deviations[min(number, _MOST)] + np.float32(0.5))
        balanced = -(-count // number)
        out[number] = np.clip(largest - balanced, 0, np.minimum(count - balanced, 127))
    return out.reshape(-1)


@cache
def _deviations(common: float, uneven: float) -> NDArray[np.float32]:
    middle = (np.arange(_HALF) + 0.5) / _HALF
    out = np.zeros((_MOST + 1, RANKS), dtype=np.float32)
    for classes in range(2, _MOST + 1):
        at = np.interp(middle, _largest_deviation(classes), _DEVIATIONS)
        out[classes] = np.concatenate([np.sqrt(common) * at, np.sqrt(uneven) * at])
    return out


@cache
def _largest_deviation(number: int) -> NDArray[np.float64]:
    r"""
    Return the probability that no one of so many standard normal figures lies further above their mean. [deviation].

    .. math::

        F_n(x) = n \sqrt{\frac{n}{2\pi(n-1)}} \int_0^x e^{-\frac{n t^2}{2(n-1)}} F_{n-1}\!\left(\frac{n t}{n-1}\right) dt,
        \quad F_1 = 1

    (Nair 1948, "The distribution of the extreme deviate from the sample mean", Biometrika 35).
    """
    x = _DEVIATIONS
    if number == 1:
        return np.ones_like(x)
    below = np.interp(number * x / (number - 1), x, _largest_deviation(number - 1), right=1.0)
    density = number * np.sqrt(number / (2 * np.pi * (number - 1)))
    density = density * np.exp(-number * x**2 / (2 * (number - 1))) * below
    steps = (density[1:] + density[:-1]) / 2 * np.diff(x)
    return np.minimum(np.concatenate([[0.0], np.cumsum(steps)]), 1.0)


def listed_splits(lists: pd.DataFrame) -> pd.DataFrame:
    """
    Return the year groups of two and more listed classes: school, grade, year, pupils, classes, excess.

    Parameters
    ----------
    lists
        The table ``classes``: one row a class.

    Returns
    -------
    DataFrame
        `excess` is the size of the largest class less ceil(pupils / classes). [children]
    """
    key = ["school", "grade", "year"]
    sized = lists[lists["pupils"].notna() & (lists["pupils"] > 0)]
    table = sized.groupby(key)["pupils"].agg(["sum", "size", "max"]).reset_index()
    table = table[table["size"] > 1].astype({"sum": "int64", "size": "int64", "max": "int64"})
    balanced = -(-table["sum"] // table["size"])
    return pd.DataFrame(
        {
            **{name: table[name] for name in key},
            "pupils": table["sum"],
            "classes": table["size"],
            "excess": table["max"] - balanced,
        }
    ).reset_index(drop=True)


def learn_unevenness(splits: pd.DataFrame) -> Unevenness | None:
    r"""
    Learn from class lists how unevenly year groups are split.

    The largest class stands where the largest of k sizes would that vary around their mean by :math:`\varphi N / k`:
    :math:`\varphi = 0` is a balanced split, 1 one by lot (multinomial). Splits are of two sorts, common and uneven, each
    with its :math:`\varphi`; the likeliest of both, and of the share of uneven ones, is found by expectation and
    maximisation, the share at a school as if 50 year groups of all schools stood beside its own.

    On the sections of Eau Claire, Wisconsin (2020, which lacks pupils, left out), those of 1998-2019 give .028, 1.07 and
    10 %: nearly balanced, and every tenth split as by lot. Of the 286 splits of 2021-2024 the largest class was the
    balanced one in 63.6 % (64.2 % expected), one child more in 29.0 % (27.5 %), two more in 3.1 % (2.7 %), three and
    more in 4.2 % (5.6 %); a split by lot would leave 11 % balanced.

    Parameters
    ----------
    splits
        school, grade, year, pupils, classes, excess: see `listed_splits`.

    Returns
    -------
    Unevenness
        None with fewer than 30 year groups, from which nothing can be learned.
    """
    if len(splits) < LEAST:
        return None
    likely = np.stack([_likelihood(splits, dispersion) for dispersion in _DISPERSIONS])
    log_likely = np.log(likely)
    code, schools = pd.factorize(splits["school"], sort=True)
    own = np.bincount(code, minlength=len(schools))
    common = int(np.argmax(log_likely.sum(axis=1)))
    common, uneven, part = common // 2, min(common + 9, len(_DISPERSIONS) - 1), 0.1
    parts = np.full(len(schools), part)
    for _ in range(_ROUNDS):
        odds = np.log(parts[code]) - np.log1p(-parts[code]) + log_likely[uneven] - log_likely[common]
        chance = expit(odds)
        before, part = part, float(np.clip(chance.mean(), 1e-4, 1 - 1e-4))
        parts = (np.bincount(code, chance, len(schools)) + LIKE_OTHERS * part) / (own + LIKE_OTHERS)
        parts = np.clip(parts, 1e-4, 1 - 1e-4)
        held = common, uneven
        common = int(np.argmax(log_likely @ (1 - chance)))
        uneven = max(int(np.argmax(log_likely @ chance)), common)
        if held == (common, uneven) and abs(part - before) < _SETTLED:
            break
    year = splits["year"].to_numpy(np.int64)
    return Unevenness(
        common=float(_DISPERSIONS[common]),
        uneven=float(_DISPERSIONS[uneven]),
        part=part,
        by_school=pd.Series(parts, index=pd.Index(schools, name="school")),
        counted=len(splits),
        first=int(year.min()),
        last=int(year.max()),
    )


def _likelihood(splits: pd.DataFrame, dispersion: float) -> NDArray[np.float64]:
    """Return the probability of each split's excess at a dispersion. [split] [1]."""
    pupils, classes, excess = (splits[name].to_numpy(np.float64) for name in ("pupils", "classes", "excess"))
    size = pupils / classes
    balanced = np.ceil(size)
    spread = np.sqrt(dispersion * size)
    upper, lower = ((balanced + excess + half - size) / spread for half in (0.5, -0.5))
    out = np.zeros(len(splits))
    for number in np.unique(classes).astype(int):
        here = classes == number
        chance = _largest_deviation(min(number, _MOST))
        reached = np.interp(upper[here], _DEVIATIONS, chance, right=1.0)
        missed = np.interp(lower[here], _DEVIATIONS, chance, right=1.0)
        out[here] = reached - np.where(excess[here] > 0, missed, 0.0)
    return np.maximum(out, 1e-12)
