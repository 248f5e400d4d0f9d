"""Why a number of children is expected: what entry rests on, and how far a school's own past counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from planner.answers.trial import listed
from planner.words import Text, percent, say

if TYPE_CHECKING:
    import pandas as pd

    from planner.pipeline import Run

_BASES = {
    "registered": Text("children registered for entry"),
    "register": Text("registered children"),
    "kindergarten": Text("children in kindergarten"),
    "births": Text("births"),
    "history": Text("past entrants"),
}
"""What the tiers of an entry count."""
_GROUPS = {
    "registers": Text("registers"),
    "births": Text("births"),
    "history": Text("past entrants"),
}
"""The tiers whose weights are told."""
_ALL = 0.995
"""Weight above which nothing else is told of. [1]"""


@dataclass(frozen=True, kw_only=True)
class EntryReason:
    """What the entrants of a school's catchment rest on, on the expected path; sums over its blocks."""

    entrants: float
    """Children entitled to enter. [children]"""
    leaving: float
    """Those of them who go to private or other districts' schools. [children]"""
    housing: float
    """Those of them in new dwellings. [children]"""
    weights: dict[str, float]
    """Of registers, births and history in the figure; empty for a fed stage. [1]"""
    tier: str
    """The tier that weighs most, as the table `explained` of the forecast calls it."""
    base: float
    """Births, registered children or past entrants of that tier. [children]"""
    ratio: float
    """Entrants of that tier per child of the base; NaN without any. [1]"""
    own_weight: float
    """Of the catchment's own history in that ratio; the rest is the district's. NaN where not known. [1]"""
    drivers: float
    """Children whom drivers of migration bring; negative: take. [children]"""
    joint: bool
    """Whether the catchment is shared with other schools."""

    @property
    def lines(self) -> list[str]:
        """The reason as sentences, in the current language."""
        values = {
            "entrants": f"{self.entrants:.0f}",
            "leaving": f"{self.leaving:.0f}",
            "base": f"{self.base:.0f}",
            "of": _BASES.get(self.tier, Text("children of the age who live there")),
            "ratio": f"{self.ratio:.2f}",
        }
        said = [
            say(
                "In its catchment, shared with other schools, {entrants} children may enter; {leaving} of them leave.",
                **values,
            )
            if self.joint
            else say("In its catchment {entrants} children may enter; {leaving} of them leave.", **values)
        ]
        if np.isfinite(self.ratio):
            said.append(say("Most rest on {base} {of} x {ratio}.", **values))
        if self.own_weight > _ALL:
            said.append(say("The ratio is the catchment's own past."))
        elif np.isfinite(self.own_weight):
            said.append(
                say(
                    "The ratio is {own} the catchment's own past and {district} the district's.",
                    own=percent(self.own_weight),
                    district=percent(1 - self.own_weight),
                )
            )
        shown = {group: weight for group, weight in self.weights.items() if weight >= 0.005}
        if len(shown) > 1:
            parts = [
                say("{part} {share}", part=_GROUPS[group], share=percent(weight))
                for group, weight in shown.items()
            ]
            said.append(say("Weights: {weights}.", weights=listed(parts)))
        if self.housing >= 0.5:
            said.append(say("New dwellings bring {children} of them.", children=f"{self.housing:.0f}"))
        if abs(self.drivers) >= 0.5:
            said.append(
                say("Drivers of migration change them by {children}.", children=f"{self.drivers:+.0f}")
            )
        return said

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"kind": "entry"} | _plain(asdict(self))


