"""Shapefiles as bureaus hand them out: several files, text in GBK, names cut to ten bytes."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from planner.district import check_path, read_district
from planner.district.reading import read_with_faults
from planner.errors import DataError
from planner.words import read_dictionary
from tests.district import square

if TYPE_CHECKING:
    from pathlib import Path

    from planner.district import Finding


def as_shapefile(
    folder: Path, table: str = "schools", *, encoding: str = "UTF-8", chinese: bool = False, **changed: object
) -> Path:
    """Replace a layer of a folder by a shapefile, its column names cut as its format cuts them."""
    layer = folder / f"{table}.geojson"
    rows = gpd.read_file(layer).to_crs(square.CRS).assign(**changed)
    layer.unlink()
    entry = read_dictionary()[table]
    names = {column.column: column.zh if chinese else column.column for column in entry.columns}
    heads = {name: names.get(name, name) for name in rows.columns if name != "geometry"}
    heads = {name: head.encode(encoding)[:10].decode(encoding, "ignore") for name, head in heads.items()}
    path = folder / f"{entry.zh if chinese else table}.shp"
    rows.rename(columns=heads).to_file(path, encoding=encoding)
    return path


def of_code(findings: list[Finding], code: str) -> list[Finding]:
    return [finding for finding in findings if finding.code == code]


class TestRows:
    @pytest.mark.parametrize("chinese", [False, True])
    @pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
    def test_a_shapefile_reads_as_the_layer_it_was_made_of(
        self, folder: Path, encoding: str, *, chinese: bool
    ) -> None:
        """
        The square's schools have 540 and 900 stated seats, whatever encoding and language they are kept in.

        seats_stated is cut to seats_stat; in Chinese every name of more than five characters (GBK) or three (UTF-8)
        is cut.
        """
        for table in ("schools", "blocks", "boundary"):
            as_shapefile(folder, table, encoding=encoding, chinese=chinese)
        district, plain = read_district(folder), square.district()
        assert list(district.schools["name"]) == ["北校", "南校"]
        assert list(district.schools["seats_stated"]) == [540, 900]
        assert list(district.blocks.index) == list(plain.blocks.index)
        assert district.schools.geometry.distance(plain.schools.geometry).max() < 0.01
        assert district.blocks.geometry.symmetric_difference(plain.blocks.geometry).area.max() < 1.0

    def test_cut_names_are_made_whole_and_said(self, folder: Path) -> None:
        """seats_stat can only be seats_stated; the note names both."""
        as_shapefile(folder)
        (note,) = of_code(check_path(folder), "D018")
        assert note.level == "note"
        assert "seats_stat > seats_stated" in str(note.message)

    def test_a_name_that_two_columns_are_cut_to_is_refused(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With a second column seats_stationary the head seats_stat could be either: an error names both."""
        dictionary = read_dictionary()
        schools = dictionary["schools"]
        stated = next(column for column in schools.columns if column.column == "seats_stated")
        other = replace(stated, column="seats_stationary", zh="固定学位")
        changed = {**dictionary, "schools": replace(schools, columns=(*schools.columns, other))}
        as_shapefile(folder)
        monkeypatch.setattr("planner.district.files.shapefile.read_dictionary", lambda: changed)
        _, findings = read_with_faults(folder)
        fault = next(found for found in of_code(findings, "D018") if found.level == "error")
        assert "seats_stated, seats_stationary" in str(fault.message)


