"""Questions over one or several runs: will a grade exceed its cap and what prevents it; how scenarios differ."""

from __future__ import annotations

from planner.answers.answer import Answer
from planner.answers.comparing import Comparison, compare, write_comparison
from planner.answers.exceedance import exceed
from planner.answers.pictures import write_answer
from planner.answers.trial import Lever

__all__ = ["Answer", "Comparison", "Lever", "compare", "exceed", "write_answer", "write_comparison"]