@dataclass(frozen=True, kw_only=True)
class GrowthReason:
    """How a later grade follows from the grade below it a year before."""

    label: str
    """How the grade is called in the current language."""
    ratio: float
    """Children per child of the grade below. [1]"""
    district_ratio: float
    own_weight: float
    """Of the school's own past in the ratio. [1]"""
    transitions: int
    """Counted passages behind the school's own ratio."""
    excluded: int
    """Passages left out: re-zoning, merger, opening, a full school."""
    left_out: str = ""
    """Their years and why."""
    noise_share: float = float("nan")
    """Part of next year's variance that is the count's own, which no model can remove; NaN where not told. [1]"""

    @property
    def lines(self) -> list[str]:
        """The reason as sentences, in the current language."""
        said = [
            say(
                "Into {grade} pass {ratio} children per child of the grade below a year before: {own} the school's own past ({transitions} counted passages, {excluded} left out), the rest the district's {district}.",
                grade=self.label,
                ratio=f"{self.ratio:.3f}",
                own=percent(self.own_weight),
                transitions=self.transitions,
                excluded=self.excluded,
                district=f"{self.district_ratio:.3f}",
            )
        ]
        if np.isfinite(self.noise_share):
            said.append(
                say(
                    "Of what is uncertain about the next passage {share} is chance of the count itself.",
                    share=percent(self.noise_share),
                )
            )
        return said

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"kind": "growth"} | _plain(asdict(self))


Reason = EntryReason | GrowthReason


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values that JSON can hold: figures rounded, those that are missing None."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        if isinstance(value, float):
            return round(value, 4) if np.isfinite(value) else None
        return value

    return {name: plain(value) for name, value in values.items()}


def reason_of(run: Run, school: str, grade: int, year: int) -> Reason | None:
    """
    Return why so many children are expected; None where the forecast does not explain it.

    Of a starting grade: the entrants of its catchment. Of a later grade: the growth into it.
    """
    stage = run.policy.stage_of(grade)
    if grade == stage.first:
        return _entry(run, school, stage.stage, year)
    table = run.forecast.growth_explained
    if table.empty:
        return None
    rows = table.loc[(table["school"] == school) & (table["grade"] == grade)]
    if rows.empty:
        return None
    row = rows.iloc[0]
    return GrowthReason(
        label=run.policy.grade_label(grade),
        ratio=float(row["ratio"]),
        district_ratio=float(row["district_ratio"]),
        own_weight=float(row["own_weight"]),
        transitions=int(row["transitions"]),
        excluded=int(row["excluded"]),
        left_out=str(row.get("left_out", "")),
        noise_share=float(row.get("noise_share", np.nan)),
    )


def _entry(run: Run, school: str, stage: str, year: int) -> EntryReason | None:
    plan, table = run.plan, run.forecast.explained
    if table.empty:
        return None
    held = [c for c, each in enumerate(plan.catchments) if each.stage == stage and school in each.schools]
    at = plan.catchment_of[plan.stages.index(stage), :, plan.years.index(year)]
    blocks = [block for block, inside in zip(plan.blocks, np.isin(at, held), strict=True) if inside]
    rows = table.loc[(table["stage"] == stage) & (table["year"] == year) & table["block"].isin(blocks)]
    if rows.empty:
        return None
    heaviest = str(rows.groupby("tier")["entrants"].sum().idxmax())
    inside = rows.loc[rows["tier"] == heaviest]
    base, entrants = _sum(inside["base"]), _sum(inside["ratio"] * inside["base"])
    weights = {name: _mean(rows[name], rows["entrants"]) for name in _GROUPS}
    return EntryReason(
        entrants=_sum(rows["entrants"]),
        leaving=_sum(rows["leaving"]),
        housing=_sum(rows["housing"]),
        weights={name: weight for name, weight in weights.items() if np.isfinite(weight)},
        tier=heaviest,
        base=base,
        ratio=entrants / base if base > 0 else np.nan,
        own_weight=_mean(inside["own_weight"], inside["entrants"]),
        drivers=_sum(rows["drivers"]) if "drivers" in rows else 0.0,
        joint=any(len(plan.catchments[c].schools) > 1 for c in held if (at == c).any()),
    )


def _sum(figures: pd.Series) -> float:
    return float(np.nansum(figures.to_numpy(np.float64, na_value=np.nan)))


def _mean(figures: pd.Series, weights: pd.Series) -> float:
    """Return the mean of the figures known, each weighing as many entrants as it has; NaN where none is known."""
    values, parts = (column.to_numpy(np.float64, na_value=np.nan) for column in (figures, weights))
    known = np.isfinite(values) & (parts > 0)
    return float((values[known] * parts[known]).sum() / parts[known].sum()) if known.any() else float("nan")
