"""What a scenario leaves to a schedule: options of the small town, by hand, and every contradiction named."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from planner.capacity import Options, build_capacity
from planner.district import catchments_in
from planner.errors import ScenarioError
from planner.scenario import Applied, Scenario, apply_scenario, load_scenario
from tests.scenario.town import CRS, town, town_policy

TOWN = town()
MIDDLE = TOWN.blocks.geometry.centroid.to_crs(4326)
WEST = [float(MIDDLE["b1"].x), float(MIDDLE["b1"].y)]
NEW = {"project": "new-e", "school": "E", "kind": "new", "grades": "1-6", "rooms": [6, 12], "at": WEST}


def applied(*projects: dict[str, Any], district: Any = TOWN, **says: Any) -> Applied:
    """Return the town with project edits and terms, 2027 to 2032; `terms` are those of the schedule."""
    terms = says.pop("terms", {})
    stated = {"until": 2032, "schedule": terms, "projects": list(projects)} | says
    loaded = load_scenario(Scenario.model_validate(stated), name="s.toml")
    return apply_scenario(loaded, district, town_policy())


def options(*projects: dict[str, Any], **says: Any) -> Options:
    found = applied(*projects, **says).options
    assert found is not None
    return found


def faults(*projects: dict[str, Any], **says: Any) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        applied(*projects, **says)
    return error.value.lines("en")


def fault(*projects: dict[str, Any], **says: Any) -> str:
    """Return the only fault."""
    told = faults(*projects, **says)
    assert len(told) == 1, told
    return told[0]


def rooms(result: Applied, school: str) -> list[int]:
    capacity = build_capacity(result.district, result.policy, result.years)
    return capacity.rooms[capacity.schools.index(school)].tolist()


def test_without_terms_there_are_no_options():
    loaded = load_scenario(Scenario.model_validate({"until": 2032}), name="s.toml")
    assert apply_scenario(loaded, TOWN, town_policy()).options is None


def test_dated_and_sure_is_fixed_undated_or_unsure_is_free():
    """new-c is 90 % sure of 2028, wing-b half sure of 2027, idea-d has no date."""
    found = options()
    assert [(o.option, o.choice, o.counted) for o in found.options] == [
        ("new-c", "fixed", True),
        ("wing-b", "free", False),
        ("idea-d", "free", False),
    ]
    assert found.of("new-c")[0].years == (2028,)
    assert found.left_out == ()


def test_what_is_free_does_not_count_in_the_rooms():
    result = applied({"project": "new-c", "choice": "free"})
    assert "C" not in result.district.schools.index
    assert rooms(result, "B") == [12] * 6
    assert rooms(applied({"project": "wing-b", "choice": "fixed"}), "B") == [16] * 6


def test_years_are_those_after_building_and_before_the_last_two():
    """A new school takes two years from 2026; the horizon ends in 2032, so that 2030 is the last year to open in."""
    found = options({"project": "new-c", "choice": "free"}).of("new-c")[0]
    assert found.years == (2028, 2029, 2030)
    assert sorted(found.refused) == [2027, 2031, 2032]
    assert "2 years to build" in str(found.refused[2027])
    assert "after 2030" in str(found.refused[2031])


def test_earliest_latest_and_the_window_of_the_terms():
    edit = {"project": "wing-b", "earliest": 2028, "latest": 2031}
    assert options(edit, terms={"opens_until": 2032}).of("wing-b")[0].years == (2028, 2029, 2030, 2031)
    narrow = {"opens_since": 2029, "opens_until": 2030}
    assert options(edit, terms=narrow).of("wing-b")[0].years == (2029, 2030)


@pytest.mark.parametrize(
    ("gate", "years"),
    [
        ({"approval": True}, (2027, 2028)),
        ({"land": 2027}, (2028,)),
        ({"consent": 2027, "building_years": 0}, (2027, 2028)),
    ],
)
def test_a_gate_comes_before_building(gate: dict[str, Any], years: tuple[int, ...]):
    """An extension takes a year: with its land free in 2027 it opens in 2028."""
    assert options({"project": "wing-b", "latest": 2028} | gate).of("wing-b")[0].years == years


def test_sites_and_sizes_make_an_option_each():
    """Three sites and two sizes; 12 rooms for 30 million are 2.5 million a room."""
    new = NEW | {"sites": ["b1", "b3", WEST], "sizes": [12, [6, 24]], "cost_yuan": 30e6}
    found = options(new).of("new-e")
    assert [o.option for o in found[:3]] == ["new-e@b1/12", "new-e@b1/24", "new-e@b3/12"]
    assert len(found) == 6
    assert {o.campus for o in found[:4]} == {"E@b1", "E@b3"}
    assert found[2].place is not None
    assert found[2].place.distance(Point(2500, 500)) < 1
    assert [o.capital_yuan for o in found[:2]] == [30e6, 60e6]
    assert options(new).at_most_one == (tuple(o.option for o in found),)


def test_all_blocks_of_an_area_and_all_blocks():
    assert len(options(NEW | {"site_areas": ["west"]}).of("new-e")) == 3
    assert len(options(NEW | {"sites": "blocks"}).of("new-e")) == 6


def test_one_site_is_the_place():
    found = options(NEW | {"sites": ["b3"]}).of("new-e")
    assert [(o.option, o.site) for o in found] == [("new-e", "")]
    assert found[0].place is not None
    assert found[0].place.distance(Point(2500, 500)) < 1


@pytest.mark.parametrize(
    ("cost", "yuan"),
    [({}, 12 * 2_370_000), ({"room_yuan": 1e6}, 12e6), ({"cost_yuan": 5e6}, 5e6)],
)
def test_capital_as_stated_or_by_room_or_by_kind(cost: dict[str, float], yuan: float):
    assert options(NEW | cost).of("new-e")[0].capital_yuan == yuan


def test_costs_by_size():
    new = NEW | {"sizes": [12, 24], "size_yuan": [3e7, 5e7]}
    assert [o.capital_yuan for o in options(new).of("new-e")] == [3e7, 5e7]


def test_a_fixed_project_without_a_year_or_with_several_sizes_opens_for_certain():
    found = options(NEW | {"choice": "fixed", "sizes": [12, 24]})
    assert found.exactly_one == (("new-c",), ("new-e/12", "new-e/24"))
    assert not found.by_id["new-e/12"].counted
    assert found.by_id["new-e/12"].years == (2028, 2029, 2030)


def test_a_project_that_is_dated_here_is_fixed_and_one_left_out_is_forbidden():
    out = [{"project": project, "include": False} for project in ("new-c", "idea-d")]
    found = options({"project": "wing-b", "opens": 2029}, *out)
    assert [(o.option, o.choice, o.years) for o in found.options] == [("wing-b", "fixed", (2029,))]
    assert ("new-c", "stopped") in [(left.project, str(left.reason)) for left in found.left_out]


def test_needs_hold_back_the_years_and_name_all_options():
    """wing-b needs new-e, which opens in 2028 at the earliest, at one of two sites."""
    found = options(NEW | {"sites": ["b1", "b3"]}, {"project": "wing-b", "needs": ["new-e"]})
    assert found.needs == (("wing-b", ("new-e@b1", "new-e@b3")),)
    assert found.of("wing-b")[0].years == (2028, 2029, 2030)
    assert "needs new-e" in str(found.of("wing-b")[0].refused[2027])


def test_at_most_one_of_a_set():
    found = options(NEW | {"one_of": "east"}, {"project": "wing-b", "one_of": "east"})
    assert ("wing-b", "new-e") in found.at_most_one
    fixed = options(NEW | {"one_of": "east", "choice": "fixed"}, {"project": "wing-b", "one_of": "east"})
    assert "new-e of the same set" in next(
        str(left.reason) for left in fixed.left_out if left.project == "wing-b"
    )


CLOSING = {"project": "end-t", "school": "T", "kind": "closure", "rooms": -3, "receives": ["B"]}


def test_a_closure_is_an_option_with_receivers():
    """Block b6 is two kilometres from B, within the walk of three; T has three rooms."""
    found = options(CLOSING).of("end-t")[0]
    assert (found.closes, found.closes_rooms, found.receives, found.rooms) == ("T", 3, ("B",), (0,))
    assert options(CLOSING).closing == {"T": ("end-t",)}


def test_a_settled_closure_hands_over_blocks_and_pupils():
    """T closes in 2029: b6 belongs to B from then on, and T's pupils of all grades go on to B."""
    result = applied(CLOSING | {"opens": 2029})
    assert rooms(result, "T") == [3, 3, 0, 0, 0, 0]
    assert [catchments_in(result.district, "primary", year)["b6"] for year in (2028, 2029)] == ["T", "B"]
    fed = result.district["feeders"]
    assert fed[["school", "to_school", "since", "share"]].to_numpy().tolist() == [["T", "B", 2029, 1.0]]


