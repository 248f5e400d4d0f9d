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
# # What the odds mean
#
# "First grade exceeds 45 with a probability of 86 %." What was counted, to get that number? How sure is the number
# itself? And why is the number everybody asks for first, the expected class size, the one that misleads?

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import planner

here = Path.cwd()
project = next(folder for folder in (here, *here.parents) if (folder / "scenarios" / "yuhe").is_dir())
YEAR, CAP = 2027, 45
run = planner.run(project / "scenarios" / "yuhe" / "keep.toml", draws=400)
answer = planner.exceed(run, grade=1, year=YEAR)
table = answer.table.set_index("school")

# %% [markdown]
# ## A draw
#
# A forecast gives one number. Here it gives 400: in each draw the births that are still estimates, the families who
# move, the share who choose another school, and plain chance fall out in one way, as they might. The way they differ
# is estimated from the district's own past years, or where these are too few from published experience elsewhere.
#
# Take the school whose odds are nearest to even.

# %%
school = (table["p_over_planned"] - 0.5).abs().idxmin()
row = table.loc[school]
stage, year = run.plan.stages.index("primary"), run.plan.years.index(YEAR)
demand = run.simulation.demand[run.plan.schools.index(school), stage, year].astype(int)
print(f"{row['name']}: {row['expected']:.1f} children expected in {row['classes_planned']} classes")
print("the first ten draws:", demand[:10].tolist())

# %% [markdown]
# ## 45k + 1
#
# When does a grade of N children in k classes exceed 45? Children are shared out as evenly as whole children can be,
# so the largest class has N / k children, rounded up. It exceeds 45 when N is at least 45k + 1: one child more than
# k full classes, and not a child earlier. There is nothing to round in "more than 45".

