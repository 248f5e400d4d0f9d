"""The town's schedule in sentences, tables and a folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pytest

from planner.answers.schedule import schedule_lines, schedule_tables, write_schedule
from planner.answers.schedule.folder import schedule_figure
from planner.answers.schedule.tables import short_children
from planner.optimise.openings.plan import GOALS
from planner.words import outcome_description, outcome_title
from tests.pipeline.open_town import scheduled

if TYPE_CHECKING:
    import pandas as pd

    from planner.pipeline.scheduling import Scheduled


@pytest.fixture(scope="module")
def found() -> Scheduled:
    return scheduled()


@pytest.fixture(scope="module")
def tables(found) -> dict[str, pd.DataFrame]:
    return schedule_tables(found)


def test_every_table_and_column_is_in_the_dictionary(tables):
    for name, table in tables.items():
        assert outcome_title(name)
        for column in table:
            assert outcome_description(column)


def test_goals_stand_with_bound_and_gap(tables):
    """In their order; the bound is not above the value."""
    goals = tables["schedule_goals"]
    assert goals["goal"].tolist() == list(GOALS)
    assert (goals["bound"] <= goals["value"]).all()


def test_projects_cost_over_the_years_what_is_not_left_of_them(found, tables):
    """The wing: four rooms at 3.17 million, opened in 2027, four of fifty years used up in 2030, upkeep 48,000 a year."""
    rows = tables["schedule_projects"].set_index("project")
    assert rows.index.tolist() == ["new-c", "wing-b"]
    wing = rows.loc["wing-b"]
    assert (wing["opens"], wing["rooms"], wing["capital_yuan"]) == (2027, "4", 4 * 3_170_000)
    upkeep = sum(48_000 / 1.06**t for t in range(4))
    assert wing["cost_yuan"] == pytest.approx(12_680_000 + upkeep - 12_680_000 * 46 / 50 / 1.06**4)


def test_children_above_the_cap_are_counted_class_by_class_in_all_grades(found):
    """In the first draw of 2027, added up by hand over schools and grades."""
    simulation, expected = found.idle.simulation, 0
    for s in range(len(simulation.schools)):
        for g, grade in enumerate(simulation.grades):
            if grade <= 6:
                pupils = int(simulation.pupils[s, g, 0, 0])
                expected += max(0, pupils - 45 * int(simulation.classes[s, g, 0, 0]))
    expected += int(simulation.unplaced[:, 0, 0, 0].sum())
    assert expected > 0
    assert short_children(found.idle)[0, 0, 0] == expected


def test_shortage_stands_beside_that_of_doing_nothing(found, tables):
    """Means over the draws, with the ends of the range around them."""
    table = tables["schedule_shortage"]
    primary = table.loc[table["stage"] == "primary"]
    assert primary["short"].tolist() == pytest.approx(short_children(found.run)[0].mean(axis=-1))
    assert (primary["short_idle"] > primary["short"]).all()
    assert (table["short_p10"] <= table["short_p90"]).all()


def test_rooms_and_the_classes_that_need_them(found, tables):
    """Of both runs, stage by stage; what is left over is empty."""
    table = tables["schedule_rooms"].set_index(["stage", "year"])
    assert table.loc[("primary", 2030), ["rooms", "rooms_idle"]].tolist() == [43, 27]
    assert table.loc["junior", "rooms"].tolist() == [9] * 4
    assert (table["empty"] == table["rooms"] - table["classes"]).all()


def test_reasons_are_the_differences_between_plans(found, tables):
    """Never: what the other plan has more of; the wing cannot open before the first year, so nothing is said of that."""
    table = tables["schedule_reasons"].set_index(["project", "otherwise"])
    never = next(
        reason.found
        for reason in found.otherwise
        if (reason.project, reason.kind) == ("wing-b", "never") and reason.found is not None
    )
    change = never.values.above_cap - found.found.values.above_cap
    assert table.loc[("wing-b", "never"), "change_above_cap"] == pytest.approx(change)
    assert not table.loc[("wing-b", "earlier"), "possible"]
    assert np.isnan(table.loc[("wing-b", "earlier"), "change_above_cap"])


def test_each_project_has_its_sentence_those_that_open_first_before(found):
    """With what is decided, what it costs, and what it is good for."""
    lines = schedule_lines(found)
    assert lines[0].startswith(
        "wing-b opens in 2027 with 4 rooms, for 12.7 million yuan. It cannot open earlier."
    )
    assert "Without it: " in lines[0]
    assert " child-years more above the cap or without a place (2027-2030); the projects cost " in lines[0]
    assert lines[1].startswith("new-c opens in 2028 with 12 rooms, for 28.4 million yuan.")
    assert lines[2:] == ["Forbidden, stopped or without rooms to bring: idea-d."]


def test_what_was_not_tried_is_said(found):
    """Three ways were left when trying ended."""
    last = schedule_lines(replace(found, untried=3))[-1]
    assert last.startswith("Of the ways to decide these projects otherwise, 3 more were not tried: ")


def test_what_does_not_open_is_named(found):
    """The same found, with no project opened."""
    lines = schedule_lines(replace(found, decided={}, otherwise=()))
    assert lines[0] == "The best plan found does without: new-c, wing-b."


def test_a_folder_is_written_whole_with_both_runs(found, tmp_path):
    """Sentences, scenario, tables, workbook; a second time the same bytes, but for the logs."""
    for name in ("one", "two"):
        write_schedule(found, tmp_path / name, maps=False)
    files = sorted(
        path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()
    )
    assert {path.parts[0] for path in files} == {
        "idle", "manifest.json", "run", "schedule.toml", "schedule.txt", "schedule.xlsx", "tables",
    }  # fmt: skip
    for path in files:
        if path.suffix != ".log":
            assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes(), path
    assert (tmp_path / "one" / "schedule.toml").read_text(encoding="utf-8") == found.text
    book = openpyxl.load_workbook(tmp_path / "one" / "schedule.xlsx")
    assert set(schedule_tables(found)) <= set(book.sheetnames)


def test_the_chart_names_the_projects_and_years(found):
    """Drawn from the same tables."""
    texts = {text.get_text() for text in schedule_figure(found).findobj() if hasattr(text, "get_text")}
    assert {"2027", "2030"} <= texts
    assert any("new-c" in text or "C" in text for text in texts)