def test_a_school_rebuilt_elsewhere_takes_the_grades_and_the_pupils_of_the_old():
    """Built before the old one goes: E opens and A closes in 2029, and both blocks of A belong to E."""
    moved = {"project": "move-a", "school": "E", "kind": "new", "rooms": 14, "replaces": "A", "at": WEST}
    found = options(moved).of("move-a")[0]
    assert (found.closes, found.receives, found.grades, found.brings) == ("A", ("E",), (1, 6), True)
    result = applied(moved | {"opens": 2029})
    assert (rooms(result, "A"), rooms(result, "E")) == ([12, 12, 0, 0, 0, 0], [0, 0, 14, 14, 14, 14])
    assert set(catchments_in(result.district, "primary", 2029)[["b1", "b2"]]) == {"E"}


def test_two_closures_of_which_one_receives_the_other_exclude_each_other():
    both = options(
        CLOSING,
        {"project": "end-b", "school": "B", "kind": "closure", "rooms": -12, "receives": ["A"], "bus": True},
    )
    assert ("end-t", "end-b") in both.at_most_one


def test_temporary_rooms_end():
    wing = {"project": "wing-b", "kind": "temporary", "rooms": 4, "lasts": 2}
    assert options(wing).of("wing-b")[0].rooms == (4, 4, 0)
    assert rooms(applied(wing | {"opens": 2028}), "B") == [12, 16, 16, 12, 12, 12]


