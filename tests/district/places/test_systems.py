"""Coordinate reference systems: stated by the layer, by the caller, wrongly, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer

from planner.district import assemble_district, read_district
from planner.district.projection import coordinates_fault, local_metric_crs, look_like, registered
from planner.district.reading import read_with_faults
from planner.errors import DataError
from tests.district import square

if TYPE_CHECKING:
    from pathlib import Path

    from planner.district import District, Finding

ZONE_39 = """PROJCS["CGCS2000_3_Degree_GK_Zone_39",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",
DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],
UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",39500000.0],
PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],
PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"""
"""As ESRI programs write it into a .prj file."""

CM_117E = ZONE_39.replace("Zone_39", "CM_117E").replace("39500000.0", "500000.0")

TABLES = ("schools", "blocks", "boundary", "barriers")


def in_system(crs: str | int, *, says: bool = True) -> dict[str, gpd.GeoDataFrame]:
    """Return the square's map tables in another system, which they state or not."""
    layers = {name: square.tables()[name].to_crs(crs) for name in TABLES}
    if not says:
        layers = {
            name: gpd.GeoDataFrame(
                layer.drop(columns="geometry"), geometry=layer.geometry.to_numpy(), crs=None
            )
            for name, layer in layers.items()
        }
    return layers


def faults_of(layers: dict[str, gpd.GeoDataFrame], **stated: object) -> list[Finding]:
    """Return what reading says of the square with these layers."""
    from planner.district.reading import _assembled, _raw_of

    raws = [_raw_of(name, table)[0] for name, table in (square.tables() | layers).items()]
    return _assembled(raws, [], **({"crs": None, "datum": None} | stated))[1]


def off(district: District) -> float:
    """Return how far the schools lie from where they stand, in metres."""
    there = square.district().schools.to_crs(district.crs)
    return float(district.schools.geometry.distance(there.geometry).max())


class TestStated:
    @pytest.mark.parametrize(("text", "code"), [(ZONE_39, 4527), (CM_117E, 4548)])
    def test_esri_texts_of_gauss_kruger_zones_are_the_registered_systems(self, text: str, code: int) -> None:
        """
        Zone 39 is EPSG:4527 with the prefix, CM 117E is EPSG:4548 without; both keep the east first.

        On the meridian 117°E the easting is 39,500,000 and 500,000. The way along it to 35°N is what UTM has there,
        3,873,043 m, over UTM's scale of 0.9996: 3,874,593 m.
        """
        assert registered(CRS.from_user_input(text)).to_epsg() == code
        x, y = Transformer.from_crs(4490, registered(CRS.from_user_input(text)), always_xy=True).transform(
            117, 35
        )
        assert x == pytest.approx(39_500_000 if code == 4527 else 500_000, abs=1e-3)
        assert y == pytest.approx(3_874_593, abs=1)

    @pytest.mark.parametrize("code", [4527, 4548, 4498, 4509, 4490])
    def test_cgcs2000_layers_lie_where_they_should(self, code: int) -> None:
        """3-degree and 6-degree zones, with and without prefix, and degrees: nothing swaps, nothing moves."""
        district = assemble_district(square.tables() | in_system(code))
        assert off(district) < 0.01

    def test_degrees_of_cgcs2000_are_planned_in_their_zone(self) -> None:
        """At 117°E the 3-degree zone without prefix is EPSG:4548, named by code or by ESRI's text alike."""
        degrees = CRS.from_user_input(CRS.from_epsg(4490).to_wkt("WKT1_ESRI"))
        assert local_metric_crs(registered(degrees), 117.2, 35).to_epsg() == 4548

    @pytest.mark.parametrize("code", [2436, 2384])
    def test_old_datums_are_accepted_with_a_note(self, code: int) -> None:
        """Beijing 1954 and Xian 1980 have no exact public tie: schools in them beside blocks in UTM get a note."""
        findings = faults_of({"schools": in_system(code)["schools"]})
        (note,) = [found for found in findings if found.code == "D027"]
        assert (note.level, note.table) == ("note", "schools")
        assert "not known exactly" in str(note.message)


