"""``planner check``."""

from __future__ import annotations

import json
from collections import Counter

import click

from planner.district import check_path
from planner.policy import read_policy
from planner.words import Text, say

LEVELS = {"error": Text("error"), "warning": Text("warning"), "note": Text("note")}
COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


def command(*, district: str, policy: str | None, crs: str | None, as_json: bool) -> int:
    """List all findings about a district; 1 when one of them is an error."""
    findings = check_path(district, read_policy(policy) if policy else None, crs=crs)
    if as_json:
        rows = [
            {
                "level": found.level,
                "code": found.code,
                "file": found.file,
                "rows": list(found.rows),
                "table": found.table,
                "column": found.column,
                "ids": list(found.ids),
                "text": str(found.text),
                "advice": str(found.advice),
            }
            for found in findings
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for found in findings:
            level = click.style(str(LEVELS[found.level]), fg=COLOURS[found.level])
            click.echo(f"{level} {found.code} {found.message}")
        counts = Counter(found.level for found in findings)
        click.echo(
            say(
                "{errors} errors, {warnings} warnings, {notes} notes in {district}",
                errors=counts["error"],
                warnings=counts["warning"],
                notes=counts["note"],
                district=district,
            )
        )
    return int(any(found.level == "error" for found in findings))
