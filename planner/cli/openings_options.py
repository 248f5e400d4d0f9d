"""The questions of ``planner openings`` with their help and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.cli.usage import Probability, Whole, Word, option
from planner.words import say

if TYPE_CHECKING:
    import click


def openings_questions() -> list[tuple[str, str, tuple[click.Option, ...]]]:
    """Return each question's name, help and own options."""
    gap = option(
        "--gap",
        say("Proven distance from the best at which a search ends; the scenario's when not given."),
        metavar=say("SHARE"),
        type=Probability(),
    )
    seconds = option(
        "--seconds",
        say("Time for each search, at most; as long as it takes when not given."),
        metavar=say("NUMBER"),
        type=Whole(1, 1_000_000),
    )
    return [
        (
            "latest",
            say("How late may each project open at a risk, and what does a year's delay cost?"),
            (*_of_latest(), gap, seconds),
        ),
        (
            "worth",
            say("What is one more room, class or seat worth, by school and year?"),
            (*_of_worth(), gap, seconds),
        ),
        (
            "why-not",
            say(
                "Which of the things that the scenario demands under [[must]] contradict each other, and what would do?"
            ),
            (seconds,),
        ),
        (
            "frontier",
            say("What does less overcrowding cost? Several plans, each the least crowded for its money."),
            (
                option(
                    "--plans",
                    say("Budgets to try at most; 6 when not given."),
                    metavar=say("NUMBER"),
                    type=Whole(2, 50),
                    default=6,
                ),
                gap,
                seconds,
            ),
        ),
        (
            "surplus",
            say(
                "What is left over after the wave: empty rooms, projects to scope anew, rooms for another stage."
            ),
            (
                option(
                    "--threshold",
                    say("Share of its rooms that a project should use in the long run; 0.7 when not given."),
                    metavar=say("SHARE"),
                    type=Probability(),
                    default=0.7,
                ),
                gap,
                seconds,
            ),
        ),
        (
            "levers",
            say("Which are the cheapest levers that bring a school below its caps in a year?"),
            (*_of_levers(), gap, seconds),
        ),
    ]


def _of_latest() -> tuple[click.Option, ...]:
    return (
        option(
            "--project projects",
            say("Ask about this project alone. May be given several times."),
            metavar=say("PROJECT"),
            multiple=True,
        ),
        option(
            "--risk",
            say(
                "Probability to stay below, of a class above its cap that the project would prevent; 0.1 when not given."
            ),
            metavar=say("SHARE"),
            type=Probability(),
            default=0.1,
        ),
    )


def _of_worth() -> tuple[click.Option, ...]:
    return (
        option(
            "--more",
            say(
                "What there is one more of: a room from the year on, which is so when not given; a class of one year group; or a seat in every class of it."
            ),
            type=Word(("room", "class", "seat")),
            default="room",
        ),
        option(
            "--school schools",
            say("Try this school, by id or name. May be given several times."),
            metavar=say("SCHOOL"),
            multiple=True,
        ),
        option(
            "--year years",
            say("Try this school year. May be given several times."),
            metavar=say("YEAR"),
            type=Whole(1, 9999),
            multiple=True,
        ),
        option(
            "--tries",
            say("Schools and years to try at most, the most promising; 12 when not given."),
            metavar=say("NUMBER"),
            type=Whole(1, 1000),
            default=12,
        ),
    )


def _of_levers() -> tuple[click.Option, ...]:
    return (
        option(
            "--school", say("School, by id or name; must be given."), metavar=say("SCHOOL"), required=True
        ),
        option(
            "--year",
            say("School year by its autumn; must be given."),
            metavar=say("YEAR"),
            type=Whole(1, 9999),
            required=True,
        ),
        option(
            "--level",
            say("Probability that every grade has to fall below; 0.2 when not given."),
            metavar=say("SHARE"),
            type=Probability(),
            default=0.2,
        ),
    )