class TestEncoding:
    def test_without_cpg_and_language_byte_gbk_is_found_and_said(self, folder: Path) -> None:
        """北校 in GBK is no UTF-8; without .cpg, and with 0 as language byte, it is read as GB18030 with a note."""
        path = as_shapefile(folder, encoding="GBK")
        path.with_suffix(".cpg").unlink()
        _set_language(path, 0)
        district, findings = read_with_faults(folder)
        assert district is not None
        assert list(district.schools["name"]) == ["北校", "南校"]
        (note,) = of_code(findings, "D017")
        assert (note.level, "GB18030" in str(note.message)) == ("note", True)

    def test_without_cpg_utf8_is_found_and_said(self, folder: Path) -> None:
        """Bytes that are strictly UTF-8 are taken for it."""
        path = as_shapefile(folder)
        path.with_suffix(".cpg").unlink()
        _set_language(path, 0x57)
        district, findings = read_with_faults(folder)
        assert district is not None
        assert list(district.schools["name"]) == ["北校", "南校"]
        assert "UTF-8" in str(of_code(findings, "D017")[0].message)

    def test_the_language_byte_is_believed_without_cpg(self, folder: Path) -> None:
        """0x4D is code page 936: GBK, and nothing need be said."""
        path = as_shapefile(folder, encoding="GBK")
        path.with_suffix(".cpg").unlink()
        _set_language(path, 0x4D)
        district, findings = read_with_faults(folder)
        assert district is not None
        assert list(district.schools["name"]) == ["北校", "南校"]
        assert not of_code(findings, "D017")

    @pytest.mark.parametrize("named", ["936", "CP936", "OEM 936", "gb2312", "GB18030"])
    def test_names_of_the_same_encoding(self, folder: Path, named: str) -> None:
        """Programs write GBK into the .cpg under many names."""
        path = as_shapefile(folder, encoding="GBK")
        path.with_suffix(".cpg").write_text(named, encoding="ascii")
        assert list(read_district(folder).schools["name"]) == ["北校", "南校"]

    @pytest.mark.parametrize("named", ["UTF-8", "klingon", "hex", "rot13", "zlib", "idna"])
    def test_a_wrong_cpg_is_an_error_and_no_guess(self, folder: Path, named: str) -> None:
        """GBK text under a .cpg that says UTF-8, or nothing known, is refused, not read as something else."""
        path = as_shapefile(folder, encoding="GBK")
        path.with_suffix(".cpg").write_text(named, encoding="ascii")
        (fault,) = of_code(check_path(folder), "D017")
        assert fault.level == "error"
        assert "schools.cpg" in str(fault.message)

    def test_a_text_cut_in_the_middle_of_a_character_keeps_the_rest(self, folder: Path) -> None:
        """A column of 10 bytes holds three whole Chinese characters of UTF-8, and a third of the fourth."""
        path = as_shapefile(folder, name=["玉河区小", "南校"])
        _narrow(path, "name", 10)
        district, findings = read_with_faults(folder)
        assert district is not None
        assert list(district.schools["name"]) == ["玉河区", "南校"]
        (warning,) = [found for found in of_code(findings, "D018") if found.level == "warning"]
        assert warning.rows == (1,)


