"""Questions over one or several runs: will a grade exceed its cap and what prevents it; how scenarios differ."""

from __future__ import annotations

from planner.answers.comparing import Comparison, compare, write_comparison
from planner.answers.exceedance import Answer, exceed
from planner.answers.trial import Lever

__all__ = ["Answer", "Comparison", "Lever", "compare", "exceed", "write_comparison"]
