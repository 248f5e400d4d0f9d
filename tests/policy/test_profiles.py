"""The shipped profiles against their documents, and reading of profiles that people write."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from planner.errors import PolicyError
from planner.policy import Entry, Policy, profile_names, read_policy
from planner.words import speaking

SHIPPED = ["cn-shandong", "district-x-2025", "jiangyuan-2017", "scotland"]


def school_kinds(policy: Policy, schools: list[tuple[int, int, int]]) -> dict[tuple[int, int], int]:
    """Count schools (first grade, last grade, children) above their size by kind."""
    above: dict[tuple[int, int], int] = {}
    for first, last, children in schools:
        limit = policy.school_rule("school_size", first, last, 2025)
        if limit is not None and limit.counts(children):
            above[first, last] = above.get((first, last), 0) + 1
    return above


class TestShipped:
    def test_names(self):
        """Four profiles are shipped."""
        assert profile_names() == SHIPPED

    @pytest.mark.parametrize("name", SHIPPED)
    def test_every_figure_has_a_source(self, name: str):
        """What is no rule names its source or says that it is an assumption; so does every rule."""
        policy = read_policy(name)
        needed = {
            "stages",
            "entry",
            "classes.formation",
            "classes.worst",
            "strict",
            "detour",
            "children_per_dwelling",
        }
        assert needed <= set(policy.sources)
        assert all(policy.sources.values())
        assert all(rule.source for rule in policy.rules)
        assert policy.profile == name

    @pytest.mark.parametrize("name", ["jiangyuan-2017", "district-x-2025"])
    def test_quotes_are_words_of_the_document(self, name: str):
        """Each wording is a literal part of the document, whatever its spaces and the width of its punctuation."""
        beside = Path(__file__).parents[3] / "shared" / "data"
        folder = Path(os.environ.get("PLANNER_REAL_DATA", beside)).parent / "reference" / "documents"
        if not folder.is_dir():
            pytest.skip("the documents are not on this machine (set PLANNER_REAL_DATA)")

        def plain(text: str) -> str:
            return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))

        document = plain((folder / f"{name}.txt").read_text(encoding="utf-8"))
        wordings = [rule.wording for rule in read_policy(name).rules if rule.wording]
        assert wordings
        assert [wording for wording in wordings if plain(wording) not in document] == []


class TestShandong:
    policy = read_policy("cn-shandong")

    def test_classes_of_45_and_50(self):
        """Every primary class at most 45, every junior class at most 50 (教督〔2017〕6号, government guarantee 5)."""
        assert self.policy.caps(range(1, 10), 2026) == [45] * 6 + [50] * 3

    def test_56_and_66_are_statistics_only(self):
        """大班额 and 超大班额 are counted, not planned by."""
        counted = [rule.at_least for rule in self.policy.rules_on("class_size", grade=1, kind="statistic")]
        assert counted == [56, 66]

    def test_school_sizes(self):
        """2,000; 2,500 in nine-year and twelve-year schools (教督〔2017〕6号, government guarantee 4)."""
        sizes = [
            rule.at_most
            for first, last in ((1, 6), (7, 9), (1, 9), (1, 12))
            if (rule := self.policy.school_rule("school_size", first, last, 2026)) is not None
        ]
        assert sizes == [2000, 2000, 2500, 2500]

    def test_classes_of_a_school(self):
        """36 classes, 45 in nine-year schools (Shandong 2018)."""
        most = [self.policy.school_rule("classes_per_school", 1, last, 2026) for last in (6, 9)]
        assert [rule.at_most for rule in most if rule is not None] == [36, 45]

    def test_ways_of_500_and_1000_metres(self):
        """Service radius of a primary and a junior school (Shandong 2018)."""
        radius = [self.policy.governing("walk", grade, 2026) for grade in (1, 9)]
        assert [rule.at_most for rule in radius if rule is not None] == [500, 1000]

    def test_a_third_and_two_thirds(self):
        """6 by 31 August: 4 of 12 months of the births 7 years before, 8 of 12 of those 6 years before."""
        assert self.policy.entry.lags() == pytest.approx({7: 1 / 3, 6: 2 / 3})
        assert self.policy.entry.lag == 6

    def test_grade_names(self):
        """一年级 and grade 1."""
        assert self.policy.grade_label(1) == "grade 1"
        with speaking("zh"):
            assert self.policy.grade_label(1) == "一年级"
            assert self.policy.stage("junior").label == "初中"


class TestJiangyuan:
    policy = read_policy("jiangyuan-2017")

    def test_56_and_61_are_gone_by_the_end_of_2018(self):
        """「到2018年底,基本消除小学56人及以上、初中61人及以上大班额现象」: 55 and 60 comply, judged in autumn 2018."""
        limits = [self.policy.governing("class_size", grade, 2018, kind="limit") for grade in (1, 7)]
        assert [rule is not None and [rule.allows(55), rule.allows(56)] for rule in limits[:1]] == [
            [True, False]
        ]
        assert [rule is not None and [rule.allows(60), rule.allows(61)] for rule in limits[1:]] == [
            [True, False]
        ]
        assert self.policy.governing("class_size", 1, 2017) is None

    def test_shares_of_classes_in_2020(self):
        """95 % of classes within 45 and 50, at most 1 % of 51 and more, from the autumn of 2020."""
        shares = self.policy.rules_on("class_share", year=2020)
        assert [(rule.stage, rule.at_least, rule.at_most, rule.size) for rule in shares] == [
            ("primary", 0.95, None, 45),
            ("junior", 0.95, None, 50),
            ("", None, 0.01, 51),
        ]
        assert {rule.kind for rule in shares} == {"target"}
        assert self.policy.rules_on("class_share", year=2019) == []

    def test_classes_are_planned_at_the_standard_from_2020(self):
        """At 55 and 60, the shares could not be reached: 「逐步实现标准班额」."""
        assert [self.policy.caps((1, 7), year) for year in (2018, 2019, 2020, 2027)] == [
            [55, 60],
            [55, 60],
            [45, 50],
            [45, 50],
        ]


class TestDistrictX:
    policy = read_policy("district-x-2025")

    def test_45_50_50_55(self):
        """Primary 45 in the starting grade and 50 above, junior 50 and 55 (I(1)); intake strict since autumn 2025."""
        assert self.policy.caps(range(1, 10), 2025) == [45, 50, 50, 50, 50, 50, 50, 55, 55]
        assert self.policy.strict
        assert not any(read_policy(name).strict for name in SHIPPED if name != "district-x-2025")

    def test_17_schools_are_11_and_4_and_2(self):
        """
        「全县在校人数超过2000人的学校有17所(其中小学11所、初中4所、九年一贯制学校2所)」: 11 + 4 + 2 = 17.

        2,000 itself does not count. The document counts nine-year schools at 2,000 too; by the national 2,500 they
        would not be in it.
        """
        schools = [
            *((1, 6, 2001 + 40 * number) for number in range(11)),
            *((7, 9, 2001 + 90 * number) for number in range(4)),
            (1, 9, 2001),
            (1, 9, 2500),
            (1, 6, 2000),
            (7, 9, 2000),
            (1, 9, 1999),
        ]
        above = school_kinds(self.policy, schools)
        assert above == {(1, 6): 11, (7, 9): 4, (1, 9): 2}
        assert sum(above.values()) == 17
        assert school_kinds(read_policy("cn-shandong"), schools) == {(1, 6): 11, (7, 9): 4}

    def test_1206_oversize_classes(self):
        """
        257 + 808 + 125 + 16 = 1,206 classes above 45, 50, 50 and 55 (I(1)), counted grade by grade.

        Beside them stand as many classes at the threshold exactly, which do not count.
        """
        found = {
            "start": (1, 46, 257),
            "other": (4, 51, 808),
            "junior": (7, 51, 125),
            "junior other": (9, 56, 16),
        }
        above = 0
        for grade, size, classes in found.values():
            sizes = np.repeat([size, size - 1], classes)
            limit = self.policy.governing("class_size", grade, 2025)
            assert limit is not None
            above += sum(limit.counts(each) for each in sizes)
        assert above == 1206


class TestScotland:
    policy = read_policy("scotland")

    def test_25_30_33(self):
        """P1 25, P2-P3 30, P4-P7 33; marked as local."""
        assert self.policy.caps(range(1, 8), 2019) == [25, 30, 30, 33, 33, 33, 33]
        assert all(rule.source.startswith("Local, to be checked") for rule in self.policy.rules)

    def test_births_enter_after_five_cohort_years(self):
        """P1 of year Y is cohort Y-5; the cohort that closes in February 2015 enters in autumn 2019, 4.5 years old."""
        assert self.policy.entry.lags() == {5: 1.0}
        assert self.policy.entry.lag == 4

    def test_labels(self):
        """Grades are called P1 to P7 in both languages."""
        for language in ("en", "zh"):
            with speaking(language):
                assert [self.policy.grade_label(grade) for grade in (1, 7)] == ["P1", "P7"]

    def test_no_class_above_33_is_opened(self):
        """Largest class in every grade; the formation is anew each year."""
        assert {self.policy.worst(grade, 2019) for grade in range(1, 8)} == {33}
        assert self.policy.classes.formation == "reformed"


class TestEntry:
    def test_a_cut_off_in_february_lies_in_the_year_after(self):
        """5 by the end of February of the school year: 10 of 12 months of the births 5 years before, 2 of 12 of 4."""
        entry = Entry(age=5, cut_off="02-28")
        assert entry.lags() == pytest.approx({5: 10 / 12, 4: 2 / 12})

    def test_a_cut_off_at_the_end_of_the_year_is_one_calendar_year(self):
        """Hunan lets counties go to 31 December: all born 6 years before."""
        assert Entry(cut_off="12-31").lags() == {6: 1.0}


class TestReading:
    def write(self, folder: Path, text: str) -> Path:
        path = folder / "own.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def faults(self, folder: Path, text: str) -> list[str]:
        with pytest.raises(PolicyError) as caught:
            read_policy(self.write(folder, text))
        return caught.value.lines("en")

    def test_a_profile_builds_on_another(self, tmp_path: Path):
        """One key of [classes], one rule; the rest stays Shandong's."""
        own = read_policy(
            self.write(
                tmp_path,
                """
                extends = "cn-shandong"
                name = "Yuhe"
                [classes]
                worst = 58
                [[rules]]
                rule = "class_size"
                stage = "primary"
                grades = "start"
                at_most = 40
                since = 2027
                source = "Intake notice 2027, item 3"
                """,
            )
        )
        base = read_policy("cn-shandong")
        assert (own.profile, own.name, own.name_zh) == ("own", "Yuhe", base.name_zh)
        assert own.classes == base.classes.model_copy(update={"worst": 58})
        assert own.caps(range(1, 4), 2027) == [40, 45, 45]
        assert own.rules[: len(base.rules)] == base.rules

    def test_5_4_stages_move_the_starting_grades(self, tmp_path: Path):
        """A 5-4 district: the rules of the stages follow the new ranges."""
        own = read_policy(
            self.write(
                tmp_path,
                """
                extends = "cn-shandong"
                [[stages]]
                stage = "primary"
                grades = "1-5"
                name = "primary"
                name_zh = "小学"
                [[stages]]
                stage = "junior"
                grades = "6-9"
                name = "junior"
                name_zh = "初中"
                """,
            )
        )
        assert own.caps(range(1, 10), 2026) == [45] * 5 + [50] * 4

    def test_a_relative_path_starts_at_the_folder(self, tmp_path: Path):
        """A district names a profile beside it."""
        self.write(tmp_path, 'extends = "scotland"')
        assert read_policy("own.toml", folder=tmp_path).cap(1, 2026) == 25

    def test_all_faults_of_a_file_with_file_and_key(self, tmp_path: Path):
        """A misspelt key, a word for a number, a wrong choice and a missing source: four messages."""
        lines = self.faults(
            tmp_path,
            """
            extends = "cn-shandong"
            strickt = true
            [classes]
            worst = "many"
            formation = "mixed"
            [[rules]]
            rule = "class_size"
            at_most = 40
            """,
        )
        path = tmp_path / "own.toml"
        assert lines == [
            f"{path}: classes.formation is 'mixed'; allowed are 'kept', 'reformed', 'none'",
            f"{path}: classes.worst is 'many', where a whole number belongs",
            f"{path}: there is no key strickt; did you mean strict?",
            f"{path}: rules[1].source is missing",
        ]

    def test_faults_are_said_in_the_language(self, tmp_path: Path):
        """No key of a message is lost when it is kept and said later."""
        with pytest.raises(PolicyError) as caught:
            read_policy(self.write(tmp_path, 'extends = "cn-shandong"\n[classes]\nworst = 0\nleast = 99'))
        assert caught.value.lines("en") == [
            f"{tmp_path / 'own.toml'}: classes.worst is 0, below what is allowed (1)",
            f"{tmp_path / 'own.toml'}: classes.least is 99, above what is allowed (60)",
        ]

    def test_stages_that_overlap_are_refused(self, tmp_path: Path):
        """Grade 6 cannot be primary and junior."""
        lines = self.faults(
            tmp_path,
            """
            extends = "cn-shandong"
            [[stages]]
            stage = "primary"
            grades = "1-6"
            name = "primary"
            name_zh = "小学"
            [[stages]]
            stage = "junior"
            grades = "6-9"
            name = "junior"
            name_zh = "初中"
            """,
        )
        assert [line.partition(": ")[2] for line in lines] == [
            "stages must rise without sharing a grade; junior starts at grade 6, primary ends at 6"
        ]

    def test_rules_of_a_stage_taken_away_are_refused(self, tmp_path: Path):
        """Without the junior stage, its rules hold for nobody."""
        lines = self.faults(
            tmp_path,
            """
            extends = "cn-shandong"
            [[stages]]
            stage = "primary"
            grades = "1-6"
            name = "primary"
            name_zh = "小学"
            """,
        )
        assert all("there is no stage 'junior'; known are primary" in line for line in lines)
        assert len(lines) == 3

    def test_a_profile_without_standard_class_size_is_refused(self, tmp_path: Path):
        """Rooms could not be turned into seats in grades 4 to 6."""
        lines = self.faults(
            tmp_path,
            """
            name = "own"
            name_zh = "自定"
            [[stages]]
            stage = "primary"
            grades = "1-6"
            name = "primary"
            name_zh = "小学"
            [[rules]]
            rule = "standard_class_size"
            grades = "1-3"
            at_most = 45
            source = "test"
            """,
        )
        assert len(lines) == 1
        assert "standard_class_size (at_most, without dates) for grade 4, 5, 6" in lines[0]

    def test_a_circle_of_profiles_is_refused(self, tmp_path: Path):
        """Two files that extend each other."""
        (tmp_path / "other.toml").write_text('extends = "own.toml"', encoding="utf-8")
        assert "extends itself" in self.faults(tmp_path, 'extends = "other.toml"')[0]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "name is missing"),
            (b"\xff\xfe\x00random\x91", "UTF-8"),
            (b"rules = [", "not a TOML file"),
            (b"extends = 3", "extends names one profile or file"),
            (b'extends = "cn-shandong"\nrules = "none"', "rules is 'none', where a list in brackets belongs"),
            (b'extends = "cn-shandong"\nentry = 6', "entry is 6, where a table of keys and values belongs"),
            (b'extends = "cn-shandong"\n[entry]\ncut_off = "31-08"', "no month and day"),
            (b'extends = "cn-shandong"\n[entry]\nbirth_lags = {6 = 0.5}', "sum to 0.5"),
            (b'extends = "cn-shandong"\n[classes]\nsteps = [29, 29]', "steps must rise"),
        ],
    )
    def test_files_that_are_no_profile(self, tmp_path: Path, content: bytes, said: str):
        """Each says what is wrong, and never fails otherwise."""
        path = tmp_path / "own.toml"
        path.write_bytes(content)
        with pytest.raises(PolicyError) as caught:
            read_policy(path)
        assert any(said in line for line in caught.value.lines("en"))

    def test_a_missing_file(self, tmp_path: Path):
        """Named, not guessed."""
        with pytest.raises(PolicyError, match="there is no such file"):
            read_policy(tmp_path / "none.toml")

    def test_a_misspelt_profile(self):
        """The nearest shipped one is suggested; a name like none of them lists all."""
        with pytest.raises(PolicyError, match="did you mean cn-shandong"):
            read_policy("cn-shangdong")
        with pytest.raises(PolicyError, match="shipped are cn-shandong, district-x-2025"):
            read_policy("zzz")
