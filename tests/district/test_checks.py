"""Checks: one spoilt square for every rule, with the finding by its code, level and ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from shapely import MultiPolygon

from planner.district import assemble_district, check_district, check_path, ordered, write_district
from planner.district.checking import CHECKS
from planner.policy import Policy, Rule
from tests.district import square
from tests.district.square import (
    edited,
    enrolment,
    land,
    line,
    maps,
    tables,
    the,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_is_wrong_with_the_square() -> None:
    """The sound district has no finding of any level: each finding below comes from what is spoilt there."""
    assert check_district(square.district(), square.POLICY) == []


class TestSupplements:
    def test_births_of_an_area_that_no_block_has(self) -> None:
        """Areas are those of the blocks, or blocks."""
        births = pd.DataFrame({"area": ["town", "NW", "village"], "year": 2020, "births": 5})
        finding = the(square.district(births=births), "D090")
        assert (finding.level, finding.ids) == ("warning", ("village",))

    def test_children_who_are_not_born(self) -> None:
        """In August 2026 the cohort that closes in 2027 has not begun; those of 2026 are being born."""
        children = edited("children", cohort=[2026, 2026, 2027, 2028])
        finding = the(square.district(children=children), "D091")
        assert (finding.level, finding.ids) == ("error", ("SE/2028",))

    def test_own_rules_that_are_no_rules(self) -> None:
        """A rule needs a threshold."""
        rules = pd.DataFrame({"rule": ["class_size"], "grades": ["1"], "source": ["x"]})
        assert the(square.district(rules=rules), "D092").level == "error"

    def test_events_of_nothing(self) -> None:
        """A ban of transfers that names no school is one of all schools, so it alone may name nothing."""
        events = pd.DataFrame({"year": [2020, 2024], "kind": ["other", "transfer_ban"]})
        finding = the(square.district(events=events), "D093")
        assert (finding.level, finding.ids) == ("warning", ("2020/other",))

    def test_what_is_missing_is_said_once_with_its_cost(self) -> None:
        """The least district lacks births and children, homes, ways, barriers and an outline."""
        least = {name: tables()[name] for name in ("schools", "blocks", "catchments", "enrolment")}
        notes = [
            finding
            for finding in check_district(assemble_district(least), square.POLICY)
            if finding.code == "D095"
        ]
        assert [finding.table for finding in notes] == [
            "barriers",
            "boundary",
            "children",
            "residents",
            "travel",
        ]
        assert {finding.level for finding in notes} == {"note"}


class TestLinks:
    @pytest.mark.parametrize(
        ("table", "column", "value"),
        [
            ("enrolment", "school", "x"),
            ("catchments", "block", "x"),
            ("catchments", "school", "n+x"),
            ("children", "block", "x"),
            ("travel", "school", "x"),
        ],
    )
    def test_ids_that_no_table_has(self, tmp_path: Path, table: str, column: str, value: str) -> None:
        """Reading refuses them, and the check lists them; the known half of a joint catchment is not named."""
        folder = write_district(square.district(), tmp_path / "square")
        frame = pd.read_csv(folder / f"{table}.csv", dtype="string")
        frame.loc[0, column] = value
        frame.to_csv(folder / f"{table}.csv", index=False)
        (finding,) = [finding for finding in check_path(folder, square.POLICY) if finding.code == "D014"]
        assert (finding.level, finding.table, finding.column, finding.ids) == ("error", table, column, ("x",))

    def test_leading_zeros_lost_in_a_spreadsheet_are_recognised(self, tmp_path: Path) -> None:
        """Blocks 001 and 01 are known, the catchments say 1."""
        folder = write_district(square.district(), tmp_path / "square")
        blocks = folder / "blocks.geojson"
        blocks.write_text(blocks.read_text().replace('"NW"', '"001"'))
        for name in ("catchments.csv", "children.csv", "travel.csv"):
            (folder / name).write_text((folder / name).read_text("utf-8-sig").replace("NW", "1"))
        advice = {
            str(finding.advice) for finding in check_path(folder, square.POLICY) if finding.code == "D014"
        }
        assert advice == {
            "A spreadsheet may have dropped leading zeros: write the ids as table blocks has them."
        }

    @pytest.mark.parametrize(
        ("column", "value"), [("pupils", -3), ("pupils", 50_000), ("grade", 14), ("year", 26)]
    )
    def test_negative_and_absurd_figures(self, tmp_path: Path, column: str, value: int) -> None:
        """Outside the dictionary's range; the figure is told with its row's key."""
        folder = write_district(square.district(), tmp_path / "square")
        frame = pd.read_csv(folder / "enrolment.csv", dtype="string")
        frame.loc[0, column] = str(value)
        frame.to_csv(folder / "enrolment.csv", index=False)
        (finding,) = [finding for finding in check_path(folder, square.POLICY) if finding.code == "D015"]
        assert (finding.level, finding.column) == ("error", column)
        assert f"= {value}" in str(finding.text)

    def test_a_district_made_in_code_without_a_column(self) -> None:
        """Tables put in by hand must have the dictionary's columns and types."""
        district = square.district()
        bare = district.with_tables(enrolment=district["enrolment"].drop(columns="classes"))
        (finding,) = check_district(bare, square.POLICY)
        assert (finding.code, finding.table, finding.column) == ("D006", "enrolment", "classes")
        words = district.with_tables(enrolment=district["enrolment"].astype({"pupils": "string"}))
        (finding,) = check_district(words, square.POLICY)
        assert (finding.code, finding.column) == ("D010", "pupils")

    def test_copies_do_not_stop_the_check(self) -> None:
        """A school that stands there twice is told, and the other rules go on with the first."""
        district = square.district()
        twice = district.with_tables(schools=pd.concat([district.schools, district.schools.iloc[:1]]))
        (finding,) = check_district(twice, square.POLICY)
        assert (finding.code, finding.ids) == ("D013", ("n",))


