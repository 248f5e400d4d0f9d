"""Year groups that move up, move on and grow."""

from __future__ import annotations

import numpy as np

from planner.plan import Diversion
from tests.simulation.town import School, build_town

NOBODY = {"primary": {}, "junior": {}}
PRIMARY, JUNIOR = {"primary": {"a": "A"}, "junior": {"a": "J"}}, School("4-5", rooms=9, at=9000)


def pupils(simulation, school, year=0):
    return simulation.pupils[simulation.schools.index(school), :, year, 0].tolist()


def classes(simulation, school, year=0):
    return simulation.classes[simulation.schools.index(school), :, year, 0].tolist()


def test_leavers_of_a_teaching_point_go_to_the_centre_its_feeders_name():
    """
    T teaches grades 1-2 and feeds C, which is further away than B.

        T(0)---B(1 km)---------C(5 km)      T: 4 and 6 children, C: 9, 8, 7

    The 6 of grade 2 join the 8 of C in grade 3: 14.
    """
    schools = {
        "T": School("1-2", rooms=2, pupils=(4, 6)),
        "B": School(at=1000, pupils=(5, 5, 5)),
        "C": School(at=5000, pupils=(9, 8, 7)),
        "J": JUNIOR,
    }
    town = build_town(schools, PRIMARY | {"primary": {"a": "T"}}, entrants=NOBODY, feeders=[("T", "C", 1.0)])
    done = town.simulate()
    assert pupils(done, "T") == [0, 4, 0, 0, 0]
    assert pupils(done, "C") == [0, 9, 14, 0, 0]
    assert pupils(done, "B") == [0, 5, 5, 0, 0]


def test_without_feeders_they_go_to_the_nearest_school_that_teaches_the_grade():
    """The same town without the feeders row: B is nearest, 5 + 6 = 11."""
    schools = {
        "T": School("1-2", rooms=2, pupils=(4, 6)),
        "B": School(at=1000, pupils=(5, 5, 5)),
        "C": School(at=5000, pupils=(9, 8, 7)),
        "J": JUNIOR,
    }
    done = build_town(schools, PRIMARY | {"primary": {"a": "T"}}, entrants=NOBODY).simulate()
    assert pupils(done, "B") == [0, 5, 11, 0, 0]


def test_what_the_feeders_leave_over_goes_to_the_nearest():
    """C takes half of the 6, the nearest, B, the other three."""
    schools = {
        "T": School("1-2", rooms=2, pupils=(4, 6)),
        "B": School(at=1000, pupils=(5, 5, 5)),
        "C": School(at=5000, pupils=(9, 8, 7)),
        "J": JUNIOR,
    }
    town = build_town(schools, PRIMARY | {"primary": {"a": "T"}}, entrants=NOBODY, feeders=[("T", "C", 0.5)])
    done = town.simulate()
    assert pupils(done, "B") == [0, 5, 8, 0, 0]
    assert pupils(done, "C") == [0, 9, 11, 0, 0]


def test_a_joint_catchment_comes_before_the_nearest():
    """T shares its catchment with C: its leavers go there though B is nearer."""
    schools = {
        "T": School("1-2", rooms=2, pupils=(4, 6)),
        "B": School(at=1000, pupils=(5, 5, 5)),
        "C": School(at=5000, pupils=(9, 8, 7)),
        "J": JUNIOR,
    }
    done = build_town(schools, PRIMARY | {"primary": {"a": "T+C"}}, entrants=NOBODY).simulate()
    assert pupils(done, "C") == [0, 9, 14, 0, 0]


def test_a_closing_school_sends_its_children_and_classes_to_the_nearest():
    """
    A closes after 2026 with 18 and 10 children who would be in grades 2 and 3, in 2 classes and 1.

    B has 12 and 10, in 2 classes and 1. In grade 2 there are 30 together, who need 3 classes: A brings one of its
    two. In grade 3 there are 20 in 2 classes. B has 4 rooms for these 5 classes: one is borrowed.
    """
    schools = {
        "A": School(pupils=(18, 10, 7), open_to=2026),
        "B": School(at=1000, rooms=4, pupils=(12, 10, 9)),
        "J": JUNIOR,
    }
    done = build_town(schools, {"primary": {"a": "B"}, "junior": {"a": "J"}}, entrants=NOBODY).simulate()
    assert pupils(done, "A") == [0, 0, 0, 0, 0]
    assert pupils(done, "B") == [0, 30, 20, 0, 0]
    assert classes(done, "B") == [0, 3, 2, 0, 0]
    assert done.borrowed[1, :, 0].tolist() == [1, 0]


