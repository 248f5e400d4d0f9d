"""From a pile to a district: joined, renamed, zoned and repaired as asked, or refused with all that is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import Polygon

from planner.district import check_path, read_district, write_district
from planner.district.datum import wgs84_to_gcj02
from planner.district.importing import Recipe, import_pile, log_text, making, read_recipe, write_import
from planner.errors import DataError, OutputError
from planner.words import read_dictionary
from tests.district import square
from tests.district.importing.bureau import RECIPE, digests, hand_over, plain, tables_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bureau(tmp_path: Path) -> Path:
    """Return a folder with the bureau's files."""
    return hand_over(tmp_path / "bureau")


def said(imported) -> str:
    return log_text(imported.lines)


def codes(imported) -> set[str]:
    return {found.code for found in imported.errors}


def test_a_bureaus_pile_becomes_the_district_it_describes(bureau, tmp_path):
    """GB18030 with semicolons, a shapefile without .prj, a workbook of a sheet a year, zones as catchments."""
    imported = import_pile([bureau], RECIPE)
    assert imported.errors == []
    made = read_district(write_import(imported, tmp_path / "made"))
    expected = square.district()
    for name in ("enrolment", "children"):
        key = list(read_dictionary()[name].key)
        pd.testing.assert_frame_equal(
            made[name].sort_values(key, ignore_index=True), expected[name].sort_values(key, ignore_index=True)
        )
    assert made.schools["rooms"].tolist() == [12, 20]
    assert made.schools.geometry.distance(expected.schools.geometry).max() < 0.001
    assert shapely.hausdorff_distance(made.blocks.geometry, expected.blocks.geometry).max() < 0.001
    wanted = expected["catchments"].sort_values(["stage", "block"], ignore_index=True)
    found = made["catchments"].sort_values(["stage", "block"], ignore_index=True)
    pd.testing.assert_frame_equal(found, wanted)
    assert made.policy == "cn-shandong"


def test_the_log_says_what_each_table_came_from_and_what_was_done_to_it(bureau, tmp_path):
    imported = import_pile([bureau], RECIPE)
    digest = digests(bureau)["points.csv"]
    text = said(imported)
    assert f"points.csv: schools, 2 rows, SHA-256 {digest}" in text
    assert "points.csv: 编码 = school" in text
    assert "GB18030" in text
    assert "15 + 15 + 15 rows of counts.xlsx:2024, counts.xlsx:2025, counts.xlsx:2026" in text
    assert "enrolment: 45 rows" in text
    assert str(tmp_path) not in text
    assert said(import_pile([bureau], RECIPE)) == text


def test_the_pile_is_left_as_it_is(bureau, tmp_path):
    before = digests(bureau)
    write_import(import_pile([bureau], RECIPE), tmp_path / "made")
    with pytest.raises(OutputError, match="is among the files to be imported"):
        write_import(import_pile([bureau], RECIPE), bureau / "made.gpkg")
    with pytest.raises(OutputError, match="is among the files to be imported"):
        write_import(import_pile([bureau], RECIPE), bureau, replace=True)
    assert digests(bureau) == before


def test_importing_an_imported_district_changes_no_byte(bureau, tmp_path):
    first = write_import(import_pile([bureau], RECIPE), tmp_path / "first")
    second = write_import(import_pile([first]), tmp_path / "second")
    mended = write_import(import_pile([first], Recipe(fix=True)), tmp_path / "mended")
    assert tables_of(first) == tables_of(second) == tables_of(mended)
    assert {"D005", "D003"}.isdisjoint(found.code for found in check_path(first))


def test_a_district_goes_from_folder_to_geopackage_and_back_without_change(bureau, tmp_path):
    folder = write_import(import_pile([bureau], RECIPE), tmp_path / "folder")
    package = write_import(import_pile([folder]), tmp_path / "made.gpkg")
    back = write_import(import_pile([package]), tmp_path / "back")
    assert (tmp_path / "made-import-log.txt").read_text(encoding="utf-8").startswith("Files")
    assert tables_of(folder) == tables_of(back)


def test_the_same_facts_make_the_same_geopackage_to_the_byte(tmp_path):
    one = write_district(square.district(), tmp_path / "one.gpkg")
    other = write_district(square.district(), tmp_path / "other.gpkg")
    assert one.read_bytes() == other.read_bytes()
    again = write_import(import_pile([one]), tmp_path / "again.gpkg")
    assert again.read_bytes() == one.read_bytes()


