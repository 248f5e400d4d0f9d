# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A re-zoning question, from start to map
#
# *Yuhe No. 1 Primary is full and has no room left. Which blocks should change to a neighbour's catchment, what does
# that do to both schools, and to which families?*
#
# Four steps: who is short; which blocks; what it does, with its sampling error; who walks further.

# %%
import tempfile
from pathlib import Path

import pandas as pd

import planner

here = Path.cwd()
project = next(folder for folder in (here, *here.parents) if (folder / "scenarios" / "yuhe").is_dir())
YEAR, CAP = 2027, 45
keep = planner.run(project / "scenarios" / "yuhe" / "keep.toml", draws=200)

# %% [markdown]
# ## 1. Who is short
#
# Seats of the starting grade, the demand for them before anyone is turned away, and the gap with the range that holds
# 80 % of the draws. The schools most short come first.

# %%
entry = keep.outcomes["entry_by_school"].query("stage == 'primary' and year == @YEAR").set_index("school")
entry.insert(0, "name", keep.district.schools["name_en"])
entry.sort_values("gap")[["name", "seats", "demand", "gap", "gap_p10", "gap_p90"]].head(6).round(0)

# %% [markdown]
# A gap is not yet a re-zoning question: where rooms are free, the mildest answer is one class more. So ask for both
# odds, in the classes planned and in all rooms. Yuhe No. 1 (P02) exceeds 45 in most draws either way: it is full.

# %%
answer = planner.exceed(keep, grade=1, year=YEAR)
before = answer.table.set_index("school")
full = "P02"
columns = [
    "name",
    "expected",
    "p90",
    "classes_planned",
    "classes_possible",
    "p_over_planned",
    "p_over_possible",
]
before.loc[before["p_over_planned"] > 0.2, columns].round(2)

# %% [markdown]
# ## 2. Which blocks
#
# For each block: its catchment, the children who enter from it, and its ways. The neighbours of the full school are
# the catchments whose land touches its land; those with seats to spare could take some of its blocks.

# %%
plan, stage, year = keep.plan, keep.plan.stages.index("primary"), keep.plan.years.index(YEAR)
blocks = keep.district.blocks[["name", "geometry"]].copy()
blocks["catchment"] = [plan.catchments[number].key for number in plan.catchment_of[stage, :, year]]
blocks["entrants"] = keep.simulation.block_entrants[stage, :, year]
ways = pd.DataFrame(keep.distances, index=plan.blocks, columns=plan.schools)

land = blocks.dissolve("catchment").geometry
touching = land.index[land.distance(land[full]) < 5].drop(full)
neighbours = entry.loc[touching, ["name", "gap", "gap_p10"]]
neighbours.round(0)

# %% [markdown]
# Now every pair of a block of the full school and a neighbour that surely has seats: how much further is the other
# school? Below zero it is nearer than the school of today.

# %%
roomy = neighbours.index[neighbours["gap_p10"] > 30]
own = blocks.index[blocks["catchment"] == full]
further = ways.loc[own, roomy].sub(ways.loc[own, full], axis=0)
further.round(0).assign(entrants=blocks["entrants"].round(0)).sort_values(roomy[0])

# %% [markdown]
# The neighbour with the block that gains most takes them. How many have to go? Those who stay should fit not only on
# average but in nine of ten draws, so count from `p90`. The rule is simple: least further first, until it is enough.

# %%
taker = further.min().idxmin()
excess = before.loc[full, "p90"] - CAP * before.loc[full, "classes_planned"]
ranked = further[taker].sort_values().index
enough = blocks.loc[ranked, "entrants"].cumsum().shift(fill_value=0) < excess
chosen = ranked[enough].tolist()
moving = blocks.loc[chosen, "entrants"].sum()
print(
    f"{excess:.0f} children too many in a large year; to {entry.loc[taker, 'name']} go {', '.join(chosen)}: {moving:.0f}"
)

# %% [markdown]
# A rule like this knows nothing of a railway between a block and its new school, of a bus line, or of a promise made
# last year. Look at the map at the end, and go there.
#
# ## 3. What it does
#
# A scenario is a short text. It extends the one that keeps everything, so that only the change stands in it.

# %%
text = f"""\
extends = '{(project / "scenarios" / "yuhe" / "keep.toml").as_posix()}'
summary = "Move {len(chosen)} blocks from {entry.loc[full, "name"]} to {entry.loc[taker, "name"]}"

[[catchments]]
blocks = {chosen}
schools = ["{taker}"]
since = {YEAR}
"""
print(text)
folder = tempfile.TemporaryDirectory()
scenario = Path(folder.name) / "moved.toml"
scenario.write_text(text, encoding="utf-8")
moved = planner.run(scenario, draws=200, like=keep)

# %% [markdown]
# Both runs meet the same luck: draw 17 of one has the same births and moves as draw 17 of the other. So their
# *difference* is known far better than either figure. `compare` states it with its standard error from the draws.

# %%
compared = planner.compare([keep, moved], names=["keep", "moved"])
figures = ["gap", "entry_gap", "over", "over_change", "over_error"]
compared.table.query("stage == 'primary' and year == @YEAR")[["scenario", *figures]].round(1)

# %% [markdown]
# `over` are the entrants above the cap of the classes planned, in the whole district. Now the two schools:

# %%
after = planner.exceed(moved, grade=1, year=YEAR).table.set_index("school")
shown = ["name", "expected", "classes_planned", "p_over_planned", "error", "expected_over"]
pd.concat({"before": before.loc[[full, taker], shown], "after": after.loc[[full, taker], shown]}).round(3)

# %% [markdown]
# `error` is the Monte Carlo error of the odds: with 200 draws, odds of 50 % are known to 3.5 percentage points, so do
# not report a second decimal. Nothing comes for free: the taker has more children now, and its own odds stand in the
# same table.
#
# ## 4. To which families
#
# Entrants who change, summed over the blocks, and their way on foot before and after. Pupils already in school stay
# where they are: only those who enter from now on move, so it takes the six years of the stage to be complete.

# %%
families = compared.moved.query("stage == 'primary' and year == @YEAR")
walks = {
    when: (families["children"] * families[f"metres_{when}"]).sum() / families["children"].sum()
    for when in ("before", "after")
}
print(f"{families['children'].sum():.0f} entrants of {families['block'].nunique()} blocks change in {YEAR}")
print(f"mean way: {walks['before']:.0f} m before, {walks['after']:.0f} m after")

# %% [markdown]
# The map to take to the meeting: blocks that move are hatched, in the colour of the catchment they come to; the old
# border is dashed.

# %%
planner.before_after_map(keep.district, keep.plan, moved.plan, "primary", YEAR, policy=keep.policy)

# %%
folder.cleanup()

# %% [markdown]
# On the command line the same is `planner compare keep.toml moved.toml --year 2027 --out compared`, and
# `planner exceed keep.toml --grade 1 --year 2027 --levers` looks for the mildest lever by itself.
