"""Questions about when to open what: how late, worth of a room, why not, at what price, what is left over, cheapest levers."""

from __future__ import annotations

from planner.answers.openings.basis import Basis
from planner.answers.openings.cheapest import cheapest_levers
from planner.answers.openings.folder import write_reply
from planner.answers.openings.frontier import frontier
from planner.answers.openings.latest import as_decided, latest_openings
from planner.answers.openings.reply import (
    Reply,
    reply_frontier,
    reply_latest,
    reply_levers,
    reply_surplus,
    reply_why_not,
    reply_worth,
)
from planner.answers.openings.surplus import surplus
from planner.answers.openings.why_not import why_not
from planner.answers.openings.worth import worth_of

__all__ = [
    "Basis",
    "Reply",
    "as_decided",
    "cheapest_levers",
    "frontier",
    "latest_openings",
    "reply_frontier",
    "reply_latest",
    "reply_levers",
    "reply_surplus",
    "reply_why_not",
    "reply_worth",
    "surplus",
    "why_not",
    "worth_of",
    "write_reply",
]
