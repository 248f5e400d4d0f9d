"""``planner import``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from planner.cli.checking import COLOURS, INDENT, LEVELS
from planner.cli.show import tell, to_a_question
from planner.district.importing import EVERY, Recipe, import_pile, log_text, read_recipe, write_import
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

UNNAMED = frozenset({"D002", "D006", "D020", "I021", "I022", "I023"})
"""Findings that an option of the command may settle: tables and columns under other names, systems not stated."""


def command(
    *,
    piles: Sequence[str],
    out: str,
    recipe: str | None,
    table: Sequence[str],
    column: Sequence[str],
    crs: dict[str, str] | None,
    datum: dict[str, str] | None,
    stage: Sequence[str],
    since: Sequence[str],
    nearest: bool,
    policy: str | None,
    fix: bool,
    tolerance: float | None,
    replace: bool,
) -> int:
    """Import a pile of files; 1 when an error keeps it from being written."""
    said: dict[str, Any] = {
        "tables": dict(_pair(text, "--table", say("FILE=TABLE")) for text in table),
        "columns": _columns(column),
        "crs": crs,
        "datum": datum,
        "stage": dict(_of_file(text) for text in stage),
        "since": {file: _year(text) for file, text in map(_of_file, since)},
        "nearest": nearest,
        "policy": policy,
        "fix": fix or tolerance is not None,
        "tolerance": tolerance,
    }
    asked = Recipe(**{name: value for name, value in said.items() if value})
    whole = asked if recipe is None else read_recipe(Path(recipe)).with_more(asked)
    imported = import_pile(piles, whole)
    for found in imported.findings:
        if found.level == "note":
            continue
        level = str(LEVELS[found.level])
        tell(f"{level} {found.code} {found.message}", indent=INDENT, mark=(level, COLOURS[found.level]))
    if imported.errors:
        if {found.code for found in imported.errors} & UNNAMED:
            tell(
                say(
                    "What the files call otherwise is said with --table FILE=TABLE, --column TABLE.THEIRS=OURS and --crs [TABLE=]CODE, or in a recipe."
                )
            )
        tell(
            say(
                "{errors} error(s): nothing was written, and the files are as they were.",
                errors=len(imported.errors),
            )
        )
        return 1
    path = write_import(imported, out, replace=replace)
    click.echo(log_text(imported.lines), nl=False)
    click.echo()
    tell(say("Imported into {out}. Look at it with: planner check {out}", out=shlex.quote(str(path))))
    tell(to_a_question(path))
    return 0


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    """Return what stands before and after the last equals sign."""
    name, sign, value = text.rpartition("=")
    if not sign or not name.strip():
        raise _misused(option, text, form)
    return name.strip(), value.strip()


def _misused(option: str, value: str, form: str) -> click.UsageError:
    return click.UsageError(
        say("{option} {value}: write it as {form}.", option=option, value=value, form=form),
        click.get_current_context(),
    )


def _columns(given: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return column names by table and by the name in the file."""
    form = say("TABLE.THEIRS=OURS")
    columns: dict[str, dict[str, str]] = {}
    for text in given:
        theirs, ours = _pair(text, "--column", form)
        table, dot, head = theirs.partition(".")
        if not dot or not head or not ours:
            raise _misused("--column", text, form)
        columns.setdefault(table, {})[head] = ours
    return columns


def _of_file(text: str) -> tuple[str, str]:
    """Return the file that a value is of, and the value."""
    file, sign, value = text.rpartition("=")
    return (file.strip() if sign else EVERY), value.strip()


def _year(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1900 <= int(text) <= 2100):
        raise _misused("--since", text, say("a school year from 1900 to 2100"))
    return int(text)
