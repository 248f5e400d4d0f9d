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
# # Your own district, from Excel to answer
#
# A bureau's data is a workbook of the statistics office, a shapefile of the plots and a drawing of the catchments,
# each with its own habits. This notebook makes such a pile in a temporary folder, imports it, checks it and asks it
# the question. Put the path of your own folder in place of `pile`, and go on from step 2.

# %%
import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely import box

import planner
from planner.district.importing import Recipe

folder = tempfile.TemporaryDirectory()
pile = Path(folder.name) / "pile"
pile.mkdir()

# %% [markdown]
# ## 1. A pile of files
#
# Three primary schools and 24 plots of land, made up. The workbook has a sheet a table, with Chinese names of sheets
# and columns; one column has a name of the office's own (班级数).

# %%
WEST, SOUTH, STEP = 117.20, 34.80, 0.006
cells = [(row, column) for row in range(4) for column in range(6)]
plots = [f"{row + 1}{column + 1}号" for row, column in cells]

schools = pd.DataFrame(
    {
        "学校编号": ["01", "02", "03"],
        "学校名称": ["城西小学", "城中小学", "城东小学"],
        "年级范围": ["1-6", "1-6", "1-6"],
        "普通教室数": [14, 13, 18],
        "经度": [WEST + STEP * 1.1, WEST + STEP * 3.2, WEST + STEP * 5.0],
        "纬度": [SOUTH + STEP * 2.1, SOUTH + STEP * 1.9, SOUTH + STEP * 2.2],
    }
)
pupils = pd.DataFrame(
    [
        (school, grade, autumn, round(entrants * growth ** (autumn - 2026 - grade + 1)))
        for school, entrants, growth in (("01", 82, 1.02), ("02", 95, 1.05), ("03", 88, 1.00))
        for autumn in range(2021, 2027)
        for grade in range(1, 7)
    ],
    columns=["学校编号", "年级", "学年", "在校生数"],
)
pupils["班级数"] = -(-pupils["在校生数"] // 45)
children = pd.DataFrame(
    [
        (plot, cohort, "2026-08-31", "register", 10 + 4 * (column in {2, 3}) + row % 2 - (cohort - 2020) // 2)
        for plot, (row, column) in zip(plots, cells, strict=True)
        for cohort in range(2020, 2024)
    ],
    columns=["地块编号", "出生队列", "数据截止日期", "统计口径", "人数"],
)
about = pd.DataFrame({"项目": ["name", "counted_on"], "内容": ["示例区", "2026-09-10"]})
with pd.ExcelWriter(pile / "教育统计2026.xlsx") as workbook:
    for sheet, table in {"概况": about, "学校": schools, "在校生": pupils, "适龄儿童": children}.items():
        table.to_excel(workbook, sheet_name=sheet, index=False)
pupils.head(3)

# %% [markdown]
# The plots come as a shapefile whose names are in GBK, and it has lost the file that says which coordinates these are.
# The catchments are drawn as three large polygons, as they stand on the poster at the school gate.

# %%
land = [
    box(WEST + column * STEP, SOUTH + row * STEP, WEST + (column + 1) * STEP, SOUTH + (row + 1) * STEP)
    for row, column in cells
]
gpd.GeoDataFrame({"地块编号": plots}, geometry=land, crs=4490).to_file(pile / "地块.shp", encoding="gbk")
(pile / "地块.prj").unlink()
zones = [box(WEST + k * 2 * STEP, SOUTH, WEST + (k + 1) * 2 * STEP, SOUTH + 4 * STEP) for k in range(3)]
gpd.GeoDataFrame({"学校编号": ["01", "02", "03"]}, geometry=zones, crs=4490).to_file(
    pile / "招生片区.geojson", driver="GeoJSON"
)
sorted(path.name for path in pile.iterdir())

# %% [markdown]
# ## 2. Import
#
# First without telling it anything. Nothing is guessed: what is missing is asked for, with what to do about it, and
# nothing can be written as long as there is an error.

# %%
first = planner.import_pile([pile])
for finding in first.findings:
    print(finding.level, finding.message, end="\n\n")

# %% [markdown]
# A *recipe* answers. It can be kept as a file, so that next year's import is one command. Here: which coordinates the
# plots are in, what the office's own column is, which stage the drawing is of and since when, and the policy.

# %%
recipe = Recipe(
    crs={"blocks": "EPSG:4490"},
    columns={"enrolment": {"班级数": "classes"}},
    stage={"*": "primary"},
    since={"*": 2020},
    policy="cn-shandong",
)
imported = planner.import_pile([pile], recipe)
print("errors:", len(imported.errors))
target = planner.write_import(imported, Path(folder.name) / "district")
sorted(path.name for path in target.iterdir())

# %% [markdown]
# The log says what was done, file by file, with a digest of each, so that anyone can see later what the district was
# made of. The drawn catchments have become a row a plot.

# %%
print((target / "import-log.txt").read_text(encoding="utf-8"))

# %% [markdown]
# ## 3. Check
#
# Read it back and look for what is odd. A clean import is not yet a plausible district.

# %%
district = planner.read_district(target)
for finding in planner.check_district(district, planner.read_policy(district.policy)):
    print(finding.level, finding.code, finding.text)

# %% [markdown]
# Every finding has a code; `planner check --explain CODE` tells what it means and what to do. What is missing is said
# with a note each: without an outline or measured ways the planner works with straight lines.
#
# ## 4. Ask
#
# A scenario that changes nothing, beside the district:

# %%
scenario = Path(folder.name) / "keep.toml"
scenario.write_text(
    'summary = "Keep all as it is"\ndistrict = "district"\nuntil = 2030\ndraws = 400\nseed = 7\n',
    encoding="utf-8",
)
run = planner.run(scenario)
answer = planner.exceed(run, grade=1, year=2027, levers=True)
print(answer.sentence)

# %%
answer.table[
    ["name", "expected", "p10", "p90", "classes_planned", "classes_possible", "p_over_planned", "error"]
].round(3)

# %% [markdown]
# And the mildest change that would prevent it, each tried out on the same draws:

# %%
print("\n".join(answer.lever_lines()))

# %% [markdown]
# What the forecast could not know is said in the notes of the run. They are worth reading before the figures are
# shown to anybody: here nobody has told how many children go to other schools.

# %%
for note in run.notes:
    print("-", note)

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

# %%
folder.cleanup()

# %% [markdown]
# On the command line: `planner import pile --out district`, `planner check district`, `planner exceed keep.toml
# --grade 1 --year 2027 --levers`.
