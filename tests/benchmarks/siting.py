"""Speed of the siting model on Durham: 851 units, 5 schools, 851 sites, beside placing every site from nothing."""

from __future__ import annotations

import time
from dataclasses import replace

from planner.optimise.sites import rank_sites
from planner.optimise.sites.facts import NewSchool
from planner.optimise.sites.model import SitingEngine
from planner.optimise.sites.tables import site_facts
from tests.real import durham_sites
from tests.real.places import real_folder

COLD = 5
"""Sites placed from nothing; the time of all is reckoned from theirs."""


def siting_parts() -> list[tuple[str, float, str]]:
    """Return the seconds of ranking Durham's sites, for three sizes and as a published study asked; empty without the data. [s]"""
    source = real_folder("durham")
    if not source.is_dir():
        return []
    tables = durham_sites.asked(source)
    facts = site_facts(**tables, new_seats=2000)
    started = time.perf_counter()
    for site in range(COLD):
        alone = replace(facts, sites=facts.sites[site : site + 1], site_ways=facts.site_ways[:, [site]])
        SitingEngine(alone, NewSchool(seats=2000), 0)
    cold = (time.perf_counter() - started) / COLD * len(facts.sites)
    rows = [(f"{len(facts.sites)} sites, each solved from nothing", cold, "baseline")]

    def measured(name: str, **asked: object) -> None:
        begun = time.perf_counter()
        ranking = rank_sites(**asked)
        seconds = time.perf_counter() - begun
        table, placed = ranking.table, len(ranking.search.placed)
        found = f"best {ranking.best[0]}, {table['metres'].iloc[0]:,.0f} m, gap {table['gap'].max():.0e} m"
        rows.append((name, seconds, f"{seconds / cold:.4f} x baseline; {placed} sites placed; {found}"))

    for seats in (1200, 2000, 3000):
        measured(f"best six, {seats:,} seats", **tables, new_seats=seats)
    measured("all sites placed, 2,000 seats", **tables, new_seats=2000, every=True)
    measured("as the published study asked (5 to 15 h)", **durham_sites.study(source))
    return rows
