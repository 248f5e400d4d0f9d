"""What ``planner backtest`` tells of its scores: a table, and in plain words what the figures mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.cli.show import show_table, tell, tenth, whole
from planner.district.findings import few
from planner.words import Text, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.forecast.backtest import Backtest

_NARROW, _WIDE = 0.77, 0.86
"""Share of the counts in the ranges meant to hold 80 % of them, below or above which the ranges are no good. [1]"""
_ENOUGH = 50
"""Cases from which on the ranges are judged."""


def _targets(starts: Sequence[str]) -> dict[str, Text]:
    """Return the names of the targets shown, in their order."""
    return {
        "entry": Text("entry grade"),
        "grades": Text("later grades"),
        **{f"grade {grade}": Text("entry of grade {grade}", grade=grade) for grade in starts[1:]},
        "unit total": Text("unit totals"),
        "district total": Text("all together"),
    }


def percent(share: float) -> str:
    """Return a share in whole percent."""
    return f"{100 * share:.0f}%"


def show_scores(found: Backtest, origins: Sequence[int], starts: Sequence[str]) -> None:
    """
    Print the scores of all sizes together, the best of the simple methods beside them, and what they mean.

    Parameters
    ----------
    starts
        Names of the grades that children enter.
    """
    tell(
        say(
            "Forecasts made again in {first} to {last} with what was known then, against what came:",
            first=origins[0],
            last=origins[-1],
        )
    )
    names = _targets(starts)
    scores = found.scores.loc[(found.scores["band"] == "all") & found.scores["target"].isin(list(names))]
    order = scores["target"].map({target: at for at, target in enumerate(names)})
    scores = scores.assign(order=order).sort_values(["order", "lead"], kind="stable")
    best = found.baselines.groupby(["target", "lead"], as_index=False).agg(best=("wape", "min"))
    scores = scores.merge(best, on=["target", "lead"], how="left")
    scores = scores.assign(
        named=[str(names[target]) for target in scores["target"]],
        gain=100 * (1 - scores["crps"] / scores["crps_baseline"]),
    )
    headings = {
        "named": say("forecast of"),
        "lead": say("years ahead"),
        "n": say("cases"),
        "wape": say("error (%)"),
        "best": say("best simple method (%)"),
        "bias": say("bias (%)"),
        "cover80": say("in 80% range"),
        "cover95": say("in 95% range"),
        "gain": say("better than three-year ratios (%)"),
    }
    figures = dict.fromkeys(("wape", "best", "bias"), tenth) | {"lead": str, "n": whole, "gain": whole}
    show_table(scores, headings, figures | {"cover80": percent, "cover95": percent})
    tell(
        say(
            "Error: children wrongly placed per hundred that came; the best simple method is picked afterwards. Bias: above 0 where too many were forecast."
        )
    )
    tell(
        say(
            "Better than three-year ratios: by how much the whole stated range came nearer to what happened than that of three-year ratios with chance variation (CRPS, with Poisson noise)."
        )
    )
    for line in (*range_lines(scores), *_another_class(scores)):
        tell(line)


def range_lines(scores: pd.DataFrame) -> list[Text]:
    """
    Return where the stated ranges held too few counts, or too many, in words.

    Parameters
    ----------
    scores
        order, named (of the target), lead, n, cover80.
    """
    judged = scores.loc[scores["n"] >= _ENOUGH]
    margin = 2 * np.sqrt(0.8 * 0.2 / judged["n"])
    narrow = judged.loc[judged["cover80"] < np.minimum(_NARROW, 0.8 - margin)]
    wide = judged.loc[judged["cover80"] > np.maximum(_WIDE, 0.8 + margin)]
    lines = []
    if len(narrow):
        lines.append(
            Text("Ranges too narrow, so surprises are likelier than stated: {list}.", list=_listed(narrow))
        )
    if len(wide):
        lines.append(Text("Ranges too wide, so surprises are rarer than stated: {list}.", list=_listed(wide)))
    if len(judged) and not lines:
        lines.append(Text("The stated ranges held about as many counts as they should."))
    return lines


def _listed(scores: pd.DataFrame) -> Text | str:
    """Return targets with their years ahead and the share that ranges of 80 % held."""
    return few(
        [
            Text(
                "{target}, {leads} ahead ({shares} instead of 80%)",
                target=rows["named"].iloc[0],
                leads=", ".join(str(lead) for lead in rows["lead"]),
                shares=", ".join(percent(share) for share in rows["cover80"]),
            )
            for _, rows in scores.groupby("order")
        ]
    )


def _another_class(scores: pd.DataFrame) -> list[Text]:
    """Return what the odds of another class were worth, against either number of classes."""
    lines = []
    for _, of in scores.loc[scores["brier_skill"].notna()].iterrows():
        came = Text(
            "{target}, more classes needed a year ahead than the children need who feed it: it came in {rate} of cases.",
            target=of["named"],
            rate=percent(of["base_rate"]),
        )
        lines.append(
            Text(
                "{came} {worth} They were off by {error} on average.",
                came=came,
                worth=_worth(of["brier_skill"]),
                error=Text("{number} points", number=f"{100 * of['calibration_error']:.0f}"),
            )
        )
    for _, of in scores.loc[scores["brier_skill_now"].notna()].iterrows():
        came = Text(
            "{target}, more classes needed a year ahead than it has children for now: it came in {rate} of cases.",
            target=of["named"],
            rate=percent(of["base_rate_now"]),
        )
        lines.append(Text("{came} {worth}", came=came, worth=_worth(of["brier_skill_now"])))
    return lines


def _worth(skill: float) -> Text:
    """Return a Brier skill in words."""
    if skill >= 0:
        return Text("The odds stated were {skill} better than always stating that.", skill=percent(skill))
    return Text("The odds stated were {skill} worse than always stating that.", skill=percent(-skill))


def show_ledger(ledger: pd.DataFrame) -> None:
    """Print how good official forecasts were, all years they were made in together, beside ours and simple ones."""
    every = ledger.loc[ledger["made_in"] == "all"]
    if not len(every):
        return
    simple = every.loc[~every["method"].isin(["official", "planner"])]
    best = simple.groupby("lead")["wape"].min()
    table = pd.DataFrame(
        {
            "lead": lead,
            "n": rows["n"].iloc[0],
            **{
                f"{method} {figure}": rows.loc[rows["method"] == method, figure].iloc[0]
                if (rows["method"] == method).any()
                else np.nan
                for method in ("official", "planner")
                for figure in ("wape", "bias")
            },
            "best": best.get(lead, np.nan),
        }
        for lead, rows in every.groupby("lead")
    )
    tell(
        say(
            "Official forecasts of the ledger whose year has been counted, and ours made again in the same autumns:"
        )
    )
    headings = {
        "lead": say("years ahead"),
        "n": say("cases"),
        "official wape": say("official: error (%)"),
        "official bias": say("official: bias (%)"),
        "planner wape": say("ours: error (%)"),
        "planner bias": say("ours: bias (%)"),
        "best": say("best simple method (%)"),
    }
    figures = dict.fromkeys(headings, tenth) | {"lead": str, "n": whole}
    show_table(table, headings, figures)
