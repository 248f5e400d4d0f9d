"""The nine scenarios that ship with the made district."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from planner.capacity import build_capacity
from planner.district import District, catchments_in, neighbours, read_district
from planner.policy import read_policy
from planner.scenario import Applied, apply_scenario, read_scenario

FOLDER = Path(__file__).parents[2] / "scenarios" / "yuhe"
NAMES = (
    "keep",
    "new-school-2028",
    "new-school-2029",
    "rezoned",
    "joint",
    "strict-45-50",
    "migration",
    "open-questions",
    "schedule",
)


@cache
def yuhe() -> District:
    return read_district(FOLDER.parents[1] / "data" / "yuhe")


def applied(name: str) -> Applied:
    return apply_scenario(read_scenario(FOLDER / f"{name}.toml"), yuhe(), read_policy("cn-shandong"))


def pieces(blocks: set[str]) -> int:
    """Return into how many pieces blocks fall apart."""
    pairs = neighbours(yuhe().blocks.loc[sorted(blocks)])
    beside: dict[str, set[str]] = {block: set() for block in blocks}
    for one, other in zip(pairs["block"], pairs["neighbour"], strict=True):
        beside[one].add(other)
        beside[other].add(one)
    found, left = 0, set(blocks)
    while left:
        found, reached = found + 1, [left.pop()]
        while reached:
            new = beside[reached.pop()] & left
            left -= new
            reached += new
    return found


def test_there_are_nine():
    assert {file.stem for file in FOLDER.glob("*.toml")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_short_says_what_it_is_about_and_fits_the_district(name):
    loaded = read_scenario(FOLDER / f"{name}.toml")
    assert len(loaded.files[-1].text.splitlines()) <= 25
    assert loaded.scenario.summary
    assert loaded.scenario.summary_zh
    assert loaded.base.name == "keep"
    assert loaded.district == FOLDER.parents[1] / "data" / "yuhe"
    result = applied(name)
    assert (result.years[0], result.years[-1], result.draws) == (yuhe().counted + 1, 2040, 2000)


def test_keep_moves_nobody():
    assert applied("keep").district["catchments"].equals(yuhe()["catchments"])


def test_the_new_school_takes_blocks_in_one_piece_around_it():
    result = applied("new-school-2028")
    held = catchments_in(result.district, "primary", 2028)
    own = set(held.index[held == "P31"])
    assert len(own) == 7
    assert pieces(own) == 1
    point = result.district.schools.geometry["P31"]
    assert any(result.district.blocks.geometry[block].contains(point) for block in own)
    assert (
        catchments_in(result.district, "primary", 2027).to_dict()
        == catchments_in(yuhe(), "primary", 2027).to_dict()
    )


def test_the_late_school_is_the_same_a_year_later():
    years = {}
    for name in ("new-school-2028", "new-school-2029"):
        result = applied(name)
        capacity = build_capacity(result.district, result.policy, result.years)
        rooms = capacity.rooms[capacity.schools.index("P31")]
        years[name] = [year for year, number in zip(result.years, rooms, strict=True) if number]
    assert years["new-school-2028"][0] == 2028
    assert years["new-school-2029"][0] == 2029


def test_the_rezoned_blocks_touch_their_new_catchment():
    before = catchments_in(yuhe(), "primary", 2027)
    held = catchments_in(applied("rezoned").district, "primary", 2027)
    moved = set(held.index[held != before])
    assert moved == {"B269", "B270"}
    assert pieces(set(held.index[held == "P15"])) == pieces(set(before.index[before == "P15"]))
    assert pieces(set(held.index[held == "N02"])) == pieces(set(before.index[before == "N02"]))


def test_the_joint_catchment_is_the_two_together_and_they_touch():
    before = catchments_in(yuhe(), "primary", 2027)
    held = catchments_in(applied("joint").district, "primary", 2027)
    joint = set(held.index[held == "N02+P15"])
    assert joint == set(before.index[before.isin(["N02", "P15"])])
    assert pieces(joint) == 1


def test_the_strict_scenario_caps_the_starting_classes_at_45_and_50_and_turns_away():
    policy = applied("strict-45-50").policy
    assert policy.strict
    for year in (2027, 2035):
        assert (policy.cap(1, year), policy.cap(7, year)) == (45, 50)
    assert not applied("keep").policy.strict


def shown_in(readme, folder):
    """Return the examples of whole scenarios in a README, as applied to the made district."""
    text = (FOLDER.parents[1] / readme).read_text(encoding="utf-8")
    for example in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        if "extends" in example:
            path = folder / "example.toml"
            path.write_text(example.replace("keep.toml", (FOLDER / "keep.toml").as_posix()), encoding="utf-8")
            yield apply_scenario(read_scenario(path), yuhe(), read_policy("cn-shandong"))


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_scenarios_that_the_readme_shows_are_sound(readme, tmp_path):
    """On top of the shipped keep.toml they name what the made district has; one caps classes, one leaves a school open."""
    opening, capped = shown_in(readme, tmp_path)
    assert capped.policy.caps([1], 2027) == [45]
    assert opening.options is not None
    assert {option.option for option in opening.options.of("xc4-new")} == {
        "xc4-new@B140/24", "xc4-new@B140/36", "xc4-new@B199/24", "xc4-new@B199/36",
    }  # fmt: skip
    assert {option.years[0] for option in opening.options.of("xc4-new")} == {2030}


def test_the_schedule_leaves_open_what_is_not_decided_and_keeps_what_is():
    """
    Nine projects are dated and all but sure; the developer's school opens with the first phase of H10, in autumn 2028; a
    closure that parents refuse is left out, and a relocation under the old school's id, which cannot move it; rooms are those of keep.toml.
    """
    result = applied("schedule")
    options = result.options
    assert options is not None
    settled = {option.project for option in options.options if option.counted}
    assert settled == {
        "xc3-new", "j02-extension", "j03-extension", "j01-extension", "j06-extension", "j07-fit-out", "j05-conversion",
        "j04-temporary", "p21-upgrade",
    }  # fmt: skip
    assert options.by_id["yh9-new"].years == (2028,)
    assert len(options.of("xc4-new")) == 6
    assert [(left.project, left.key) for left in options.left_out] == [
        ("p10-relocation", "kind"),
        ("t04-closure", "consent"),
    ]
    assert options.closing == {"P30": ("p30-closure",), "P10": ("p10-rebuilt",), "T02": ("t02-closure",)}
    kept = applied("keep")
    assert result.district["schools"].equals(kept.district["schools"])
    assert (
        build_capacity(result.district, result.policy, result.years).rooms
        == build_capacity(kept.district, kept.policy, kept.years).rooms
    ).all()
