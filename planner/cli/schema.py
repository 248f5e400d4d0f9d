"""``planner schema``."""

from __future__ import annotations

import json

import click

from planner.scenario import scenario_schema


def command() -> int:
    """Print the JSON Schema of scenario files."""
    click.echo(json.dumps(scenario_schema(), indent=2, ensure_ascii=False))
    return 0
