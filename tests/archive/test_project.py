"""The QGIS project inside the GeoPackage: opened, it shows one year, and the years as a timeline."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from planner.archive import write_geopackage
from planner.words import speaking

if TYPE_CHECKING:
    from pathlib import Path

DAY = dt.date(2026, 9, 1)
PYTHON = "/usr/bin/python3"
"""The system's, for which distributions package QGIS."""


@pytest.fixture(scope="module")
def package(run, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("project") / "run.gpkg"
    write_geopackage(
        path, district=run.district, plan=run.plan, tables=run.outcomes, day=DAY, policy=run.policy
    )
    return path


def project(path: Path) -> ET.Element:
    """Return the project as QGIS reads it: hexadecimals of a zip that holds one .qgs file."""
    with closing(sqlite3.connect(path)) as base:
        ((name, facts, content),) = base.execute("SELECT name, metadata, content FROM qgis_projects")
    assert name == "planner"
    assert json.loads(facts)["last_modified_time"] == "2026-09-01T00:00:00"
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        assert archive.namelist() == ["planner.qgs"]
        return ET.fromstring(archive.read("planner.qgs"))


def test_every_layer_is_a_table_of_the_same_file(package):
    """Sources are relative: the folder may be moved."""
    layers = {
        layer.findtext("id"): layer.findtext("datasource") for layer in project(package).iter("maplayer")
    }
    tables = [
        "schools_primary",
        "schools_junior",
        "blocks",
        "catchments_primary",
        "catchments_junior",
    ]
    assert layers == {f"planner_{table}": f"./run.gpkg|layername={table}" for table in tables}


def test_the_first_stage_is_shown_and_schools_lie_over_catchments(package):
    tree = project(package).find("layer-tree-group")
    assert tree is not None
    groups = {group.get("name"): group.get("checked") for group in tree.iterfind("layer-tree-group")}
    assert list(groups.values()) == ["Qt::Checked", "Qt::Unchecked"]
    order = [item.text for item in tree.iterfind("custom-order/item")]
    assert order.index("planner_schools_primary") < order.index("planner_blocks")
    assert order.index("planner_blocks") < order.index("planner_catchments_primary")


def test_year_can_be_chosen_by_timeline_and_by_variable(run, package):
    """The timeline runs over all years of the run; the variable begins with the first."""
    read = project(package)
    first, last = run.plan.years[0], run.plan.years[-1]
    assert read.findtext("ProjectTimeSettings/TemporalRange/start") == f"{first}-09-01T00:00:00Z"
    assert read.findtext("ProjectTimeSettings/TemporalRange/end") == f"{last + 1}-08-31T00:00:00Z"
    assert read.findtext("properties/Variables/variableNames/value") == "planner_year"
    assert read.findtext("properties/Variables/variableValues/value") == str(first)


def test_groups_have_the_names_of_the_stages_in_the_language_of_the_run(run, tmp_path):
    with speaking("zh"):
        write_geopackage(
            tmp_path / "zh.gpkg",
            district=run.district,
            plan=run.plan,
            tables=run.outcomes,
            day=DAY,
            policy=run.policy,
        )
        labels = [run.policy.stage(stage).label for stage in run.plan.stages]
    read = project(tmp_path / "zh.gpkg")
    assert [group.get("name") for group in read.iterfind("layer-tree-group/layer-tree-group")] == labels


_ASK_QGIS = """
import os, sys
from qgis.core import QgsApplication, QgsDateTimeRange, QgsExpressionContext, QgsExpressionContextUtils
from qgis.core import QgsFeatureRequest, QgsMapSettings, QgsProject, QgsRenderContext
from qgis.PyQt.QtCore import QDate, QDateTime, QTime
app = QgsApplication([], False)
app.initQgis()
project = QgsProject.instance()
assert project.read("geopackage:" + sys.argv[1] + "?projectName=planner")
layers = project.mapLayers()
print("valid", sorted(name for name, layer in layers.items() if layer.isValid()))
layer = layers["planner_catchments_primary"]
print("timeline", layer.temporalProperties().isActive(), "labels", layer.labelsEnabled())
for year in (None, 2028):
    settings = QgsMapSettings()
    settings.setLayers([layer])
    if year:
        begins, ends = QDateTime(QDate(year, 9, 1), QTime(0, 0)), QDateTime(QDate(year + 1, 9, 1), QTime(0, 0))
        settings.setIsTemporal(True)
        settings.setTemporalRange(QgsDateTimeRange(begins, ends))
    context = QgsRenderContext.fromMapSettings(settings)
    expressions = QgsExpressionContext()
    expressions.appendScope(QgsExpressionContextUtils.projectScope(project))
    expressions.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    expressions.setFields(layer.fields())
    context.setExpressionContext(expressions)
    renderer = layer.renderer().clone()
    renderer.startRender(context, layer.fields())
    shown = set()
    for feature in layer.getFeatures(QgsFeatureRequest()):
        context.expressionContext().setFeature(feature)
        if renderer.willRenderFeature(feature, context):
            shown.add(feature["year"])
    renderer.stopRender(context)
    print("year", year, sorted(shown))
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.slow
def test_qgis_itself_opens_the_project_and_shows_one_year(package):
    """Without a timeline the first year, with one the year of its frame."""
    if (
        shutil.which(PYTHON) is None
        or subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode
    ):
        pytest.skip("QGIS for Python is not installed")
    answer = subprocess.run(
        [PYTHON, "-c", _ASK_QGIS, str(package)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(package.parent), "LC_ALL": "C.UTF-8"},
    )
    lines = [line for line in answer.stdout.splitlines() if line.startswith(("valid", "timeline", "year"))]
    valid = ["blocks", "catchments_junior", "catchments_primary", "schools_junior", "schools_primary"]
    assert lines == [
        f"valid {[f'planner_{table}' for table in valid]}",
        "timeline True labels True",
        "year None [2027]",
        "year 2028 [2028]",
    ], answer.stderr
