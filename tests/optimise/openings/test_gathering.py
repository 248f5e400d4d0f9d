"""Opening facts from those of the intake model: two schools on a street, by hand, and what is bound to what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from planner.capacity import Options, Terms
from planner.capacity.options import Option
from planner.optimise import IntakeFacts, Move
from planner.optimise.openings.exact import solve_exactly
from planner.optimise.openings.facts import NEVER
from planner.optimise.openings.gathering import PARTS, Gathered, gather_openings
from planner.optimise.openings.verifying import faults
from planner.policy import Rule
from planner.policy.model import ClassRules
from tests.optimise.instances import two_schools
from tests.scenario.town import town_policy

POLICY = town_policy()
YEARS = (2027, 2028, 2029)
NORTH, SOUTH, SITE = range(3)


def option(name: str, **changes: Any) -> Option:
    """Return a free project that brings three rooms to the south, for 30 million yuan over 30 years."""
    own: dict[str, Any] = {
        "option": name,
        "project": name,
        "name": name,
        "name_en": "",
        "kind": "expansion",
        "choice": "free",
        "counted": False,
        "school": "south",
        "brings": False,
        "site": "",
        "place": None,
        "grades": None,
        "opening_grades": (),
        "rooms": (3,),
        "years": YEARS,
        "refused": {},
        "capital_yuan": 30e6,
        "running_yuan": 0.0,
        "room_running_yuan": 0.0,
        "building_years": 0,
        "life": 30,
        "closes": "",
        "closes_rooms": 0,
        "receives": (),
        "bus": False,
        "certainty": 1.0,
        "late": {},
        "source": "",
    }
    return Option(**own | changes)


def street(**changes: Any) -> IntakeFacts:
    """
    Return the street of two blocks over three years, with a site in the middle of it that has no room yet.

    .. code-block:: text

        block A --- north ---- site ---- south --- block B
        A: 300 m to the north, 600 m to the site, 900 m to the south; B the other way round
    """
    facts = two_schools()
    years, schools = len(YEARS), 3
    own = np.zeros((1, 2, schools, years), dtype=bool)
    own[0, 0, NORTH], own[0, 1, SOUTH] = True, True
    told = replace(
        facts,
        schools=("north", "south", "site"),
        years=YEARS,
        demand=np.array([[[30.0, 20.0, 10.0], [12.0, 14.0, 10.0]]]),
        doors=np.zeros((1, schools, years)),
        own=own,
        reach=np.ones((1, 2, schools, years), dtype=bool),
        door_reach=np.ones((1, schools, schools, years), dtype=bool),
        metres=np.array([[300.0, 900.0, 600.0], [900.0, 300.0, 600.0]]),
        between=np.array([[0.0, 600.0, 300.0], [600.0, 0.0, 300.0], [300.0, 300.0, 0.0]]),
        pupils=np.array([[18.0, 17.0], [9.0, 9.0], [0.0, 0.0]]),
        classes=np.array([[2.0, 2.0], [1.0, 1.0], [0.0, 0.0]]),
        growth=np.full((schools, 2, years), 1.25),
        teaches=np.ones((schools, 2), dtype=bool),
        rooms=np.array([[4.0] * years, [3.0] * years, [0.0] * years]),
        cap=np.full((2, years), 10.0),
        worst=np.full((1, years), 15.0),
        size=np.full((schools, years), np.inf),
        planned=np.full((schools, 1, years), -1),
        limits=np.full((schools, 1, years), -1),
    )
    return replace(told, **changes)


def gathered(
    *options: Option, told: IntakeFacts | None = None, terms: Terms | None = None, **bound: Any
) -> Gathered:
    offered = Options(years=YEARS, terms=terms or Terms(), options=options, **bound)
    return gather_openings(street() if told is None else told, offered, POLICY)


def test_seats_at_entry_are_fewer_where_the_year_group_grows():
    """A cap of 10 and a growth of 1.25: 10 entrants a class in grade 1, 8 so that it is 10 in grade 2."""
    facts = gathered().facts
    assert facts.seats[NORTH, 0].tolist() == [10.0, 8.0]
    assert facts.heads[NORTH, 0].tolist() == [1.0, 1.25]
    assert facts.kept
    assert facts.worst[NORTH].tolist() == [15.0] * 3
    assert facts.holds[NORTH].tolist() == [[0, 0], [0, 0], [0, -1]]


def test_classes_of_the_last_count_are_merged_to_what_the_cap_asks_for():
    """North: 18 x 1.25 = 22.5 children ask for 3 classes, but have 2; south: 11.25 in one. Both leave after a year."""
    facts = gathered().facts
    assert facts.left.tolist() == [[2, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert facts.free.tolist() == [[2, 4, 4], [2, 3, 3], [0, 0, 0]]
    assert facts.site.tolist() == [False, False, True]


def test_all_entrants_are_there_by_block_and_by_school():
    """Three children are given to the south in 2027, whatever the catchments."""
    doors = np.zeros((1, 3, 3))
    doors[0, SOUTH, 0] = 3.0
    found = gathered(told=street(doors=doors))
    assert found.facts.demand.sum(axis=0).tolist() == [45.0, 34.0, 20.0]
    assert found.origins.block.tolist() == [0, 1, -1]
    assert found.origins.school.tolist() == [-1, -1, SOUTH]
    by_draw = found.origins.entrants(np.ones((1, 2, 3, 5)), np.zeros((1, 3, 3, 5)))
    assert by_draw.shape == (3, 3, 5)
    assert by_draw[:, 0, 0].tolist() == [1.0, 1.0, 0.0]


def test_a_place_is_outside_at_another_school_but_not_at_a_new_one_within_the_walk():
    """From A: the south is outside; the site, 600 m away and without a catchment, is not, as the walk is 3 km."""
    found = gathered(option("new", school="site", brings=True, grades=(1, 2)))
    near = [found.told.schools[found.points.school[k]] for k in found.facts.near[0]]
    assert near == ["north", "site", "south"]
    assert found.facts.km[0].tolist() == [0.3, 0.6, 0.9]
    assert found.facts.outside[0, :, 0].tolist() == [False, False, True]


def test_a_far_new_school_is_outside_where_the_catchments_own_is_nearer():
    """With a walk of 500 m the site at 600 m is beyond it, and farther than the north at 300 m."""
    short = Rule(rule="walk", stage="primary", at_most=500, level="district", source="made")
    offered = Options(
        years=YEARS,
        terms=Terms(),
        options=(option("new", school="site", brings=True, grades=(1, 2)),),
    )
    found = gather_openings(street(), offered, POLICY.with_rules([short]))
    assert found.facts.outside[0, :, 0].tolist() == [False, True, True]


def test_a_walk_that_is_a_limit_counts_everywhere():
    """A limit of 700 m: the south is beyond it from A, whether or not it belongs to the catchment."""
    limit = Rule(rule="walk", stage="primary", at_most=700, level="district", kind="limit", source="made")
    own = np.ones((1, 2, 3, 3), dtype=bool)
    offered = Options(years=YEARS, terms=Terms(), options=())
    found = gather_openings(street(own=own), offered, POLICY.with_rules([limit]))
    assert found.facts.outside[0, :, 0].tolist() == [False, False, True]


def test_ways_and_classes_cost_what_they_do_in_their_years():
    """100 yuan a km: an entrant of 2027 walks two years, 100 + 100 / 1.06; one of 2029 one year, 100 / 1.06^2."""
    terms = Terms(km_yuan=100.0, class_yuan={"primary": 1000.0}, discount=0.06)
    facts = gathered(terms=terms).facts
    assert facts.travel[0] == pytest.approx([100 + 100 / 1.06, 100 / 1.06 + 100 / 1.06**2, 100 / 1.06**2])
    assert facts.class_yuan[NORTH, 1] == pytest.approx([1000 / 1.06, 1000 / 1.06**2])
    assert facts.class_yuan[NORTH, 2] == pytest.approx([1000 / 1.06**2, 0.0])


def test_an_option_costs_and_brings_what_it_says_in_each_of_its_years():
    """Opened in 2028: nothing in 2027, three rooms after; 30 million less what 28 of 30 years are worth, discounted."""
    found = gathered(option("wing", years=(2028, 2029)))
    projects = found.facts.projects
    assert projects.allowed.tolist() == [[False, True, True]]
    assert projects.cost[0, 1] == pytest.approx(30e6 / 1.06 - 28e6 / 1.06**3)
    assert projects.spending[0, 1].tolist() == [0.0, 30e6, 0.0]
    assert found.facts.rooms_open(np.array([1])).tolist()[SOUTH] == [2, 6, 6]
    assert found.choices.decided(np.array([1])) == {"wing": 1}
    assert found.choices.decided(np.array([NEVER])) == {}


def test_a_settled_project_costs_but_brings_no_more_rooms():
    """Its rooms are among those of the district."""
    settled = option("wing", counted=True, choice="fixed", years=(2028,))
    found = gathered(settled, exactly_one=(("wing",),))
    assert found.facts.projects.exactly_one == ((0,),)
    assert len(found.facts.projects.effect_of) == 0
    assert found.facts.projects.cost[0, 1] > 0


def test_budgets_and_limits_of_construction_are_by_year():
    """Ten million in 2028 alone; five rooms under construction at a time: a year before it opens."""
    terms = Terms(yearly_yuan={2028: 10e6}, yearly_rooms=5, total_yuan=50e6)
    projects = gathered(option("wing", building_years=1), terms=terms).facts.projects
    assert projects.budget.tolist() == [np.inf, 10e6, np.inf]
    assert projects.budget_total == 50e6
    assert projects.building_limit.tolist() == [5.0] * 3
    assert projects.building[0, 1].tolist() == [3.0, 0.0, 0.0]


def test_children_of_a_teaching_point_move_on_to_the_rooms_of_the_centre():
    """South has grade 1 alone; all go north for grade 2, and their classes hold rooms there."""
    teaches = np.ones((3, 2), dtype=bool)
    teaches[SOUTH, 1] = False
    told = street(
        teaches=teaches, moves=(Move(grade=1, from_school=SOUTH, to_school=NORTH, share=np.ones(3)),)
    )
    facts = gathered(told=told).facts
    assert facts.holds[SOUTH].tolist() == [[1, 0], [1, 0], [1, -1]]


def test_a_part_of_a_year_group_that_moves_is_not_followed():
    """A third of the south's children go north for grade 2: the class stays where most of it is."""
    move = Move(grade=1, from_school=SOUTH, to_school=NORTH, share=np.full(3, 1 / 3))
    assert gathered(told=street(moves=(move,))).facts.holds[SOUTH, 0].tolist() == [1, 1]


