"""What the definitions of commands are made of: the command itself, and the arguments and options that several share."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from planner.cli.usage import Command, Whole, Word, help_option, option
from planner.words import LANGUAGES, say

if TYPE_CHECKING:
    from collections.abc import Callable


def _does(module: str, **fixed: str) -> Callable[..., Any]:
    """Return a callback that imports `planner.cli.<module>` only when its command runs."""

    def callback(**options: Any) -> Any:
        options.pop("lang")
        return import_module(f"planner.cli.{module}").command(**fixed, **options)

    return callback


def argument(name: str, metavar: str, *, many: bool = False) -> click.Argument:
    """Return an argument that must be given, once or several times."""
    return click.Argument([name], required=True, nargs=-1 if many else 1, metavar=metavar)


def lang_option() -> click.Option:
    """Return ``--lang``."""
    return option(
        "--lang", say("Language of everything shown; PLANNER_LANG sets it too."), type=Word(LANGUAGES)
    )


def command(name: str, module: str, text: str, *parameters: click.Parameter, **fixed: str) -> click.Command:
    """Return a command that calls `planner.cli.<module>.command` with what is given, and with what is fixed."""
    return Command(
        name,
        callback=_does(module, **fixed),
        help=text,
        params=[*parameters, lang_option(), help_option()],
        add_help_option=False,
    )


@click.pass_context
def without_command(ctx: click.Context, **_: object) -> None:
    """Show the help, as an error, where no command is named."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def scenario_argument() -> click.Argument:
    """Return the scenario."""
    return argument("scenario", say("SCENARIO"))


def draws_option() -> click.Option:
    """Return ``--draws``."""
    return option(
        "--draws",
        say("Number of draws; the scenario's when not given."),
        metavar=say("NUMBER"),
        type=Whole(1, 100_000),
    )


def json_option() -> click.Option:
    """Return ``--json``."""
    return option("--json as_json", say("Print JSON."), is_flag=True)


def replace_option() -> click.Option:
    """Return ``--replace``."""
    return option("--replace", say("Replace the run that the folder holds."), is_flag=True)


def year_option(text: str, *, required: bool = False) -> click.Option:
    """Return ``--year``."""
    return option("--year", text, metavar=say("YEAR"), type=Whole(1, 9999), required=required)


def many_option(name: str, text: str, metavar: str) -> click.Option:
    """Return an option that may be given several times."""
    return option(name, text, metavar=metavar, multiple=True)
