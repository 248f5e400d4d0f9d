"""Scenario files: chains, merging, and every fault of a chain at once."""

from __future__ import annotations

import pytest

from planner.errors import ScenarioError
from planner.scenario import Scenario, load_scenario, read_scenario


@pytest.fixture
def write(tmp_path):
    def write(name: str, text: str):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write


def faults(path) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        read_scenario(path)
    return error.value.lines("en")


def test_scalars_override_and_assumptions_override_key_by_key(write):
    write("base.toml", "until = 2035\nseed = 7\n[assumptions]\nleaving = 0.1\ntransition = 0.98\n")
    child = write("child.toml", 'extends = "base.toml"\nuntil = 2040\n[assumptions]\nleaving = 0.2\n')
    scenario = read_scenario(child).scenario
    assert (scenario.until, scenario.seed) == (2040, 7)
    assert (scenario.assumptions.leaving, scenario.assumptions.transition) == (0.2, 0.98)


def test_summary_is_not_inherited(write):
    """A file without a summary of its own must not be announced by its base's."""
    write("base.toml", 'summary = "keep"\nsummary_zh = "保持"\n')
    child = write("child.toml", 'extends = "base.toml"\nsummary = "change"\n')
    scenario = read_scenario(child).scenario
    assert (scenario.summary, scenario.summary_zh) == ("change", "")


def test_lists_append_and_an_edit_of_the_same_thing_replaces(write):
    write(
        "base.toml",
        '[[classes]]\nschool = "A"\nsince = 2027\nclasses = 3\n'
        '[[classes]]\nschool = "B"\nsince = 2027\nclasses = 4\n'
        '[[catchments]]\nblocks = ["b1"]\nschools = ["A"]\n',
    )
    child = write(
        "child.toml",
        'extends = "base.toml"\n'
        '[[classes]]\nschool = "A"\nsince = 2027\nclasses = 5\n'
        '[[classes]]\nschool = "A"\nsince = 2029\nclasses = 6\n'
        '[[catchments]]\nblocks = ["b1"]\nschools = ["B"]\n',
    )
    scenario = read_scenario(child).scenario
    assert [(edit.school, edit.since, edit.classes) for edit in scenario.classes] == [
        ("A", 2027, 5),
        ("B", 2027, 4),
        ("A", 2029, 6),
    ]
    assert [edit.schools for edit in scenario.catchments] == [("A",), ("B",)]


def test_a_project_is_overridden_key_by_key(write):
    """`slip = 1` on top of `opens = 2028` is 2029 without saying the project again."""
    write("base.toml", '[[projects]]\nproject = "p"\nopens = 2028\nrooms = [6, 12]\n')
    child = write("child.toml", 'extends = "base.toml"\n[[projects]]\nproject = "p"\nslip = 1\n')
    (edit,) = read_scenario(child).scenario.projects
    assert (edit.opens, edit.slip, edit.rooms) == (2028, 1, (6, 12))


def test_paths_are_found_from_the_file_that_names_them(write, tmp_path):
    write("plans/base.toml", 'district = "../facts"\npolicy = "rules/own.toml"\n')
    child = write("plans/later/child.toml", 'extends = "../base.toml"\n')
    loaded = read_scenario(child)
    assert loaded.district == tmp_path / "facts"
    assert loaded.policy == tmp_path / "plans" / "rules" / "own.toml"
    other = write("plans/later/other.toml", 'extends = "../base.toml"\npolicy = "scotland"\n')
    assert read_scenario(other).policy == "scotland"


def test_base_is_the_root_of_the_chain_and_texts_keep_every_file(write):
    write("a.toml", "until = 2035\n")
    write("b.toml", 'extends = "a.toml"\nuntil = 2036\n')
    last = write("c.toml", 'extends = "b.toml"\nuntil = 2037\n')
    loaded = read_scenario(last)
    assert loaded.name == "c"
    assert list(loaded.texts) == ["a.toml", "b.toml", "c.toml"]
    assert loaded.texts["b.toml"] == 'extends = "a.toml"\nuntil = 2036\n'
    assert len(set(loaded.digests.values())) == 3
    assert (loaded.base.name, loaded.base.scenario.until) == ("a", 2035)
    base = loaded.base
    assert base.base is base