class TestAsked:
    def test_one_system_for_all_layers_that_state_none(self) -> None:
        """A single code holds for every layer without one."""
        layers = in_system(4548, says=False)
        assert off(assemble_district(square.tables() | layers, crs="EPSG:4548")) < 0.01

    def test_systems_by_layer(self) -> None:
        """Schools in EPSG:4527 and the rest in EPSG:4548, each under its own name, one in Chinese."""
        layers = in_system(4548, says=False) | {"schools": in_system(4527, says=False)["schools"]}
        district = assemble_district(square.tables() | layers, crs={"学校": "EPSG:4527", "*": "EPSG:4548"})
        assert off(district) < 0.01

    def test_a_named_layer_is_read_as_said_whatever_it_states(self) -> None:
        """Plane metres under a .prj that says degrees: the caller's word for the layer holds, with a note."""
        wrong = in_system(4548)["schools"].set_crs(4490, allow_override=True)
        layers = {"schools": wrong}
        assert any(found.code == "D022" for found in faults_of(layers))
        findings = faults_of(layers, crs={"schools": "EPSG:4548"})
        assert [found.code for found in findings] == ["D027"]

    def test_a_code_for_all_does_not_touch_layers_that_state_their_own(self) -> None:
        """EPSG:4490 for layers that state none leaves the square's UTM alone."""
        assert off(assemble_district(square.tables(), crs="EPSG:4490")) < 0.01

    @pytest.mark.parametrize(
        "crs", [{"shcools": "EPSG:4548"}, {"enrolment": "EPSG:4548"}, "EPSG:1", {"*": "x"}]
    )
    def test_what_means_nothing_is_refused(self, crs: object) -> None:
        """A table without places, or a code of no system, is an error, not silence."""
        assert [found.code for found in faults_of({}, crs=crs)] == ["D020"]


class TestMissing:
    @pytest.mark.parametrize(
        ("point", "hint"),
        [
            ((117.5, 34.6), "EPSG:4490"),
            ((39_500_000, 3_850_000), "EPSG:4527"),
            ((20_500_000, 3_850_000), "EPSG:4498"),
            ((500_000, 3_850_000), "false easting of 500 km"),
            ((3_850_000, 500_000), "exchanged"),
            ((34.6, 117.5), "exchanged"),
            ((13_080_000, 4_110_000), "EPSG:3857"),
            ((-3.2, 55.9), "EPSG:4326"),
        ],
    )
    def test_the_hint_says_what_coordinates_look_like(self, point: tuple[float, float], hint: str) -> None:
        """Degrees, zone prefix 39 of 3 degrees, 20 of 6 degrees, plain metres, the two exchanged, web maps."""
        (seen,) = look_like(shapely.points([point]))
        assert hint in str(seen)

    def test_coordinates_like_nothing_known_get_no_hint(self) -> None:
        """A drawing in its own millimetres looks like no system."""
        assert look_like(shapely.points([[-7e7, 9e8]])) == []
        assert look_like(np.array([None], dtype=object)) == []

    def test_it_is_never_guessed(self) -> None:
        """However clear the hint, a layer without a system is an error."""
        with pytest.raises(DataError, match="EPSG:4527"):
            assemble_district(square.tables() | in_system(4527, says=False))


class TestMisplaced:
    def test_exchanged_metres_are_found(self) -> None:
        """North before east fits EPSG:4548 only the other way round: an error that says so."""
        layer = in_system(4548)["schools"]
        turned = layer.set_geometry(shapely.transform(layer.geometry.to_numpy(), lambda at: at[:, ::-1]))
        findings = faults_of({"schools": gpd.GeoDataFrame(turned).set_crs(4548, allow_override=True)})
        assert [(found.code, found.table) for found in findings] == [("D021", "schools")]
        assert "East and north" in str(findings[0].message)

    def test_exchanged_degrees_below_90_are_found_by_the_area_of_use(self) -> None:
        """In Kashgar (39.5°N, 75.9°E) both are below 90, but CGCS2000 is not used at 39.5°E."""
        assert coordinates_fault(shapely.points([[39.5, 75.9]]), CRS.from_epsg(4490)) == "swapped"
        assert coordinates_fault(shapely.points([[75.9, 39.5]]), CRS.from_epsg(4490)) == ""

    def test_shapes_outside_the_area_of_use_are_a_warning(self) -> None:
        """The square's metres, called British, lie north of the Faroes: the warning names the system."""
        layer = gpd.GeoDataFrame(in_system(4548)["boundary"]).set_crs(27700, allow_override=True)
        (warning,) = [found for found in faults_of({"boundary": layer}) if found.code == "D028"]
        assert (warning.level, warning.table) == ("warning", "boundary")
        assert "British National Grid" in str(warning.message)

    def test_towns_near_the_border_of_a_zone_may_keep_to_it(self) -> None:
        """118.9°E is 0.4 degrees outside zone 39 (115.5 to 118.5): no warning; 120.5°E is two: a warning."""
        zone = CRS.from_epsg(4548)
        for longitude, fault in ((118.9, ""), (120.5, "outside")):
            at = Transformer.from_crs(4490, zone, always_xy=True).transform(longitude, 35)
            assert coordinates_fault(shapely.points([at]), zone) == fault


def test_options_reach_the_files(folder: Path) -> None:
    """A GeoPackage layer without a system is refused, until it is named."""
    layer = gpd.read_file(folder / "schools.geojson").to_crs(4548)
    (folder / "schools.geojson").unlink()
    with pytest.warns(UserWarning, match="crs"):
        layer.set_crs(None, allow_override=True).to_file(folder / "schools.gpkg")
    _, findings = read_with_faults(folder)
    assert "D020" in {found.code for found in findings}
    assert off(read_district(folder, crs={"schools": "EPSG:4548"})) < 0.01
