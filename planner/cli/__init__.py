"""
The command ``planner``.

Only the standard library and click are imported here; every command imports what it needs when it runs, so that
``planner --help`` answers at once.
"""

from __future__ import annotations

import os
import sys

from planner.errors import PlannerError
from planner.words import LANGUAGES, say, speaking

__all__ = ["main"]


def _language(arguments: list[str]) -> str:
    """Return the language asked for by ``--lang`` anywhere on the line, else by PLANNER_LANG, else English."""
    asked = os.environ.get("PLANNER_LANG", "en")
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            asked = arguments[position + 1]
        elif argument.startswith("--lang="):
            asked = argument.removeprefix("--lang=")
    return asked if asked in LANGUAGES else "en"


def main(arguments: list[str] | None = None) -> int:
    """
    Run one command line and return its exit code.

    0 fine; 1 an error of ours or an error-level finding of ``check``; 2 wrong usage; 130 Ctrl-C.
    """
    import click

    from planner.cli.commands import planner_command

    arguments = sys.argv[1:] if arguments is None else arguments
    language = _language(arguments)
    with speaking(language):
        try:
            result = planner_command().main(arguments, prog_name="planner", standalone_mode=False)
        except click.UsageError as error:
            error.show()
            return 2
        except (click.Abort, KeyboardInterrupt):
            click.echo(say("Interrupted; nothing was written."), err=True)
            return 130
        except PlannerError as error:
            for line in error.lines(language):
                click.echo(line, err=True)
            return 1
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as error:
            click.echo(
                say(
                    "{file}: {reason}. Check that it exists, that you may use it and that the disk has room.",
                    file=error.filename or "-",
                    reason=error.strerror or error,
                ),
                err=True,
            )
            return 1
        return result if isinstance(result, int) else 0