def homes(*days: str) -> Any:
    """Return the town with development H of a phase for each day of hand-over."""
    phases = [
        {
            "development": "H",
            "phase": str(at),
            "block": "b5",
            "dwellings": 100,
            "hand_over": pd.Timestamp(day),
        }
        for at, day in enumerate(days, start=1)
    ]
    return town(housing=pd.DataFrame(phases))


@pytest.mark.parametrize(("how", "years"), [("by", (2027, 2028)), ("", (2027, 2028)), ("with", (2028,))])
def test_a_school_is_handed_over_with_the_first_phase(how: str, years: tuple[int, ...]):
    """Handed over in October 2027: children are counted there in autumn 2028."""
    edit = {"project": "wing-b", "development": "H", "with_housing": how, "building_years": 0}
    assert options(edit, district=homes("2029-05-01", "2027-10-31")).of("wing-b")[0].years == years


def test_a_school_whose_housing_is_lived_in_already_is_noted_and_cannot_open_with_it():
    edit = {"project": "wing-b", "development": "H"}
    notes = [str(note) for note in applied(edit, district=homes("2025-06-30")).notes]
    assert any("wing-b" in note and "autumn 2025" in note for note in notes)
    assert "with_housing" in fault(edit | {"with_housing": "with"}, district=homes("2025-06-30"))


def test_late_and_certainty_stand_in_the_option_and_ask_no_question_of_what_is_free():
    edit = {"project": "wing-b", "late": {1: 0.3, 3: 0.1}, "certainty": 0.6}
    found = options(edit).of("wing-b")[0]
    assert (found.late, found.certainty) == ({1: 0.3, 3: 0.1}, 0.6)


def test_where_a_policy_plans_by_seats_sizes_are_seats():
    """Without classes: 540 seats for 28.44 million; 270 seats at the usual cost of a room of 45 are half of it."""
    from planner.policy import ClassRules

    policy = town_policy(classes=ClassRules(formation="none"), rules=())
    edit = NEW | {"seats_stated": 540, "rooms": 0}
    for changes, yuan in (({"cost_yuan": 28.44e6}, 28.44e6), ({"sizes": [270]}, 14.22e6)):
        loaded = load_scenario(
            Scenario.model_validate({"until": 2032, "schedule": {}, "projects": [edit | changes]})
        )
        found = apply_scenario(loaded, TOWN, policy).options
        assert found is not None
        assert [(o.rooms, o.capital_yuan) for o in found.of("new-e")] == [
            ((int(540 * yuan / 28.44e6),), yuan)
        ]
        assert found.of("new-e")[0].room_running_yuan == pytest.approx(12_000 / 45)


