"""What `planner export-model` writes and refuses, and which solvers `planner run` takes."""

from __future__ import annotations

import highspy
import pytest


def optimum(path) -> float:
    """Return what HiGHS finds for a model written as text."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.run()
    assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return highs.getInfo().objective_function_value


def test_both_forms_are_read_back_with_the_same_optimum(desk, planner):
    """LP and MPS of the intake model, in a folder that was not there: readable names in ASCII, one optimum."""
    for name in ("keep.lp", "keep.mps"):
        said = planner("export-model", "keep.toml", "--out", f"models/{name}", "--goal", "pupil_km")
        assert (said.code, said.out) == (0, f"Written: models/{name}\n")
    text = (desk / "models" / "keep.lp").read_text(encoding="ascii")
    assert "counted(B1,primary,2027)" in text
    assert sorted(path.name for path in (desk / "models").iterdir()) == ["keep.lp", "keep.mps"]
    assert optimum(desk / "models" / "keep.lp") == pytest.approx(optimum(desk / "models" / "keep.mps"))
    assert optimum(desk / "models" / "keep.lp") > 0


def test_a_file_that_is_there_is_replaced_only_when_told_so(desk, planner):
    (desk / "keep.lp").write_text("mine", encoding="utf-8")
    said = planner("export-model", "keep.toml", "--out", "keep.lp")
    assert (said.code, said.err) == (
        1,
        "keep.lp exists already. Add --replace, or choose another place.\n",
    )
    assert (desk / "keep.lp").read_text(encoding="utf-8") == "mine"
    assert planner("export-model", "keep.toml", "--out", "keep.lp", "--replace").code == 0
    assert optimum(desk / "keep.lp") > 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--out", "keep.txt"), 2, "keep.txt does not end in .lp or .mps."),
        (("--out", "keep.toml/keep.lp"), 1, "keep.toml is no folder. Choose another place."),
        (
            ("--out", "keep.lp", "--goal", "joy"),
            1,
            "joy is no goal of the model intake; its goals: unplaced,",
        ),
        (
            ("--out", "keep.lp", "--model", "openings", "--goal", "unsplit"),
            1,
            "unsplit is no goal of the model openings; its goals: unplaced,",
        ),
        (("--out", "keep.lp", "--model", "openings"), 1, "leaves no project open"),
    ],
)
def test_what_cannot_be_written_is_said_in_one_message(desk, planner, arguments, code, said):
    """Before anything is run, where that can be."""
    found = planner("export-model", "keep.toml", *arguments)
    assert found.code == code
    assert said in found.err.replace("\n", " ")
    assert not (desk / "keep.lp").exists()


def test_openings_are_written_with_the_names_of_the_district(desk, planner):
    """A school that may be built is a project of the model, binary by year; ids that are not ASCII are numbered."""
    (desk / "open.toml").write_text(
        'extends = "keep.toml"\nsummary = "Build or not"\nuntil = 2030\n[schedule]\n'
        '[[projects]]\nproject = "annex"\nschool = "001"\nkind = "expansion"\nrooms = 2\ncost_yuan = 3e6\n'
        'choice = "free"\nearliest = 2028\n',
        encoding="utf-8",
    )
    said = planner("export-model", "open.toml", "--out", "open.lp", "--model", "openings")
    assert (said.code, said.err) == (0, ""), said.err
    text = (desk / "open.lp").read_text(encoding="ascii")
    assert "open(annex,2028)" in text
    assert "open(annex,2027)" not in text
    assert optimum(desk / "open.lp") >= 0


def test_a_solver_that_is_not_installed_is_refused_before_anything_is_read(desk, planner):
    """The message names those that are."""
    said = planner("run", "nowhere.toml", "--solver", "ABACUS")
    assert said.code == 1
    assert said.err.startswith("solver 'ABACUS' is not installed; PuLP finds ")
    assert "HiGHS" in said.err


def test_another_solver_plans_too(desk, planner):
    """CBC, called by PuLP, in the place of HiGHS; the manifest of the run says so."""
    said = planner("run", "keep.toml", "--solver", "PULP_CBC_CMD", "--no-maps", "--seconds", "60")
    if "is not installed" in said.err:
        pytest.skip("this PuLP has no CBC")
    assert said.code == 0
    assert "PULP_CBC_CMD" in (desk / "runs" / "keep" / "manifest.json").read_text(encoding="utf-8")