def closing(**changes: Any) -> Option:
    own = {"school": "south", "kind": "closure", "rooms": (0,), "capital_yuan": 0.0, "closes": "south"}
    return option("end", **own | {"closes_rooms": 3, "receives": ("north",), "years": (2028, 2029)} | changes)


def test_a_school_that_may_close_is_a_campus_for_each_future():
    """South stays, closes in 2028 or in 2029: entrants of 2027 hold a room of the north from that year on."""
    found = gathered(closing(), closing={"south": ("end",)})
    facts, campuses = found.facts, found.campuses
    assert campuses.school.tolist() == [NORTH, SOUTH, SOUTH, SOUTH, SITE]
    ends = [k for k, c in enumerate(found.points.campus) if c == 2]
    assert facts.holds[ends[0], 0].tolist() == [2, 0]
    rows = found.choices.opens({"end": 1})
    assert rows is not None
    assert found.choices.decided(rows) == {"end": 1}
    rooms = facts.rooms_open(rows)
    assert rooms[[1, 2, 3]].tolist() == [[0, 0, 0], [2, 0, 0], [0, 0, 0]]
    stays = found.choices.opens({})
    assert stays is not None
    assert facts.rooms_open(stays)[[1, 2, 3]].tolist() == [[2, 3, 3], [0, 0, 0], [0, 0, 0]]
    assert found.choices.opens({"end": 0}) is None