def test_a_key_in_two_files_is_an_error_that_names_it_and_the_files(bureau):
    tables = dict(RECIPE.tables)
    (bureau / "more.csv").write_text("school,grade,year,pupils\nn,1,2025,41\nn,1,2023,39\n", encoding="utf-8")
    imported = import_pile([bureau], RECIPE.with_more(Recipe(tables={**tables, "more.csv": "enrolment"})))
    (found,) = (found for found in imported.errors if found.code == "I025")
    assert found.ids == ("n/1/2025",)
    assert "more.csv" in str(found.text)


def test_layers_of_one_table_in_two_systems_are_joined_in_the_first_ones(tmp_path):
    blocks = square.tables()["blocks"]
    folder = write_district(square.district(), tmp_path / "pile")
    (folder / "blocks.geojson").unlink()
    blocks[:2].to_file(tmp_path / "north.gpkg")
    blocks[2:].to_crs(4326).to_file(tmp_path / "south.geojson", driver="GeoJSON")
    recipe = Recipe(tables={"north.gpkg": "blocks", "south.geojson": "blocks"})
    imported = import_pile([folder, tmp_path / "north.gpkg", tmp_path / "south.geojson"], recipe)
    assert imported.errors == []
    made = imported.district
    assert made is not None
    assert made.blocks.index.tolist() == ["NW", "NE", "SW", "SE"]
    assert shapely.hausdorff_distance(made.blocks.geometry, square.district().blocks.geometry).max() < 0.001


def test_all_that_is_wrong_with_names_is_said_at_once_with_the_nearest_ones(bureau):
    recipe = RECIPE.with_more(
        Recipe(
            tables={"pionts.csv": "schools", "notes.csv": "pupils"},
            columns={"schools": {"校各": "name"}, "blocks": {"DKBH": "blok"}, "children": {}},
        )
    )
    imported = import_pile([bureau], recipe)
    text = " ".join(str(found.message) for found in imported.errors)
    assert {"I020", "I021", "I023", "I024"} <= codes(imported)
    assert "The files have no pionts.csv. Did you mean points.csv" in text
    assert "Did you mean 校名" in text
    assert "Did you mean block" in text
    with pytest.raises(DataError):
        write_import(imported, bureau.parent / "made")
    assert not (bureau.parent / "made").exists()


def test_columns_that_are_read_as_places_already_are_not_renamed_but_given_a_system(bureau):
    text = (bureau / "points.csv").read_text(encoding="gb18030")
    (bureau / "points.csv").write_text(text.replace("jd;wd", "x;y"), encoding="gb18030")
    columns = {**RECIPE.columns, "schools": {"编码": "school", "校名": "name", "x": "lon"}}
    (found,) = (
        found
        for found in import_pile([bureau], RECIPE.model_copy(update={"columns": columns})).errors
        if found.code == "I023"
    )
    assert "--crs schools=CODE" in str(found.advice)
    del columns["schools"]["x"]
    crs = {**RECIPE.crs, "schools": "EPSG:4326"}
    assert import_pile([bureau], RECIPE.model_copy(update={"columns": columns, "crs": crs})).errors == []


def test_a_column_that_is_said_to_be_another_ones_name_takes_its_place(bureau):
    """The file has a column school, of names, beside the ids: what is said counts, the other is left out with a word."""
    zones = gpd.read_file(bureau / "primary.geojson").assign(school=["North", "South"])
    zones.to_file(bureau / "primary.geojson", driver="GeoJSON")
    imported = import_pile([bureau], RECIPE)
    assert imported.errors == []
    assert imported.district is not None
    assert set(imported.district["catchments"]["school"]) == {"n", "s"}
    assert any("school in the file" in str(found.text) for found in imported.findings)


def test_two_columns_of_a_file_that_are_said_to_be_the_same_are_an_error(bureau):
    more = Recipe(columns={"schools": {"年级范围": "name"}})
    assert "D008" in codes(import_pile([bureau], RECIPE.with_more(more)))


def test_a_file_whose_names_are_all_foreign_is_read_by_those_that_are_said(bureau):
    """Nothing but the recipe tells that the columns are separated by semicolons."""
    text = (bureau / "points.csv").read_text(encoding="gb18030")
    _, rows = text.split("\n", 1)
    (bureau / "points.csv").write_text("a;b;c;d;e;f\n" + rows, encoding="gb18030")
    columns = {"a": "school", "b": "name", "c": "grades", "d": "rooms", "e": "lon", "f": "lat"}
    others = {table: names for table, names in RECIPE.columns.items() if table != "schools"}
    recipe = RECIPE.model_copy(update={"columns": {**others, "学校": columns}})
    assert import_pile([bureau], recipe).errors == []


