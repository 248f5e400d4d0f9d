"""Delimited text in the encodings, separators and layouts that bureaus' spreadsheets write."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.district import check_path, read_district
from planner.district.files import Source, load
from planner.district.files.delimited import load_csv
from planner.district.formulas import as_meant
from planner.errors import DataError
from tests.district import square

if TYPE_CHECKING:
    from pathlib import Path

    from planner.district import Finding

ENGLISH = "school,grade,year,pupils,classes\nn,1,2026,40,1\n"
CHINESE = "学校编号,年级,学年,在校生数\nn,1,2026,38\n北校,2,2026,41\n"


def enrolment(content: bytes | str) -> tuple[list[list[object]] | None, list[Finding]]:
    """Return the cells of a text as the table enrolment, and what was found."""
    content = content.encode() if isinstance(content, str) else content
    raw, findings = load_csv(Source(table="enrolment"), content)
    return None if raw is None else raw.frame.to_numpy().tolist(), findings


def codes(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.level, finding.code) for finding in findings]


def the_error(content: bytes | str) -> str:
    rows, findings = enrolment(content)
    assert rows is None
    (finding,) = findings
    assert (finding.level, finding.code) == ("error", "D003")
    return str(finding.text)


class TestEncoding:
    @pytest.mark.parametrize(
        ("encoding", "said"),
        [("utf-8", False), ("utf-8-sig", False), ("gb18030", True), ("gbk", True), ("utf-16", True)],
    )
    def test_chinese_text_reads_the_same_in_every_encoding(self, encoding: str, *, said: bool) -> None:
        """A note names the encoding unless it is UTF-8."""
        rows, findings = enrolment(CHINESE.encode(encoding))
        assert rows == [["n", "1", "2026", "38"], ["北校", "2", "2026", "41"]]
        assert codes(findings) == ([("note", "D100")] if said else [])

    def test_english_heads_with_common_chinese_cells_are_gb18030(self) -> None:
        """北 is among the 3,755 characters of the first level of GB 2312."""
        rows, findings = enrolment((ENGLISH + "北,1,2026,3,1\n").encode("gb18030"))
        assert rows is not None
        assert rows[1][0] == "北"
        assert "GB18030" in str(findings[0].text)

    @pytest.mark.parametrize(
        "content",
        [
            (ENGLISH + "Süd,1,2026,3,1\nGröße,2,2026,3,1\n").encode("cp1252"),
            (ENGLISH + "中國學校,1,2026,3,1\n臺灣省,1,2026,3,1\n").encode("big5"),
            CHINESE.encode().replace("北".encode(), "北".encode()[:2]),
            (ENGLISH + "校舍楼,1,2026,3,1\n").encode().replace("舍".encode(), b"\xe8\x88"),
            ENGLISH.encode() + b"\xff\xfe\xfd\n",
        ],
        ids=["Latin", "Big5", "damaged", "damaged, English heads", "no text"],
    )
    def test_what_is_neither_is_refused_with_the_line(self, content: bytes) -> None:
        """Latin letters, traditional characters and damaged UTF-8 would read as rare Chinese characters."""
        assert "in line 3" in the_error(content)

    def test_nul_bytes_are_no_text(self) -> None:
        """A file of zeros, as a full disk leaves it."""
        assert "no text" in the_error("school,grade\0,year,pupils\n")

    def test_damaged_utf_16(self) -> None:
        """Half a pair is refused."""
        assert "UTF-16" in the_error(CHINESE.encode("utf-16") + b"\x00\xd8")

    def test_characters_without_width_are_left_out(self) -> None:
        """A zero-width space copied with an id is no part of it."""
        rows, _ = enrolment(ENGLISH.replace("n,", "n\u200b,"))
        assert rows is not None
        assert rows[0][0] == "n"


class TestSeparators:
    @pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
    def test_the_separator_is_that_under_which_the_heads_are_known(self, separator: str) -> None:
        """A note names the separator unless it is the comma."""
        rows, findings = enrolment(CHINESE.replace(",", separator))
        assert rows == [["n", "1", "2026", "38"], ["北校", "2", "2026", "41"]]
        assert codes(findings) == ([] if separator == "," else [("note", "D100")])

    def test_excels_line_that_names_the_separator_is_left_out(self) -> None:
        """The line sep=; is Excel's; rows are counted with it."""
        rows, findings = enrolment("sep=;\n" + ENGLISH.replace(",", ";") + "x;1\n")
        assert rows == [["n", "1", "2026", "40", "1"]]
        assert findings[0].rows == (4,)

    def test_upright_bars_are_refused(self) -> None:
        assert "not separated by commas" in the_error(ENGLISH.replace(",", "|"))

    def test_a_quoted_separator_is_text(self) -> None:
        """Between quotation marks a comma is no separator."""
        rows, _ = enrolment('school,grade,year,pupils,counted_on\n"a,b",1,2026,40,2026-09-05\n')
        assert rows is not None
        assert rows[0][0] == "a,b"

    def test_files_ending_in_txt_are_read_under_the_name_of_a_table(self, folder: Path) -> None:
        """Excel saves Unicode text as UTF-16 with tabs, ending in .txt; notes.txt is left alone."""
        text = (folder / "enrolment.csv").read_text("utf-8-sig")
        (folder / "enrolment.csv").unlink()
        (folder / "在校生.txt").write_text(text.replace(",", "\t"), "utf-16")
        (folder / "notes.txt").write_text("notes")
        district = read_district(folder)
        assert len(district["enrolment"]) == len(square.tables()["enrolment"])
        assert [notice.code for notice in district.notices] == ["D100"]


