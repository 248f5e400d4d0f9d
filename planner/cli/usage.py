"""Help and complaints about usage in both languages: click's own are in English alone."""

from __future__ import annotations

from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from planner.cli.layout import cells, wrapped
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


ANY = -1
"""Any grade."""
WIDEST_TERM = 24
"""Options wider than this are explained below them. [cells]"""


@contextmanager
def _told_of(ctx: click.Context) -> Iterator[None]:
    """Tell complaints which command they are about, where click leaves it out."""
    try:
        yield
    except click.UsageError as error:
        error.ctx = error.ctx or ctx
        raise


class Command(click.Command):
    """A command whose help and complaints are said in the current language."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage, what the command does, and its options."""
        formatter.write(_help_of(self, ctx, formatter.width))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments and refuse those that are too many."""
        ctx.allow_extra_args = True
        with _told_of(ctx):
            left = super().parse_args(ctx, args)
        if left:
            raise click.UsageError(say("Too many arguments: {arguments}", arguments=" ".join(left)), ctx)
        return left


class Group(click.Group):
    """A group of commands whose help and complaints are said in the current language."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage, what the program does, its options and commands."""
        text = _help_of(self, ctx, formatter.width)
        rows = [(name, command.help or "") for name, command in self.commands.items()]
        formatter.write(text + "\n" + _section(say("Commands"), rows, formatter.width))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the group's own options."""
        with _told_of(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command named, or name the one that was perhaps meant."""
        if args and args[0] not in self.commands:
            close = get_close_matches(args[0], self.commands, n=1)
            raise click.UsageError(
                say("There is no command {command}.", command=args[0])
                + _perhaps(close or list(self.commands)),
                ctx,
            )
        return super().resolve_command(ctx, args)


class Whole(click.ParamType):
    """A whole number within bounds."""

    name = "whole"

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        try:
            number = int(value)
        except ValueError:
            number = self.low - 1
        if not self.low <= number <= self.high:
            self.fail(
                say(
                    "{value} is no whole number from {low} to {high}.",
                    value=value,
                    low=self.low,
                    high=self.high,
                ),
                param,
                ctx,
            )
        return number


class Probability(click.ParamType):
    """A number from 0 to 1."""

    name = "probability"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            self.fail(say("{value} is no number from 0 to 1, as 0.2.", value=value), param, ctx)
        return number


class Factor(click.ParamType):
    """A number above 0, up to 10."""

    name = "factor"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0 < number <= 10:
            self.fail(say("{value} is no number above 0, as 1.1.", value=value), param, ctx)
        return number


class Grade(click.ParamType):
    """A grade; -1 stands for any."""

    name = "grade"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the grade."""
        if value == "any":
            return ANY
        if not (str(value).isascii() and str(value).isdecimal()):
            self.fail(
                say("{value} is neither the number of a grade nor the word any.", value=value), param, ctx
            )
        return int(value)


class Picture(click.ParamType):
    """A file that ends in .png, .svg or .html."""

    name = "picture"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the file's name."""
        if not str(value).lower().endswith((".png", ".svg", ".html")):
            self.fail(say("{value} does not end in .png, .svg or .html.", value=value), param, ctx)
        return value


class ModelFile(click.ParamType):
    """A file that ends in .lp or .mps."""

    name = "model"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the file's name."""
        if not str(value).lower().endswith((".lp", ".mps")):
            self.fail(say("{value} does not end in .lp or .mps.", value=value), param, ctx)
        return value


class Years(click.ParamType):
    """A range of years, as 2010:2015, both included; or one year."""

    name = "years"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return the first and the last year."""
        if isinstance(value, tuple):
            return value
        ends = str(value).split(":")
        if len(ends) > 2 or not all(end.isascii() and end.isdecimal() and len(end) == 4 for end in ends):
            self.fail(say("{value} is no range of years, as 2010:2015.", value=value), param, ctx)
        first, last = int(ends[0]), int(ends[-1])
        if first > last:
            self.fail(say("{value} ends before it begins.", value=value), param, ctx)
        return first, last


class Wholes(click.ParamType):
    """Whole numbers within bounds, parted by commas."""

    name = "wholes"

    def __init__(self, low: int, high: int) -> None:
        self.one = Whole(low, high)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the numbers, each once, in order."""
        if isinstance(value, tuple):
            return value
        return tuple(sorted({self.one.convert(part.strip(), param, ctx) for part in str(value).split(",")}))


class Word(click.ParamType):
    """One of a few words."""

    name = "word"

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word."""
        if value not in self.words:
            self.fail(
                say("{value} is none of {words}.", value=value, words=", ".join(self.words)), param, ctx
            )
        return value


def option(name: str, text: str, *, metavar: str = "", **settings: Any) -> click.Option:
    """Return an option with its help; what it asks for is named by `metavar`, by the words it may be, or not at all."""
    kind = settings.get("type")
    return click.Option(
        [*name.split()],
        help=text,
        metavar="|".join(kind.words) if isinstance(kind, Word) else metavar or None,
        **settings,
    )


def help_option() -> click.Option:
    """Return the option that shows a command's help."""

    def show(ctx: click.Context, _: click.Parameter, asked: object) -> None:
        if asked and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()

    return option(
        "--help", say("Show this help."), is_flag=True, is_eager=True, expose_value=False, callback=show
    )


def complaint(error: click.UsageError) -> str:
    """Return what is wrong with a command line, in the current language."""
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return say("{name} must be given.", name=_name(error.param))
    if isinstance(error, click.BadParameter) and error.param is not None:
        return f"{_name(error.param)}: {error.message}"
    if isinstance(error, click.NoSuchOption):
        known = [name for param in _params(error) for name in (*param.opts, *param.secondary_opts)]
        return say("There is no option {option}.", option=error.option_name) + _perhaps(
            get_close_matches(error.option_name, [name for name in known if name.startswith("-")], n=1)
        )
    if isinstance(error, click.BadOptionUsage):
        flags = {name for param in _params(error) if getattr(param, "is_flag", False) for name in param.opts}
        if error.option_name in flags:
            return say("{option} takes no value.", option=error.option_name)
        return say("{option} needs a value after it.", option=error.option_name)
    return error.message


def _params(error: click.UsageError) -> list[click.Parameter]:
    return error.ctx.command.get_params(error.ctx) if error.ctx is not None else []


def _name(param: click.Parameter) -> str:
    if isinstance(param, click.Option):
        return param.opts[0]
    return param.metavar or str(param.name)


def _perhaps(names: Sequence[str]) -> str:
    return " " + say("Did you mean {names}?", names=", ".join(names)) if names else ""


def _help_of(command: click.Command, ctx: click.Context, width: int) -> str:
    """Return the usage, what the command does, and its options."""
    group = isinstance(command, click.Group)
    given = [param.metavar or "" for param in command.params if isinstance(param, click.Argument)]
    usage = " ".join([ctx.command_path, say("[OPTIONS]"), *given, *([say("COMMAND ...")] if group else [])])
    rows = [
        (_spec(param), param.help or "")
        for param in command.get_params(ctx)
        if isinstance(param, click.Option)
    ]
    lines = [
        say("Usage:") + " " + usage,
        "",
        *(f"  {line}" for line in wrapped(command.help or "", width - 2)),
    ]
    return "\n".join([*lines, "", _section(say("Options"), rows, width)])


def _spec(param: click.Option) -> str:
    names = " / ".join((*param.opts, *param.secondary_opts))
    return f"{names} {param.metavar}" if param.metavar else names


def _section(title: str, rows: Sequence[tuple[str, str]], width: int) -> str:
    """Return terms with their texts beside them; below them where a term is too wide."""
    wide = min(max(cells(term) for term, _ in rows), WIDEST_TERM) + 2
    lines = [f"{title}:"]
    for term, text in rows:
        explained = wrapped(text, width - wide - 2)
        if cells(term) > WIDEST_TERM:
            lines.append(f"  {term}")
        else:
            lines.append("  " + term + " " * (wide - cells(term)) + explained.pop(0))
        lines += [" " * (wide + 2) + line for line in explained]
    return "\n".join(lines) + "\n"
