"""Where one new school does most: every site bounded by common prices, the best ones solved, the order proven."""

from __future__ import annotations

from planner.optimise.sites.ranking import BEST, Ranking, across, rank_sites

__all__ = ["BEST", "Ranking", "across", "rank_sites"]