def test_the_classes_of_the_last_count_take_rooms_where_they_are_received():
    """South's grade 1 of 2026, one class, is in grade 2 in 2027: closed then, it stands in one of the north's two free rooms."""
    found = gathered(closing(years=(2027,)), closing={"south": ("end",)})
    rows = found.choices.opens({"end": 0})
    assert rows is not None
    assert found.facts.rooms_open(rows)[NORTH].tolist() == [1, 4, 4]


def test_a_school_whose_closing_is_settled_has_one_future():
    """It is closed in the district's own rooms; the row only says that it opens, for what it costs."""
    settled = closing(counted=True, choice="fixed", years=(2028,))
    found = gathered(settled, closing={"south": ("end",)}, exactly_one=(("end",),))
    assert found.campuses.school.tolist() == [NORTH, SOUTH, SITE]
    assert [row.option for row in found.choices.rows] == ["end"]


def test_a_closing_waits_for_what_it_needs():
    """South closes only once the north has its wing, which opens in 2028 at the earliest: so not in 2028 with a wing of 2029."""
    wing = option("wing", school="north", years=(2028, 2029))
    found = gathered(wing, closing(), closing={"south": ("end",)}, needs=(("end", ("wing",)),))
    assert found.choices.opens({"end": 1, "wing": 2}) is None
    assert found.choices.opens({"end": 2}) is None
    rows = found.choices.opens({"end": 2, "wing": 1})
    assert rows is not None
    assert found.choices.decided(rows) == {"wing": 1, "end": 2}
    for members in found.facts.projects.exactly_one:
        assert (rows[list(members)] != NEVER).sum() == 1
    for p, q in found.facts.projects.needs:
        assert rows[p] == NEVER or NEVER < rows[q] <= rows[p]


