"""All tables of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.outcomes.homes import moves, travel
from planner.outcomes.odds import odds_by_grade
from planner.outcomes.rules import compliance
from planner.outcomes.seats import entry_by_catchment, entry_by_school, seats_by_catchment, seats_by_school
from planner.outcomes.sizes import class_sizes, large_classes, school_sizes
from planner.outcomes.whole_district import conservation, district_totals, intake_plan

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from planner.district import District
    from planner.outcomes.facts import Facts
    from planner.plan import Plan


def all_outcomes(
    facts: Facts, *, of: District, distances: NDArray[np.floating], base: Plan
) -> dict[str, pd.DataFrame]:
    """
    Return every table that a simulation gives, by name, in the order of documentation.

    Parameters
    ----------
    of
        The district, with the scenario applied.
    distances
        [block, school]: ways on foot, in the order of the plan. [m]
    base
        The plan with which catchments are compared; the plan itself where there is nothing to compare.
    """
    travelled = travel(facts, distances)
    return {
        "seats_by_school": seats_by_school(facts),
        "entry_by_school": entry_by_school(facts),
        "seats_by_catchment": seats_by_catchment(facts),
        "entry_by_catchment": entry_by_catchment(facts),
        "class_sizes": class_sizes(facts),
        "large_classes": large_classes(facts),
        "odds": odds_by_grade(facts),
        "travel": travelled,
        "moves": moves(facts, base),
        "intake_plan": intake_plan(facts),
        "school_sizes": school_sizes(facts, of),
        "compliance": compliance(facts, of, travelled),
        "district": district_totals(facts),
        "conservation": conservation(facts),
    }