class TestWholeCheck:
    def test_errors_stand_first(self) -> None:
        """Errors, then warnings, then notes; by code within."""
        blocks = tables()["blocks"]
        blocks.loc[0, "geometry"] = land(0, 1000, 1002, 2000)
        spoilt = {**tables(), "blocks": blocks, "enrolment": enrolment("n", 1, 2026, classes=0)}
        del spoilt["travel"], spoilt["barriers"]
        levels = [finding.level for finding in check_district(assemble_district(spoilt), square.POLICY)]
        assert levels == ["error", "warning", "note", "note"]
        findings = check_district(assemble_district(spoilt), square.POLICY)
        assert ordered(reversed(findings)) == findings

    def test_everything_is_found_at_once(self, folder: Path) -> None:
        """A word in a figure does not hide an overlap, an unknown school or a missing catchment."""
        district = square.district()
        blocks = district.blocks.copy()
        blocks.loc["NW", "geometry"] = land(0, 1000, 1100, 2000)
        folder = write_district(
            district.with_tables(blocks=blocks, catchments=district["catchments"].drop(index=1)),
            folder,
            replace=True,
        )
        text = (folder / "enrolment.csv").read_text("utf-8-sig")
        (folder / "enrolment.csv").write_text(text.replace("n,1,2024,40", "x,1,2024,forty", 1))
        found_codes = {finding.code for finding in check_path(folder) if finding.level == "error"}
        assert found_codes == {"D010", "D014", "D031", "D041"}

    def test_the_district_s_own_policy_and_rules_are_taken(self, folder: Path) -> None:
        """540 seats in 12 rooms are in order at 45, and not when the district's own rule says 40."""
        assert not [finding for finding in check_path(folder) if finding.code == "D070"]
        (folder / "rules.csv").write_text(
            "rule,stage,at_most,source\nstandard_class_size,primary,40,own\n", "utf-8"
        )
        for policy in (None, square.POLICY):
            (finding,) = [finding for finding in check_path(folder, policy) if finding.code == "D070"]
            assert finding.ids == ("n",)

    def test_a_policy_that_is_not_there(self, folder: Path) -> None:
        """The check goes on with another one and says so."""
        text = (folder / "about.csv").read_text("utf-8-sig")
        (folder / "about.csv").write_text(text.replace("cn-shandong", "cn-nowhere"), "utf-8")
        (finding,) = check_path(folder)
        assert (finding.level, finding.code) == ("error", "D026")
        (folder / "about.csv").write_text(text.replace("policy,cn-shandong\n", ""), "utf-8")
        (finding,) = check_path(folder)
        assert (finding.level, finding.code) == ("warning", "D026")

    def test_checks_change_nothing(self) -> None:
        """A district is the same after its check."""
        district = square.district()
        before = {name: district[name].copy() for name in ("schools", "blocks", *district.tables)}
        check_district(district, square.POLICY)
        for name, table in before.items():
            pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(district[name]))

    def test_every_check_bears_an_empty_district(self) -> None:
        """Tables without rows are no reason to fail."""
        district = square.district()
        empty = district.with_tables(
            **{name: district[name].iloc[:0] for name in ("schools", "blocks", *district.tables)}
        )
        for check in CHECKS:
            assert all(finding.level == "note" for finding in check(empty, square.POLICY))

    def test_a_policy_without_a_standard_class_size_says_nothing_about_seats(self) -> None:
        """What the policy does not state is not judged."""
        policy = Policy(
            profile="bare",
            name="Bare",
            name_zh="空",
            stages=square.POLICY.stages,
            rules=(Rule(rule="walk", at_most=1, source="x"),),
        )
        dense = square.district(schools=edited("schools", seats_stated=[5000, 900]))
        assert [finding.code for finding in check_district(dense, policy)] == []

    def test_a_block_of_two_islands_is_a_block(self) -> None:
        """Blocks may be in several pieces."""
        blocks = tables()["blocks"]
        blocks.loc[0, "geometry"] = MultiPolygon([land(0, 1000, 1000, 1500), land(0, 1500, 1000, 2000)])
        codes = [finding.code for finding in check_district(square.district(blocks=blocks), square.POLICY)]
        assert codes == ["D030"]
        far = land(0, 1000, 1000, 2000).union(land(0, 2500, 100, 2600))
        blocks.loc[0, "geometry"] = far
        boundary = maps(
            [{"name": "x"}], [far.union(land(0, 0, 2000, 1000)).union(land(1000, 1000, 2000, 2000))]
        )
        assert check_district(square.district(blocks=blocks, boundary=boundary), square.POLICY) == []


def test_crossing_barriers_are_lines() -> None:
    """A barrier drawn as a polygon is of the wrong kind."""
    with pytest.raises(ValueError, match="barriers: Shapes of another kind"):
        square.district(barriers=maps([{"barrier": "r", "kind": "river"}], [land(0, 0, 10, 10)]))
    assert (
        len(
            square.district(barriers=maps([{"barrier": "r", "kind": "river"}], [line((0, 0), (1, 1))]))[
                "barriers"
            ]
        )
        == 1
    )


def test_figures_of_the_made_up_square() -> None:
    """The square's own arithmetic: 15 grades of 40 children in 3 years, 4 blocks of 1 km2."""
    district = square.district()
    assert int(district["enrolment"]["pupils"].sum()) == 15 * 40 * 3
    np.testing.assert_allclose(district.blocks.area, 1e6)
