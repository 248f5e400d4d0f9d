"""Scenario edits of housing and of drivers of migration."""

from __future__ import annotations

import pandas as pd
import pytest

from planner.errors import ScenarioError
from planner.scenario import (
    Scenario,
    apply_scenario,
    load_scenario,
    questions_of,
    read_scenario,
    with_branches,
)
from tests.scenario.town import COUNTED, town, town_policy

HOUSING = pd.DataFrame(
    [
        ("H1", "1", "b1", 100, "2025-06-30", 1.0),
        ("H1", "2", "b1", 200, "2028-06-30", 0.6),
        ("H1", "3", "b1", 300, "2030-06-30", 0.4),
        ("H2", "1", "b4", None, "2029-06-30", 0.5),
    ],
    columns=["development", "phase", "block", "dwellings", "hand_over", "certainty"],
)
DRIVERS = pd.DataFrame(
    [
        ("permits", "residence_permit", "west", 2028, 60, 40, 80, 0.5, "no"),
        ("move", "relocation", "west", 2028, -30, -40, -20, 0.7, ""),
        ("move", "relocation", "east", 2028, 30, 20, 40, 0.7, ""),
        ("talent", "talent", "", 2022, 10, 5, 15, 1.0, ""),
    ],
    columns=["driver", "kind", "area", "since", "children", "low", "high", "certainty", "include"],
)


def applied(**sections):
    sections.setdefault("until", 2032)
    loaded = load_scenario(Scenario.model_validate(sections), name="test.toml")
    return apply_scenario(loaded, town(housing=HOUSING, drivers=DRIVERS), town_policy())


def phases(**sections):
    return applied(**sections).district["housing"].set_index(["development", "phase"])


def drivers(**sections):
    table = applied(**sections).district["drivers"]
    return table[table["until"].isna() | (table["until"] > COUNTED)].set_index(["driver", "area"])


def refused(**sections):
    with pytest.raises(ScenarioError) as raised:
        applied(**sections)
    return [str(fault) for fault in raised.value.faults]


def test_nothing_said_changes_nothing():
    found = applied().district
    given = town(housing=HOUSING, drivers=DRIVERS)
    assert found["housing"].equals(given["housing"])
    assert found["drivers"].equals(given["drivers"])


def test_a_phase_is_dated_sized_and_made_sure():
    """Half a year from June 2028 on, and a year of slip: December 2029."""
    edit = {"development": "H1", "phase": "2", "hand_over": "2028-12-31", "slip": 1, "dwellings": 250}
    found = phases(housing=[edit | {"include": True, "children_per_dwelling": 0.08}])
    row = found.loc[("H1", "2")]
    assert (str(row["hand_over"].date()), row["dwellings"]) == ("2029-12-31", 250)
    assert (row["certainty"], row["children_per_dwelling"]) == (1.0, 0.08)
    assert found.loc[("H1", "3"), "certainty"] == 0.4


def test_a_development_without_phase_means_the_phases_to_come():
    """The phase of 2025 is built; the others slip by two years with the certainty given."""
    found = phases(housing=[{"development": "H1", "slip": 2, "certainty": 0.9}]).loc["H1"]
    assert [str(day.date()) for day in found["hand_over"]] == ["2025-06-30", "2030-06-30", "2032-06-30"]
    assert found["certainty"].tolist() == [1.0, 0.9, 0.9]


def test_a_phase_is_left_out_and_told():
    run = applied(housing=[{"development": "H1", "phase": "3", "include": False}])
    assert len(run.district["housing"]) == 3
    assert any("H1/3 is left out" in str(note) for note in run.notes)


def test_a_new_development():
    """Of a new phase block and type follow those of its development."""
    new = {"phase": "1", "dwellings": 80, "hand_over": "2029-01-01"}
    found = phases(
        housing=[
            {"development": "H9", "block": "b6", "kind": "rental", **new},
            {"development": "H2", **new, "phase": "2"},
        ]
    )
    assert found.loc[("H9", "1"), ["block", "kind"]].tolist() == ["b6", "rental"]
    assert found.loc[("H2", "2"), "block"] == "b4"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"development": "H3", "slip": 1}, "no development 'H3'; known are H1, H2"),
        ({"development": "H1", "phase": "9", "slip": 1}, "no phase '9' to come; known are 1, 2, 3"),
        ({"development": "H1", "phase": "1", "slip": 1}, "H1/1 was handed over by the last count"),
        ({"development": "H1", "phase": "2"}, "changes nothing"),
        ({"development": "H1", "dwellings": 5}, "would hold for each of the phases 2, 3"),
        ({"development": "H2", "include": True}, "does not state dwellings of phase H2/1"),
        ({"development": "H9", "block": "b1"}, "to add it, give also phase, dwellings, hand_over"),
        ({"development": "H1", "phase": "2", "block": "b9"}, "there is no block 'b9'"),
    ],
)
def test_faults_of_housing(edit, told):
    """One message, with the place and the nearest ids."""
    (fault,) = refused(housing=[edit])
    assert fault.startswith("test.toml: housing[1].")
    assert told in fault


