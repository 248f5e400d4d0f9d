"""Budgets beside what projects cost: whether they are in the same unit, and whether what is fixed fits into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.capacity.options import Options

TEN_THOUSAND = 10_000
"""Yuan in a 万元: by what a figure in the wrong unit is too small."""


def money_notes(options: Options) -> Iterator[Text]:
    """
    Yield budgets that look like ten thousands of yuan (万元), or that no project can meet.

    A budget is doubted when it would not pay for the cheapest free project that costs anything, and would when it is
    read in ten thousands of yuan.
    """
    costs = sorted({option.capital_yuan for option in options.options if option.capital_yuan > 0})
    if not costs:
        return
    terms = options.terms
    yearly = terms.yearly_budget(options.years)
    stated = {
        "yearly_yuan": float(yearly[np.isfinite(yearly)].max(initial=0.0))
        if terms.yearly_yuan is not None
        else 0.0,
        "total_yuan": terms.total_yuan or 0.0,
    }
    for key, budget in stated.items():
        if 0 < budget < min(costs[0], np.median(costs) / 100):
            yield Text(
                "schedule.{key}: {budget} yuan pay for no project (the cheapest costs {cheapest} yuan): is the figure in"
                " ten thousands of yuan (万元)? Write yuan, as {meant}.",
                key=key,
                budget=f"{budget:,.0f}",
                cheapest=f"{costs[0]:,.0f}",
                meant=f"{budget * TEN_THOUSAND:.0f}",
            )
        elif budget > TEN_THOUSAND / 100 * sum(costs):
            yield Text(
                "schedule.{key}: {budget} yuan pay for all projects a hundred times over (together {all} yuan): are the"
                " costs of projects in ten thousands of yuan (万元), or the budget in fen?",
                key=key,
                budget=f"{budget:,.0f}",
                all=f"{sum(costs):,.0f}",
            )


def overspent(options: Options) -> Iterator[tuple[str, Text]]:
    """Yield (key of the schedule, fault) for every budget that projects which are fixed and dated exceed by themselves."""
    terms, years = options.terms, options.years
    settled = [option for option in options.options if option.counted]
    paid = sum((option.paid(option.years[0], years) for option in settled), np.zeros(len(years)))
    building = sum(
        (option.under_construction(option.years[0], years) for option in settled), np.zeros(len(years))
    )
    for year, spent, budget in zip(years, paid, terms.yearly_budget(years), strict=True):
        if spent > TEN_THOUSAND / 100 * budget:
            yield "yearly_yuan", _wrong_unit(spent, budget)
        elif spent > budget:
            yield (
                "yearly_yuan",
                Text(
                    "the projects that are fixed cost {spent} yuan in {year}, and {budget} may be spent: raise the budget, or free one",
                    spent=f"{spent:,.0f}",
                    year=year,
                    budget=f"{budget:,.0f}",
                ),
            )
    if terms.total_yuan is not None and paid.sum() > TEN_THOUSAND / 100 * terms.total_yuan:
        yield "total_yuan", _wrong_unit(paid.sum(), terms.total_yuan)
    elif terms.total_yuan is not None and paid.sum() > terms.total_yuan:
        yield (
            "total_yuan",
            Text(
                "the projects that are fixed cost {spent} yuan in all years, and {budget} may be spent: raise the budget, or free one",
                spent=f"{paid.sum():,.0f}",
                budget=f"{terms.total_yuan:,.0f}",
            ),
        )
    for year, rooms, most in zip(years, building, terms.yearly_building(years), strict=True):
        if rooms > most:
            yield (
                "yearly_rooms",
                Text(
                    "the projects that are fixed have {rooms} rooms under construction in {year}, and {most} may be: raise the limit, or free one",
                    rooms=int(rooms),
                    year=year,
                    most=int(most),
                ),
            )


def _wrong_unit(spent: float, budget: float) -> Text:
    """Return that a budget does not pay for a hundredth of what is fixed."""
    return Text(
        "the projects that are fixed cost {spent} yuan, and {budget} may be spent: is the figure in ten thousands of yuan"
        " (万元)? Write yuan, as {meant}",
        spent=f"{spent:,.0f}",
        budget=f"{budget:,.0f}",
        meant=f"{budget * TEN_THOUSAND:.0f}",
    )