def test_a_circle_is_named(write):
    write("a.toml", 'extends = "b.toml"\n')
    write("b.toml", 'extends = "c.toml"\n')
    write("c.toml", 'extends = "b.toml"\n')
    (line,) = faults(write("a.toml", 'extends = "b.toml"\n'))
    assert "c.toml: extends" in line
    assert "b.toml > c.toml > b.toml" in line


def test_a_missing_base_is_named_with_the_file_that_wants_it(write):
    (line,) = faults(write("a.toml", 'extends = "gone.toml"\n'))
    assert line.startswith("a.toml: extends:")
    assert "gone.toml" in line


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"until = \n", "TOML"),
        (bytes(range(128, 256)), "UTF-8"),
        ('summary = "新建学校"'.encode("gbk"), "UTF-8"),
    ],
)
def test_a_file_that_is_no_toml_is_one_message(tmp_path, content, said):
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    (line,) = faults(file)
    assert said in line
    assert "bad.toml" in line


def test_a_folder_or_nothing_is_one_message(tmp_path):
    assert len(faults(tmp_path)) == 1
    assert "nothing.toml" in faults(tmp_path / "nothing.toml")[0]


def test_every_fault_of_every_file_is_named_at_once_with_file_and_key(write):
    write(
        "base.toml",
        'draws = "many"\n[[catchmants]]\nblocks = ["b1"]\n[assumptions]\nleaving = 3\n',
    )
    child = write(
        "child.toml",
        'extends = "base.toml"\n'
        '[[catchments]]\nblocks = ["b1"]\nschols = ["A"]\n'
        '[[catchments]]\nblocks = ["b1"]\nof = ["A"]\nschools = ["A"]\n'
        '[[classes]]\nschool = "A"\nsince = 2027\nclasses = -1\n'
        '[[diversions]]\nfrom_school = "A"\nto_school = "B"\nsince = 2027\n'
        '[[rooms]]\nschool = "A"\nsince = 2027\n'
        '[[rules]]\nrule = "class_sise"\nat_most = 45\nsource = "notice"\n',
    )
    lines = faults(child)
    expected = [
        ("child.toml", "catchments[1].schools", "missing"),
        ("child.toml", "catchments[1].schols", "schools"),
        ("child.toml", "catchments[2]", "blocks"),
        ("child.toml", "classes[1].classes", "-1"),
        ("child.toml", "diversions[1]", "share"),
        ("child.toml", "rooms[1]", "change"),
        ("child.toml", "rules[1]", "class_size"),
        ("base.toml", "draws", "many"),
        ("base.toml", "catchmants", "catchments"),
        ("base.toml", "assumptions.leaving", "3"),
    ]
    assert len(lines) == len(expected)
    for file, key, said in expected:
        assert any(file in line and key in line and said in line for line in lines), (file, key)


def test_two_edits_of_the_same_thing_in_one_file_are_a_fault(write):
    (line,) = faults(
        write("a.toml", '[[projects]]\nproject = "p"\nopens = 2028\n[[projects]]\nproject = "p"\nslip = 1\n')
    )
    assert "projects[2]" in line
    assert "number 1" in line


def test_a_block_moved_twice_at_the_same_stage_and_year_in_one_file_is_a_fault(write):
    """In a file that builds on another it is an override, in one file a slip of the pen."""
    edit = '[[catchments]]\nblocks = ["b1", "b2"]\nschools = ["A"]\nsince = 2028\n'
    (line,) = faults(write("a.toml", edit + edit.replace('"b1", ', "")))
    assert "catchments[2].blocks" in line
    assert "number 1 moves b2" in line
    write("base.toml", edit)
    assert len(read_scenario(write("b.toml", 'extends = "base.toml"\n' + edit)).scenario.catchments) == 2
    assert read_scenario(write("c.toml", edit + edit.replace("2028", "2029")))


def test_a_scenario_made_in_python_is_like_one_read(write):
    says = {"until": 2030, "classes": [{"school": "A", "since": 2027, "classes": 3}]}
    file = write("x.toml", 'until = 2030\n[[classes]]\nschool = "A"\nsince = 2027\nclasses = 3\n')
    made = load_scenario(Scenario.model_validate(says), name="x")
    assert made.scenario == read_scenario(file).scenario
    assert made.edits["classes"][0].record == read_scenario(file).edits["classes"][0].record
    assert made.base is made
