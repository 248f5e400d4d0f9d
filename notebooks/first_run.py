# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # A first run
#
# From the facts of a district to the question every planner is asked first: *will first grade exceed its
# class-size cap next autumn?* The district is Yuhe, which is made up and ships with the project.

# %%
from pathlib import Path

import planner

project = (
    next(folder for folder in Path.cwd().resolve().parents if (folder / "scenarios").is_dir())
    if not Path("scenarios").is_dir()
    else Path()
)
district = planner.read_district(project / "data" / "yuhe")
district.schools[["name", "name_en", "grades", "rooms"]].head()

# %% [markdown]
# Look for faults before believing any figure.

# %%
findings = planner.check_district(district, planner.read_policy(district.policy))
for finding in findings[:5]:
    print(finding.level, finding.code, finding.text)

# %% [markdown]
# A scenario says what to assume and what to change; this one changes nothing. A few hundred draws are enough for a
# first look.

# %%
run = planner.run(project / "scenarios" / "yuhe" / "keep.toml", draws=200)
run.outcomes["district"].query("stage == 'primary'")[
    ["year", "entitled", "pupils", "seats", "gap", "gap_p10", "gap_p90"]
]

# %% [markdown]
# The question, with its odds.

# %%
answer = planner.exceed(run, grade=1, year=2027)
print(answer.sentence)
answer.table.head(8)[
    ["school", "name", "expected", "p10", "p90", "classes_planned", "p_over_planned", "expected_over"]
]

# %% [markdown]
# And on a map.

# %%
from planner.maps import seat_gap_map

figure = seat_gap_map(
    run.district, run.plan, run.outcomes["entry_by_catchment"], stage="primary", year=2027, scope="entry"
)
figure
