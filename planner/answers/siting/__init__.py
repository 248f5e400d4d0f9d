"""Where should one new school stand? The sites of a district, ranked and proven, with how firm the choice is."""

from __future__ import annotations

from planner.answers.siting.answer import SiteAnswer, seats_of_rooms, site_school
from planner.answers.siting.folder import write_sites

__all__ = ["SiteAnswer", "seats_of_rooms", "site_school", "write_sites"]