# %%
k = int(row["classes_planned"])
for children in range(CAP * k - 1, CAP * k + 3):
    largest = -(-children // k)
    print(f"{children} children in {k} classes: largest {largest}", "exceeds" if largest > CAP else "")

# %% [markdown]
# The odds are nothing but the share of the draws at or beyond that number.

# %%
exceeding = demand >= CAP * k + 1
print(
    f"{exceeding.sum()} of {len(demand)} draws: {exceeding.mean():.1%} (the answer says {row['p_over_planned']:.1%})"
)

# %%
figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
edges = np.arange(demand.min(), demand.max() + 2) - 0.5
axes.hist(demand[~exceeding], edges, color="#8ab6d6", label="fits")
axes.hist(demand[exceeding], edges, color="#c2543a", hatch="//", edgecolor="white", label="exceeds")
axes.axvline(CAP * k + 0.5, color="black", linewidth=1)
axes.set(xlabel=f"children who want to enter grade 1 in {YEAR}", ylabel="draws")
axes.legend(frameon=False)
figure

# %% [markdown]
# The children are counted **before anyone is turned away**. A school that keeps the cap by sending children
# elsewhere has not answered the question but moved it.

# %% [markdown]
# ## Planned and possible
#
# Two odds stand beside each other. `p_over_planned`: in the classes that are planned. `p_over_possible`: if every
# free room were used. Where the first is high and the second is low, the answer is a class and a teacher. Where both
# are high, no class can be opened, and the answer is a place: a building, or another catchment.

# %%
table.loc[
    table["p_over_planned"] > 0.2,
    ["name", "classes_planned", "classes_possible", "p_over_planned", "p_over_possible"],
]

# %% [markdown]
# ## How sure is the number itself
#
# Another 400 draws would give slightly other odds. The Monte Carlo error says by how much: with a probability p from n
# draws it is the square root of p (1 - p) / n, largest at even odds. Here is how the odds of our school settle:

# %%
number = np.arange(1, len(demand) + 1)
so_far = np.cumsum(exceeding) / number
error = np.sqrt(so_far * (1 - so_far) / number)
figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
axes.fill_between(number, so_far - 2 * error, so_far + 2 * error, color="#dddddd", label="twice the error")
axes.plot(number, so_far, color="black", linewidth=1)
axes.set(xlabel="draws", ylabel="odds so far", ylim=(0, 1))
axes.legend(frameon=False)
figure

# %%
for draws in (100, 400, 2000, 10_000):
    print(f"{draws:>6} draws: even odds are known to ± {100 * np.sqrt(0.25 / draws):.1f} percentage points")

# %% [markdown]
# Four times the draws halve the error. Two thousand are enough for any decision; a difference between two scenarios
# needs far fewer, because both meet the same draws.
#
# This is the error of *counting draws*. It says nothing about whether the forecast is right, and more draws do not
# make a wrong forecast better.

# %% [markdown]
# ## Several schools at once
#
# Schools do not vary alone: a year of many births fills all of them at once. So what happens to several schools is
# counted within the draws, never multiplied up from their odds.

# %%
risks = table["p_over_planned"]
open_cases = table[risks.between(0.02, 0.98)]
positions = [run.plan.schools.index(name) for name in open_cases.index]
limits = CAP * open_cases["classes_planned"].to_numpy(dtype=int)
exceeds = run.simulation.demand[positions, stage, year] > limits[:, None]
print(f"{len(open_cases)} schools of which nobody can be sure (2 % to 98 %)")
print(f"at least one of them exceeds its cap: {exceeds.any(axis=0).mean():.1%}")
print(f"all of them: {exceeds.all(axis=0).mean():.1%}")
print(f"all of them, if schools were independent: {open_cases['p_over_planned'].prod():.2%}")

# %% [markdown]
# The odds that *at least one school of the district* exceeds its cap are close to 100 % as long as one school is sure
# to; they say whether the district has a problem, not how large it is.

# %%
print(f"at least one of all {len(table)} schools: {answer.p_any:.1%}")

# %% [markdown]
# ## Why one number misleads
#
# The number everybody asks for is the expected class size. Draw it against the odds, for every school:

# %%
figure, axes = plt.subplots(figsize=(7, 3.5), layout="constrained")
axes.scatter(table["per_class"], table["p_over_planned"], s=16, color="#33506b")
axes.axvline(CAP, color="black", linewidth=1)
axes.axhline(0.2, color="grey", linewidth=0.8, linestyle="--")
axes.set(xlabel="children expected per class planned", ylabel="odds of exceeding 45", xlim=(30, None))
figure

# %%
hidden = table[(table["per_class"] <= CAP) & (table["p_over_planned"] >= 0.2)]
print(f"expected at or below 45 a class, and yet with odds of 20 % or more: {len(hidden)}")
hidden[["name", "expected", "classes_planned", "per_class", "p_over_planned", "expected_over"]]

# %% [markdown]
# A school that expects exactly 45 a class exceeds it in about half of the years. A plan made for the mean is a plan
# for being wrong every second time. And `expected_over` is never zero where the odds are not: the years that are
# above are not made good by those below, since a seat empty this year seats nobody next year.

# %% [markdown]
# ## Are the odds right
#
# Odds are **calibrated** when, of all the times that 70 % was said, the thing happens in about 70. One school and one
# autumn can never show that: a school said to be at 20 % that exceeds its cap does not prove the 20 % wrong. It takes
# many schools and years.
#
# What you can hold against a forecast, each autumn:
#
# - Of the 80 % ranges (`p10` to `p90`) of all schools, about four in five should hold the count. If it is half of
#   them, the ranges are too narrow and all odds are too bold, near 0 and near 1.
# - Add up the odds of all schools: that is the number of schools expected to exceed.

# %%
print(f"schools expected to exceed 45: {risks.sum():.1f} of {len(risks)}")
counts = (
    run.simulation.demand[[run.plan.schools.index(name) for name in table.index], stage, year]
    > CAP * table["classes_planned"].to_numpy(dtype=int)[:, None]
).sum(axis=0)
print(f"in 80 % of the draws between {np.quantile(counts, 0.1):.0f} and {np.quantile(counts, 0.9):.0f}")

# %% [markdown]
# - What the model does not know is not in the odds: a rumour about a school, a developer who delays, a new rule.
#   Treat odds of 1 % and 99 % as "very unlikely, as far as this data can tell".
