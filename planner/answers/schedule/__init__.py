"""A schedule in words and tables: what opens when and why, what it costs, and what comes of it."""

from __future__ import annotations

from planner.answers.schedule.folder import write_schedule
from planner.answers.schedule.sentences import schedule_lines
from planner.answers.schedule.tables import schedule_tables

__all__ = ["schedule_lines", "schedule_tables", "write_schedule"]