def test_a_write_that_fails_leaves_neither_district_nor_log(bureau, tmp_path, monkeypatch):
    imported = import_pile([bureau], RECIPE)

    def refuse(path):
        raise DataError("what was written does not pass reading")

    monkeypatch.setattr(making, "read_district", refuse)
    for out in ("made", "made.gpkg"):
        with pytest.raises(DataError, match="does not pass"):
            write_import(imported, tmp_path / out)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["bureau"]


def test_a_file_without_a_tables_name_is_left_out_with_how_to_say_what_it_is(bureau):
    tables = {file: table for file, table in RECIPE.tables.items() if table}
    imported = import_pile([bureau], RECIPE.model_copy(update={"tables": tables}))
    (found,) = (found for found in imported.findings if found.code == "D005")
    assert (found.level, found.file) == ("warning", "notes.csv")
    assert "--table notes.csv=TABLE" in str(found.advice)


def test_personal_columns_are_refused_even_under_another_name_and_never_repeated(bureau):
    (bureau / "适龄儿童.csv").write_text(
        "block,cohort,as_of,kind,children,姓名\nNW,2021,2026-08-31,register,1,欧阳某某\n", encoding="utf-8"
    )
    for columns in ({}, {"姓名": "status"}):
        imported = import_pile([bureau], RECIPE.with_more(Recipe(columns={"children": columns})))
        assert "D016" in codes(imported)
        assert "欧阳" not in said(imported) + " ".join(str(found.message) for found in imported.findings)


def test_personal_columns_of_zones_are_refused(bureau):
    zones = gpd.read_file(bureau / "primary.geojson").assign(phone="13812345678")
    zones.to_file(bureau / "primary.geojson", driver="GeoJSON")
    imported = import_pile([bureau], RECIPE)
    assert "D016" in codes(imported)
    assert "13812345678" not in said(imported)


def test_zones_that_lose_a_block_are_refused_and_taken_with_the_nearest_when_asked(bureau, tmp_path):
    """The southern zone ends at x = 900 m: SE lies outside every zone of the primary stage."""
    zones = square.maps(
        [{"xuexiao": "n"}, {"xuexiao": "s"}], [square.land(0, 1000, 2000, 2000), square.land(0, 0, 900, 1000)]
    )
    zones.to_crs(4326).to_file(bureau / "primary.geojson", driver="GeoJSON")
    assert "I004" in codes(import_pile([bureau], RECIPE))
    imported = import_pile([bureau], RECIPE.with_more(Recipe(nearest=True)))
    assert imported.errors == []
    write_import(imported, tmp_path / "made")


def test_catchments_of_one_stage_may_be_listed_and_of_another_drawn(bureau):
    (bureau / "junior.geojson").unlink()
    listed = square.tables()["catchments"].query("stage == 'junior'")
    listed.to_csv(bureau / "catchments.csv", index=False)
    tables = {file: table for file, table in RECIPE.tables.items() if file != "junior.geojson"}
    recipe = RECIPE.model_copy(update={"tables": tables, "columns": {**RECIPE.columns}})
    imported = import_pile([bureau], recipe)
    assert imported.errors == []
    assert imported.district is not None
    assert imported.district["catchments"].groupby("stage").size().to_dict() == {"primary": 4, "junior": 4}
    twice = square.tables()["catchments"].query("block == 'NW'")
    twice.to_csv(bureau / "catchments.csv", index=False)
    (found,) = (found for found in import_pile([bureau], recipe).errors if found.code == "I025")
    assert found.ids == ("NW/primary/2020",)


def test_a_shift_of_web_maps_is_undone_as_asked_and_the_log_says_so(bureau):
    """Points in GCJ-02 lie some 600 m off; undone, they are where they were within a metre."""
    schools = square.tables()["schools"].to_crs(4326)
    shifted = wgs84_to_gcj02(shapely.get_coordinates(schools.geometry))
    rows = [
        f"{school};{name};{grades};12;{x!r};{y!r}"
        for school, name, grades, (x, y) in zip(
            schools["school"], schools["name"], schools["grades"], shifted.tolist(), strict=True
        )
    ]
    text = "\n".join(["编码;校名;年级范围;普通教室数;jd;wd", *rows])
    (bureau / "points.csv").write_bytes(text.encode("gb18030"))
    imported = import_pile([bureau], RECIPE.with_more(Recipe(datum={"schools": "gcj02"})))
    assert imported.district is not None
    away = imported.district.schools.geometry.distance(square.district().schools.geometry)
    assert away.max() < 1
    assert "schools: the shift gcj02 undone" in said(imported)
    left = import_pile([bureau], RECIPE).district
    assert left is not None
    assert left.schools.geometry.distance(square.district().schools.geometry).min() > 300


