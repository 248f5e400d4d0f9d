"""
The command ``planner``.

Only the standard library and click are imported here; every command imports what it needs when it runs, so that
``planner --help`` answers at once.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys

from planner.errors import PlannerError
from planner.words import LANGUAGES, say, speaking

__all__ = ["main"]

FINE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130
"""Exit codes."""


def _language(arguments: list[str]) -> str:
    """
    Return the language asked for by ``--lang`` anywhere on the line, else by PLANNER_LANG, else English.

    Another language than ours is refused later, as wrong usage.
    """
    asked = [os.environ.get("PLANNER_LANG", "")]
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            asked.append(arguments[position + 1])
        elif argument.startswith("--lang="):
            asked.append(argument.removeprefix("--lang="))
    return next((language for language in reversed(asked) if language in LANGUAGES), "en")


def main(arguments: list[str] | None = None) -> int:
    """
    Run one command line and return its exit code.

    0 fine; 1 an error of ours or an error-level finding of ``check``; 2 wrong usage; 130 Ctrl-C.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with speaking(_language(arguments)):
        try:
            code = _carry_out(arguments)
            sys.stdout.flush()
        except KeyboardInterrupt:
            after_echo = "\n" if sys.stderr.isatty() else ""
            _complain(after_echo + say("Interrupted; nothing half-done was left behind."))
            return INTERRUPTED
        except BrokenPipeError:
            _give_up_output()
            return FINE
        except OSError as error:
            _give_up_output()
            _complain(
                say(
                    "{file}: {reason}. Check that it exists, that you may use it and that the disk has room.",
                    file=error.filename or say("output"),
                    reason=error.strerror or error,
                )
            )
            return FAILED
        return code


def _carry_out(arguments: list[str]) -> int:
    """Run one command line, and say what is wrong with it or with what it names."""
    import click

    from planner.cli.commands import planner_command
    from planner.cli.usage import complaint

    try:
        _check_language()
        with planner_command().make_context("planner", [*arguments]) as context:
            result = context.command.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx is not None else "planner"
        _complain(complaint(error), say("See {command} --help.", command=command))
        return MISUSED
    except PlannerError as error:
        _complain(*(str(fault) for fault in error.faults))
        return FAILED
    return result if isinstance(result, int) else FINE


def _check_language() -> None:
    """Raise when PLANNER_LANG asks for a language that is none of ours."""
    import click

    asked = os.environ.get("PLANNER_LANG", "")
    if asked and asked not in LANGUAGES:
        raise click.UsageError(
            say(
                "PLANNER_LANG is {value}; it may be {languages}.", value=asked, languages=", ".join(LANGUAGES)
            )
        )


def _complain(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"{line}\n")


def _give_up_output() -> None:
    """Let standard output go nowhere, so that what is left of it raises no second error at the end."""
    with contextlib.suppress(io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