class TestNumbers:
    def of(self, folder: Path, text: str) -> list[float]:
        (folder / "travel.csv").write_text(text, "utf-8")
        return read_district(folder)["travel"]["metres"].tolist()

    def test_decimal_commas_where_semicolons_separate(self, folder: Path) -> None:
        """3,5 is three and a half, and 1.234,5 has a thousand."""
        assert self.of(folder, "block;school;metres\nNW;s;3,5\nNE;s;1.234,5\nSW;s;7\n") == [3.5, 1234.5, 7]

    def test_thousands(self, folder: Path) -> None:
        """Commas and blanks set thousands apart, full-width digits are digits, no-break spaces are blanks."""
        text = 'block,school,metres\nNW,s,"1,234"\nNE,s,１ 234.5\nSW,s,\u00a0567\u00a0\n'
        assert self.of(folder, text) == [1234, 1234.5, 567]

    @pytest.mark.parametrize(
        "text",
        [
            "block;school;metres\nNW;s;1,234\n",
            "block;school;metres\nNW;s;3,5\nNE;s;1.234\n",
            "block;school;metres\nNW;s;3,5\nNE;s;1,234,567\n",
            'block,school,metres\nNW,s,"3,5"\n',
            "block,school,metres\nNW,s,12 34\n",
        ],
    )
    def test_what_can_be_two_numbers_is_none(self, folder: Path, text: str) -> None:
        """1,234 alone in a file of semicolons may be 1.234 or 1234; 3,5 among commas may be two figures."""
        (folder / "travel.csv").write_text(text, "utf-8")
        with pytest.raises(DataError, match=r"column metres, rows [23].*: Not numbers"):
            read_district(folder)

    def test_errors_of_a_spreadsheet_are_named(self) -> None:
        """#N/A in a CSV is no name and no figure; the cell is named as in the spreadsheet."""
        rows, (finding,) = enrolment(ENGLISH + "#REF!,1,2026,#N/A,1\n")
        assert rows is not None
        assert rows[1] == ["", "1", "2026", "", "1"]
        assert (finding.code, finding.level) == ("D102", "error")
        assert "A3 (#REF!), D3 (#N/A)" in str(finding.text)