def test_a_school_that_loses_its_rooms_to_a_closure_project_closes():
    """A's 3 rooms go in 2028: in 2027 its 10 children of grade 1 are its own grade 2, a year later B's grade 3."""
    schools = {"A": School(pupils=(10, 0, 0)), "B": School(at=1000, pupils=(0, 0, 0)), "J": JUNIOR}
    closure = {"project": "X", "school": "A", "kind": "closure", "rooms": "-3", "opens": 2028}
    town = build_town(
        schools, {"primary": {"a": "B"}, "junior": {"a": "J"}}, entrants=NOBODY, projects=[closure]
    )
    done = town.simulate()
    assert pupils(done, "A", 0) == [0, 10, 0, 0, 0]
    assert pupils(done, "A", 1) == [0, 0, 0, 0, 0]
    assert pupils(done, "B", 1) == [0, 0, 10, 0, 0]


def test_children_whose_grade_no_school_teaches_stay_where_they_are():
    """The only primary closes: its children are counted there still, without rooms, and not deleted."""
    schools = {"A": School(pupils=(10, 8, 0), open_to=2026), "J": JUNIOR}
    done = build_town(schools, PRIMARY, entrants=NOBODY).simulate()
    assert pupils(done, "A") == [0, 10, 8, 0, 0]
    assert done.borrowed[0, 0, 0] == 2


def test_a_diversion_of_later_grades_moves_them_once():
    """In 2027 half of A's grade 2 (20 in 2 classes) moves to B: 10 each, with one class; nobody moves in 2028."""
    schools = {"A": School(rooms=6, pupils=(20, 4, 0)), "B": School(at=1000, rooms=6), "J": JUNIOR}
    diversion = Diversion(
        stage="primary", from_school="A", to_school="B", since=2027, until=2028, share=0.5, grades=(2,)
    )
    done = build_town(schools, PRIMARY, entrants=NOBODY, diversions=(diversion,)).simulate()
    assert (pupils(done, "A"), pupils(done, "B")) == ([0, 10, 4, 0, 0], [0, 10, 0, 0, 0])
    assert (classes(done, "A"), classes(done, "B")) == ([0, 1, 1, 0, 0], [0, 1, 0, 0, 0])
    assert (pupils(done, "A", 1), pupils(done, "B", 1)) == ([0, 0, 10, 0, 0], [0, 0, 10, 0, 0])


def test_children_who_move_grow_as_the_school_they_come_to_does():
    """T's 6 leavers join the 8 of C, and C's grade 3 grows by half: 14 x 1.5 = 21."""
    schools = {
        "T": School("1-2", rooms=2, pupils=(4, 6)),
        "C": School(at=1000, pupils=(9, 8, 7)),
        "J": JUNIOR,
    }
    growth = np.ones((3, 5, 2, 1))
    growth[1, 2] = 1.5
    done = build_town(schools, PRIMARY | {"primary": {"a": "T"}}, entrants=NOBODY, growth=growth).simulate()
    assert pupils(done, "C") == [0, 9, 21, 0, 0]


def test_the_last_grade_of_a_stage_leaves():
    """Nobody of A's grade 3 or J's grade 5 stays on, and J's grade 4 moves up."""
    schools = {"A": School(pupils=(0, 0, 10)), "J": School("4-5", rooms=4, pupils=(7, 9), at=1000)}
    done = build_town(schools, PRIMARY, entrants=NOBODY, transition=0.0).simulate()
    assert pupils(done, "A") == [0, 0, 0, 0, 0]
    assert pupils(done, "J") == [0, 0, 0, 0, 7]


def test_classes_not_counted_are_as_few_as_the_cap_allows():
    """25 children whose classes were not counted are 3 classes of the cap 10 in the year after."""
    schools = {"A": School(rooms=9, pupils=(25, 0, 0)), "J": JUNIOR}
    town = build_town(schools, PRIMARY, entrants=NOBODY)
    unknown = town.district["enrolment"].assign(classes=None).astype({"classes": "Int64"})
    district = town.district.with_tables(enrolment=unknown)
    done = type(town)(district, town.policy, town.capacity, town.plan, town.forecast).simulate()
    assert done.carried[0, 1, 0, 0] == 3
