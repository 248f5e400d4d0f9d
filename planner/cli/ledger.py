"""``planner ledger``: the official forecasts of every year, kept to be scored when their years have been counted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.archive.ledger import add_to_ledger, read_ledger
from planner.cli.show import show_table, tell, tenth, whole
from planner.district import read_district
from planner.forecast.arrays import read_rolls
from planner.pipeline.official import counted_since, ledger_scores
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

_GRADES = range(14)


def command(*, verb: str, **options: object) -> int:
    """Carry out one of the verbs."""
    verbs: dict[str, Callable[..., int]] = {"add": add, "show": show}
    return verbs[verb](**options)


def add(*, run: str, to: str, replace: bool) -> int:
    """Add the forecast of a run to a ledger file."""
    done = add_to_ledger(Path(run), Path(to), replace=replace)
    tell(
        say(
            "{file}: {added} forecasts made in {year} added; of those made in {year} before, {replaced} replaced.",
            file=to,
            added=done.added,
            year=done.made_in,
            replaced=done.replaced,
        )
        if done.replaced
        else say(
            "{file}: {added} forecasts made in {year} added.", file=to, added=done.added, year=done.made_in
        )
    )
    return 0


def show(*, district: str, ledger: str | None) -> int:
    """Show how good the forecasts of a ledger were, by the autumn that they were made in."""
    facts = read_district(district)
    table = facts["forecasts"] if ledger is None else read_ledger(Path(ledger))
    counted = counted_since(table, read_rolls(facts, tuple(facts.public), _GRADES))
    waiting = int((table["year"].to_numpy(np.float64, na_value=np.nan) > facts.counted).sum())
    scores = ledger_scores(counted)
    if len(scores):
        headings = {
            "made_in": say("made in"),
            "lead": say("years ahead"),
            "n": say("cases"),
            "wape": say("error (%)"),
            "mae": say("error (children)"),
            "bias": say("bias (%)"),
        }
        shown = scores.assign(made_in=[say("all") if made == "all" else made for made in scores["made_in"]])
        figures = {"lead": str, "n": whole, "wape": tenth, "mae": tenth, "bias": tenth}
        show_table(shown, headings, figures)
    tell(
        say(
            "{counted} forecasts of the ledger have been counted since; {waiting} are of years still to come.",
            counted=len(counted),
            waiting=waiting,
        )
    )
    return 0
