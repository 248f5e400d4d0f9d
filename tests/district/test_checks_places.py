"""Checks of places and catchments: one spoilt square for every rule."""

from __future__ import annotations

import pandas as pd
import pytest
from shapely import Polygon

from planner.district import assemble_district, check_district
from tests.district import square
from tests.district.square import (
    CORNERS,
    EAST,
    NORTH,
    at,
    edited,
    found,
    land,
    maps,
    projects,
    tables,
    the,
)


class TestPlaces:
    def test_a_polygon_that_crosses_itself(self) -> None:
        """NW is a bow tie."""
        blocks = tables()["blocks"]
        corners = [(0, 1000), (1000, 2000), (1000, 1000), (0, 2000)]
        blocks.loc[0, "geometry"] = Polygon([(EAST + x, NORTH + y) for x, y in corners])
        finding = the(square.district(blocks=blocks), "D030")
        assert (finding.level, finding.ids) == ("error", ("NW",))

    def test_a_true_overlap_is_an_error_with_its_area(self) -> None:
        """NW reaches 100 m into NE: 100 x 1000 = 100,000 m2."""
        blocks = tables()["blocks"]
        blocks.loc[0, "geometry"] = land(0, 1000, 1100, 2000)
        finding = the(square.district(blocks=blocks), "D031")
        assert (finding.level, finding.ids) == ("error", ("NW+NE",))
        assert "100,000 m2" in str(finding.text)

    def test_a_sliver_of_overlap_is_a_warning_with_its_area(self) -> None:
        """NW reaches 2 m into NE: 2,000 m2, of which nobody's home is made."""
        blocks = tables()["blocks"]
        blocks.loc[0, "geometry"] = land(0, 1000, 1002, 2000)
        finding = the(square.district(blocks=blocks), "D031")
        assert (finding.level, finding.ids) == ("warning", ("NW+NE",))
        assert "2,000 m2" in str(finding.text)

    def test_rounding_is_no_overlap(self) -> None:
        """A centimetre along a kilometre is 10 m2 and nothing to tell."""
        blocks = tables()["blocks"]
        blocks.loc[0, "geometry"] = land(0, 1000, 1000.01, 2000)
        assert found(square.district(blocks=blocks), "D031") == []

    def test_land_of_no_block_inside_the_boundary(self) -> None:
        """SE ends 300 m early: 300 x 1000 = 300,000 m2 belong to nobody."""
        blocks = tables()["blocks"]
        blocks.loc[3, "geometry"] = land(1000, 0, 1700, 1000)
        finding = the(square.district(blocks=blocks), "D032")
        assert (finding.level, finding.table) == ("warning", "blocks")
        assert "300,000 m2" in str(finding.text)
        assert "SE" in finding.ids[0]

    def test_a_hole_between_blocks_where_there_is_no_boundary(self) -> None:
        """A hole of 200 m x 200 m in SW."""
        blocks = tables()["blocks"]
        blocks.loc[2, "geometry"] = land(0, 0, 1000, 1000).difference(land(400, 400, 600, 600))
        holed = {**tables(), "blocks": blocks}
        del holed["boundary"]
        finding = the(assemble_district(holed), "D032")
        assert (finding.level, finding.ids) == ("warning", ("SW",))
        assert "40,000 m2" in str(finding.text)

    def test_a_sliver_of_gap_is_a_note(self) -> None:
        """SE begins 2 m late."""
        blocks = tables()["blocks"]
        blocks.loc[3, "geometry"] = land(1002, 0, 2000, 1000)
        assert the(square.district(blocks=blocks), "D032").level == "note"

    def test_blocks_outside_the_boundary(self) -> None:
        """The boundary leaves out the eastern 500 m: 500 x 2000 = 1,000,000 m2."""
        boundary = maps([{"name": "narrow"}], [land(0, 0, 1500, 2000)])
        finding = the(square.district(boundary=boundary), "D032")
        assert (finding.table, finding.level) == ("boundary", "warning")
        assert "1,000,000 m2" in str(finding.text)

    def test_a_school_outside_all_blocks_with_its_distance(self) -> None:
        """350 m north of the northern edge."""
        schools = tables()["schools"]
        schools.loc[0, "geometry"] = at(500, 2350)
        finding = the(square.district(schools=schools), "D034")
        assert (finding.level, finding.ids) == ("warning", ("n",))
        assert "n 北校: 350 m" in str(finding.text)

    def test_a_school_far_away_is_an_error(self) -> None:
        """30 km are a slip of the coordinates."""
        schools = tables()["schools"]
        schools.loc[0, "geometry"] = at(500, 32_000)
        assert the(square.district(schools=schools), "D034").level == "error"

    def test_schools_with_swapped_degrees_that_exist(self) -> None:
        """In Europe both orders are degrees: 55.9, -3.2 is in the Indian Ocean, and among the blocks when exchanged."""
        moved = {}
        for name in ("schools", "blocks", "boundary", "barriers"):
            table = tables()[name]
            shapes = table.geometry.translate(-EAST + 325_000, -NORTH + 670_000).set_crs(
                27700, allow_override=True
            )
            moved[name] = table.set_geometry(shapes)
        schools = moved["schools"].to_crs(4326)
        turned = schools.set_geometry(schools.geometry.map(lambda point: type(point)(point.y, point.x)))
        moved["schools"] = turned.set_crs(4326, allow_override=True)
        finding = the(square.district(**moved), "D021")
        assert (finding.level, finding.table, finding.ids) == ("error", "schools", ("n", "s"))

    def test_a_school_outside_its_own_catchment_is_a_note(self) -> None:
        """South stands in SE, which is given to north."""
        catchments = tables()["catchments"]
        catchments.loc[(catchments["stage"] == "primary") & (catchments["block"] == "SE"), "school"] = "n"
        finding = the(square.district(catchments=catchments), "D035")
        assert (finding.level, finding.ids) == ("note", ("s",))


