"""A scenario applied: copies of the district and the policy, by hand, and faults with close matches."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.capacity import build_capacity
from planner.district import catchments_in
from planner.errors import ScenarioError
from planner.scenario import Applied, Scenario, apply_scenario, load_scenario
from tests.scenario.town import COUNTED, town, town_policy

TOWN = town()


def applied(district=TOWN, **says: Any) -> Applied:
    loaded = load_scenario(Scenario.model_validate({"until": 2032} | says), name="s.toml")
    return apply_scenario(loaded, district, town_policy())


def faults(**says: Any) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        applied(**says)
    return error.value.lines("en")


def rooms(result: Applied, school: str) -> list[int]:
    capacity = build_capacity(result.district, result.policy, result.years)
    return capacity.rooms[capacity.schools.index(school)].tolist()


def test_the_horizon_runs_from_the_autumn_after_the_count():
    assert applied().years == (2027, 2028, 2029, 2030, 2031, 2032)
    assert applied(until=2027).years == (2027,)


def test_draws_and_seed_have_defaults():
    assert (applied().draws, applied().seed) == (2000, 1)
    assert (applied(draws=10, seed=0).draws, applied(draws=10, seed=0).seed) == (10, 0)


def test_inputs_are_not_changed():
    before = {name: TOWN[name].copy() for name in ("schools", "projects", "catchments")}
    applied(
        projects=[{"project": "new-c", "slip": 1}],
        catchments=[{"blocks": ["b5"], "schools": ["C"], "since": 2028}],
        rooms=[{"school": "A", "since": 2028, "change": 2}],
    )
    for name, table in before.items():
        assert TOWN[name].equals(table)


def test_a_sure_project_counts_and_brings_its_school():
    """new-c is 90 % sure: 6 rooms in 2028, 12 from 2029; wing-b is 50 % sure and idea-d undated: they do not count."""
    result = applied()
    assert rooms(result, "C") == [0, 6, 12, 12, 12, 12]
    assert rooms(result, "B") == [12] * 6
    assert "D" not in result.district.schools.index


def test_naming_a_project_includes_it_whatever_its_certainty():
    assert rooms(applied(projects=[{"project": "wing-b"}]), "B") == [16] * 6


def test_a_project_slips_a_year():
    assert rooms(applied(projects=[{"project": "new-c", "slip": 1}]), "C") == [0, 0, 6, 12, 12, 12]


def test_an_opening_before_the_earliest_year_is_held_back_and_noted():
    """The town allows wing-b in 2027 at the earliest; the horizon begins then, so slip = -1 asks for 2026."""
    result = applied(projects=[{"project": "wing-b", "slip": -1}])
    assert rooms(result, "B") == [16] * 6
    assert any("wing-b" in str(note) and "2027" in str(note) for note in result.notes)


def test_a_project_can_be_resized_and_left_out():
    assert rooms(applied(projects=[{"project": "new-c", "rooms": 18}]), "C") == [0, 18, 18, 18, 18, 18]
    out = applied(projects=[{"project": "new-c", "include": False}])
    assert "C" not in out.district.schools.index
    assert any("new-c" in str(note) for note in out.notes)


def test_a_project_that_the_district_does_not_have_is_added():
    """E stands at block b1's middle: longitude and latitude come back to metres within a metre."""
    lonlat = TOWN.blocks.geometry.to_crs(4326)["b1"].centroid
    result = applied(
        projects=[
            {
                "project": "new-e",
                "school": "E",
                "name": "戊小学",
                "kind": "new",
                "grades": "1-6",
                "rooms": [4, 8],
                "opens": 2030,
                "at": [lonlat.x, lonlat.y],
            }
        ]
    )
    assert rooms(result, "E") == [0, 0, 0, 4, 8, 8]
    point = result.district.schools.geometry["E"]
    assert point.distance(TOWN.blocks.geometry["b1"].centroid) < 1
    assert result.district.schools["name"]["E"] == "戊小学"


def test_rooms_are_set_and_changed_beside_what_projects_bring():
    """C has 6, then 12 rooms; set to 10 from 2029 to 2030 it has 6, 10, 10, then 12 again; A loses 2 from 2028."""
    result = applied(
        rooms=[
            {"school": "C", "since": 2029, "until": 2030, "rooms": 10},
            {"school": "A", "since": 2028, "change": -2},
        ]
    )
    assert rooms(result, "C") == [0, 6, 10, 10, 12, 12]
    assert rooms(result, "A") == [12, 10, 10, 10, 10, 10]


