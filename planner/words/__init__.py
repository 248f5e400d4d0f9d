"""
The words of the planner: what every table and column is called, and every message in English and Chinese.

Two dictionaries in this folder are the single place for names:

- ``tables.csv`` and ``columns.csv`` describe each table and column of a district (type, unit, key, required,
  description, Chinese name and description); reading, checking, messages and documentation follow them.
- ``locale/zh/LC_MESSAGES/planner.po`` translates every message that a user sees.

A message is written in English where it arises, as ``say("{n} schools", n=3)`` when it is shown at once or
``Text("{n} schools", n=3)`` when it is kept and shown later.
"""

from __future__ import annotations

from planner.words.catalogue import LANGUAGES, Money, Text, current_language, percent, say, speaking
from planner.words.dictionary import (
    Column,
    Table,
    column_label,
    outcome_description,
    outcome_label,
    outcome_title,
    read_dictionary,
)

__all__ = [
    "LANGUAGES",
    "Column",
    "Money",
    "Table",
    "Text",
    "column_label",
    "current_language",
    "outcome_description",
    "outcome_label",
    "outcome_title",
    "percent",
    "read_dictionary",
    "say",
    "speaking",
]