def test_what_needs_one_of_two_sites_comes_after_either():
    """The second phase waits for the school at whichever of its sites: it is a row for each, of which at most one opens."""
    sites = [option(f"new@{site}", project="new", site=site, rooms=(2,)) for site in ("s1", "s2")]
    found = gathered(
        option("phase"),
        *sites,
        needs=(("phase", ("new@s1", "new@s2")),),
        at_most_one=(("new@s1", "new@s2"),),
    )
    options = [row.option for row in found.choices.rows]
    assert options == ["new@s1", "new@s2", "phase", "phase"]
    assert set(found.facts.projects.needs) == {(2, 0), (3, 1)}
    assert set(found.facts.projects.at_most_one) == {(0, 1), (2, 3)}
    rows = found.choices.opens({"new@s2": 0, "phase": 1})
    assert rows is not None
    assert rows.tolist() == [NEVER, 0, NEVER, 1]


def test_what_needs_a_settled_project_waits_for_its_year():
    """The wing is there from 2028 on, so the second wing is not possible in 2027."""
    settled = option("wing", counted=True, choice="fixed", years=(2028,))
    found = gathered(settled, option("second"), needs=(("second", ("wing",)),))
    assert found.facts.projects.allowed[1].tolist() == [False, True, True]
    assert found.facts.projects.needs == ()


def test_school_size_leaves_out_the_children_of_the_last_count():
    """At most 30 in the north: 18 x 1.25 = 22.5 of the last count are in grade 2 in 2027, none later."""
    size = np.full((3, 3), np.inf)
    size[NORTH] = 30.0
    facts = gathered(told=street(size=size)).facts
    assert facts.size_of == ((0,),)
    assert facts.size.tolist() == [[7.5, 30.0, 30.0]]


def test_where_no_classes_are_formed_a_room_is_a_seat_that_costs_no_class():
    """Seats alone: every age has its own number, and no child makes a class cost more."""
    policy = POLICY.model_copy(update={"classes": ClassRules(formation="none"), "rules": ()})
    told = street(
        rules=ClassRules(formation="none"),
        cap=np.ones((2, 3)),
        worst=np.full((1, 3), np.inf),
        classes=np.zeros((3, 2)),
    )
    facts = gather_openings(told, Options(years=YEARS, terms=Terms(), options=()), policy).facts
    assert not facts.kept
    assert not facts.class_yuan.any()
    assert np.isfinite(facts.worst).all()
    assert facts.left[NORTH].tolist() == [23, 0, 0]


def test_where_grades_share_classes_a_year_group_takes_parts_of_rooms():
    """Quarters of rooms: 22.5 children of the last count at a cap of 10 take 2.25 rooms, nine quarters."""
    rules = ClassRules(formation="reformed", composite=8)
    found = gathered(option("wing"), told=street(rules=rules))
    facts = found.facts
    assert found.parts == PARTS
    assert facts.rooms[NORTH].tolist() == [4 * PARTS] * 3
    assert facts.left[NORTH].tolist() == [9, 0, 0]
    assert facts.seats[NORTH, 0].tolist() == [10 / PARTS, 8 / PARTS]
    assert facts.rooms_open(np.array([0]))[SOUTH, 1] == 6 * PARTS