def test_a_later_file_changes_single_terms(tmp_path: Any):
    from planner.scenario import read_scenario

    (tmp_path / "base.toml").write_text(
        "until = 2032\n[schedule]\ntotal_yuan = 9e7\ndiscount = 0.04\n", "utf-8"
    )
    (tmp_path / "leaf.toml").write_text('extends = "base.toml"\n[schedule]\ndiscount = 0.03\n', "utf-8")
    terms = read_scenario(tmp_path / "leaf.toml").scenario.schedule
    assert terms is not None
    assert (terms.total_yuan, terms.discount) == (9e7, 0.03)


def test_every_fault_is_told_at_once():
    told = faults(
        {"project": "wing-b", "earliest": 2031, "latest": 2032},
        CLOSING | {"receives": ["nowhere"]},
        terms={"opens_since": 2026, "reach": {"middle": 100}},
    )
    assert len(told) == 4
    assert all(line.startswith("s.toml: ") for line in told)


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([{"project": "wing-b", "approval": False}], ["projects[1].approval", "wing-b", "not approved"]),
        ([{"project": "wing-b", "land": False}], ["projects[1].land", "no land"]),
        ([{"project": "wing-b", "consent": False}], ["projects[1].consent", "consent"]),
        ([{"project": "new-c", "approval": 2029, "choice": "fixed"}], ["approval", "opens in 2028", "2029"]),
        ([{"project": "wing-b", "approval": 2032}], ["approval", "2032", "2030"]),
        ([{"project": "wing-b", "earliest": 2031}], ["earliest", "2031", "2030"]),
        ([NEW | {"at": [110.0, 20.0]}], ["projects[1].at", "not near the district"]),
        ([NEW | {"sites": ["b1", "b9"]}], ["sites", "b9"]),
        ([NEW | {"sites": ["b1", [WEST[0] + 0.2, WEST[1]]]}], ["sites", "outside the district"]),
        ([NEW | {"site_areas": ["north"]}], ["site_areas", "'north'"]),
        ([NEW | {"opening_grades": ["1", "1-9"]}], ["opening_grades", "1-9"]),
        ([NEW | {"opening_grades": ["1", "1", "1-6"]}], ["opening_grades", "2. year", "grade 2"]),
        ([{"project": "wing-b", "opening_grades": ["1", "1-6"]}], ["opening_grades", "only a new school"]),
        (
            [NEW | {"replaces": "A", "opening_grades": ["1", "1-2", "1-6"]}],
            ["opening_grades", "the pupils of A"],
        ),
        (
            [NEW | {"opening_grades": ["1", "1-2", "1-6"]}, CLOSING | {"receives": ["E"], "bus": True}],
            ["receives", "E opens grade by grade"],
        ),
        (
            [{"project": "wing-b", "kind": "relocation", "at": WEST}],
            ["kind", "'B'", "an id of its own", "replaces = 'B'"],
        ),
        ([NEW | {"rooms": 0, "seats_stated": 540}], ["rooms", "540 seats and no room"]),
        ([NEW | {"rooms": -4}], ["rooms", "minus sign"]),
        ([{"project": "wing-b", "sites": ["b1"]}], ["sites", "only a new school"]),
        ([{"project": "wing-b", "needs": ["wing-z"]}], ["needs", "wing-z", "not in the table"]),
        ([{"project": "wing-b", "development": "H9"}], ["development", "H9"]),
        ([{"project": "wing-b", "school": "Z"}], ["school", "'Z'"]),
        ([CLOSING | {"receives": []}], ["receives", "names no school"]),
        ([CLOSING | {"receives": ["J"]}], ["receives", "J", "none of the grades 1-3"]),
        ([CLOSING | {"receives": ["T"]}], ["receives", "own pupils"]),
        ([CLOSING | {"receives": ["A"]}], ["receives", "strands", "b6 5000", "3000 m"]),
        ([{"project": "wing-b", "receives": ["A"]}], ["receives", "closes no school"]),
        ([{"project": "wing-b", "replaces": "T"}], ["replaces", "open already"]),
    ],
)  # fmt: skip
def test_a_contradiction_is_one_clear_message(edits: list[dict[str, Any]], words: list[str]):
    told = fault(*edits)
    assert all(word in told for word in words), told


def test_a_teaching_point_cannot_take_a_whole_school():
    """T teaches grades 1-3: nobody takes those of grades 4-6 when B closes."""
    told = fault(
        {"project": "end-b", "school": "B", "kind": "closure", "rooms": -12, "receives": ["T"], "bus": True}
    )
    assert "grades 4, 5, 6" in told


