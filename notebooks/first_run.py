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
# # A first run
#
# From the facts of a district to the question every planner is asked first: *will first grade exceed its
# class-size cap next autumn?* The district is Yuhe, which is made up and ships with the project: 404 blocks, 54
# schools, a city that grows in the east and villages that empty.
#
# Run the cells from the top. Nothing is downloaded and nothing is written.

# %%
from pathlib import Path

import planner

here = Path.cwd()
project = next(folder for folder in (here, *here.parents) if (folder / "scenarios" / "yuhe").is_dir())

# %% [markdown]
# ## The facts
#
# A district is a folder of tables: schools, blocks, catchments, pupils, and whatever else is known. Reading it puts
# everything on one metric map and gives each column its type.

# %%
district = planner.read_district(project / "data" / "yuhe")
district.schools[["name", "name_en", "grades", "rooms"]].head()

# %% [markdown]
# Look for faults before believing any figure. An *error* would make results wrong, and nothing runs with one; a
# *warning* is odd and may be right; a *note* says what is missing and what that costs.

# %%
findings = planner.check_district(district, planner.read_policy(district.policy))
for finding in findings[:5]:
    print(finding.level, finding.code, finding.text)

# %% [markdown]
# ## The run
#
# A scenario says what to assume and what to change; this one changes nothing. A few hundred draws are enough for a
# first look. Each draw is one way the coming years may go: births, moves, leavers and plain chance.

# %%
run = planner.run(project / "scenarios" / "yuhe" / "keep.toml", draws=200)

# %% [markdown]
# `run.outcomes` holds every table of results. This is the whole district: children entitled to enter first grade,
# pupils in school, seats, and seats less demand with the range that holds 80 % of the draws. A positive gap for a
# district says little: the seats to spare are rarely where the children are.

# %%
run.outcomes["district"].query("stage == 'primary'")[
    ["year", "entitled", "pupils", "seats", "gap", "gap_p10", "gap_p90"]
]

# %% [markdown]
# ## The question
#
# So ask school by school. The answer is a sentence, and a table behind it.

# %%
answer = planner.exceed(run, grade=1, year=2027)
print(answer.sentence)

# %% [markdown]
# `expected` children, between `p10` and `p90` in 80 % of the draws, for so many classes planned; the probability that
# one of them has more than 45 children; and the children above the cap on average. What exactly these odds mean is
# the subject of the notebook `odds.py`.

# %%
answer.table.head(8)[
    ["school", "name", "expected", "p10", "p90", "classes_planned", "p_over_planned", "expected_over"]
]

# %% [markdown]
# ## The map
#
# Colours are seats of the starting grade less the entrants who live in the catchment; hatched is short. Figures in
# brackets could as well be of the other sign.

# %%
planner.seat_gap_map(
    run.district,
    run.plan,
    run.outcomes["entry_by_catchment"],
    stage="primary",
    year=2027,
    scope="entry",
    schools=run.outcomes["entry_by_school"],
    policy=run.policy,
)

# %% [markdown]
# Next: move blocks between two catchments (`rezoning.py`), bring your own district (`own_district.py`), or
# understand the odds (`odds.py`).