def test_naming_a_driver_counts_with_it():
    """Left out by the table, it counts with the table's certainty, or surely with `include = true`."""
    named = drivers(drivers=[{"driver": "permits", "factor": 1.5}]).loc[("permits", "west")]
    assert (named["include"], named["certainty"]) == (True, 0.5)
    assert [named["children"], named["low"], named["high"]] == [90, 60, 120]
    sure = drivers(drivers=[{"driver": "permits", "include": True}]).loc[("permits", "west")]
    assert (sure["include"], sure["certainty"]) == (True, 1.0)
    rather = drivers(drivers=[{"driver": "permits", "include": True, "certainty": 0.8}])
    assert rather.loc[("permits", "west"), "certainty"] == 0.8


def test_all_rows_of_a_driver_are_edited():
    found = drivers(drivers=[{"driver": "move", "slip": 1, "factor": 2.0}]).loc["move"]
    assert found["since"].tolist() == [2029, 2029]
    assert found["children"].tolist() == [-60, 60]


def test_a_running_driver_is_cut_at_the_last_count():
    """What the counts contain, 10 a year since 2022, stays; from 2027 on it is left out."""
    table = applied(drivers=[{"driver": "talent", "include": False}]).district["drivers"]
    rows = table[table["driver"] == "talent"]
    assert rows["since"].tolist() == [2022, 2027]
    assert rows["until"].iloc[0] == COUNTED
    assert rows["include"].tolist() == [pd.NA, False]
    assert rows["children"].tolist() == [10, 10]


def test_a_new_driver():
    new = {"driver": "metro", "kind": "urbanisation", "block": "b2", "since": 2030, "children": 12}
    found = drivers(drivers=[new | {"low": 6, "high": 20, "age_from": 6, "age_to": 14}])
    row = found.xs("metro").iloc[0]
    assert (row["block"], row["since"], row["children"], row["age_to"]) == ("b2", 2030, 12, 14)
    assert len(found) == 5


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"driver": "permit", "include": True}, "no driver 'permit'; did you mean permits?"),
        ({"driver": "metro", "kind": "talent", "since": 2030}, "to add it, give also children, low, high"),
        ({"driver": "permits", "children": 100}, "40 to 80 does not hold 100"),
        ({"driver": "permits", "until": 2027}, "2027 comes before 2028"),
        ({"driver": "permits", "since": 2040}, "2040 is outside the horizon 2027-2032"),
        ({"driver": "permits", "area": "wes"}, "no area 'wes'; did you mean west?"),
        ({"driver": "move", "children": 5}, "driver move has 2 rows"),
    ],
)
def test_faults_of_drivers(edit, told):
    (fault,) = refused(drivers=[edit])
    assert fault.startswith("test.toml: drivers[1].")
    assert told in fault


def test_faults_of_several_edits_are_told_at_once():
    assert len(refused(drivers=[{"driver": "x"}], housing=[{"development": "y"}])) == 2


def test_a_later_file_replaces_only_the_keys_it_writes(tmp_path):
    """The base makes the driver half as large again; the file on it makes it sure, and keeps the factor."""
    (tmp_path / "base.toml").write_text('until = 2032\n[[drivers]]\ndriver = "permits"\nfactor = 1.5\n')
    (tmp_path / "leaf.toml").write_text(
        'extends = "base.toml"\n[[drivers]]\ndriver = "permits"\ninclude = true\n'
    )
    loaded = read_scenario(tmp_path / "leaf.toml")
    found = apply_scenario(loaded, town(housing=HOUSING, drivers=DRIVERS), town_policy()).district["drivers"]
    row = found[found["driver"] == "permits"].iloc[0]
    assert (row["children"], row["certainty"]) == (90, 1.0)


def test_a_branch_may_hold_housing_and_drivers():
    """An estate approved or not: as the scenario stands it is in doubt, in its branch it is built and brings the driver."""
    branch = {
        "name": "approved",
        "question": "estate",
        "chance": 0.4,
        "housing": [{"development": "H1", "phase": "2", "include": True}],
        "drivers": [{"driver": "permits"}],
    }
    sections = {"until": 2032, "branches": [branch]}
    loaded = load_scenario(Scenario.model_validate(sections), name="test.toml")
    (question,) = questions_of(loaded)
    district, policy = town(housing=HOUSING, drivers=DRIVERS), town_policy()
    found = [
        apply_scenario(each, district, policy).district
        for each in (loaded, with_branches(loaded, question.branches))
    ]
    assert [each["housing"]["certainty"].iloc[1] for each in found] == [0.6, 1.0]
    assert [bool(each["drivers"]["include"].iloc[0]) for each in found] == [False, True]
