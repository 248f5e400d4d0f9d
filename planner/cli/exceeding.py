"""``planner exceed``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from planner.answers import exceed
from planner.cli.progress import progress
from planner.cli.show import show_table, span, tell, tenth, whole
from planner.cli.usage import ANY
from planner.pipeline import run
from planner.words import say

if TYPE_CHECKING:
    from planner.answers import Answer

LIKELIEST = 5
"""Schools shown when none is at risk."""


def command(
    *,
    scenario: str,
    grade: int,
    year: int,
    cap: int | None,
    level: float,
    levers: bool,
    draws: int | None,
    as_json: bool,
) -> int:
    """Answer whether a grade exceeds its cap."""
    asked = None if grade == ANY else grade
    with progress() as watch:
        done = run(scenario, draws=draws, progress=watch)
        answer = exceed(done, grade=asked, year=year, cap=cap, level=level, levers=levers, progress=watch)
    if as_json:
        click.echo(json.dumps(answer.as_json(), indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    tell(answer.sentence)
    click.echo()
    if len(answer.table):
        _show(answer)
        click.echo()
    for line in answer.remarks:
        tell(line)
    if levers:
        click.echo()
        for line in answer.lever_lines():
            tell(line, indent="    " if line.startswith(" ") else "")
    return 0


def _show(answer: Answer) -> None:
    """Print the schools at risk, or the likeliest where none is."""
    shown = answer.at_risk if len(answer.at_risk) else answer.table.head(LIKELIEST)
    caps = shown["cap"].unique()
    headings = {"name": say("school"), "label": say("grade"), "demand": say("demand (80%)")}
    if answer.by_seats:
        headings |= {"seats": say("seats left"), "p_over_planned": say("odds over seats")}
    else:
        headings |= {"classes": say("classes (possible)"), "per_class": say("per class"), "cap": say("cap")}
        headings |= {"p_over_planned": say("odds over cap"), "p_over_possible": say("with all rooms")}
    headings |= {"p_turned_away": say("odds some turned away"), "expected_over": say("children over")}
    if answer.grade is not None:
        del headings["label"]
    if len(caps) == 1 and not answer.by_seats:
        headings["p_over_planned"] = say("odds over {cap}", cap=caps[0])
        del headings["cap"]
    if not any(odds > 0 for odds in shown["p_turned_away"]):
        del headings["p_turned_away"]
    rows = shown.assign(
        label=[answer.labels[grade] for grade in shown["grade"]],
        demand=[
            f"{whole(expected)} ({span(low, high)})"
            for expected, low, high in zip(shown["expected"], shown["p10"], shown["p90"], strict=True)
        ],
        classes=[
            f"{planned} ({possible})"
            for planned, possible in zip(shown["classes_planned"], shown["classes_possible"], strict=True)
        ],
    )
    odds = dict.fromkeys(("p_over_planned", "p_over_possible", "p_turned_away"), answer.likelihood)
    figures = {"demand": str, "classes": str, "cap": whole, "per_class": tenth, "expected_over": tenth}
    figures |= {"seats": whole}
    show_table(rows, headings, figures | odds)
