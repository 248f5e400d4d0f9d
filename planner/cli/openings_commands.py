"""The commands about when to open what and where: names, options and help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.cli.defining import (
    command,
    draws_option,
    json_option,
    lang_option,
    many_option,
    replace_option,
    scenario_argument,
    without_command,
    year_option,
)
from planner.cli.openings_options import openings_questions
from planner.cli.usage import Factor, Group, ModelFile, Probability, Whole, Word, help_option, option
from planner.words import say

if TYPE_CHECKING:
    import click


def schedule_command() -> click.Command:
    """Return ``planner schedule``."""
    return command(
        "schedule",
        "scheduling",
        say("Decide when to open which project, and how large; say why, and carry the scenario out."),
        scenario_argument(),
        option(
            "--out",
            say("Folder for the answer, its tables, the scenario that results and its run."),
            metavar=say("FOLDER"),
        ),
        replace_option(),
        option(
            "--gap",
            say("Proven distance from the best at which the search ends; the scenario's when not given."),
            metavar=say("SHARE"),
            type=Probability(),
        ),
        option(
            "--seconds",
            say("Time for the search, at most; as long as it takes when not given."),
            metavar=say("NUMBER"),
            type=Whole(1, 1_000_000),
        ),
        option(
            "--solver",
            say(
                "Solver that is given the whole model instead of the planner's own search, as PuLP names it."
            ),
            metavar=say("SOLVER"),
            default="HiGHS",
        ),
        many_option(
            "--year-late late",
            say("Have this project open a year later than decided. May be given several times."),
            say("PROJECT"),
        ),
        option(
            "--reasons/--no-reasons",
            say("Whether to try every project a year earlier, a year later and never; they are tried."),
            default=True,
        ),
        option(
            "--robust",
            say(
                "Decide for so many futures at once too: draws of the entrants, projects as late as they may be. Compared with planning for their mean."
            ),
            metavar=say("NUMBER"),
            type=Whole(2, 1000),
        ),
        option(
            "--risk",
            say(
                "With --robust: share of the futures, at most, in which a class exceeds its cap at a school in a year."
            ),
            metavar=say("SHARE"),
            type=Probability(),
        ),
        draws_option(),
        option("--maps/--no-maps", say("Whether to draw maps and charts; they are drawn."), default=True),
    )


def openings_command() -> click.Command:
    """Return ``planner openings`` with its questions."""
    written = (
        option("--out", say("Folder for the answer and its tables."), metavar=say("FOLDER")),
        replace_option(),
        draws_option(),
        json_option(),
    )
    verbs = [
        command(name, "openings_questions", text, scenario_argument(), *own, *written, verb=name)
        for name, text, own in openings_questions()
    ]
    return Group(
        "openings",
        help=say(
            "Ask about when to open what: how late, worth of a room, why not, at what price, what is left over."
        ),
        commands={verb.name: verb for verb in verbs if verb.name},
        params=[lang_option(), help_option()],
        add_help_option=False,
        invoke_without_command=True,
        callback=without_command,
    )


def site_command() -> click.Command:
    """Return ``planner site``."""
    return command(
        "site",
        "siting",
        say("Where does one new school do most? The best sites, proven, and how much worse the others are."),
        scenario_argument(),
        option(
            "--seats",
            say(
                "Seats of the new school; the first given is asked about, further ones say how firm the choice is. May be given several times."
            ),
            metavar=say("NUMBER"),
            type=Whole(1, 100_000),
            multiple=True,
        ),
        option(
            "--rooms",
            say(
                "As --seats, in ordinary rooms of the stage's standard class size. May be given several times."
            ),
            metavar=say("NUMBER"),
            type=Whole(1, 1_000),
            multiple=True,
        ),
        option("--stage", say("Stage; the first when not given."), metavar=say("STAGE")),
        year_option(say("School year; the one with most children when not given.")),
        option(
            "--until",
            say("Last school year, when several count together."),
            metavar=say("YEAR"),
            type=Whole(1, 9999),
        ),
        option(
            "--candidates",
            say("Blocks where it may stand, as B014,B015; all when not given."),
            metavar=say("BLOCKS"),
            default="blocks",
        ),
        option(
            "--demand",
            say(
                "Also try so many children over those expected, as 1.1 for a tenth more. May be given several times."
            ),
            metavar=say("SHARE"),
            type=Factor(),
            multiple=True,
        ),
        option("--out", say("Folder for the answer, its tables and map."), metavar=say("FOLDER")),
        replace_option(),
        draws_option(),
        json_option(),
    )


def export_model_command() -> click.Command:
    """Return ``planner export-model``."""
    return command(
        "export-model",
        "exporting",
        say("Write the optimisation model of a scenario as text that other solvers read."),
        scenario_argument(),
        option(
            "--out",
            say("File to write: .lp or .mps; must be given."),
            metavar=say("FILE"),
            type=ModelFile(),
            required=True,
        ),
        option(
            "--model",
            say(
                "Which model: who goes where with the rooms as they are dated, which is so when not given; or which projects open when, too."
            ),
            type=Word(("intake", "openings")),
            default="intake",
        ),
        option(
            "--goal",
            say(
                "Goal to be minimised. In the intake model those before it are held at what they reach, and it is the last one when not given; in the openings model none is held, and it is the first."
            ),
            metavar=say("NAME"),
        ),
        option("--replace", say("Replace a file that is there."), is_flag=True),
    )
