"""
School enrolment and catchment planning: forecast, dated capacity, intake, seat gaps and odds.

A district's facts, a policy and a scenario go in; cohorts, catchments, classes, seat gaps and the odds of every
class-size question come out. The verbs below are loaded when first used, so that ``import planner`` is light.

>>> import planner
>>> run = planner.run("scenarios/yuhe/keep.toml")                     # doctest: +SKIP
>>> planner.exceed(run, grade=1, year=2027).sentence                  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.answers import compare, exceed, site_school, write_comparison, write_sites
    from planner.archive import write_run
    from planner.district import check_district, new_district, read_district, write_district
    from planner.district.importing import import_pile, write_import
    from planner.maps import before_after_map, draw_maps, odds_map, save_figure, seat_gap_map
    from planner.optimise import rank_sites
    from planner.pipeline import run
    from planner.policy import read_policy
    from planner.scenario import read_scenario, scenario_schema

_VERBS = {
    "before_after_map": "planner.maps",
    "check_district": "planner.district",
    "compare": "planner.answers",
    "draw_maps": "planner.maps",
    "exceed": "planner.answers",
    "import_pile": "planner.district.importing",
    "new_district": "planner.district",
    "odds_map": "planner.maps",
    "rank_sites": "planner.optimise",
    "read_district": "planner.district",
    "read_policy": "planner.policy",
    "read_scenario": "planner.scenario",
    "run": "planner.pipeline",
    "save_figure": "planner.maps",
    "scenario_schema": "planner.scenario",
    "seat_gap_map": "planner.maps",
    "site_school": "planner.answers",
    "write_comparison": "planner.answers",
    "write_district": "planner.district",
    "write_import": "planner.district.importing",
    "write_run": "planner.archive",
    "write_sites": "planner.answers",
}

__all__ = [
    "before_after_map",
    "check_district",
    "compare",
    "draw_maps",
    "exceed",
    "import_pile",
    "new_district",
    "odds_map",
    "rank_sites",
    "read_district",
    "read_policy",
    "read_scenario",
    "run",
    "save_figure",
    "scenario_schema",
    "seat_gap_map",
    "site_school",
    "write_comparison",
    "write_district",
    "write_import",
    "write_run",
    "write_sites",
]


def __getattr__(name: str) -> Any:
    if name in _VERBS:
        return getattr(import_module(_VERBS[name]), name)
    raise AttributeError(f"module 'planner' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