class TestParts:
    def test_without_dbf_there_are_no_rows(self, folder: Path) -> None:
        """Shapes alone are no schools: the message names the file that is missing."""
        as_shapefile(folder).with_suffix(".dbf").unlink()
        (fault,) = of_code(check_path(folder), "D003")
        assert "schools.dbf" in str(fault.message)

    def test_without_shx_it_is_read_and_nothing_is_written(self, folder: Path) -> None:
        """The positions follow from the .shp; the folder keeps the files it had."""
        as_shapefile(folder).with_suffix(".shx").unlink()
        before = {file.name: file.read_bytes() for file in folder.iterdir()}
        district, findings = read_with_faults(folder)
        assert district is not None
        assert district.schools.geometry.distance(square.district().schools.geometry).max() < 0.01
        assert any("schools.shx" in str(found.message) for found in of_code(findings, "D018"))
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == before

    def test_without_prj_the_system_must_be_said(self, folder: Path) -> None:
        """No .prj is no system: an error with a hint, and the right places once it is named."""
        as_shapefile(folder).with_suffix(".prj").unlink()
        (fault,) = of_code(read_with_faults(folder)[1], "D020")
        assert "false easting" in str(fault.message)
        district = read_district(folder, crs={"schools": square.CRS})
        assert district.schools.geometry.distance(square.district().schools.geometry).max() < 0.01

    def test_a_prj_with_names_in_gbk(self, folder: Path) -> None:
        """Bureaus name their systems in Chinese: the numbers of the .prj count, in whatever encoding its names are."""
        path = as_shapefile(folder)
        prj = path.with_suffix(".prj")
        prj.write_bytes(
            prj.read_text(encoding="ascii").replace("WGS_1984_UTM_Zone_50N", "玉河坐标系").encode("gbk")
        )
        district = read_district(folder)
        assert district.schools.geometry.distance(square.district().schools.geometry).max() < 0.01

    @pytest.mark.parametrize("ending", [".dbf", ".prj", ".cpg"])
    def test_the_digest_covers_every_part(self, folder: Path, ending: str) -> None:
        """A blank more at the end of any part changes what is recorded of the shapefile, and of nothing else."""
        path = as_shapefile(folder)
        before = dict(read_district(folder).digests)
        part = path.with_suffix(ending)
        part.write_bytes(part.read_bytes() + b" ")
        after = dict(read_district(folder).digests)
        assert {name for name in before if before[name] != after[name]} == {"schools.shp"}

    def test_order_of_files_does_not_matter(self, folder: Path, tmp_path: Path) -> None:
        """Files copied in another order make the same district."""
        as_shapefile(folder)
        other = tmp_path / "other"
        other.mkdir()
        for file in sorted(folder.iterdir(), reverse=True):
            shutil.copy(file, other / file.name)
        one, two = read_district(folder), read_district(other)
        assert one.digests == two.digests
        assert one.schools.equals(two.schools)

    def test_a_cut_off_shapefile_is_one_message(self, folder: Path) -> None:
        """Half a .shp is refused, without a traceback."""
        path = as_shapefile(folder)
        path.write_bytes(path.read_bytes()[:60])
        with pytest.raises(DataError, match=r"schools\.shp"):
            read_district(folder)


def test_damaged_shapefiles_give_messages_and_never_a_traceback(folder: Path) -> None:
    """Bytes changed, doubled, zeroed or cut off in any of the five files end in findings."""
    path = as_shapefile(folder, encoding="GBK")
    draw = random.Random(3)
    parts = [path.with_suffix(ending) for ending in (".shp", ".dbf", ".shx", ".prj", ".cpg")]
    for _ in range(60):
        part = draw.choice(parts)
        whole = part.read_bytes()
        at = draw.randrange(len(whole))
        part.write_bytes(
            draw.choice(
                [
                    whole[:at],
                    whole[:at] + whole[at:][:30] + whole[at:],
                    whole[:at] + bytes(30) + whole[at + 30 :],
                    whole[:at] + bytes([draw.randrange(256)]) + whole[at + 1 :],
                ]
            )
        )
        _, findings = read_with_faults(folder)
        assert all(str(found.message) for found in findings)
        part.write_bytes(whole)


def _set_language(path: Path, language: int) -> None:
    dbf = path.with_suffix(".dbf")
    content = bytearray(dbf.read_bytes())
    content[29] = language
    dbf.write_bytes(content)


def _narrow(path: Path, column: str, width: int) -> None:
    """Cut a column of a .dbf file to a width in bytes, as programs do that count characters."""
    dbf = path.with_suffix(".dbf")
    content = dbf.read_bytes()
    head, size = int.from_bytes(content[8:10], "little"), int.from_bytes(content[10:12], "little")
    fields = [bytearray(content[start : start + 32]) for start in range(32, head - 1, 32)]
    at = 1
    for field in fields:
        if field[:11].split(b"\0")[0] == column.encode():
            old = field[16]
            field[16] = width
            break
        at += field[16]
    rows = [content[start : start + size] for start in range(head, len(content) - 1, size)]
    rows = [row[:at] + row[at : at + width] + row[at + old :] for row in rows]
    start = bytearray(content[:32])
    start[10:12] = (size - old + width).to_bytes(2, "little")
    dbf.write_bytes(bytes(start) + b"".join(fields) + b"\r" + b"".join(rows) + b"\x1a")
