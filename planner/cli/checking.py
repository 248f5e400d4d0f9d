"""``planner check``."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from planner.cli.show import tell
from planner.district import check_path
from planner.district.files import is_address
from planner.district.files.database import shown_address
from planner.policy import read_policy
from planner.words import Text, say

if TYPE_CHECKING:
    from planner.district import Finding

LEVELS = {"error": Text("error"), "warning": Text("warning"), "note": Text("note")}
COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
INDENT = "    "


def command(
    *,
    district: str,
    policy: str | None,
    crs: dict[str, str] | None,
    datum: dict[str, str] | None,
    as_json: bool,
) -> int:
    """List all findings about a district; 1 when one of them is an error."""
    findings = check_path(district, read_policy(policy) if policy else None, crs=crs, datum=datum)
    if as_json:
        click.echo(json.dumps([_plain(found) for found in findings], indent=2, ensure_ascii=False))
    else:
        _list(findings, district)
    return int(any(found.level == "error" for found in findings))


def _plain(found: Finding) -> dict[str, Any]:
    return {
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


def _list(findings: list[Finding], district: str) -> None:
    for found in findings:
        level = str(LEVELS[found.level])
        tell(
            f"{level} {found.code} {found.message}",
            indent=INDENT,
            mark=(level, COLOURS[found.level]),
        )
    counts = Counter(found.level for found in findings)
    summary = Text(
        "{district}: {errors} error(s), {warnings} warning(s), {notes} note(s).",
        errors=counts["error"],
        warnings=counts["warning"],
        notes=counts["note"],
        district=shown_address(district) if is_address(district) else district,
    )
    if findings:
        tell(
            say(
                "{summary} What a code means says planner check --explain {code}",
                summary=summary,
                code=findings[0].code,
            )
        )
    else:
        tell(summary)
