"""Questions over one or several runs: will a grade exceed its cap and what prevents it; how scenarios differ; where one new school does most."""

from __future__ import annotations

from planner.answers.answer import Answer
from planner.answers.comparing import Comparison, compare, write_comparison
from planner.answers.exceedance import exceed
from planner.answers.pictures import write_answer
from planner.answers.siting.answer import SiteAnswer, site_school
from planner.answers.siting.folder import write_sites
from planner.answers.trial import Lever

__all__ = [
    "Answer",
    "Comparison",
    "Lever",
    "SiteAnswer",
    "compare",
    "exceed",
    "site_school",
    "write_answer",
    "write_comparison",
    "write_sites",
]
