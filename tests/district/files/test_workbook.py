"""Excel workbooks: sheets found by name, cells read exactly, and everything refused that a reader could miss."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.district import check_path, read_district
from planner.district.files import find_sources, load
from planner.errors import DataError
from tests.district import square
from tests.district.files import books

if TYPE_CHECKING:
    from pathlib import Path

    import xlsxwriter

    from planner.district import District, Finding

HEADS = ["school", "grade", "year", "pupils", "classes"]
WRITERS = {".xlsx": books.write_xlsx, ".xls": books.write_xls}


def errors(path: Path) -> list[str]:
    with pytest.raises(DataError) as raised:
        read_district(path, crs=square.CRS)
    return raised.value.lines("en")


def one_sheet(path: Path) -> tuple[list[list[object]] | None, list[Finding]]:
    """Return the cells of a workbook's one sheet as the table enrolment, and what was found."""
    ((source,), findings) = find_sources(path)
    raw, _, faults = load(source)
    return None if raw is None else raw.frame.to_numpy().tolist(), [*findings, *faults]


def same_tables(district: District) -> None:
    reference = square.district()
    for name in reference.tables:
        pd.testing.assert_frame_equal(pd.DataFrame(district[name]), pd.DataFrame(reference[name]))
    assert district.blocks.geometry.equals(reference.blocks.geometry)
    assert district.schools.geometry.equals(reference.schools.geometry)


class TestSheets:
    @pytest.mark.parametrize("ending", [".xlsx", ".xls"])
    def test_a_workbook_can_be_the_whole_district(self, tmp_path: Path, ending: str) -> None:
        """One sheet a table, points in columns x and y, polygons in WKT, in the coordinate system named with crs."""
        path = WRITERS[ending](tmp_path / f"square{ending}", books.the_square())
        district = read_district(path, crs=square.CRS)
        same_tables(district)
        assert set(district.digests) == {path.name}
        assert district.notices == ()

    def test_sheets_go_by_chinese_names_too(self, tmp_path: Path) -> None:
        """在校生 is enrolment; a sheet that is no table is left out with a warning, an empty one without."""
        sheets = books.the_square(notes=[["a"]], Sheet9=[])
        sheets["在校生"] = sheets.pop("enrolment")
        district = read_district(books.write_xlsx(tmp_path / "d.xlsx", sheets), crs=square.CRS)
        assert len(district["enrolment"]) == len(square.tables()["enrolment"])
        (notice,) = district.notices
        assert (notice.code, notice.file) == ("D005", "d.xlsx:notes")

    def test_the_only_sheet_goes_by_the_name_of_its_file(self, folder: Path) -> None:
        """Sheet1 of 在校生.xlsx is enrolment, though Sheet2 and Sheet3 are there, empty."""
        rows = books.rows_of(square.tables()["enrolment"])
        (folder / "enrolment.csv").unlink()
        path = books.write_xlsx(folder / "在校生.xlsx", {"Sheet1": rows, "Sheet2": [], "Sheet3": []})
        district = read_district(folder)
        assert len(district["enrolment"]) == len(rows) - 1
        assert len(district.digests[path.name]) == 64

    def test_two_sheets_of_one_table_file_are_told(self, folder: Path) -> None:
        """Which of the two is meant is not guessed."""
        (folder / "enrolment.csv").unlink()
        books.write_xlsx(folder / "enrolment.xlsx", {"2025": [HEADS], "2026": [HEADS]})
        with pytest.raises(DataError, match="holds several sheets: 2025, 2026"):
            read_district(folder)

    def test_a_table_in_a_sheet_and_in_a_file(self, folder: Path) -> None:
        books.write_xlsx(folder / "more.xlsx", {"enrolment": [HEADS]})
        with pytest.raises(DataError, match=r"more.xlsx:enrolment: Table enrolment is also in enrolment.csv"):
            read_district(folder)

    def test_workbooks_open_in_excel_leave_a_lock_file_that_is_nothing(self, folder: Path) -> None:
        (folder / "~$enrolment.xlsx").write_bytes(b"\x05user")
        assert read_district(folder).notices == ()