class TestCatchments:
    def test_blocks_without_a_catchment(self) -> None:
        """NE has no primary catchment; junior is complete."""
        catchments = tables()["catchments"].drop(index=1)
        finding = the(square.district(catchments=catchments), "D041")
        assert (finding.level, finding.ids) == ("error", ("NE",))
        assert "primary" in str(finding.text)

    def test_blocks_whose_catchment_begins_later(self) -> None:
        """NE belongs to north from 2028 on, and to nobody in 2026."""
        catchments = tables()["catchments"]
        catchments.loc[1, "since"] = 2028
        finding = the(square.district(catchments=catchments), "D041")
        assert (finding.level, finding.ids) == ("warning", ("NE",))

    def test_a_stage_that_is_not_planned_needs_no_catchments(self) -> None:
        """Without junior rows every block lacks one, unless about names primary alone."""
        catchments = tables()["catchments"].iloc[:4]
        assert the(square.district(catchments=catchments), "D041").ids == tuple(CORNERS)
        about = tables()["about"]
        about.loc[len(about)] = ["stages", "primary"]
        assert found(square.district(catchments=catchments, about=about), "D041") == []

    def test_public_schools_outside_every_catchment(self) -> None:
        """All primary blocks go to south: nobody is assigned to north."""
        finding = the(square.district(catchments=edited("catchments", school="s")), "D042")
        assert (finding.level, finding.ids) == ("warning", ("n",))

    def test_a_school_fed_by_another_needs_no_catchment_of_its_own(self) -> None:
        """A junior school whose children all come by feeders is not outside."""
        catchments = tables()["catchments"].iloc[:4]
        feeders = pd.DataFrame({"school": ["n"], "to_school": ["s"], "share": [1.0]})
        assert found(square.district(catchments=catchments, feeders=feeders), "D042") == []

    def test_catchments_of_schools_that_do_not_teach_the_stage(self) -> None:
        """North has no grades 7-9."""
        catchments = tables()["catchments"]
        catchments.loc[4, "school"] = "n"
        finding = the(square.district(catchments=catchments), "D043")
        assert (finding.level, finding.ids) == ("error", ("n/junior",))

    @pytest.mark.parametrize(
        ("years", "level"),
        [({"open_from": 2028}, "error"), ({"open_to": 2025}, "error"), ({"open_to": 2029}, "warning")],
    )
    def test_catchments_of_schools_that_are_not_open(self, years: dict[str, int], level: str) -> None:
        """North opens in 2028, has closed in 2025, or closes in 2029 and nothing follows."""
        schools = edited("schools", **{column: [year, None] for column, year in years.items()})
        later = tables()["enrolment"].query("school != 'n'")
        finding = the(square.district(schools=schools, enrolment=later), "D044")
        assert (finding.level, finding.ids) == (level, ("n/primary",))

    def test_a_projected_school_may_have_a_catchment_from_its_opening_on(self) -> None:
        """East opens in 2029 by a project: a catchment from 2029 is in order, one from 2028 is not."""
        east = projects(
            {"project": "p", "school": "east", "kind": "new", "grades": "1-6", "rooms": "12", "opens": 2029}
        )
        for since, codes in ((2029, []), (2028, ["D044"])):
            row = pd.DataFrame({"block": ["NE"], "stage": ["primary"], "since": [since], "school": ["east"]})
            catchments = pd.concat([tables()["catchments"], row])
            district = square.district(catchments=catchments, projects=east)
            assert [finding.code for finding in check_district(district, square.POLICY)] == codes

    def test_catchments_of_private_schools(self) -> None:
        """A private school need not take the children of a block."""
        schools = edited("schools", owner=["private", "public"])
        finding = the(square.district(schools=schools), "D045")
        assert (finding.level, finding.ids) == ("warning", ("n/primary",))

    def test_stages_that_the_policy_does_not_have(self) -> None:
        """A slip in the stage."""
        catchments = tables()["catchments"]
        catchments.loc[0, "stage"] = "primry"
        finding = the(square.district(catchments=catchments), "D040")
        assert (finding.level, finding.ids) == ("error", ("primry",))

    def test_feeders_to_schools_without_the_next_grade(self) -> None:
        """Leavers of south are in grade 6 or 9; north teaches neither 7 nor 10."""
        feeders = pd.DataFrame(
            {"school": ["s", "n", "s"], "to_school": ["n", "s", "s"], "share": [0.1, 0.5, 0.5]}
        )
        finding = the(square.district(feeders=feeders), "D046")
        assert (finding.level, finding.ids) == ("error", ("s/n",))

    def test_shares_of_leavers_above_one(self) -> None:
        """0.7 and 0.6 of north's leavers are 1.3."""
        schools = pd.concat(
            [
                tables()["schools"],
                maps([{"school": "j", "name": "j", "grades": "7-9", "rooms": 9}], [at(200, 200)]),
            ]
        )
        feeders = pd.DataFrame({"school": ["n", "n"], "to_school": ["s", "j"], "share": [0.7, 0.6]})
        finding = the(square.district(schools=schools, feeders=feeders), "D047")
        assert (finding.level, finding.ids) == ("error", ("n",))
        assert "n 1.3" in str(finding.text)

    def test_a_teaching_point_needs_somewhere_to_go(self) -> None:
        """A point of grades 1-3 is in order with a feeder, or in a joint catchment with a school of grade 4."""
        point = maps([{"school": "t", "name": "教学点", "grades": "1-3", "rooms": 3}], [at(200, 200)])
        schools = pd.concat([tables()["schools"], point])
        counted = pd.DataFrame({"school": "t", "grade": [1, 2, 3], "year": 2026, "pupils": 20, "classes": 1})
        more = {"schools": schools, "enrolment": pd.concat([tables()["enrolment"], counted])}
        catchments = tables()["catchments"]
        catchments.loc[2, "school"] = "t"
        finding = the(square.district(**more, catchments=catchments), "D048")
        assert (finding.level, finding.ids) == ("error", ("t",))
        feeders = pd.DataFrame({"school": ["t"], "to_school": ["s"], "share": [1.0]})
        assert found(square.district(**more, catchments=catchments, feeders=feeders), "D048") == []
        catchments.loc[2, "school"] = "t+s"
        assert found(square.district(**more, catchments=catchments), "D048") == []

    def test_a_school_that_begins_inside_a_stage_needs_somebody_to_come(self) -> None:
        """A school of grades 4-6 without feeder or joint catchment."""
        upper = maps([{"school": "u", "name": "u", "grades": "4-6", "rooms": 3}], [at(200, 200)])
        finding = the(square.district(schools=pd.concat([tables()["schools"], upper])), "D048")
        assert (finding.level, finding.ids) == ("warning", ("u",))

    def test_grades_that_no_stage_has(self) -> None:
        """The policy ends with grade 9."""
        schools = edited("schools", grades=["1-6", "1-12"])
        finding = the(square.district(schools=schools), "D049")
        assert (finding.level, finding.ids) == ("warning", ("s",))
