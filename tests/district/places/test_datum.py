"""The shifted coordinates of Chinese web maps: undone where asked, found where layers disagree."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from planner.district import read_district
from planner.district.agreement import datum_findings
from planner.district.datum import DATUMS, gcj02_to_bd09, shifted, undo_shift, unshifted, wgs84_to_gcj02
from planner.district.reading import read_with_faults
from planner.errors import DataError
from tests.district import square
from tests.real.edinburgh import convert
from tests.real.places import real_data

if TYPE_CHECKING:
    from planner.district import District

YUHE = Path(__file__).parents[3] / "data" / "yuhe"
METRES = 111_320.0
"""Metres of a degree of latitude."""

china = st.tuples(st.floats(74, 134), st.floats(18, 53))
elsewhere = st.tuples(st.floats(-180, 60), st.floats(-80, 80))


class TestFormulas:
    @pytest.mark.parametrize(
        ("plain", "shown"),
        [
            ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
            ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
            ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
        ],
    )
    def test_published_pairs(self, plain: tuple[float, float], shown: tuple[float, float]) -> None:
        """Shanghai, Shenzhen and Beijing as the test data of the public programs (eviltransform) have them."""
        np.testing.assert_allclose(wgs84_to_gcj02(np.array([plain])), [shown], rtol=0, atol=1e-9)

    def test_bd09_by_hand(self) -> None:
        """
        BD-09 of (116.404, 39.915) is (116.41036949, 39.92133699), the example that is handed round with the formulas.

        Roughly 0.0065 degrees to the east and 0.006 to the north.
        """
        found = gcj02_to_bd09(np.array([[116.404, 39.915]]))
        np.testing.assert_allclose(found, [[116.41036949371029, 39.92133699351022]], rtol=0, atol=1e-8)

    @given(point=china, datum=st.sampled_from(DATUMS))
    def test_there_and_back_is_nowhere(self, point: tuple[float, float], datum: str) -> None:
        """Undoing a shift gives the place back within a millimetre, all over China."""
        there = shifted(np.array([point]), datum)
        back = unshifted(there, datum)
        assert np.abs(back - point).max() * METRES < 0.001
        assert 50 < np.hypot(*(there[0] - point)) * METRES < 3000

    @given(point=elsewhere, datum=st.sampled_from(DATUMS))
    def test_outside_china_nothing_moves(self, point: tuple[float, float], datum: str) -> None:
        """The maps are not shifted elsewhere."""
        assert (shifted(np.array([point]), datum) == [point]).all()
        assert (unshifted(np.array([point]), datum) == [point]).all()

    def test_shapes_without_a_place_stay_so(self) -> None:
        """A row without a shape has none afterwards."""
        shapes = undo_shift(np.array([shapely.Point(117, 35), None], dtype=object), "gcj02")
        assert shapes[1] is None
        assert shapes[0].distance(shapely.Point(117, 35)) * METRES > 100


def moved_folder(tmp_path: Path, **datums: str) -> Path:
    """Return a copy of Yuhe in which layers are drawn on a shifted datum."""
    folder = tmp_path / "moved"
    shutil.copytree(YUHE, folder)
    for table, datum in datums.items():
        file = folder / f"{table}.geojson"
        layer = gpd.read_file(file)
        points = shapely.transform(layer.geometry.to_numpy(), lambda at, datum=datum: shifted(at, datum))
        content = json.loads(file.read_text(encoding="utf-8"))
        for feature, shape in zip(content["features"], points, strict=True):
            feature["geometry"] = shapely.geometry.mapping(shape)
        file.write_text(json.dumps(content), encoding="utf-8")
    return folder


def told(folder: Path, **stated: object) -> list[tuple[str, str]]:
    """Return the table and the options that findings about datums name."""
    found = [finding for finding in read_with_faults(folder, **stated)[1] if finding.code == "D029"]
    return [(finding.table, str(finding.advice)) for finding in found]


class TestFound:
    def test_yuhe_as_it_is(self) -> None:
        """All layers of Yuhe are in one datum: nothing is said."""
        assert told(YUHE) == []

    @pytest.mark.parametrize("datum", DATUMS)
    @pytest.mark.parametrize("table", ["schools", "blocks", "boundary", "barriers", "projects"])
    def test_one_layer_is_found_and_named_with_its_option(
        self, tmp_path: Path, table: str, datum: str
    ) -> None:
        """Whichever layer alone is shifted, the finding names it and the option that undoes it."""
        ((named, advice),) = told(moved_folder(tmp_path, **{table: datum}))
        assert named == table
        assert f"--datum {table}={datum}." in advice

    def test_undone_the_places_are_back(self, tmp_path: Path) -> None:
        """With the option the schools stand within half a metre of where they were, and nothing more is said."""
        folder = moved_folder(tmp_path, schools="gcj02")
        district, findings = read_with_faults(folder, datum={"schools": "gcj02"})
        assert district is not None
        assert not [found for found in findings if found.code == "D029"]
        true = read_district(YUHE)
        assert district.schools.geometry.distance(true.schools.geometry).max() < 0.5
        assert read_with_faults(folder)[0].schools.geometry.distance(true.schools.geometry).min() > 300

    def test_all_layers_alike_cannot_be_told_but_can_be_undone(self, tmp_path: Path) -> None:
        """A district all in GCJ-02 agrees with itself; one word undoes it in every layer."""
        tables = ("schools", "blocks", "boundary", "barriers", "projects")
        folder = moved_folder(tmp_path, **dict.fromkeys(tables, "gcj02"))
        assert told(folder) == []
        district, true = read_district(folder, datum="gcj02"), read_district(YUHE)
        for table in ("schools", "blocks"):
            assert district[table].geometry.hausdorff_distance(true[table].geometry).max() < 0.5

    def test_schools_of_one_map_and_land_of_another(self, tmp_path: Path) -> None:
        """Schools from Baidu, blocks, boundary and barriers from Amap: two findings, each with its options."""
        shifts = {"schools": "bd09"} | dict.fromkeys(("blocks", "boundary", "barriers"), "gcj02")
        schools, blocks = told(moved_folder(tmp_path, **shifts))
        assert "--datum schools=bd09." in schools[1]
        assert "--datum blocks=gcj02 --datum boundary=gcj02 --datum barriers=gcj02." in blocks[1]

    def test_a_layer_converted_needlessly_is_named_as_the_other_reading(self) -> None:
        """Schools moved the other way fit blocks that are shifted, or were never to be moved: both are said."""
        true = read_district(YUHE)
        degrees = gpd.GeoSeries(true.schools.geometry).to_crs(4326).to_numpy()
        wrong = gpd.GeoSeries(undo_shift(degrees, "gcj02"), crs=4326, index=true.schools.index).to_crs(
            true.crs
        )
        findings = datum_findings(true.with_tables(schools=true.schools.set_geometry(wrong)))
        assert "--datum blocks=gcj02" in str(findings[0].advice)
        assert "it is schools that was converted" in str(findings[0].advice)


class TestNotFound:
    @pytest.mark.parametrize(
        ("longitude", "latitude"), [(117.5, 34.6), (104.1, 30.7), (87.6, 43.8), (113.3, 23.1)]
    )
    def test_real_catchments_carried_to_china_raise_no_alarm(
        self, tmp_path: Path, longitude: float, latitude: float
    ) -> None:
        """Edinburgh's 72 schools and catchments, set down in four Chinese cities, agree as they are."""
        edinburgh = read_district(convert(real_data("edinburgh"), tmp_path / "edinburgh"))
        assert datum_findings(edinburgh) == []
        assert datum_findings(_carried(edinburgh, longitude, latitude)) == []

    def test_few_schools_say_nothing(self) -> None:
        """The square's two schools are no evidence, wherever they stand."""
        away = square.edited("schools").assign(geometry=[square.at(1010, 1380), square.at(1990, 380)])
        assert datum_findings(square.district(schools=gpd.GeoDataFrame(away))) == []


def _carried(district: District, longitude: float, latitude: float) -> District:
    """Return a district set down elsewhere, in a plane system made for the place."""
    west, south, east, north = district.blocks.total_bounds
    x, y = (west + east) / 2, (south + north) / 2
    crs = f"+proj=tmerc +lat_0={latitude} +lon_0={longitude} +x_0={x} +y_0={y} +ellps=WGS84 +units=m"
    tables = {
        name: table.set_crs(crs, allow_override=True)
        for name in ("schools", "blocks", "boundary", "barriers", "projects")
        if isinstance(table := district[name], gpd.GeoDataFrame)
    }
    return replace(district.with_tables(**tables), crs=crs)


def test_an_unknown_datum_is_refused(folder: Path) -> None:
    """Beijing 54 is no shifted datum: the message names those that are."""
    with pytest.raises(DataError, match="gcj02, bd09"):
        read_district(folder, datum="beijing54")