def test_blocks_move_from_a_year_on():
    result = applied(catchments=[{"blocks": ["b3"], "schools": ["A"], "since": 2029}])
    assert catchments_in(result.district, "primary", 2028)["b3"] == "B"
    assert catchments_in(result.district, "primary", 2029)["b3"] == "A"


def test_without_a_year_blocks_move_in_the_first_of_the_horizon():
    result = applied(catchments=[{"blocks": ["b3"], "schools": ["A"]}])
    assert catchments_in(result.district, "primary", COUNTED)["b3"] == "B"
    assert catchments_in(result.district, "primary", COUNTED + 1)["b3"] == "A"


def test_of_means_all_blocks_of_the_schools_then():
    """b5 goes to T first, so `of = A, B` no longer has it in 2028."""
    result = applied(
        catchments=[
            {"blocks": ["b5"], "schools": ["T"], "since": 2027},
            {"of": ["A", "B"], "schools": ["A", "B"], "since": 2028},
        ]
    )
    held = catchments_in(result.district, "primary", 2028).to_dict()
    assert held == {"b1": "A+B", "b2": "A+B", "b3": "A+B", "b4": "A+B", "b5": "T", "b6": "T"}


def test_an_edit_replaces_later_rows_of_the_district_and_says_so():
    later = TOWN["catchments"].copy()
    later.loc[len(later)] = ["b3", "primary", 2030, "T"]
    result = applied(
        TOWN.with_tables(catchments=later),
        catchments=[{"blocks": ["b3"], "schools": ["A"], "since": 2028}],
    )
    assert catchments_in(result.district, "primary", 2032)["b3"] == "A"
    assert any("2028" in str(note) for note in result.notes)


def test_the_last_edit_that_names_a_block_holds():
    result = applied(
        catchments=[
            {"blocks": ["b3", "b4"], "schools": ["A"], "since": 2027},
            {"of": ["A"], "schools": ["B"], "since": 2027},
        ]
    )
    assert set(catchments_in(result.district, "primary", 2027).iloc[:5]) == {"B"}


def test_rules_go_profile_then_district_then_scenario():
    """The profile's cap is 45; the district's own 48 holds from 2027; the scenario's 40 from 2029."""
    own = pd.DataFrame(
        [{"rule": "class_size", "grades": "1-6", "at_most": 48, "since": "2027-09-01", "source": "local"}]
    )
    district = town(rules=own)
    before = applied(district).policy
    assert [before.cap(1, year) for year in (2026, 2027, 2030)] == [45, 48, 48]
    after = applied(
        district,
        rules=[{"rule": "class_size", "grades": "1-6", "at_most": 40, "since": 2029, "source": "notice"}],
    ).policy
    assert [after.cap(1, year) for year in (2027, 2028, 2029)] == [48, 48, 40]


def test_strictness_and_detour_override_the_policy():
    result = applied(assumptions={"strict": True, "detour": 1.5})
    assert result.policy.strict
    assert result.district.detour == 1.5
    assert not applied().policy.strict


