"""A page with a slider over the years, in one file that opens from the disk without a network."""

from __future__ import annotations

from planner.maps.slider.page import years_page

__all__ = ["years_page"]