class TestCells:
    @pytest.mark.parametrize("ending", [".xlsx", ".xls"])
    def test_numbers_are_exact_and_whole_ones_have_no_point(self, tmp_path: Path, ending: str) -> None:
        """12345.0 is 12345; 0.1 + 0.2 is 0.3, as Excel shows it; 117.563 stays."""
        rows = [HEADS, [12345.0, 0.1 + 0.2, 117.563, 1e15, -7], ["007", 1, 2, 3, 4]]
        cells, findings = one_sheet(WRITERS[ending](tmp_path / f"enrolment{ending}", {"Sheet1": rows}))
        assert cells == [["12345", "0.3", "117.563", "1000000000000000", "-7"], ["007", "1", "2", "3", "4"]]
        assert findings == []

    def test_dates_and_truth_values(self, tmp_path: Path) -> None:
        """A cell in any date format is a date, Excel's Chinese ones (31: 2026年9月1日) among them."""

        def draw(book: xlsxwriter.Workbook) -> None:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, HEADS)
            for column, shown in enumerate(["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "[$-804]yyyy/m/d;@", 31, 57]):
                sheet.write_datetime(1, column, dt.date(2026, 9, 1), book.add_format({"num_format": shown}))
            sheet.write_datetime(
                2, 0, pd.Timestamp("2026-09-01 08:30").to_pydatetime(), book.add_format({"num_format": 22})
            )
            sheet.write_boolean(2, 1, boolean=True)
            for column, shown in enumerate(["0%", '#,##0"元";[Red]-#,##0', "G/通用格式"], start=2):
                sheet.write_number(2, column, 0.5, book.add_format({"num_format": shown}))

        cells, _ = one_sheet(books.drawn(tmp_path / "enrolment.xlsx", draw))
        assert cells == [["2026-09-01"] * 5, ["2026-09-01 08:30:00", "TRUE", "0.5", "0.5", "0.5"]]

    def test_days_count_from_1904_where_the_workbook_says_so(self, tmp_path: Path) -> None:
        """Workbooks of old Macintoshes: the same number is a day four years later."""
        path = tmp_path / "enrolment.xlsx"
        book = openpyxl.Workbook()
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.worksheets[0].append([*HEADS])
        book.worksheets[0].append([dt.date(2026, 9, 1)])
        book.save(path)
        cells, _ = one_sheet(path)
        assert cells is not None
        assert cells[0][0] == "2026-09-01"

    def test_dates_of_the_old_format(self, tmp_path: Path) -> None:
        """And truth values, and errors: #DIV/0! is number 7."""
        book = xlwt.Workbook()
        sheet = book.add_sheet("Sheet1")
        for column, head in enumerate(HEADS):
            sheet.write(0, column, head)
        sheet.write(1, 0, dt.date(2026, 9, 1), xlwt.easyxf(num_format_str="YYYY-MM-DD"))
        sheet.write(1, 1, True)
        sheet.row(1).set_cell_error(2, "#DIV/0!")
        book.save(str(tmp_path / "enrolment.xls"))
        cells, (finding,) = one_sheet(tmp_path / "enrolment.xls")
        assert cells is not None
        assert cells[0][:3] == ["2026-09-01", "TRUE", ""]
        assert "C2 (#DIV/0!)" in str(finding.text)

    def test_formulas_count_with_the_value_that_is_kept(self, tmp_path: Path) -> None:
        """A cached 41 is 41, a cached text is text; an error is named with its cell."""

        def draw(book: xlsxwriter.Workbook) -> None:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, HEADS)
            sheet.write_formula(1, 0, '="n"', value="n")
            sheet.write_formula(1, 1, "=40+1", value=41)
            sheet.write_formula(1, 2, "=1/0", value="#DIV/0!")

        cells, (finding,) = one_sheet(books.drawn(tmp_path / "enrolment.xlsx", draw))
        assert cells == [["n", "41", "", "", ""]]
        assert (finding.level, finding.code) == ("error", "D102")
        assert "C2 (#DIV/0!)" in str(finding.text)

    def test_formulas_without_a_kept_value_are_refused(self, tmp_path: Path) -> None:
        """Programs write formulas without working them out: blank would be a silent gap."""
        book = openpyxl.Workbook()
        book.worksheets[0].append(HEADS)
        book.worksheets[0].append(["n", 1, 2026, "=20+20", 1])
        book.save(tmp_path / "enrolment.xlsx")
        _, (finding,) = one_sheet(tmp_path / "enrolment.xlsx")
        assert (finding.level, finding.code) == ("error", "D102")
        assert "D2" in str(finding.text)

    def test_phonetic_hints_are_no_part_of_a_text(self, tmp_path: Path) -> None:
        """East Asian Excel keeps the reading of a word beside it."""
        path = books.write_xlsx(tmp_path / "enrolment.xlsx", {"Sheet1": [HEADS, ["北校", 1, 2026, 3, 1]]})
        books.with_part(
            path,
            "xl/sharedStrings.xml",
            lambda part: part.replace(
                "<t>北校</t>".encode(),
                "<r><t>北</t></r><r><t>校</t></r><rPh sb='0' eb='1'><t>bei</t></rPh>".encode(),
            ),
        )
        cells, _ = one_sheet(path)
        assert cells is not None
        assert cells[0][0] == "北校"

    def test_text_that_looks_like_a_formula_stays_text(self, tmp_path: Path) -> None:
        rows = [HEADS, ["=1+1", "@a", "+b", "-c", " d "]]
        cells, _ = one_sheet(books.write_xlsx(tmp_path / "enrolment.xlsx", {"Sheet1": rows}))
        assert cells == [["=1+1", "@a", "+b", "-c", " d "]]

    def test_ids_that_lost_their_zeros_are_told_as_in_a_csv(self, tmp_path: Path) -> None:
        """The school 007, kept as the number 7, is unknown; the message says where zeros go."""
        schools = books.rows_of(square.tables()["schools"])
        schools[1][0] = "007"
        sheets = books.the_square(schools=schools)
        for name in ("enrolment", "catchments"):
            sheets[name] = [[7 if cell == "n" else cell for cell in row] for row in sheets[name]]
        messages = errors(books.write_xlsx(tmp_path / "d.xlsx", sheets))
        assert any("enrolment" in line and "7" in line and "zeros" in line for line in messages)


class TestWhatCouldBeMissed:
    def merged(self, path: Path, *ranges: tuple[str, str], title: bool = False) -> list[Finding]:
        def draw(book: xlsxwriter.Workbook) -> None:
            sheet = book.add_worksheet()
            for number, row in enumerate([HEADS, ["n", 1, 2026, 40, 1], ["n", 2, 2026, 40, 1]]):
                sheet.write_row(number + title, 0, row)
            for cells, text in ranges:
                sheet.merge_range(cells, text)

        return one_sheet(books.drawn(path, draw))[1]

    @pytest.mark.parametrize(("cells", "text"), [("A1:C1", "school"), ("A2:A3", "n")])
    def test_merged_cells_are_refused_by_name(self, tmp_path: Path, cells: str, text: str) -> None:
        """In the head as in the body: all but the first cell of them are blank."""
        findings = self.merged(tmp_path / "enrolment.xlsx", (cells, text))
        (finding,) = [finding for finding in findings if finding.code == "D101"]
        assert finding.level == "error"
        assert f"Merged cells {cells} in sheet Sheet1" in str(finding.text)

    def test_a_merged_title_above_the_heads_is_a_title(self, tmp_path: Path) -> None:
        (finding,) = self.merged(tmp_path / "enrolment.xlsx", ("A1:E1", "某区2026年在校生"), title=True)
        assert (finding.level, finding.code, finding.rows) == ("note", "D100", (1,))

    def test_merged_cells_of_the_old_format(self, tmp_path: Path) -> None:
        book = xlwt.Workbook()
        sheet = book.add_sheet("学校")
        sheet.write_merge(0, 0, 0, 2, "school")
        sheet.write_merge(1, 2, 3, 3, "x")
        book.save(str(tmp_path / "enrolment.xls"))
        findings = one_sheet(tmp_path / "enrolment.xls")[1]
        assert any("A1:C1, D2:D3 in sheet 学校" in str(finding.text) for finding in findings)

    @pytest.mark.parametrize("ending", [".xlsx", ".xls"])
    def test_hidden_sheets_rows_and_columns_are_read_and_said(self, tmp_path: Path, ending: str) -> None:
        """A filter hides rows; they count, and a note says which."""
        path = tmp_path / f"enrolment{ending}"
        rows = [HEADS, ["n", 1, 2026, 40, 1], ["n", 2, 2026, 40, 1]]
        if ending == ".xls":
            book = xlwt.Workbook()
            sheet = book.add_sheet("Sheet1")
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    sheet.write(number, column, cell)
            sheet.row(1).hidden = True
            sheet.col(4).hidden = True
            book.save(str(path))
        else:

            def draw(book: xlsxwriter.Workbook) -> None:
                book.add_worksheet("first")
                sheet = book.add_worksheet("Sheet1")
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row)
                sheet.set_row(1, None, None, {"hidden": True})
                sheet.set_column("E:E", None, None, {"hidden": True})
                sheet.hide()

            books.drawn(path, draw)
        cells, findings = one_sheet(path)
        assert cells is not None
        assert len(cells) == 2
        assert {(finding.level, finding.code) for finding in findings} == {("note", "D103")}
        said = [str(finding.text) for finding in findings]
        assert said[-2:] == ["Hidden columns: E.", "Hidden rows."]
        assert findings[-1].rows == (2,)
        assert ("The sheet is hidden." in said) == (ending == ".xlsx")


