"""How each figure came about, and what was missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.forecast.drivers import over_blocks
from planner.forecast.homes import KINDS
from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.district import District
    from planner.forecast.births import Cohorts
    from planner.forecast.drawing import Fit, StageFit
    from planner.forecast.entry import Entry
    from planner.forecast.facts import Facts
    from planner.forecast.homes import History, Sharing
    from planner.forecast.model import Draws

_MANY = 5
"""Ids named in a note."""

_NAMED = {
    "registered": Text("children registered for entry"),
    "register": Text("registered children"),
    "kindergarten": Text("children in kindergarten"),
    "births": Text("births"),
    "residents": Text("residents"),
    "land": Text("area of land"),
}
"""What tiers and sharing rules are called in a note."""


def entry_rows(
    fit: Fit, facts: Facts, stock: NDArray[np.float64], path: Draws, living_from: tuple[str, ...]
) -> pd.DataFrame:
    """
    Return one row per stage, block and year: how the entrants of the expected path came.

    Columns: tier (the one that weighs most), base (its register, births or past figure), ratio (entrants of that
    tier per child of the base), own_weight (of the block's and its catchment's history against the district's; of a fed
    stage that of its catchment's past intakes against where the children of the age are taken to live),
    registers, births and history (weights of the tiers), births_used (births behind the year's entrants), left_out (years
    of the block's history that were full or in which nothing was counted), noise_share (part of the variance
    that is the count's own, which no model can remove), drawn_to_district (by how much the district's own path moved the
    figure), housing (children of new dwellings), drivers (children whom drivers of migration bring or take), factor and
    added (demand edits), entrants, leaving, past (where the history of entrants is from).
    """
    frames, arriving = [], fit.arrivals.expected()
    index = pd.MultiIndex.from_product([fit.blocks, fit.years], names=["block", "year"])
    for stage in fit.stages:
        figures = (
            _entry_figures(stage.entry)
            | {"left_out": _left_out(facts.histories[stage.stage], len(fit.years))}
            if stage.entry is not None
            else _coming_figures(fit, stage, facts, living_from, path)
        )
        figures |= {
            "housing": stock if stage.entry is not None else np.full(stock.shape, np.nan),
            "drivers": over_blocks(arriving.entering(stage.stage), stock),
            "factor": stage.factor,
            "added": stage.added,
            "entrants": path.entrants[stage.stage][:, :, 0],
            "leaving": path.leaving[stage.stage][:, :, 0],
            "past": _past(facts.histories[stage.stage], facts.sharing, len(fit.years)),
        }
        frame = pd.DataFrame(
            {name: np.asarray(values).ravel() for name, values in figures.items()}, index=index
        )
        frames.append(frame.reset_index().assign(stage=stage.stage))
    table = pd.concat(frames, ignore_index=True)
    return table.reindex(columns=["stage", *table.columns.drop("stage")])


def _entry_figures(entry: Entry) -> dict[str, NDArray[np.generic]]:
    names = np.array([tier.name for tier in entry.tiers])
    heaviest = entry.weights.argmax(axis=0)
    bases = np.stack([tier.base for tier in entry.tiers])
    means = np.stack([tier.mean for tier in entry.tiers])
    owns = np.stack([np.broadcast_to(tier.own[:, None], tier.mean.shape) for tier in entry.tiers])
    base = np.take_along_axis(bases, heaviest[None], axis=0)[0]
    mean = np.take_along_axis(means, heaviest[None], axis=0)[0]
    own = np.take_along_axis(owns, heaviest[None], axis=0)[0]
    reached = entry.weights.any(axis=0)

    by_births = np.stack([tier.by_births for tier in entry.tiers])
    registers = np.isin(names, KINDS)
    of_births = (entry.weights * by_births).sum(axis=0)
    born = next(
        (tier.base for tier in entry.tiers if tier.name == "births"), np.full(entry.mean.shape, np.nan)
    )
    summed = np.where(entry.weights > 0, entry.weights * np.nan_to_num(means), 0.0).sum(axis=0)

    return {
        "tier": np.where(reached, names[heaviest], "nothing").astype(object),
        "base": np.where(reached, base, np.nan),
        "ratio": np.where(reached & (base > 0), mean / np.where(base > 0, base, 1.0), np.nan),
        "own_weight": np.where(reached, own, np.nan),
        "registers": entry.weights[registers].sum(axis=0),
        "births": of_births,
        "history": entry.weights[~registers].sum(axis=0) - of_births,
        "births_used": born,
        "noise_share": entry.noise_share(),
        "drawn_to_district": np.where(summed > 0, entry.mean / np.where(summed > 0, summed, 1.0), np.nan),
    }


def _left_out(history: History, years: int) -> NDArray[np.generic]:
    """Return, by block and year, the years of the block's history that tell nothing: full schools, and nothing counted."""
    out = history.censored | history.empty_years()[None, :]
    said = [
        ", ".join(str(year) for year, none in zip(history.years, row, strict=True) if none) for row in out
    ]
    return np.repeat(np.array(said, dtype=object)[:, None], years, axis=1)


def status_rows(fit: Fit) -> pd.DataFrame:
    """
    Return a row per stage, block, year and registration status: where the children table tells them apart.

    Columns: status, tier (kind of the children table), registered (children of the cohort), ratio (entrants per registered
    child), calibrated (years that the ratio of the status rests on; 0: that of all children), entrants (expected,
    before housing, drivers and edits).
    """
    frames = []
    index = pd.MultiIndex.from_product([fit.blocks, fit.years], names=["block", "year"])
    for stage in fit.stages:
        entry = stage.entry
        if entry is None:
            continue
        parts = entry.parts_by_status()
        for tier in entry.tiers:
            for stream in tier.streams:
                base = stream.base
                figures = {
                    "registered": base,
                    "ratio": np.where(base > 0, stream.mean / np.where(base > 0, base, 1.0), np.nan),
                    "entrants": entry.mean * parts[stream.status],
                }
                frame = pd.DataFrame({name: values.ravel() for name, values in figures.items()}, index=index)
                named = {"stage": stage.stage, "status": stream.status, "tier": tier.name}
                frames.append(frame.reset_index().assign(**named, calibrated=stream.years))
    columns = ["stage", "block", "year", "status", "tier", "registered", "ratio", "calibrated", "entrants"]
    return (
        pd.concat(frames, ignore_index=True).reindex(columns=columns)
        if frames
        else pd.DataFrame(columns=columns)
    )


def _coming_figures(
    fit: Fit, stage: StageFit, facts: Facts, living_from: tuple[str, ...], path: Draws
) -> dict[str, NDArray[np.generic]]:
    coming = stage.coming
    shape = (len(fit.blocks), len(fit.years))
    nothing = np.full(shape, np.nan)
    if coming is None:
        return {"tier": np.full(shape, "nothing", dtype=object), "base": nothing}
    first = next(each.first for each in facts.stages if each.stage == coming.origin)
    tiers = np.full(shape, f"entrants of {coming.origin}", dtype=object)
    base = nothing.copy()
    for at in range(min(coming.gap, len(fit.years))):
        grade = first + coming.gap - at - 1
        tiers[:, at] = f"living: {living_from[fit.grades.index(grade)]}"
        base[:, at] = coming.living[:, at]
    if len(fit.years) > coming.gap:
        base[:, coming.gap :] = path.entrants[coming.origin][:, : len(fit.years) - coming.gap, 0]
    entrants = path.entrants[stage.stage][:, :, 0]
    return {
        "tier": tiers,
        "base": base,
        "ratio": np.where(base > 0, entrants / np.where(base > 0, base, 1.0), np.nan),
        "own_weight": coming.past.own,
        "registers": nothing,
        "births": nothing,
        "history": nothing,
        "births_used": nothing,
        "left_out": _left_out(facts.histories[stage.stage], len(fit.years)),
        "noise_share": nothing,
        "drawn_to_district": nothing,
    }


def _past(history: History, sharing: Sharing, years: int) -> NDArray[np.generic]:
    """Return, by block and year, where the block's latest past figure is from."""
    known = np.isfinite(history.children)
    out = np.full(known.shape[0], "", dtype=object)
    for at, source in enumerate(history.sources):
        named = source if source in {"residents", "attendance"} else "home"
        shared = f"intake by {sharing.rule}"
        out = np.where(known[:, at], np.where(history.counted[:, at], named, shared), out)
    return np.repeat(out[:, None], years, axis=1)


def parameter_rows(fit: Fit, facts: Facts) -> pd.DataFrame:
    """Return the district-wide ratios and variances used: component, parameter, value, and the years or differences behind."""
    rows: list[tuple[str, str, float, int]] = []
    for stage in fit.stages:
        name = stage.stage
        if stage.entry is not None:
            for tier in stage.entry.tiers:
                component = f"{name}: {tier.name}"
                rows += [
                    (component, "district_sd", float(tier.district_spread[0]), tier.years),
                    (component, "neighbourhood_sd", float(np.median(tier.near_spread[:, 0])), tier.years),
                    (
                        component,
                        "neighbourhood_sd_last",
                        float(np.median(tier.near_spread[:, -1])),
                        tier.years,
                    ),
                    (component, "variance_per_child", float(tier.per_child[0]), tier.years),
                ]
            if stage.entry.control is not None:
                control = stage.entry.control
                rows += [
                    (f"{name}: district", "sd", float(control.spread[0]), 0),
                    (f"{name}: district", "weight", float(control.weight[0]), 0),
                ]
        if stage.coming is not None:
            past = stage.coming.past
            spread = np.sqrt(past.variance())
            rows += [
                (f"{name}: past intakes", "neighbourhood_sd", float(np.median(spread[:, 0])), past.years),
                (
                    f"{name}: past intakes",
                    "neighbourhood_sd_last",
                    float(np.median(spread[:, -1])),
                    past.years,
                ),
                (
                    f"{name}: past intakes",
                    "variance_per_child",
                    float(np.median(past.per_child[:, 0])),
                    past.years,
                ),
            ]
        if stage.transition is not None:
            rows += [
                (name, "transition", float(np.exp(stage.transition.log)), stage.transition.years),
                (name, "transition_sd", stage.transition.sd, stage.transition.years),
            ]
        flows = stage.flows
        evidence = len(flows.years or flows.against_rolls)
        rows += [(name, "leaving", flows.leaving.district, evidence)]
        rows += [(name, "leaving_yearly_sd", stage.leaving_yearly, evidence)]
    growth = facts.growth
    rows += [("growth", parameter, value, growth.transitions) for parameter, value in growth.fitted]
    for each in facts.housing.yields:
        component = f"housing: {each.kind}" if each.kind else "housing"
        rows += [
            (component, "children_per_dwelling", each.children, each.estates),
            (component, "stated_children_per_dwelling", each.stated, 0),
            (component, "yield_cv", each.cv, each.estates),
        ]
    return pd.DataFrame(rows, columns=["component", "parameter", "value", "evidence"])


def missing_facts(facts: Facts, entries: Mapping[str, Entry], births: Cohorts | None) -> tuple[Text, ...]:
    """Return what the district does not say, each once, with what it costs in certainty."""
    notes: list[Text] = []
    for stage in facts.stages:
        entry = entries.get(stage.stage)
        if entry is not None:
            notes += _about_entry(stage.stage, entry, facts)
        flows = facts.flows[stage.stage]
        if flows.against_rolls:
            notes.append(
                Text(
                    "Attendance of grade {grade} by home is not given: that {share:.0%} of the entrants of {stage} leave and {children:.0f} a year arrive from elsewhere is read off residents against the schools' intakes ({years}). Both are net; residents missing from one catchment are taken to be the surplus pupils of others, as far as these go.",
                    grade=stage.first,
                    share=flows.leaving.district,
                    stage=stage.stage,
                    children=float(flows.arriving.sum()),
                    years=", ".join(map(str, flows.against_rolls)),
                )
            )
        elif not flows.years:
            notes.append(
                Text(
                    "Attendance of grade {grade} by home is not given: all children of the stage {stage} are taken to stay with their catchment school; choice of other schools, private and other districts' schools stay unknown.",
                    grade=stage.first,
                    stage=stage.stage,
                )
            )
    if births is not None:
        notes += _about_births(births, facts)
    notes += _about_pupils(facts.district, facts)
    return tuple(dict.fromkeys(notes))


def _about_entry(stage: str, entry: Entry, facts: Facts) -> list[Text]:
    notes: list[Text] = []
    history = facts.histories[stage]
    names = {tier.name for tier in entry.tiers}
    if not names & set(KINDS):
        if "births" in names:
            notes.append(
                Text(
                    "The children table is empty: entrants of {stage} rest on births and past ratios; a register of children by block would tell who has moved since birth.",
                    stage=stage,
                )
            )
        else:
            notes.append(
                Text(
                    "Neither children nor births are given: entrants of {stage} follow past intakes. Elsewhere that missed a school's first grade by 14 to 16 % a year ahead and by 20 to 26 % five years ahead.",
                    stage=stage,
                )
            )
    known = np.isfinite(history.children)
    for tier in entry.tiers:
        if tier.years or tier.name not in _NAMED:
            continue
        if tier.name == "births" and known.any():
            notes.append(
                Text(
                    "No past year has both entrants and births: how many enter of those born is not known, only how their numbers move."
                )
            )
        else:
            notes.append(
                Text(
                    "No past year has both entrants and {base}: their ratio is taken as 1, with a standard deviation of {sd:.0%}.",
                    base=_NAMED[tier.name],
                    sd=float(tier.district_spread[0]),
                )
            )
    if history.empty_years().any():
        empty = [year for year, none in zip(history.years, history.empty_years(), strict=True) if none]
        notes.append(
            Text(
                "Nobody at all entered the stage {stage} in {years}, as the tables say: these years are left out.",
                stage=stage,
                years=", ".join(map(str, empty)),
            )
        )
    for tier in entry.tiers:
        assumed = [year for year, steps in zip(facts.years, tier.beyond, strict=True) if steps.sum() > 0]
        if tier.name != "births" and assumed:
            notes.append(
                Text(
                    "Births are not given: entrants of {stage} from {year} on keep the number of the youngest cohort of {base}, 3 % a year more uncertain the further they are.",
                    stage=stage,
                    year=assumed[0],
                    base=_NAMED[tier.name],
                )
            )
    if known.any() and not history.counted.any():
        notes.append(
            Text(
                "Past entrants of {stage} are not counted by home: each school's intake is shared over the blocks of its catchment by {rule}. What moving a block does to a school is only as sure as that rule.",
                stage=stage,
                rule=_NAMED[facts.sharing.rule],
            )
        )
    if not known.any():
        notes.append(
            Text(
                "No past entrants of {stage} are known, so no ratio of this district could be estimated.",
                stage=stage,
            )
        )
    always = known.any(axis=1) & ~(known & ~history.censored).any(axis=1)
    if always.any():
        notes.append(
            Text(
                "{blocks} blocks belong to schools that were full in every known year: their past intake is a lower bound of demand, so demand there may be higher than forecast.",
                blocks=int(always.sum()),
            )
        )
    without = [
        block
        for block, weight in zip(facts.district.blocks.index, entry.weights.sum(axis=(0, 2)), strict=True)
        if weight <= 0
    ]
    if without:
        notes.append(
            Text(
                "{count} blocks have neither children, births nor past entrants and are forecast to have none: {blocks}.",
                count=len(without),
                blocks=", ".join(map(str, without[:_MANY])),
            )
        )
    return notes


def _about_births(births: Cohorts, facts: Facts) -> list[Text]:
    notes: list[Text] = []
    steps = births.beyond[-len(facts.years) :]
    unknown = [year for year, weights in zip(facts.years, steps, strict=True) if weights.sum() > 0]
    if unknown:
        notes.append(
            Text(
                "Births are known to {last}: entrants from {year} on rest in part on births that are assumed, 3 % a year more uncertain the further they are.",
                last=births.last,
                year=unknown[0],
            )
        )
    if births.whole_district:
        notes.append(
            Text(
                "The areas of the births are neither blocks nor areas of blocks: only their sum is used, shared as past entrants were."
            )
        )
    return notes


def _about_pupils(district: District, facts: Facts) -> list[Text]:
    notes: list[Text] = []
    if district["enrolment"].empty:
        notes.append(
            Text(
                "The enrolment table is empty: only entrants are forecast; pupils of later grades and leavers are not known."
            )
        )
    elif np.isfinite(facts.rolls.pupils).any(axis=(0, 1)).sum() == 1:
        notes.append(
            Text(
                "Only one year of enrolment is given: growth from each grade to the next is taken as 1, with the general variances of other cities."
            )
        )
    elif facts.growth.transitions == 0:
        notes.append(
            Text(
                "No children counted in one grade were counted in the next a year later, or every such year was left out: schools' growth is that of the district, with the general variances of other cities."
            )
        )
    guessed = np.flatnonzero((facts.moves.last >= 0) & ~facts.moves.stated)
    if len(guessed):
        notes.append(
            Text(
                "Where children of schools go that end before the stage does is not stated for {schools}: the nearest school that teaches the next grade is taken. Give it in the table feeders.",
                schools=", ".join(facts.rolls.schools[at] for at in guessed[:_MANY]),
            )
        )
    if district["housing"].empty:
        notes.append(
            Text(
                "The housing table is empty: estates beyond the building of past years are not in the forecast."
            )
        )
    notes += facts.housing.notes()
    notes += facts.drivers.notes()
    return notes