def test_a_bus_carries_children_beyond_the_walk():
    assert options(CLOSING | {"receives": ["A"], "bus": True}).of("end-t")
    assert options(CLOSING | {"receives": ["A"]}, terms={"reach": 6000}).of("end-t")


def test_projects_that_wait_for_each_other():
    told = faults({"project": "wing-b", "needs": ["new-e"]}, NEW | {"needs": ["wing-b"]})
    assert len(told) == 2
    assert all("circle" in line and "wing-b" in line and "new-e" in line for line in told)


def test_two_fixed_of_a_set_of_which_one_opens():
    told = faults(
        NEW | {"one_of": "east", "choice": "fixed"},
        {"project": "wing-b", "one_of": "east", "choice": "fixed"},
    )
    assert len(told) == 2
    assert all("at most one opens" in line for line in told)


def test_what_needs_a_project_that_cannot_open_cannot_open():
    told = faults(NEW | {"approval": False}, {"project": "wing-b", "needs": ["new-e"]})
    assert any("needs new-e, which cannot open" in line for line in told)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"include": False, "choice": "fixed"}, ["include", "fixed"]),
        ({"choice": "forbidden", "opens": 2028}, ["forbidden", "2028"]),
        ({"earliest": 2031, "latest": 2029}, ["2031", "2029"]),
        ({"sizes": [6, 12], "size_yuan": [1e6]}, ["1 costs", "2 sizes"]),
        ({"choice": "free", "slip": 1}, ["slip"]),
    ],
)
def test_an_edit_that_contradicts_itself_is_refused_when_read(
    edit: dict[str, Any], words: list[str], tmp_path: Any
):
    import json

    from planner.scenario import read_scenario

    lines = [f"{key} = {json.dumps(value)}" for key, value in ({"project": "wing-b"} | edit).items()]
    (tmp_path / "s.toml").write_text("\n".join(["[[projects]]", *lines]), "utf-8")
    with pytest.raises(ScenarioError) as error:
        read_scenario(tmp_path / "s.toml")
    assert len(error.value.lines("en")) == 1
    assert all(word in error.value.lines("en")[0] for word in words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cost_yuan = -1", ["cost_yuan", "0"]),
        ("room_yuan = -5", ["room_yuan", "0"]),
        ("choice = 'maybe'", ["choice", "fixed", "forbidden", "free"]),
        ("earliest = 28", ["earliest", "1990"]),
        ("approval = 'soon'", ["approval"]),
    ],
)
def test_values_of_the_wrong_kind_are_refused_when_read(line: str, words: list[str], tmp_path: Any):
    from planner.scenario import read_scenario

    (tmp_path / "s.toml").write_text(f"[[projects]]\nproject = 'wing-b'\n{line}\n", "utf-8")
    with pytest.raises(ScenarioError) as error:
        read_scenario(tmp_path / "s.toml")
    assert all(word in "\n".join(error.value.lines("en")) for word in words)


def test_a_budget_in_ten_thousands_is_noted():
    """wing-b of four rooms costs 12.68 million, new-c half of 28.44 million in 2027; 2,000 is meant to be 20 million."""
    free = {"project": "new-c", "choice": "free"}
    notes = [str(note) for note in applied(free, terms={"total_yuan": 2_000}).notes]
    assert any("total_yuan" in note and "20000000" in note for note in notes)
    assert not any("total_yuan" in str(note) for note in applied(terms={"total_yuan": 2e7}).notes)
    assert "20000000" in fault(terms={"total_yuan": 2_000})
    assert "14,220,000" in fault(terms={"yearly_yuan": 1.4e7})


def test_choices_of_the_table_hold_without_a_word_in_the_scenario():
    table = gpd.GeoDataFrame(TOWN["projects"]).assign(choice=["forbidden", "fixed", None])
    district = town(projects=gpd.GeoDataFrame(table[["project", "school", "kind", "grades", "rooms", "opens", "certainty", "choice"]],
                                              geometry=table.geometry, crs=CRS))  # fmt: skip
    found = options(district=district)
    assert [(o.option, o.choice, o.counted) for o in found.options if o.school != "D"] == [
        ("wing-b", "fixed", True)
    ]
    loaded = load_scenario(Scenario.model_validate({"until": 2032}), name="s.toml")
    assert rooms(apply_scenario(loaded, district, town_policy()), "C") == [0, 6, 12, 12, 12, 12]
