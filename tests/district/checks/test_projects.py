"""Checks of projects, housing, ways and rules: one spoilt square for every rule."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.district import square
from tests.district.square import at, found, projects, tables, the

ROW = {"project": "p", "school": "n", "kind": "expansion", "rooms": "6", "opens": 2028}


def housing(*rows: dict[str, object]) -> pd.DataFrame:
    """Return phases in NE, handed over in June 2027 unless they say otherwise."""
    phase = {"development": "H", "phase": "1", "block": "NE", "dwellings": 400, "hand_over": "2027-06-30"}
    return pd.DataFrame([{**phase, **row} for row in rows])


@pytest.mark.parametrize(("cost", "told"), [(13_500_000, False), (1350, True), (2.8e8, True)])
def test_costs_in_ten_thousands(cost: float, *, told: bool) -> None:
    """6 rooms of 45 are 270 seats: 50,000 yuan each, 5 yuan, or more than a million."""
    said = found(square.district(projects=projects({**ROW, "cost_yuan": cost})), "D089")
    assert [finding.ids for finding in said] == [("p",)] * told


def test_more_rooms_taken_than_there_are() -> None:
    """North has 12."""
    plans = projects({**ROW, "kind": "closure", "rooms": "-13"})
    finding = the(square.district(projects=plans), "D170")
    assert (finding.level, finding.ids) == ("warning", ("n",))


def test_a_closure_that_leaves_rooms() -> None:
    plans = projects({**ROW, "kind": "closure", "rooms": "-10"})
    finding = the(square.district(projects=plans), "D170")
    assert (finding.level, finding.ids) == ("note", ("p",))
    whole = projects({**ROW, "kind": "closure", "rooms": "-12"})
    assert found(square.district(projects=whole), "D170") == []


def test_an_idea_that_counts_as_sure_and_a_finished_building_that_waits() -> None:
    """A blank certainty is 1."""
    plans = projects(
        {**ROW, "status": "idea", "certainty": None},
        {**ROW, "project": "q", "status": "idea", "certainty": 0.4},
        {**ROW, "project": "r", "status": "finished", "certainty": 1.0},
    )
    assert {(finding.level, finding.ids) for finding in found(square.district(projects=plans), "D171")} == {
        ("warning", ("p",)),
        ("note", ("r",)),
    }


@pytest.mark.parametrize(
    ("day", "told"),
    [("2026-08-31", True), ("2026-09-01", False), ("2026-12-31", False), ("2025-03-01", True)],
)
def test_housing_handed_over_and_in_doubt(day: str, *, told: bool) -> None:
    """The last count is of September 2026: what came before is in it."""
    said = found(square.district(housing=housing({"hand_over": day, "certainty": 0.8})), "D172")
    assert [finding.ids for finding in said] == [("H/1",)] * told


def test_children_of_all_grades_in_one_yield() -> None:
    """0.3 is of all six grades."""
    assert the(square.district(housing=housing({"children_per_dwelling": 0.3})), "D173").ids == ("H/1",)


@pytest.mark.parametrize(("dwellings", "told"), [(50_000, False), (50_001, True)])
def test_dwellings_that_have_no_room(dwellings: int, *, told: bool) -> None:
    """NE is 1 km2."""
    said = found(square.district(housing=housing({"dwellings": dwellings, "certainty": 0.01})), "D174")
    assert [finding.ids for finding in said] == [("NE",)] * told


def test_housing_without_seats() -> None:
    """
    2,000 dwellings x 0.05 x 6 grades = 600 children; north has 6 rooms free, 270 seats: 330 short, seven classes.

    Six more rooms leave 60 short, which is nothing to tell.
    """
    estate = housing({"dwellings": 2000})
    finding = the(square.district(housing=estate), "D175")
    assert (finding.level, finding.ids) == ("note", ("n",))
    assert "600, 270" in str(finding.text)
    assert found(square.district(housing=estate, projects=projects(ROW)), "D175") == []


def test_a_new_school_beside_the_housing_takes_its_children() -> None:
    """East, of 12 rooms, will stand in NE."""
    new = {**ROW, "school": "east", "kind": "new", "grades": "1-6", "rooms": "12", "opens": 2027}
    district = square.district(housing=housing({"dwellings": 2000}), projects=projects(new))
    assert found(district, "D175") == []


@pytest.mark.parametrize(("opens", "told"), [(2027, False), (2028, True)])
def test_housing_before_its_school(opens: int, *, told: bool) -> None:
    """Dwellings of June 2027 are lived in by autumn 2027."""
    new = {**ROW, "school": "east", "kind": "new", "grades": "1-6", "rooms": "12", "opens": opens}
    said = found(square.district(housing=housing({}), projects=projects(new)), "D176")
    assert [(finding.level, finding.ids) for finding in said] == [("note", ("H/p",))] * told


def test_own_class_sizes_that_no_class_has() -> None:
    rules = pd.DataFrame(
        {"rule": "class_size", "stage": ["primary", "junior"], "at_most": [45, 450], "source": "own"}
    )
    finding = the(square.district(rules=rules), "D094")
    assert (finding.level, finding.ids) == ("warning", ("class_size/-/junior",))


class TestWays:
    @pytest.mark.parametrize(("metres", "codes"), [(450, []), (449, ["D160"]), (6472, []), (6473, ["D161"])])
    def test_ways_that_cannot_be(self, metres: float, codes: list[str]) -> None:
        """
        From NE to south: 500 m from the edge, of which 50 are forgiven; from its middle (500, 1000) m = 1,118 m.

        Four times 1,118 m and 2,000 m are 6,472 m.
        """
        travel = pd.DataFrame([{"block": "NE", "school": "s", "metres": float(metres)}])
        district = square.district(
            travel=travel,
            schools=tables()["schools"].set_geometry([at(500, 1500), at(2000, 500)]).set_crs(square.CRS),
        )
        assert [code for code in ("D160", "D161") if found(district, code)] == codes

    def test_ways_to_own_schools_that_were_forgotten(self) -> None:
        """Seven of the eight ways to own schools are measured; with one of eight nothing looks forgotten."""
        pairs = [("NW", "n"), ("NE", "n"), ("SW", "s"), ("SE", "s"), ("NW", "s"), ("NE", "s")]
        travel = pd.DataFrame(
            [{"block": block, "school": school, "metres": 1600.0} for block, school in pairs]
        )
        assert found(square.district(travel=travel), "D162") == []
        finding = the(square.district(travel=travel.iloc[1:]), "D162")
        assert finding.ids == ("NW/n",)
        assert found(square.district(travel=travel.iloc[:2]), "D162") == []

    @pytest.mark.parametrize(("minutes", "told"), [(30.0, False), (2.4, True), (160.0, True)])
    def test_speeds(self, minutes: float, *, told: bool) -> None:
        """2,500 m in half an hour are 5 km/h, in 2.4 minutes 62.5, in 160 minutes 0.94."""
        travel = tables()["travel"].assign(minutes=minutes)
        assert bool(found(square.district(travel=travel), "D163")) == told

    def test_a_school_far_beyond_the_nearest(self) -> None:
        """North is 1 km from NE's middle; NE is given to a school 5.5 km to the east of it."""
        far = square.maps([{"school": "f", "name": "远校", "grades": "1-6", "rooms": 6}], [at(7000, 1500)])
        catchments = tables()["catchments"]
        catchments.loc[(catchments["block"] == "NE") & (catchments["stage"] == "primary"), "school"] = "f"
        district = square.district(schools=pd.concat([tables()["schools"], far]), catchments=catchments)
        finding = the(district, "D164")
        assert (finding.level, finding.ids) == ("note", ("NE",))
