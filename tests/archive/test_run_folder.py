"""What stays of a run: every table named in both languages, a manifest to trace each figure, whole or nothing."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

import planner
from planner.archive import folder as run_folder
from planner.archive import write_run
from planner.errors import OutputError
from planner.pipeline import run as carry_out
from planner.scenario import Scenario
from planner.words import outcome_description, outcome_label, outcome_title, speaking
from tests.scenario.town import town, town_policy

WORDS = Path(planner.__file__).parent / "words"


@pytest.fixture(scope="module")
def written(run, tmp_path_factory) -> Path:
    return write_run(run, tmp_path_factory.mktemp("runs") / "moved", maps=False)


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def rows_of(name: str) -> list[dict[str, str]]:
    with (WORDS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_and_column_of_a_run_has_its_name_in_both_languages(run, written):
    """The outcome dictionary names what a run gives and what its folder holds."""
    tables = {path.stem: pd.read_csv(path) for path in (written / "tables").iterdir()}
    assert set(tables) == set(run.outcomes)
    for name, table in (*run.outcomes.items(), *tables.items()):
        with speaking("zh"):
            assert outcome_title(name).strip(), name
            assert all(outcome_label(column) and outcome_description(column)[0] for column in table), name
        assert outcome_title(name).strip()
        assert all(outcome_description(column)[0] for column in table), name


def test_the_dictionary_of_results_has_no_row_without_chinese():
    for name in ("outcome_tables.csv", "outcome_columns.csv"):
        rows = rows_of(name)
        assert [row for row in rows if not row["zh"].strip() or not row["description"].strip()] == []
    assert [row for row in rows_of("outcome_columns.csv") if not row["description_zh"].strip()] == []
    assert [row["table"] for row in rows_of("outcome_tables.csv")] != []


def test_no_table_is_named_that_no_run_gives(run):
    """Those of a schedule and of its futures are `answers`' own: see tests/answers."""
    named = {row["table"] for row in rows_of("outcome_tables.csv")}
    assert {table for table in named if not table.startswith(("schedule_", "robust_"))} == set(run.outcomes)


def test_a_run_folder_holds_everything(run, written):
    """Tables, workbook, GeoPackage, the text of every scenario file, manifest and log."""
    assert listed(written) == sorted(
        [
            "manifest.json",
            "run.gpkg",
            "run.log",
            "run.xlsx",
            "scenario/keep.toml",
            "scenario/moved.toml",
            *(f"tables/{name}.csv" for name in run.outcomes),
        ]
    )


def test_tables_hold_the_figures_of_the_run_with_names_beside_ids(run, written):
    table = pd.read_csv(written / "tables" / "seats_by_school.csv")
    assert list(table.columns[:2]) == ["school", "name"]
    own = run.outcomes["seats_by_school"]
    assert table["gap"].tolist() == own["gap"].round(4).tolist()
    assert dict(zip(table["school"], table["name"], strict=True))["A"] == "甲小学"
    assert len(table) == len(own)


def test_the_scenario_texts_are_those_that_were_read(place, written):
    for name in ("keep.toml", "moved.toml"):
        assert (written / "scenario" / name).read_bytes() == (place / name).read_bytes()


