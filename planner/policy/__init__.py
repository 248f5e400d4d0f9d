"""
Dated rules of class size, school size and distance, and the profiles shipped with the package.

A profile is a TOML file in ``profiles/``; a district (table ``rules``) or a scenario (``[[rules]]``) overrides
any rule of it. Thresholds are inequalities on whole numbers, never prose: "56 and more" is ``at_least = 56``,
"more than 45" is ``at_least = 46``, "45 and fewer" is ``at_most = 45``.
"""

from __future__ import annotations

from planner.policy.files import read_toml, record_faults
from planner.policy.model import ClassRules, Entry, Policy, Stage
from planner.policy.profiles import profile_names, read_policy, rules_from_table
from planner.policy.rule import RULES, Grades, Record, Rule, judged_in, parse_grades

__all__ = [
    "RULES",
    "ClassRules",
    "Entry",
    "Grades",
    "Policy",
    "Record",
    "Rule",
    "Stage",
    "judged_in",
    "parse_grades",
    "profile_names",
    "read_policy",
    "read_toml",
    "record_faults",
    "rules_from_table",
]