def test_polygons_that_cross_themselves_stop_an_import_without_fix_and_none_with_it(tmp_path):
    """The wing of half a square metre of `test_fixing`, at the north-west corner."""
    blocks = square.tables()["blocks"]
    east, north = square.EAST, square.NORTH
    ring = [(0, 1000), (1000, 1000), (1000, 2000), (-1, 2000), (-1, 2001), (1, 1999)]
    blocks.loc[0, "geometry"] = Polygon([(east + x, north + y) for x, y in ring])
    folder = write_district(square.district(blocks=blocks), tmp_path / "crossing")
    assert codes(import_pile([folder])) == {"I009"}
    imported = import_pile([folder], Recipe(fix=True))
    assert imported.errors == []
    made = read_district(write_import(imported, tmp_path / "made"))
    assert shapely.is_valid(made.blocks.geometry).all()
    assert "blocks NW: made valid" in said(imported)
    before = read_district(folder)
    for name in read_dictionary():
        if name != "about":
            pd.testing.assert_frame_equal(plain(before[name]), plain(made[name]))


def test_rings_left_open_in_geojson_are_closed_with_fix_alone_and_the_file_is_left_as_it_is(tmp_path):
    folder = write_district(square.district(), tmp_path / "open")
    content = json.loads((folder / "blocks.geojson").read_bytes())
    content["features"][0]["geometry"]["coordinates"][0].pop()
    (folder / "blocks.geojson").write_text(json.dumps(content), encoding="utf-8")
    before = digests(folder)
    assert "D003" in codes(import_pile([folder]))
    imported = import_pile([folder], Recipe(fix=True))
    assert imported.errors == []
    assert "blocks blocks.geojson: 1 rings closed" in said(imported)
    assert imported.district is not None
    assert imported.district.blocks.geometry.area.tolist() == pytest.approx([1e6] * 4, rel=1e-6)
    assert digests(folder) == before


def test_a_missing_table_is_said_and_nothing_written(bureau, tmp_path):
    (bureau / "points.csv").unlink()
    tables = {file: table for file, table in RECIPE.tables.items() if file != "points.csv"}
    columns = {table: names for table, names in RECIPE.columns.items() if table != "schools"}
    imported = import_pile([bureau], RECIPE.model_copy(update={"tables": tables, "columns": columns}))
    assert "D002" in codes(imported)
    with pytest.raises(DataError):
        write_import(imported, tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_a_folder_that_holds_more_than_a_district_is_never_replaced(bureau, tmp_path):
    imported = import_pile([bureau], RECIPE)
    made = write_import(imported, tmp_path / "made")
    write_import(imported, made, replace=True)
    (made / "my scenario.toml").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match=r"my scenario\.toml"):
        write_import(imported, made, replace=True)
    assert (made / "my scenario.toml").exists()
    with pytest.raises(OutputError, match="is there already"):
        write_import(imported, write_import(imported, tmp_path / "other"))


def test_a_policy_that_is_not_shipped_is_refused_with_those_that_are(bureau):
    imported = import_pile([bureau], RECIPE.with_more(Recipe(policy="mars")))
    (found,) = imported.errors
    assert (found.code, "cn-shandong" in str(found.advice)) == ("I027", True)


def test_a_recipe_file_says_the_same_as_the_options_and_its_faults_come_together(bureau, tmp_path):
    file = tmp_path / "bureau.toml"
    file.write_text(
        'policy = "scotland"\nnearest = true\n[since]\n"*" = 2020\n[columns.blocks]\nDKBH = "block"\n',
        encoding="utf-8",
    )
    recipe = read_recipe(file).with_more(Recipe(policy="cn-shandong", columns={"blocks": {"MC": "name"}}))
    assert (recipe.policy, recipe.nearest, recipe.since) == ("cn-shandong", True, {"*": 2020})
    assert recipe.columns == {"blocks": {"DKBH": "block", "MC": "name"}}
    file.write_text('tolerance = 50\npolice = "x"\n', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_recipe(file)
    assert len(caught.value.faults) == 2
