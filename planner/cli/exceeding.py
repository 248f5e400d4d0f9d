"""``planner exceed``."""

from __future__ import annotations

import json

import click

from planner.answers import exceed
from planner.cli.progress import progress
from planner.cli.show import show_table, tenth, whole
from planner.errors import QuestionError
from planner.pipeline import run
from planner.words import Text, outcome_label, percent, say


def _grade(text: str) -> int | None:
    if text == "any":
        return None
    if not text.isdecimal():
        raise QuestionError(Text("--grade is a number or any, not {text}.", text=text))
    return int(text)


def command(
    *,
    scenario: str,
    grade: str,
    year: int,
    cap: int | None,
    level: float,
    levers: bool,
    draws: int | None,
    as_json: bool,
) -> int:
    """Answer whether a grade exceeds its cap."""
    asked = _grade(grade)
    with progress() as watch:
        done = run(scenario, draws=draws, progress=watch)
        answer = exceed(done, grade=asked, year=year, cap=cap, level=level, levers=levers, progress=watch)
    if as_json:
        click.echo(json.dumps(answer.as_json(), indent=2, ensure_ascii=False))
        return 0
    click.echo(answer.sentence)
    click.echo()
    shown = answer.at_risk
    if len(shown):
        columns = {
            "name": outcome_label("school"),
            "grade": outcome_label("grade"),
            "expected": outcome_label("expected"),
            "range": say("80 % range"),
            "classes_planned": outcome_label("classes_planned"),
            "classes_possible": outcome_label("classes_possible"),
            "per_class": say("per class"),
            "cap": outcome_label("cap"),
            "p_over_planned": outcome_label("p_over_planned"),
            "p_over_possible": outcome_label("p_over_possible"),
            "p_turned_away": outcome_label("p_turned_away"),
            "expected_over": outcome_label("expected_over"),
        }
        table = shown.assign(
            range=[f"{low:.0f}-{high:.0f}" for low, high in zip(shown["p10"], shown["p90"], strict=True)]
        )
        show_table(
            table,
            columns,
            {
                "expected": whole,
                "per_class": tenth,
                "expected_over": tenth,
                "p_over_planned": percent,
                "p_over_possible": percent,
                "p_turned_away": percent,
                "classes_planned": whole,
                "classes_possible": whole,
                "range": str,
            },
        )
    for line in answer.remarks:
        click.echo(line)
    if levers:
        click.echo()
        for line in answer.lever_lines():
            click.echo(line)
    return 0
