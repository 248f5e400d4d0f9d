"""The commands' names, options and help; what they do stands in one module each, imported when a command runs."""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

import click

from planner.words import LANGUAGES, say

if TYPE_CHECKING:
    from collections.abc import Callable


def _does(module: str) -> Callable[..., Any]:
    """Return a callback that imports `planner.cli.<module>` only when its command runs."""

    def callback(**options: Any) -> Any:
        options.pop("lang")
        return import_module(f"planner.cli.{module}").command(**options)

    return callback


def _file(name: str, *, many: bool = False) -> click.Argument:
    return click.Argument([name], required=True, nargs=-1 if many else 1, type=click.Path())


def _command(name: str, module: str, text: str, *parameters: click.Parameter) -> click.Command:
    lang = click.Option(
        ["--lang"], type=click.Choice(LANGUAGES), default="en", help=say("Language of everything shown.")
    )
    return click.Command(name, callback=_does(module), help=text, params=[*parameters, lang])


def planner_command() -> click.Group:
    """Return the command group, its help said in the current language."""
    draws = click.Option(
        ["--draws"],
        type=click.IntRange(1, 100_000),
        help=say("Number of draws; the scenario's when not given."),
    )
    as_json = click.Option(["--json", "as_json"], is_flag=True, help=say("Print JSON."))
    replace = click.Option(["--replace"], is_flag=True, help=say("Replace the run that the folder holds."))
    commands = [
        _command(
            "new",
            "making",
            say("Make an empty district with example rows and a description of its columns."),
            _file("folder"),
        ),
        _command(
            "check",
            "checking",
            say("List everything that is wrong or odd in a district; exit 1 when there is an error."),
            _file("district"),
            click.Option(
                ["--policy"], help=say("Policy profile or file; the district's own when not given.")
            ),
            click.Option(["--crs"], help=say("Coordinate system of layers that state none, as EPSG:4490.")),
            as_json,
        ),
        _command(
            "run",
            "running",
            say("Run a scenario: forecast, plan, simulate; write tables, maps, GeoPackage and workbook."),
            _file("scenario"),
            click.Option(
                ["--out"], type=click.Path(), help=say("Folder to write; runs/NAME when not given.")
            ),
            replace,
            draws,
            click.Option(["--maps/--no-maps"], default=True, help=say("Draw maps and charts.")),
        ),
        _command(
            "exceed",
            "exceeding",
            say(
                "Will a grade exceed its class-size cap? Where, by how many, how sure, and what prevents it."
            ),
            _file("scenario"),
            click.Option(["--grade"], required=True, help=say("Grade as a number, or any.")),
            click.Option(["--year"], required=True, type=int, help=say("School year by its autumn.")),
            click.Option(
                ["--cap"], type=click.IntRange(1, 200), help=say("Class size; the policy's when not given.")
            ),
            click.Option(
                ["--level"],
                type=click.FloatRange(0, 1),
                default=0.2,
                show_default=True,
                help=say("Probability from which a school is named."),
            ),
            click.Option(
                ["--levers"], is_flag=True, help=say("Find what brings each school below the level.")
            ),
            draws,
            as_json,
        ),
        _command(
            "compare",
            "comparing",
            say("Run scenarios on the same draws and show how they differ from the first."),
            _file("scenarios", many=True),
            click.Option(["--year"], type=int, help=say("Only this school year.")),
            click.Option(["--out"], type=click.Path(), help=say("Folder for tables and before-after maps.")),
            replace,
            draws,
            as_json,
        ),
        _command(
            "map",
            "drawing",
            say("Draw one map of a scenario as PNG or SVG."),
            _file("scenario"),
            click.Option(
                ["--out"], required=True, type=click.Path(), help=say("File to write: .png or .svg.")
            ),
            click.Option(
                ["--what"],
                type=click.Choice(["gap", "entry-gap", "odds", "years", "chart"]),
                default="gap",
                show_default=True,
                help=say("What to draw."),
            ),
            click.Option(["--stage"], help=say("Stage; the first when not given.")),
            click.Option(["--year"], type=int, help=say("School year; the first of the run when not given.")),
            click.Option(
                ["--by"],
                type=click.Choice(["catchment", "school"]),
                default="catchment",
                show_default=True,
                help=say("Colour catchments by who lives there, or by who comes to the school."),
            ),
            draws,
        ),
        _command("schema", "schema", say("Print the JSON Schema of scenario files, for editors.")),
    ]
    group = click.Group(
        "planner",
        help=say("Plan school places: who will come, which school they belong to, where seats fall short."),
        commands={command.name: command for command in commands if command.name},
        params=[
            click.Option(["--lang"], type=click.Choice(LANGUAGES), help=say("Language of everything shown."))
        ],
        callback=lambda **_: None,
    )
    return click.version_option(metadata.version("school-catchment-planner"), prog_name="planner")(group)
