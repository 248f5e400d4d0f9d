"""Damage done to a district's text files and map layers."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from tests.hostile.harm import NAMES, WRONG, Harm, spoil
from tests.hostile.sound import TEXTS, cells_of

if TYPE_CHECKING:
    import random
    from pathlib import Path

COUNTS = {
    "attendance": "children",
    "births": "births",
    "children": "children",
    "class_bands": "classes",
    "classes": "pupils",
    "enrolment": "pupils",
    "housing": "dwellings",
    "residents": "children",
}
"""Columns of counts, by table."""
_ABSURD = {
    "attendance": "4800",
    "births": "84000",
    "children": "3900",
    "classes": "190",
    "enrolment": "4600",
    "forecasts": "4900",
    "residents": "4100",
}
"""Figures within the range of their column that are about fifty times what the others say."""
_ABSURD_COLUMNS = COUNTS | {"forecasts": "pupils"}
_WRONG_IN_MAPS = (("rooms", -3), ("rooms", 12.5), ("rooms", "many"), ("rooms", 401), ("rooms", [12]), ("rooms", {"n": 12}),
                  ("seats_stated", 1e308), ("grades", "6-1"), ("grades", "1-60"), ("grades", None), ("school", None))  # fmt: skip


def put(file: Path, rows: list[list[str]]) -> None:
    """Write the cells of a CSV file."""
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text, lineterminator="\n").writerows(rows)


def _filled(chance: random.Random, desk: Path) -> tuple[Path, list[list[str]]]:
    """Return a CSV file that has rows, and its cells."""
    files = [file for file in sorted((desk / TEXTS).glob("*.csv")) if len(cells_of(file)) > 1]
    file = chance.choice(files)
    return file, cells_of(file)


def _bytes(chance: random.Random, desk: Path) -> Harm:
    return Harm(what=spoil(chance, chance.choice(sorted((desk / TEXTS).iterdir()))))


def _columns(chance: random.Random, desk: Path) -> Harm:
    file, rows = _filled(chance, desk)
    at = chance.randrange(len(rows[0]))
    way = chance.choice(("drop", "double", "rename", "blank head", "order", "name of another", "personal"))
    refused = way == "personal"
    if way == "drop":
        rows = [row[:at] + row[at + 1 :] for row in rows]
    elif way == "double":
        rows = [[*row, row[at]] for row in rows]
        refused = True
    elif way == "rename":
        rows[0][at] = chance.choice(NAMES)
    elif way == "blank head":
        rows[0][at] = ""
    elif way == "order":
        order = list(range(len(rows[0])))
        chance.shuffle(order)
        rows = [[row[k] for k in order] for row in rows]
    elif way == "name of another":
        other = chance.randrange(len(rows[0]))
        rows[0][at] = rows[0][other]
        refused = other != at
    else:
        rows = [[*row, "身份证号" if k == 0 else "110101199003071233"] for k, row in enumerate(rows)]
    put(file, rows)
    return Harm(what=f"{way} {file.name}", refused=refused)


def _keys(chance: random.Random, desk: Path) -> Harm:
    file, rows = _filled(chance, desk)
    at = chance.randrange(1, len(rows))
    way = chance.choice(("repeat", "lose", "order", "unknown", "only head", "short row", "long row"))
    refused = way in {"repeat", "short row", "long row"}
    if way == "repeat":
        rows.append(list(rows[at]))
    elif way == "lose":
        del rows[at]
    elif way == "order":
        body = rows[1:]
        chance.shuffle(body)
        rows = [rows[0], *body]
    elif way == "unknown":
        for key in ("block", "school"):
            if key in rows[0]:
                rows[at][rows[0].index(key)] = "NOWHERE"
                refused = True
    elif way == "only head":
        rows = rows[:1]
    elif way == "short row":
        del rows[at][-1]
    else:
        rows[at].append("5")
    put(file, rows)
    return Harm(what=f"{way} {file.name}", refused=refused)


def _figures(chance: random.Random, desk: Path) -> Harm:
    file = chance.choice([desk / TEXTS / f"{table}.csv" for table in COUNTS if _has(desk, table)])
    rows = cells_of(file)
    value = chance.choice(WRONG)
    rows[chance.randrange(1, len(rows))][rows[0].index(COUNTS[file.stem])] = value
    put(file, rows)
    return Harm(what=f"{value} in {file.name}", refused=True)


def _has(desk: Path, table: str) -> bool:
    return (desk / TEXTS / f"{table}.csv").exists()


def _absurd_figures(chance: random.Random, desk: Path) -> Harm:
    """An absurd figure; not of children at other schools, whom nothing else counts: a note on their catchment tells."""
    table = chance.choice([table for table in _ABSURD if _has(desk, table)])
    file = desk / TEXTS / f"{table}.csv"
    rows = cells_of(file)
    told = [row for row in rows[1:] if "other" not in row]
    chance.choice(told)[rows[0].index(_ABSURD_COLUMNS[table])] = _ABSURD[table]
    put(file, rows)
    return Harm(what=f"{_ABSURD[table]} in {file.name}", named=table)


def _figures_of_maps(chance: random.Random, desk: Path) -> Harm:
    file = desk / TEXTS / "schools.geojson"
    found = json.loads(file.read_text("utf-8"))
    name, value = chance.choice(_WRONG_IN_MAPS)
    chance.choice(found["features"])["properties"][name] = value
    file.write_text(json.dumps(found), encoding="utf-8")
    return Harm(what=f"{name} {value} in {file.name}", refused=True)


def _names(chance: random.Random, desk: Path) -> Harm:
    """A school or block called what has broken programs, wherever it is named."""
    name = chance.choice(NAMES)
    shapes = desk / TEXTS / chance.choice(("schools.geojson", "blocks.geojson"))
    found = json.loads(shapes.read_text("utf-8"))
    feature = chance.choice(found["features"])
    key = "school" if shapes.stem == "schools" else "block"
    if chance.random() < 0.5:
        feature["properties"]["name"] = name
        shapes.write_text(json.dumps(found), encoding="utf-8")
        return Harm(what=f"name {name[:30]!r} in {shapes.name}")
    old = feature["properties"][key]
    for file in (shapes, *sorted((desk / TEXTS).glob("projects.geojson"))):
        layer = json.loads(file.read_text("utf-8"))
        for row in layer["features"]:
            if row["properties"].get(key) == old:
                row["properties"][key] = name
        file.write_text(json.dumps(layer), encoding="utf-8")
    for file in sorted((desk / TEXTS).glob("*.csv")):
        put(file, [[name if cell == old else cell for cell in row] for row in cells_of(file)])
    return Harm(what=f"id {name[:30]!r} in {shapes.name}")


def _geometry(chance: random.Random, desk: Path) -> Harm:
    file = desk / TEXTS / chance.choice(("schools.geojson", "blocks.geojson"))
    found = json.loads(file.read_text("utf-8"))
    bow = [[117.5, 34.8], [117.51, 34.81], [117.51, 34.8], [117.5, 34.81], [117.5, 34.8]]
    rings = [[[x + k * 1e-7, y] for x, y in bow] for k in range(chance.choice((1, 3000)))]
    deep: object = [117.5, 34.8]
    for _ in range(chance.choice((50, 900))):
        deep = [deep]
    point = [117.5, 34.8]
    shape = chance.choice(
        (
            None,
            {"type": "Point", "coordinates": []},
            {"type": "Polygon", "coordinates": []},
            {"type": "Polygon", "coordinates": rings},
            {"type": "MultiPolygon", "coordinates": [rings]},
            {"type": "Point", "coordinates": [1e308, -1e308]},
            {"type": "Point", "coordinates": [34.8, 117.5]},
            {"type": "Point", "coordinates": [-70.0, -30.0]},
            {"type": "Point", "coordinates": ["117.5", "34.8"]},
            {"type": "LineString", "coordinates": bow},
            {"type": "GeometryCollection", "geometries": []},
            {"type": "Polygon", "coordinates": deep},
            {"type": "Whatever"},
            {"type": "Polygon", "coordinates": [[point, point, point, point]]},
            [],
            "POINT (117.5 34.8)",
        )
    )
    chance.choice(found["features"])["geometry"] = shape
    file.write_text(json.dumps(found), encoding="utf-8")
    kind = shape["type"] if isinstance(shape, dict) else str(shape)
    return Harm(what=f"{kind} in {file.name}")


def _encodings(chance: random.Random, desk: Path) -> Harm:
    file, _ = _filled(chance, desk)
    text = file.read_text("utf-8-sig")
    coding = chance.choice(("gb18030", "utf-16", "utf-8-sig", "utf-32", "big5", "latin-1"))
    mark = chance.choice((",", ";", "\t", "|"))
    end = chance.choice(("\n", "\r\n", "\r"))
    file.write_bytes(text.replace(",", mark).replace("\n", end).encode(coding, errors="replace"))
    return Harm(what=f"{coding} {mark!r} {end!r} {file.name}")


def _long_files(chance: random.Random, desk: Path) -> Harm:
    """Half a megabyte of rows that repeat, of blanks, of one cell, or of columns."""
    file, rows = _filled(chance, desk)
    way = chance.choice(("rows", "blanks", "cell", "columns"))
    if way == "rows":
        rows += [rows[1]] * (500_000 // (len(",".join(rows[1])) + 1))
    elif way == "blanks":
        rows += [[""] * len(rows[0])] * 100_000
    elif way == "cell":
        rows[1][chance.randrange(len(rows[1]))] = "9" * 500_000
    else:
        rows = [
            [*row, *[f"c{k}" if number == 0 else "" for k in range(20_000)]]
            for number, row in enumerate(rows)
        ]
    put(file, rows)
    return Harm(what=f"many {way} {file.name}", refused=way in {"rows", "columns"})


KINDS = (
    _bytes, _columns, _keys, _figures, _absurd_figures, _figures_of_maps, _names, _geometry, _encodings, _long_files,
)  # fmt: skip
