"""Tables of a comparison as a terminal shows them: names for ids, changes with their errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from planner.answers.comparing import VERDICTS, everywhere, most_changed
from planner.answers.comparing.model import ADDED, CLEAR, GONE
from planner.archive import named
from planner.archive.readable import readable
from planner.archive.workbook import kind_of
from planner.cli.show import MISSING, tenth, whole
from planner.words import outcome_label, outcome_title, percent, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.answers import Comparison

    Rows = tuple[pd.DataFrame, dict[str, str], dict[str, Callable[[Any], str]]]


def most_changed_rows(found: Comparison, name: str, year: int | None, most: int) -> Rows:
    """Return the schools whose seat gap a scenario changes most: rows, headings, and how figures are shown."""
    rows = most_changed(found, name, most, year)
    base = found.runs[0]
    rows = rows.assign(
        name=named(rows.loc[:, ["school"]], everywhere(found))["name"],
        stage=[base.policy.stage(stage).label for stage in rows["stage"]],
        change=[
            _signed(change, error, "figure")
            for change, error in zip(rows["change"], rows["error"], strict=True)
        ],
    )
    headings = {"name": say("school"), "stage": say("stage"), "year": say("year")}
    headings |= {
        "before": say("seat gap, {name}", name=found.first),
        "after": say("seat gap, {name}", name=name),
        "change": say("difference"),
        "odds_before": say("odds over cap, {name}", name=found.first),
        "odds_after": say("odds over cap, {name}", name=name),
    }
    figures = {"year": str, "before": whole, "after": whole, "change": str}
    return rows, headings, figures | {"odds_before": percent, "odds_after": percent}


def outcome_rows(found: Comparison, year: int | None) -> Iterator[tuple[str, *Rows]]:
    """
    Yield every table of outcomes in which something differs beyond luck: title, rows, headings, how figures are shown.

    Only the rows that do.
    """
    base, district = found.runs[0], everywhere(found)
    for table, every in found.outcomes.items():
        verdicts = [f"verdict_{name}" for name in found.names[1:]]
        rows = every.loc[every[verdicts].isin([CLEAR, ADDED, GONE]).any(axis=1)]
        if year is not None and "year" in rows:
            rows = rows.loc[rows["year"] == year]
        if not len(rows):
            continue
        kinds = [kind_of(re.sub("_p[19]0$", "", figure)) for figure in rows["figure"]]
        keys = list(rows)[: list(rows).index("figure")]
        shown = readable(named(rows, district), base.policy, district)
        keys = ["name" if key in {"school", "catchment", "block"} else key for key in keys]
        columns: dict[str, Any] = {
            key: shown[key].astype("string").fillna(MISSING) for key in dict.fromkeys(keys)
        }
        headings = {key: outcome_label(key) for key in columns} | {"figure": say("figure")}
        columns["figure"] = [outcome_label(figure) for figure in rows["figure"]]
        for name in found.names:
            columns[f"value_{name}"] = [
                _value(value, kind) for value, kind in zip(rows[f"value_{name}"], kinds, strict=True)
            ]
            headings[f"value_{name}"] = name
        for name in found.names[1:]:
            parts = (rows[f"{what}_{name}"] for what in ("change", "error", "verdict"))
            columns[f"change_{name}"] = [
                str(VERDICTS[verdict]) if verdict in {ADDED, GONE} else _signed(change, error, kind)
                for change, error, verdict, kind in zip(*parts, kinds, strict=True)
            ]
            headings[f"change_{name}"] = say("{name}: difference", name=name)
        figures = dict.fromkeys(
            [column for column in columns if column.startswith(("value_", "change_"))], str
        )
        yield outcome_title(table), pd.DataFrame(columns), headings, figures


def _value(value: float, kind: str) -> str:
    if pd.isna(value):
        return MISSING
    return f"{value:.1%}" if kind == "share" else tenth(value)


def _signed(change: float, error: float, kind: str) -> str:
    """Return a change with its 95 % sampling error; shares in percentage points."""
    if pd.isna(change):
        return MISSING
    scale = 100 if kind == "share" else 1
    margin = MISSING if pd.isna(error) else tenth(1.96 * scale * error)
    return f"{scale * change:+.1f} ±{margin}"
