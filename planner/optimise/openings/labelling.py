"""Names for the openings model as text: those of the district, where they can stand in an LP or MPS file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.optimise.facts import tokens
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.stating import Labels

if TYPE_CHECKING:
    from planner.optimise.openings.gathering import Gathered


def labels_of(gathered: Gathered) -> Labels:
    """
    Return the names of a district's origins, points, campuses, schools of limited size, projects and years.

    Ids that are not ASCII are numbered, as in the intake model (`tokens`).
    """
    told, campuses, points, origins = gathered.told, gathered.campuses, gathered.points, gathered.origins
    blocks, schools, stages = tokens(told.blocks, "b"), tokens(told.schools, "s"), tokens(told.stages, "e")
    options = {row.option for row in gathered.choices.rows if row.option}
    option = dict(zip(sorted(options), tokens(sorted(options), "p"), strict=True))
    campus = [
        schools[s] if future is None else f"{schools[s]}.closes{told.years[future.closes]}"
        for s, future in zip(campuses.school.tolist(), campuses.futures, strict=True)
    ]
    return Labels(
        origins=tuple(
            f"{blocks[b] if b >= 0 else 'to.' + schools[s]}.{stages[e]}"
            for e, b, s in zip(
                origins.stage.tolist(), origins.block.tolist(), origins.school.tolist(), strict=True
            )
        ),
        points=tuple(
            f"{campus[c]}.{stages[e]}"
            for e, c in zip(points.stage.tolist(), points.campus.tolist(), strict=True)
        ),
        campuses=tuple(campus),
        schools=tuple(f"size.{campus[of[0]]}" for of in gathered.facts.size_of),
        projects=tuple(
            f"no.{p}"
            if not row.option
            else option[row.option]
            if row.closes == NEVER
            else f"{option[row.option]}.in{told.years[row.closes]}"
            for p, row in enumerate(gathered.choices.rows, start=1)
        ),
        years=tuple(str(year) for year in told.years),
    )
