"""What the package promises about itself: exports, words, help, README."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import planner
from planner.cli.commands import planner_command
from planner.words import Money, Text, outcome_description, read_dictionary, say, speaking
from planner.words.collect import PO, compiled, messages_in_code, translations
from planner.words.reference import FILE, tables_reference

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_every_exported_verb_can_be_used():
    """Each name in `__all__` is there, and nothing else is exported."""
    assert sorted(planner.__all__) == planner.__all__
    for name in planner.__all__:
        assert callable(getattr(planner, name))


def test_no_module_is_named_like_an_exported_verb():
    """`import planner.x` and `planner.x()` never collide."""
    modules = {path.stem for path in (PROJECT / "planner").rglob("*.py")}
    assert not modules & set(planner.__all__)


def test_import_is_light():
    """Importing the package and its command line loads neither pandas nor matplotlib nor the solver."""
    code = "import sys, planner, planner.cli, planner.cli.commands; planner.cli.commands.planner_command();"
    code += "print([m for m in ('pandas', 'numpy', 'geopandas', 'matplotlib', 'pulp', 'highspy', 'pydantic') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "[]"


def test_every_message_has_a_chinese_translation():
    """The catalogue holds every message said in the code, translated, and no other."""
    said, chinese = set(messages_in_code()), translations()
    assert said - set(chinese) == set()
    assert [message for message in said if not chinese[message]] == []
    assert set(chinese) - said == set()


def test_the_translations_fill_the_same_fields():
    """A translation names exactly the fields of its message, so that none is lost."""
    for message, translation in translations().items():
        fields = re.compile(r"{(\w+)[^}]*}")
        assert set(fields.findall(message)) == set(fields.findall(translation)), message


def test_the_compiled_catalogue_is_up_to_date():
    """What the program reads is what the text says."""
    po, mo = compiled(translations())
    assert PO.read_bytes() == po
    assert PO.with_suffix(".mo").read_bytes() == mo


def test_a_message_is_said_in_the_language_of_the_block():
    """The language holds inside the block only; a kept message follows it."""
    kept = Text("Scenario")
    with speaking("zh"):
        assert say("Scenario") == str(kept) == "方案"
    assert say("Scenario") == "Scenario"


def test_an_amount_is_in_million_yuan_and_in_chinese_in_wan():
    """12.3 million yuan are 1,230万元, the unit in which bureaus budget."""
    amount = Text("; {cost}", cost=Money(12.3e6))
    assert amount.in_language("en") == "; 12.3 million yuan"
    assert amount.in_language("zh") == "；造价1,230万元"


def test_every_table_of_the_dictionary_has_a_key_and_chinese_names():
    """A table without a key could not be checked for duplicates; boundary alone needs none."""
    for table in read_dictionary().values():
        assert table.key or table.table == "boundary"
        assert all(column.description and column.zh for column in table.columns)


@pytest.mark.parametrize("name", ["tables.csv", "columns.csv", "outcome_columns.csv"])
def test_every_entry_of_the_dictionaries_is_described_in_chinese(name):
    """A table, a column and a column of results each have a description with Chinese characters in it."""
    with (PROJECT / "planner" / "words" / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert [row for row in rows if not re.search(r"[一-鿿]", row["description_zh"] or "")] == []


def test_a_description_is_given_in_the_current_language():
    """Tables, columns and columns of results follow the language of the block."""
    schools = read_dictionary()["schools"]
    rooms = next(column for column in schools.columns if column.column == "rooms")
    assert schools.about == "Schools and campuses, one point each"
    assert rooms.about == "Ordinary classrooms: one class each"
    assert outcome_description("gap_p10") == ("Seats less demand: + spare; - short", "child")
    with speaking("zh"):
        assert schools.about == "学校和校区，各为一个点"
        assert rooms.about == "普通教室数，每间一个班"
        assert outcome_description("gap_p10") == ("学位减需求：正为富余，负为不足", "child")


def test_every_command_has_help_and_stands_in_the_readme():
    """A user finds each command and each of its options explained."""
    group = planner_command()
    for name, command in group.commands.items():
        assert command.help
        assert f"planner {name}" in README, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.name}"


def test_every_command_has_help_in_chinese():
    """No help text of a command stays English under --lang zh."""
    with speaking("zh"):
        group = planner_command()
    for command in group.commands.values():
        assert re.search(r"[一-鿿]", command.help or ""), command.name


def test_every_column_of_results_is_described():
    """The outcome dictionary names each column once, with a unit where it has one."""
    with (PROJECT / "planner" / "words" / "outcome_columns.csv").open(encoding="utf-8", newline="") as file:
        columns = [row["column"] for row in csv.DictReader(file)]
    assert len(columns) == len(set(columns))
    assert outcome_description("gap_p10") == outcome_description("gap")


def test_the_reference_of_tables_is_what_the_dictionaries_say():
    """`make words` writes data/TABLES.md; every column and table stands in it in both languages."""
    assert FILE.read_text(encoding="utf-8") == tables_reference()
    for table in read_dictionary().values():
        assert f"## {table.table} · {table.zh}" in tables_reference()
        for column in table.columns:
            assert f"| `{column.column}`" in tables_reference()


def test_every_command_stands_in_the_chinese_readme():
    """What the English one tells of, the Chinese one does too."""
    chinese = (PROJECT / "README.zh.md").read_text(encoding="utf-8")
    for name in planner_command().commands:
        assert f"planner {name}" in chinese, name
    headings = [line.split()[0] for line in README.splitlines() if line.startswith("#")]
    assert headings == [line.split()[0] for line in chinese.splitlines() if line.startswith("#")]
