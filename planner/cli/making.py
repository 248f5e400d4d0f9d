"""``planner new``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from planner.cli.show import tell, to_a_question
from planner.district import new_district
from planner.words import say


def command(*, folder: str) -> int:
    """Make an empty district."""
    new_district(Path(folder))
    click.echo(say("Made an example district in {folder}: replace its rows by yours.", folder=folder))
    shown = shlex.quote(folder)
    click.echo(say("Then look at it with: planner check {folder}", folder=shown))
    tell(to_a_question(folder))
    return 0