class TestLayout:
    def test_titles_above_the_heads_are_left_out_with_a_note(self) -> None:
        """Lines of one filled cell above a line with two known heads are titles; rows are counted with them."""
        rows, findings = enrolment("某区2026年在校生情况,,,,\n单位：人\n\n" + ENGLISH + "x,1\n")
        assert rows == [["n", "1", "2026", "40", "1"]]
        assert codes(findings) == [("note", "D100"), ("error", "D003")]
        assert [finding.rows for finding in findings] == [(1, 2), (6,)]

    def test_a_line_of_two_cells_above_the_heads_is_no_title(self, folder: Path) -> None:
        """It may be a row of heads: the table is refused."""
        (folder / "enrolment.csv").write_text("填表人,日期\n" + ENGLISH, "utf-8")
        assert {finding.code for finding in check_path(folder) if finding.level == "error"} >= {"D006"}

    def test_blank_columns_and_rows_at_the_end_are_nothing(self) -> None:
        rows, findings = enrolment("school,grade,year,pupils,,,\nn,1,2026,40,,,\n,,,,,,\n\n")
        assert rows == [["n", "1", "2026", "40"]]
        assert findings == []

    def test_ten_thousand_columns_are_no_table(self) -> None:
        assert "10004 columns" in the_error(
            ENGLISH.splitlines()[0].replace(",classes", "")
            + "".join(f",c{number}" for number in range(10_000))
            + "\n"
        )

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"PK\x03\x04rest", "Excel workbook"),
            (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
            (b"<html><table><tr>", "web page"),
        ],
    )
    def test_other_files_renamed_are_named(self, content: bytes, what: str) -> None:
        assert what in the_error(content)

    def test_a_file_too_large_is_not_opened(self, folder: Path) -> None:
        """101 MB of nothing: told from its size alone."""
        with (folder / "travel.csv").open("wb") as file:
            file.seek(101_000_000)
            file.write(b"\n")
        with pytest.raises(DataError, match=r"travel.csv: The file has 101 MB"):
            read_district(folder)

    def test_a_line_without_end_is_not_taken_apart(self) -> None:
        """21 MB of commas would be 21 million cells."""
        assert "line is longer" in the_error(ENGLISH + "," * 21_000_000 + "\n")

    def test_tables_in_formats_that_are_not_read_are_told(self, folder: Path) -> None:
        (folder / "travel.csv").rename(folder / "travel.ods")
        (notice,) = read_district(folder).notices
        assert (notice.code, notice.level, notice.file) == ("D005", "warning", "travel.ods")


texts = st.text(st.sampled_from("学校编号北海路小学第一二三ab12 ,;\t，\"'|=+-@。（）\n"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(st.lists(texts, min_size=3, max_size=3), min_size=1, max_size=4),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    separator=st.sampled_from([",", ";", "\t"]),
)
def test_a_table_reads_back_equal_in_every_encoding_and_separator(
    cells: list[list[str]], encoding: str, separator: str
) -> None:
    """Whatever stands in the cells; rows without anything are no rows. An apostrophe before a formula is taken off."""
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerows([["学校编号", "学年", "说明"], *cells])
    raw, findings = load_csv(Source(table="events"), written.getvalue().encode(encoding))
    assert raw is not None
    assert not [finding for finding in findings if finding.level != "note"]
    assert list(raw.frame.columns) == ["学校编号", "学年", "说明"]
    filled = [row for row in cells if any(cell.strip() for cell in row)]
    assert raw.frame.to_numpy().tolist() == [[as_meant(cell) for cell in row] for row in filled]


@settings(max_examples=150, deadline=None)
@given(
    content=st.binary(max_size=60),
    start=st.sampled_from([b"", b"school,grade,year,pupils\n", "学校编号,学年\n".encode("gbk")]),
)
def test_any_bytes_give_rows_or_findings(content: bytes, start: bytes) -> None:
    """Never an exception, never nothing at all."""
    raw, findings = load_csv(Source(table="enrolment"), start + content)
    assert raw is not None or findings


def test_a_missing_file_is_one_message(tmp_path: Path) -> None:
    """It may go between the listing of a folder and its reading."""
    raw, digest, (finding,) = load(Source(table="travel", path=tmp_path / "travel.csv"))
    assert (raw, digest, finding.code) == (None, "", "D003")