def test_the_manifest_traces_every_figure(run, place, written):
    """Scenario, data and policy digests, versions, seed, solver status, gap per goal, and every file."""
    manifest = json.loads((written / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["draws"], manifest["seed"], manifest["years"]) == (20, 5, [2027, 2028])
    assert manifest["scenario"]["moved.toml"]["sha256"] == sha256(place / "moved.toml")
    assert manifest["district"]["sha256"] == {
        path.name: sha256(path) for path in sorted((place / "town").iterdir())
    }
    assert manifest["policy"]["profile"] == "cn-shandong"
    assert {"numpy", "pandas", "highspy", "pulp"} <= set(manifest["packages"])
    assert manifest["solver"]["solver"] == "HiGHS"
    assert [goal["goal"] for goal in manifest["goals"]] == run.outcomes["goals"]["goal"].tolist()
    assert all(goal["status"] == "optimal" and goal["gap"] is not None for goal in manifest["goals"])
    assert manifest["notes"] == [str(note) for note in run.notes]
    files = {name: sha256(written / name) for name in listed(written)}
    assert manifest["files"] == {
        name: digest for name, digest in files.items() if name not in {"manifest.json", "run.log"}
    }


def test_clock_times_stand_in_the_log_alone(run, written):
    """Solver times differ between equal runs: the log has them, the tables and the manifest do not."""
    log = (written / "run.log").read_text(encoding="utf-8")
    assert all(f"goal {goal}" in log for goal in run.outcomes["goals"]["goal"])
    assert "seconds" not in pd.read_csv(written / "tables" / "goals.csv")
    assert "seconds" not in (written / "manifest.json").read_text(encoding="utf-8")


def test_a_scenario_made_in_python_is_kept_as_one_that_can_be_read_again(tmp_path):
    scenario = Scenario(until=2027, draws=3, seed=9, summary="made in Python")
    done = carry_out(scenario, town(), policy=town_policy())
    folder = write_run(done, tmp_path / "made", maps=False)
    text = (folder / "scenario" / "scenario.json").read_text(encoding="utf-8")
    assert Scenario.model_validate_json(text) == scenario


def test_scenario_files_of_one_name_are_both_kept(place, tmp_path):
    """b/keep.toml builds on a/keep.toml: neither text takes the other's place."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    base = (place / "keep.toml").read_text(encoding="utf-8").replace('"town"', f'"{place / "town"}"')
    (tmp_path / "a" / "keep.toml").write_text(base, encoding="utf-8")
    (tmp_path / "b" / "keep.toml").write_text('extends = "../a/keep.toml"\nuntil = 2027\n', encoding="utf-8")
    done = planner.run(tmp_path / "b" / "keep.toml", draws=3)
    folder = write_run(done, tmp_path / "out", maps=False)
    texts = [path.read_text(encoding="utf-8") for path in sorted((folder / "scenario").iterdir())]
    assert sorted(texts) == sorted([base, 'extends = "../a/keep.toml"\nuntil = 2027\n'])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    read_from = {entry["read_from"] for entry in manifest["scenario"].values()}
    assert read_from == {"keep.toml", "../a/keep.toml"}


def test_a_run_never_replaces_what_it_was_made_of(tmp_path):
    """A run folder that holds the very scenario is not given up for its run."""
    inner = tmp_path / "runs" / "old" / "scenario"
    inner.mkdir(parents=True)
    (inner.parent / "manifest.json").write_text('{"planner": "0", "files": {"scenario/s.toml": ""}}', "utf-8")
    (inner / "s.toml").write_text("until = 2027\ndraws = 3\n", encoding="utf-8")
    done = carry_out(inner / "s.toml", town(), policy=town_policy())
    with pytest.raises(OutputError, match="from which the run was made"):
        write_run(done, inner.parent, replace=True, maps=False)
    assert (inner / "s.toml").exists()


def test_the_steps_are_shown_as_they_begin(run, tmp_path):
    shown: list[tuple[str, int, int]] = []
    write_run(
        run,
        tmp_path / "run",
        maps=False,
        progress=lambda step, done, total: shown.append((str(step), done, total)),
    )
    assert shown == [
        ("writing tables", 0, 4),
        ("writing the workbook", 1, 4),
        ("writing the GeoPackage", 2, 4),
    ]


@pytest.mark.parametrize("step", ["write_csv", "write_workbook", "write_geopackage", "write_manifest"])
def test_a_step_that_fails_leaves_the_earlier_run(run, written, tmp_path, monkeypatch, step):
    folder = write_run(run, tmp_path / "run", maps=False)

    def failing(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_folder, step, failing)
    with pytest.raises(OutputError, match="the disk is full"):
        write_run(run, folder, replace=True, maps=False)
    assert listed(folder) == listed(written)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("kilobytes", [8, 40, 100, 200, 300, 400])
def test_a_disk_that_is_full_gives_one_message_and_nothing_else(run, disk, kilobytes, capfd):
    """The run needs about half a megabyte; tables, workbook, GDAL and SQLite meet the end of the disk in turn."""
    place = disk(kilobytes)
    with pytest.raises(OutputError) as caught:
        write_run(run, place / "run", maps=False)
    assert len(caught.value.faults) == 1
    assert str(caught.value).startswith(f"{place / 'run'} cannot be written: the disk is full")
    assert list(place.iterdir()) == []
    assert capfd.readouterr().err == ""


def test_maps_that_find_the_disk_full_take_the_run_with_them(run, disk):
    """Tables and GeoPackage fit into a megabyte, the maps do not."""
    place = disk(1024)
    write_run(run, place / "plain", maps=False)
    with pytest.raises(OutputError, match="the disk is full"):
        write_run(run, place / "plain", replace=True)
    assert [path.name for path in place.iterdir()] == ["plain"]
    assert json.loads((place / "plain" / "manifest.json").read_text(encoding="utf-8"))["draws"] == 20