def test_every_fault_is_named_at_once_with_file_key_and_a_close_match():
    lines = faults(
        catchments=[
            {"blocks": ["b1", "b9"], "schools": ["A"]},
            {"blocks": ["b2", "b2"], "schools": ["A"]},
            {"blocks": ["b3"], "schools": ["T", "T"]},
            {"blocks": ["b3"], "schools": ["J"]},
            {"blocks": ["b4"], "schools": ["B"], "since": 2050},
            {"blocks": ["b5"], "schools": ["D"], "since": 2028},
            {"blocks": ["b6"], "schools": ["P"], "since": 2028},
            {"of": ["甲小"], "schools": ["A"], "stage": "primery", "since": 2029},
        ],
        classes=[{"school": "J", "since": 2030, "until": 2028, "classes": 3}],
        limits=[{"school": "A", "stage": "junior", "since": 2027, "children": 90}],
        diversions=[
            {"from_school": "A", "to_school": "A", "since": 2027, "share": 0.1},
            {"from_school": "A", "to_school": "T", "since": 2027, "children": 5, "grades": [4]},
            {"from_school": "A", "to_school": "B", "since": 2027, "children": 5, "grades": [1]},
        ],
        rooms=[{"school": "P", "since": 2027, "change": 1}],
        demand=[
            {"area": "wset", "since": 2027, "factor": 1.2},
            {"blocks": ["b1"], "area": "west", "since": 2027, "children": 5},
            {"blocks": ["b2"], "since": 2027},
        ],
        rules=[
            {"rule": "class_size", "stage": "junor", "at_most": 45, "source": "notice"},
            {"rule": "class_size", "at_most": 45, "since": 2044, "source": "notice"},
        ],
        projects=[
            {"project": "new-cc", "opens": 2029},
            {"project": "idea-d"},
            {"project": "wing-b", "opens": 2060},
            {"project": "new-x", "school": "X", "kind": "new", "opens": 2029, "rooms": 6},
            {"project": "new-y", "school": "AA", "kind": "expansion", "opens": 2029, "rooms": 6},
            {"project": "new-c", "grades": "6-1", "at": [34.5, 117.5]},
        ],
    )
    expected = [
        ("catchments[1].blocks", "b9"),
        ("catchments[2].blocks", "b2 is named twice"),
        ("catchments[3].schools", "T is named twice"),
        ("catchments[4].schools", "teaches grades 7-9, not grade 1"),
        ("catchments[5].since", "2050 is outside the horizon 2027-2032"),
        ("catchments[6].schools", "idea-d"),
        ("catchments[7].schools", "private"),
        ("catchments[8].stage", "did you mean primary"),
        ("catchments[8].of", "A (甲小学)"),
        ("classes[1].until", "ends in 2028"),
        ("classes[1].school", "teaches grades 7-9"),
        ("limits[1].school", "not grade 7"),
        ("diversions[1].to_school", "to itself"),
        ("diversions[2].to_school", "T teaches grades 1-3, not grade 4"),
        ("diversions[3].grades", "grade 1 is no later grade"),
        ("rooms[1].school", "private"),
        ("demand[1].area", "did you mean west"),
        ("demand[2].area", "not both"),
        ("demand[3].factor", "changes nothing"),
        ("rules[1].stage", "junor"),
        ("rules[2].since", "2044"),
        ("projects[1].project", "did you mean new-c"),
        ("projects[2].opens", "no date"),
        ("projects[3].opens", "2060"),
        ("projects[4].project", "grades, at"),
        ("projects[5].school", "'AA'"),
        ("projects[6].grades", "6-1"),
        ("projects[6].at", "longitude"),
    ]
    for key, said in expected:
        assert any(line.startswith(f"s.toml: {key}: ") and said in line for line in lines), (key, said, lines)
    assert len(lines) == len(expected), "\n".join(lines)


def test_a_project_open_at_the_last_count_cannot_be_dated_anew():
    """Its rooms are among today's: a new date would change nothing, so it is refused; its later phases can change."""
    table = TOWN["projects"].copy()
    table.loc[table["project"] == "wing-b", ["opens", "earliest"]] = 2025
    district = TOWN.with_tables(projects=table)
    with pytest.raises(ScenarioError) as error:
        applied(district, projects=[{"project": "wing-b", "slip": 3}])
    (line,) = error.value.lines("en")
    assert line.startswith("s.toml: projects[1].slip: project wing-b opened in 2025")
    assert rooms(applied(district, projects=[{"project": "wing-b", "rooms": [4, 4, 7]}]), "B") == [15] * 6


def test_a_stage_that_the_district_does_not_plan_is_a_fault():
    about = pd.concat([TOWN["about"], pd.DataFrame({"key": ["stages"], "value": ["primary"]})])
    district = TOWN.with_tables(about=about)
    with pytest.raises(ScenarioError, match="no stage 'junior' to plan; known are primary"):
        applied(district, limits=[{"school": "J", "stage": "junior", "since": 2027, "children": 90}])


@pytest.mark.parametrize("until", [COUNTED, 1999, COUNTED + 51])
def test_a_horizon_that_ends_before_it_begins_or_far_away_is_a_fault(until):
    (line,) = faults(until=until)
    assert line.startswith("s.toml: until: ")
    assert str(COUNTED) in line


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.sets(st.sampled_from([f"b{number}" for number in range(1, 7)]), min_size=1),
            st.sampled_from([("A",), ("B",), ("A", "B")]),
            st.integers(2027, 2032),
        ),
        max_size=5,
    )
)
def test_after_any_edits_each_block_has_one_row_a_stage_and_first_year(edits):
    """Catchments stay a partition: no two rows of one block, stage and year, and every block still has one."""
    says = [
        {"blocks": sorted(blocks), "schools": schools, "since": since} for blocks, schools, since in edits
    ]
    table = applied(catchments=says).district["catchments"]
    assert not table.duplicated(["block", "stage", "since"]).any()
    for year in range(2027, 2033):
        for stage in ("primary", "junior"):
            rows = table[(table["stage"] == stage) & (table["since"] <= year)]
            assert set(rows["block"]) == set(TOWN.blocks.index)