class TestBadFiles:
    @pytest.mark.parametrize("ending", [".xlsx", ".xls"])
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
    def test_cut_off(self, tmp_path: Path, ending: str, share: float) -> None:
        """A district or a table whose workbook was cut off gives one message."""
        path = WRITERS[ending](tmp_path / f"enrolment{ending}", books.the_square())
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        assert check_path(path)
        assert all("enrolment" in line for line in errors(path))

    def test_encrypted(self, tmp_path: Path) -> None:
        """Excel keeps an encrypted .xlsx as a compound file with a stream EncryptedPackage."""
        path = tmp_path / "d.xlsx"
        path.write_bytes(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
        )
        (message,) = errors(path)
        assert "protected by a password" in message

    def test_an_old_workbook_that_is_encrypted(self, tmp_path: Path) -> None:
        """A record FILEPASS (0x2F) at its start says so."""
        path = books.write_xls(tmp_path / "d.xls", {"schools": [["school"]]})
        content = path.read_bytes()
        start = content.index(struct.pack("<HHH", 0x809, 16, 0x600))
        after = start + 20
        path.write_bytes(content[:after] + struct.pack("<HHHHH", 0x2F, 6, 0, 1, 1) + content[after + 10 :])
        (message,) = errors(path)
        assert "protected by a password" in message

    def test_a_workbook_that_unpacks_to_a_flood(self, tmp_path: Path) -> None:
        """310 MB of blanks pack into 300 kB."""
        path = books.write_xlsx(tmp_path / "d.xlsx", {"schools": [["school"]]})
        books.with_part(path, "xl/worksheets/sheet1.xml", lambda part: part + b" " * 310_000_000)
        (message,) = errors(path)
        assert "unpacks to more" in message

    def test_a_package_without_a_workbook(self, tmp_path: Path) -> None:
        """A zip archive of another program, whose relations name no workbook."""
        path = books.write_xlsx(tmp_path / "d.xlsx", {"schools": [["school"]]})
        books.with_part(path, "_rels/.rels", lambda part: part.replace(b"/officeDocument", b"/drawing"))
        (message,) = errors(path)
        assert "cannot be read as an Excel workbook" in message

    def test_parts_packed_as_no_workbook_is(self, tmp_path: Path) -> None:
        """LZMA, whose damage raises an error of its own kind; the format knows plain and deflated parts alone."""
        path = tmp_path / "d.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
            archive.writestr("_rels/.rels", "<Relationships>" + "x" * 1000 + "</Relationships>")
        content = bytearray(path.read_bytes())
        content[60:75] = bytes(byte ^ 0xFF for byte in content[60:75])
        path.write_bytes(content)
        (message,) = errors(path)
        assert "cannot be read as an Excel workbook" in message

    def test_entities_that_grow_are_refused(self, tmp_path: Path) -> None:
        """Expat itself ends what multiplies beyond measure."""
        path = books.write_xlsx(tmp_path / "d.xlsx", {"schools": [["school"]]})
        names = [f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10)]
        bomb = f'<!DOCTYPE sst [<!ENTITY a0 "{"x" * 100}">{"".join(names)}]><sst><si><t>&a9;</t></si></sst>'
        books.with_part(path, "xl/sharedStrings.xml", lambda _: bomb.encode())
        (message,) = errors(path)
        assert "cannot be read as an Excel workbook" in message

    @pytest.mark.parametrize(
        ("name", "content", "what"),
        [
            ("d.xlsx", b"school,name\n", "perhaps it is text"),
            ("d.xls", b"school,name\n", "perhaps it is text"),
            ("d.xls", b"<html><table></table></html>", "web page"),
            ("d.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel workbook"),
            ("d.xls", b"PK\x03\x04" + bytes(600), "of the new format"),
            ("d.xlsx", b"PK\x03\x04" + bytes(600), "cannot be read as an Excel workbook"),
            ("d.xlsx", b"", "is empty"),
        ],
    )
    def test_files_that_are_something_else(
        self, tmp_path: Path, name: str, content: bytes, what: str
    ) -> None:
        (tmp_path / name).write_bytes(content)
        (message,) = errors(tmp_path / name)
        assert what in message

    def test_an_archive_that_is_no_workbook(self, tmp_path: Path) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.txt", "a")
        (tmp_path / "d.xlsx").write_bytes(buffer.getvalue())
        (message,) = errors(tmp_path / "d.xlsx")
        assert "cannot be read as an Excel workbook" in message

    def test_a_damaged_workbook_in_a_folder_is_told_whatever_its_name(self, folder: Path) -> None:
        (folder / "stuff.xlsx").write_bytes(b"PK\x03\x04" + bytes(600))
        with pytest.raises(DataError, match=r"stuff.xlsx: This cannot be read"):
            read_district(folder)

    @settings(max_examples=80, deadline=None)
    @given(data=st.data(), ending=st.sampled_from([".xlsx", ".xls"]))
    def test_damaged_workbooks_give_messages_and_never_a_traceback(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, ending: str
    ) -> None:
        """Bytes of the file, or of a part of it, are changed anywhere."""
        path = tmp_path_factory.mktemp("damaged") / f"enrolment{ending}"
        WRITERS[ending](path, {"Sheet1": books.rows_of(square.tables()["enrolment"])[:5]})

        def damaged(whole: bytes) -> bytes:
            at = int(data.draw(st.floats(0, 1)) * len(whole))
            return whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 8)) :]

        if ending == ".xlsx" and data.draw(st.booleans()):
            with zipfile.ZipFile(path) as archive:
                part = data.draw(st.sampled_from(archive.namelist()))
            books.with_part(path, part, damaged)
        else:
            path.write_bytes(damaged(path.read_bytes()))
        sources, findings = find_sources(path)
        for source in sources:
            raw, _, faults = load(source)
            assert raw is not None or faults
        assert sources or findings or ending == ".xlsx"


texts = st.text(st.sampled_from("学校北海路ab12 ,;\t\"'<>&|=+-@。（）\n_x0041_"), max_size=8)
numbers = st.one_of(st.integers(-(10**15), 10**15), st.decimals(-9999, 9999, places=4).map(float))


@settings(max_examples=50, deadline=None)
@given(cells=st.lists(st.lists(st.one_of(texts, numbers), min_size=3, max_size=3), min_size=1, max_size=4))
@pytest.mark.parametrize("ending", [".xlsx", ".xls"])
def test_a_sheet_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, cells: list[list[object]], ending: str
) -> None:
    """Texts as they are, numbers as Python would write them; rows without anything are no rows."""
    path = tmp_path_factory.mktemp("sheet") / f"events{ending}"
    WRITERS[ending](path, {"Sheet1": [["学校编号", "学年", "说明"], *cells]})
    ((source,), _) = find_sources(path)
    raw, _, findings = load(source)
    assert raw is not None
    assert findings == []
    assert raw.frame.to_numpy().tolist() == [
        [f"{cell:.15g}" if isinstance(cell, float) else str(cell) for cell in row]
        for row in cells
        if any(str(cell).strip() for cell in row)
    ]
