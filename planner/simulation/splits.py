"""How unevenly each year group is split into classes, drawn once for as long as it keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.forecast import CHUNK
from planner.forecast.streams import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.capacity import Unevenness
    from planner.simulation.setting import Setting, Span


def drawn_splits(setting: Setting, unevenness: Unevenness, numbers: NDArray[np.integer]) -> NDArray[np.uint8]:
    """
    Return how uneven every split is, as `Unevenness.excess` takes it. [school, grade, year, draw].

    Keyed by seed, school and stage and, where classes are kept, by the year in which the year group entered: it is as
    uneven all the way up. Where classes are re-formed, by grade and year.

    Parameters
    ----------
    numbers
        Numbers of the draws.
    """
    years = len(setting.plan.years)
    out = np.zeros((len(setting.plan.schools), len(setting.grades), years, len(numbers)), np.uint8)
    parts = unevenness.parts(setting.plan.schools)
    chunks = numbers // CHUNK
    for chunk in np.unique(chunks).tolist():
        here = np.flatnonzero(chunks == chunk)
        within = numbers[here] - chunk * CHUNK
        for school, name in enumerate(setting.plan.schools):
            for span in setting.spans:
                if not setting.teaches[school, span.first : span.last + 1].any():
                    continue
                rows = _rows(setting, span, years)
                source = stream(setting.seed, chunk, "split", name, span.stage)
                uniform = source.random((int(rows.max()) + 1, CHUNK), dtype=np.float32)[:, within]
                ranks = unevenness.ranks(uniform, parts[school])
                out[school, span.first : span.last + 1, :, here[0] : here[-1] + 1] = ranks[rows]
    return out


def _rows(setting: Setting, span: Span, years: int) -> NDArray[np.intp]:
    """Return which row of a stage's splits a grade and year has, the same in any horizon. [grade of the stage, year]."""
    grade = np.arange(span.last - span.first + 1)[:, None]
    year = np.arange(years)[None, :]
    if setting.rules.formation == "kept":
        return year - grade + span.last - span.first
    return year * len(grade) + grade
