"""``planner schedule --robust``: a schedule for many futures, after the one for what is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner.answers.futures import futures_lines
from planner.archive.readable import readable
from planner.cli.show import show_table, tell, tenth
from planner.words import say

if TYPE_CHECKING:
    from planner.answers.futures import ForFutures

MILLION = 1e6
"""Yuan are shown in millions. [yuan]"""


def show_futures(answer: ForFutures) -> None:
    """Print the sentences, then what every plan comes to and how much it is regretted."""
    click.echo()
    for line in futures_lines(answer):
        tell(line, indent="  ")
    click.echo()
    tell(
        say(
            "Plans over {futures} futures: child-years above the cap or without a place, million yuan, and how much more than the best plan of each future.",
            futures=answer.futures,
        )
    )
    headings = {
        "plan": say("plan"),
        "short": say("child-years"),
        "yuan": say("million yuan"),
        "regret_short": say("regret, child-years"),
        "most_regret_short": say("at most"),
        "regret_yuan": say("regret, million yuan"),
        "most_regret_yuan": say("at most"),
    }
    figures = {"short": tenth, "regret_short": tenth, "most_regret_short": tenth}
    figures |= {"yuan": _million, "regret_yuan": _million, "most_regret_yuan": _million}
    show_table(readable(answer.regrets, answer.run.policy, answer.run.district), headings, figures)
    click.echo()


def _million(value: float) -> str:
    return f"{value / MILLION:,.2f}"
