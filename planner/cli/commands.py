"""The commands' names, options and help; what they do stands in one module each, imported when a command runs."""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

import click

from planner.cli.usage import Command, Grade, Group, Picture, Probability, Whole, Word, help_option, option
from planner.words import LANGUAGES, say

if TYPE_CHECKING:
    from collections.abc import Callable

WHATS = ("gap", "entry-gap", "odds", "years", "chart")
"""What `map` draws."""


def _does(module: str) -> Callable[..., Any]:
    """Return a callback that imports `planner.cli.<module>` only when its command runs."""

    def callback(**options: Any) -> Any:
        options.pop("lang")
        return import_module(f"planner.cli.{module}").command(**options)

    return callback


def _argument(name: str, metavar: str, *, many: bool = False) -> click.Argument:
    return click.Argument([name], required=True, nargs=-1 if many else 1, metavar=metavar)


def _lang() -> click.Option:
    return option(
        "--lang", say("Language of everything shown; PLANNER_LANG sets it too."), type=Word(LANGUAGES)
    )


def _command(name: str, module: str, text: str, *parameters: click.Parameter) -> click.Command:
    return Command(
        name,
        callback=_does(module),
        help=text,
        params=[*parameters, _lang(), help_option()],
        add_help_option=False,
    )


@click.pass_context
def _without_command(ctx: click.Context, **_: object) -> None:
    """Show the help, as an error, where no command is named."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def _version_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, asked: object) -> None:
        if asked:
            click.echo(f"planner {metadata.version('school-catchment-planner')}")
            ctx.exit()

    return option(
        "--version",
        say("Show the version."),
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
    )


def planner_command() -> click.Group:
    """Return the command group, its help said in the current language."""
    commands = [_new(), _check(), _run(), _exceed(), _compare(), _map(), _schema()]
    return Group(
        "planner",
        help=say("Plan school places: who will come, which school they belong to, where seats fall short."),
        commands={command.name: command for command in commands if command.name},
        params=[_lang(), _version_option(), help_option()],
        add_help_option=False,
        invoke_without_command=True,
        callback=_without_command,
    )


def _scenario() -> click.Argument:
    return _argument("scenario", say("SCENARIO"))


def _draws() -> click.Option:
    return option(
        "--draws",
        say("Number of draws; the scenario's when not given."),
        metavar=say("NUMBER"),
        type=Whole(1, 100_000),
    )


def _json() -> click.Option:
    return option("--json as_json", say("Print JSON."), is_flag=True)


def _replace() -> click.Option:
    return option("--replace", say("Replace the run that the folder holds."), is_flag=True)


def _year(text: str, *, required: bool = False) -> click.Option:
    return option("--year", text, metavar=say("YEAR"), type=Whole(1, 9999), required=required)


def _new() -> click.Command:
    return _command(
        "new",
        "making",
        say("Make an empty district with example rows and a description of its columns."),
        _argument("folder", say("FOLDER")),
    )


def _check() -> click.Command:
    return _command(
        "check",
        "checking",
        say("List all that is wrong or odd in a district; exit code 1 when there is an error."),
        _argument("district", say("DISTRICT")),
        option(
            "--policy",
            say("Policy profile or file; the district's own when not given."),
            metavar=say("POLICY"),
        ),
        option(
            "--crs",
            say("Coordinate system of layers that state none, as EPSG:4490."),
            metavar=say("CODE"),
        ),
        _json(),
    )


def _run() -> click.Command:
    return _command(
        "run",
        "running",
        say("Run a scenario: forecast, plan, simulate; write tables, maps, GeoPackage and workbook."),
        _scenario(),
        option("--out", say("Folder to write; runs/NAME when not given."), metavar=say("FOLDER")),
        _replace(),
        _draws(),
        option("--maps/--no-maps", say("Whether to draw maps and charts; they are drawn."), default=True),
    )


def _exceed() -> click.Command:
    return _command(
        "exceed",
        "exceeding",
        say("Will a grade exceed its class-size cap? Where, by how many, how sure, and what prevents it."),
        _scenario(),
        option(
            "--grade",
            say("Grade as a number, or any; must be given."),
            metavar=say("GRADE"),
            type=Grade(),
            required=True,
        ),
        _year(say("School year by its autumn; must be given."), required=True),
        option(
            "--cap",
            say("Class size; the policy's when not given."),
            metavar=say("NUMBER"),
            type=Whole(1, 200),
        ),
        option(
            "--level",
            say("Probability from which a school is named; 0.2 when not given."),
            metavar=say("SHARE"),
            type=Probability(),
            default=0.2,
        ),
        option("--levers", say("Find what brings each school below the level."), is_flag=True),
        _draws(),
        _json(),
    )


def _compare() -> click.Command:
    return _command(
        "compare",
        "comparing",
        say("Run scenarios on the same draws and show how they differ from the first."),
        _argument("scenarios", say("SCENARIO SCENARIO ..."), many=True),
        _year(say("Only this school year.")),
        option("--out", say("Folder for tables and before-after maps."), metavar=say("FOLDER")),
        _replace(),
        _draws(),
        _json(),
    )


def _map() -> click.Command:
    return _command(
        "map",
        "drawing",
        say("Draw one map or chart of a scenario as PNG or SVG."),
        _scenario(),
        option(
            "--out",
            say("File to write, .png or .svg; must be given."),
            metavar=say("FILE"),
            type=Picture(),
            required=True,
        ),
        option("--what", say("What to draw; gap when not given."), type=Word(WHATS), default="gap"),
        option("--stage", say("Stage; the first when not given."), metavar=say("STAGE")),
        _year(say("School year; the first of the run when not given.")),
        option(
            "--by",
            say(
                "Colour catchments by who lives there, which is so when not given, or by who comes to the school."
            ),
            type=Word(("catchment", "school")),
            default="catchment",
        ),
        _draws(),
    )


def _schema() -> click.Command:
    return _command("schema", "schema", say("Print the JSON Schema of scenario files, for editors."))