def test_a_plan_of_gathered_facts_is_sound_and_read_back_by_school():
    """All 42, 34 and 20 children are placed; classes stay within the rooms; shortage by year adds up to the goals."""
    found = gathered(option("wing"), option("new", school="site", brings=True, grades=(1, 2), rooms=(2,)))
    exact = solve_exactly(found.facts)
    assert faults(found.facts, exact.plan) == []
    homes, doors = found.placed(exact.plan.intake)
    assert homes.sum(axis=(1, 2))[0] + doors.sum(axis=(1, 2))[0] == pytest.approx([42.0, 34.0, 20.0])
    values = exact.values
    assert found.short(exact.plan).sum() == pytest.approx(values.unplaced + values.above_cap, abs=1e-3)
    classes = found.classes(exact.plan.classes[:, :, 0])
    assert classes.shape == (3, 1, 3)
    assert classes.sum() == exact.plan.classes[:, :, 0].sum()
    used = found.rooms_used(exact.plan.classes)
    assert (used <= found.facts.rooms_open(exact.plan.opens) + 1e-6).all()


def test_a_school_that_opens_grade_by_grade_is_a_row_and_a_campus_for_each_year():
    """Its only stage begins a year after it opens: nobody in 2027 and 2028 if it opens in 2027 or 2028, never if in 2029."""
    steps = ((2, 2), (1, 2))
    new = option("new", school="site", brings=True, grades=(1, 2), opening_grades=steps, rooms=(2,))
    found = gathered(new, at_most_one=(("new",),))
    facts = found.facts
    assert found.campuses.school.tolist() == [NORTH, SOUTH, SITE, SITE, SITE]
    assert [row.allowed.tolist() for row in found.choices.rows] == np.eye(3, dtype=bool).tolist()
    assert facts.projects.at_most_one == ((0, 1, 2),)
    assert (facts.most[2:] > 0).tolist() == [[False, True, True], [False, False, True], [False] * 3]
    rows = found.choices.opens({"new": 1})
    assert rows is not None
    assert rows.tolist() == [NEVER, 1, NEVER]
    assert found.choices.decided(rows) == {"new": 1}
    assert facts.rooms_open(rows)[2:].tolist() == [[0, 0, 0], [0, 2, 2], [0, 0, 0]]
    plan = solve_exactly(facts).plan
    assert faults(facts, plan) == []


def test_a_wing_of_a_school_that_opens_grade_by_grade_is_built_where_that_opens():
    """Two rooms of 2028 and three more of 2029 are five in the campus that opens in 2028, and none in the others."""
    new = option(
        "new", school="site", brings=True, grades=(1, 2), opening_grades=((2, 2), (1, 2)), rooms=(2,)
    )
    found = gathered(new, option("wing", school="site"), needs=(("wing", ("new",)),))
    rows = found.choices.opens({"new": 1, "wing": 2})
    assert rows is not None
    assert found.facts.rooms_open(rows)[2:].tolist() == [[0, 0, 0], [0, 2, 5], [0, 0, 0]]
    assert found.choices.opens({"wing": 2}) is None


def test_a_wing_of_a_school_that_may_close_stands_in_the_future_that_comes():
    """Three rooms of 2027 are the south's while it stays; if it closes in 2029, until then; nowhere else."""
    found = gathered(option("wing"), closing(), closing={"south": ("end",)})
    stays = found.choices.opens({"wing": 0})
    ends = found.choices.opens({"wing": 0, "end": 2})
    assert stays is not None
    assert ends is not None
    assert found.facts.rooms_open(stays)[1:4].tolist() == [[5, 6, 6], [0, 0, 0], [0, 0, 0]]
    assert found.facts.rooms_open(ends)[1:4].tolist() == [[0, 0, 0], [0, 0, 0], [5, 6, 0]]
    assert found.choices.decided(ends) == {"wing": 0, "end": 2}
