"""From a pile of files to a district that passes reading, and the log of what was done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from planner.district.findings import Finding, TableName, few, ordered
from planner.district.importing.drawn import TABLE as CATCHMENTS
from planner.district.importing.drawn import catchments_drawn, is_drawn
from planner.district.importing.fixing import crossing_polygons, fix_district
from planner.district.importing.joining import join
from planner.district.importing.log import LOG, Line, log_text
from planner.district.importing.pile import gather
from planner.district.importing.recipe import EVERY, Recipe
from planner.district.integrity import broken_links
from planner.district.reading import assemble_raws, read_district
from planner.district.tables import texts
from planner.district.writing import in_place, is_geopackage, write_draft
from planner.errors import DataError, OutputError
from planner.policy import profile_names
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.district.files import Raw
    from planner.district.importing.repairs import Repair
    from planner.district.model import District


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What a pile became."""

    district: District | None
    """None when schools or blocks cannot be read."""
    findings: tuple[Finding, ...]
    """Everything found, errors first. With an error among them nothing may be written."""
    lines: tuple[Line, ...]
    """The log."""
    paths: tuple[Path, ...] = ()
    """What it was made of."""

    @property
    def errors(self) -> list[Finding]:
        """The errors."""
        return [found for found in self.findings if found.level == "error"]


def import_pile(paths: Sequence[Path | str], recipe: Recipe | None = None) -> Imported:
    """
    Make one district of a pile of files, without writing anything.

    Parameters
    ----------
    paths
        Folders, GeoPackages, workbooks and single files. A table that stands in several of them is joined where
        no key stands in two.
    recipe
        What the files' names, columns and coordinates mean, and whether shapes are repaired.

    Returns
    -------
    The district, all findings, and the log. Figures are never changed; shapes only where the recipe says fix.
    """
    recipe = recipe or Recipe()
    made_of = tuple(Path(path) for path in paths)
    pile = gather(made_of, recipe)
    findings, lines = [*pile.findings], [*pile.lines, *_as_asked(recipe)]
    raws, unread, more, said = _one_each(pile.raws)
    findings += more
    lines += said
    zones = [raw for raw in pile.raws if is_drawn(raw)]
    unread = [*pile.unread, *unread]
    stated = {
        "crs": {table: code for table, code in recipe.crs.items() if table != CATCHMENTS},
        "datum": {table: shift for table, shift in recipe.datum.items() if table != CATCHMENTS},
    }
    if zones:
        land, _ = assemble_raws(raws, [*unread, CATCHMENTS], **stated)
        unread.append(CATCHMENTS)
        if land is not None:
            drawn, faults, said = catchments_drawn(zones, land, recipe)
            findings += faults
            lines += said
            raws, faults, said = _with_drawn(raws, drawn)
            findings += faults
            lines += said
    district, faults = assemble_raws(raws, unread, **stated)
    findings += faults
    if district is None:
        return Imported(district=None, findings=tuple(ordered(findings)), lines=tuple(lines), paths=made_of)
    findings += broken_links(district)
    district, faults = _with_policy(district, recipe.policy)
    findings += faults
    before = district
    if recipe.fix:
        district, repairs, faults = fix_district(district, tolerance=recipe.tolerance)
        findings += faults
        lines += [_repair_line(repair) for repair in (*pile.repairs, *repairs)]
    else:
        findings += crossing_polygons(district)
    lines += [Line(part="remarks", text=_remark(found)) for found in ordered(findings)]
    lines += _figures(before, district, recipe)
    return Imported(district=district, findings=tuple(ordered(findings)), lines=tuple(lines), paths=made_of)


def write_import(imported: Imported, path: Path | str, *, replace: bool = False) -> Path:
    """
    Write an imported district as a folder or GeoPackage, and its log.

    The log stands in the folder as ``import-log.txt``, or beside the GeoPackage as ``NAME-import-log.txt``. The
    draft is read back before it is moved to its place: what does not pass reading is never left there.

    Raises
    ------
    DataError
        With all errors of the pile; then nothing is written.
    OutputError
        When the path is taken, even with `replace` when a folder there holds more than a district or is among
        what was imported; or when it cannot be written.
    """
    if imported.district is None or imported.errors:
        raise DataError(*(found.message for found in imported.errors))
    path = Path(path)
    _spare(path, imported.paths)
    text = log_text(imported.lines).encode()
    if not is_geopackage(path):
        with in_place(path, replace=replace, folder=True) as draft:
            write_draft(imported.district, draft)
            (draft / LOG).write_bytes(text)
            read_district(draft)
        return path
    beside = path.with_name(f"{path.stem}-{LOG}")
    with (
        in_place(beside, replace=replace, folder=False) as log,
        in_place(path, replace=replace, folder=False) as draft,
    ):
        log.write_bytes(text)
        write_draft(imported.district, draft)
        read_district(draft)
    return path


def _spare(path: Path, made_of: Sequence[Path]) -> None:
    """Raise where writing would touch what was imported, or replace a folder that holds more than a district."""
    place = path.resolve()
    for pile in (one.resolve() for one in made_of):
        if place == pile or pile in place.parents or place in pile.parents:
            raise OutputError(
                Text(
                    "{path} is among the files to be imported, which are left as they are. Choose another place.",
                    path=path,
                )
            )
    if is_geopackage(path) or not path.is_dir():
        return
    own = {f"{table}{ending}" for table in read_dictionary() for ending in (".csv", ".geojson")} | {LOG}
    others = sorted(entry.name for entry in path.iterdir() if entry.name not in own)
    if others:
        raise OutputError(
            Text(
                "{path} holds more than a district: {files}. Choose another folder, or an empty one.",
                path=path,
                files=few(others),
            )
        )


def _one_each(raws: Sequence[Raw]) -> tuple[list[Raw], list[str], list[Finding], list[Line]]:
    """Return one raw table a name, those that cannot be joined by name, all faults and the log."""
    single: list[Raw] = []
    unread: list[str] = []
    findings: list[Finding] = []
    lines: list[Line] = []
    for name in read_dictionary():
        of_table = [raw for raw in raws if raw.table == name and not is_drawn(raw)]
        if len(of_table) == 1:
            single += of_table
        elif of_table:
            joined, faults, said = join(of_table)
            findings += faults
            lines += said
            if joined is None:
                unread.append(name)
            else:
                single.append(joined)
    return single, unread, findings, lines


def _with_drawn(raws: list[Raw], drawn: Raw | None) -> tuple[list[Raw], list[Finding], list[Line]]:
    """Return the tables with the catchments that were drawn, beside those of a list where no key stands in both."""
    listed = [raw for raw in raws if raw.table == CATCHMENTS]
    if drawn is None:
        return raws, [], []
    if not listed:
        return [*raws, drawn], [], []
    joined, findings, lines = join([*listed, drawn])
    others = [raw for raw in raws if raw.table != CATCHMENTS]
    return others if joined is None else [*others, joined], findings, lines


def _as_asked(recipe: Recipe) -> list[Line]:
    """Return the systems and shifts that the recipe states."""
    systems = [
        Text("{table}: {crs}, as asked", table=_layers_of(table), crs=code)
        for table, code in recipe.crs.items()
    ]
    shifts = [
        Text("{table}: the shift {datum} undone", table=_layers_of(table), datum=shift)
        for table, shift in recipe.datum.items()
    ]
    return [Line(part="places", text=text) for text in (*systems, *shifts)]


def _layers_of(table: str) -> Text:
    return Text("all layers that are not named") if table == EVERY else TableName(table)


def _with_policy(district: District, policy: str) -> tuple[District, list[Finding]]:
    """Return the district with the policy that is asked for stated in `about`, and what is wrong with it."""
    if not policy:
        return district, _policy_beside(district)
    if policy not in profile_names():
        return district, [
            Finding(
                level="error",
                code="I027",
                table="about",
                ids=("policy",),
                text=Text("There is no shipped policy {policy}.", policy=policy),
                advice=Text("Shipped policies are {names}.", names=", ".join(profile_names())),
            )
        ]
    about = district["about"]
    named_policy = pd.DataFrame({"key": ["policy"], "value": [policy]}, dtype="string")
    at = np.flatnonzero(texts(about, "key") == "policy")
    kept = about.drop(index=about.index[at])
    first = int(at[0]) if len(at) else len(kept)
    rows = [kept.iloc[:first], named_policy, kept.iloc[first:]]
    together = pd.DataFrame(pd.concat(rows, ignore_index=True))
    return replace(district.with_tables(about=together), policy=policy), []


def _policy_beside(district: District) -> list[Finding]:
    """Return a warning where the district's policy is a file, which an import does not bring along."""
    policy = district.about("policy")
    if not policy.endswith(".toml"):
        return []
    return [
        Finding(
            level="warning",
            code="I028",
            table="about",
            ids=("policy",),
            text=Text("The policy {policy} is a file of its own, which is not imported.", policy=policy),
            advice=Text("Copy it to where it is looked for from the imported district."),
        )
    ]


def _remark(found: Finding) -> Text:
    return Text("{code} {what}", code=found.code, what=found.message)


def _repair_line(repair: Repair) -> Line:
    return Line(
        part="repairs",
        text=Text(
            "{table} {ids}: {what}",
            table=TableName(repair.table),
            ids=" + ".join(repair.ids),
            what=repair.text,
        ),
    )


def _figures(before: District, after: District, recipe: Recipe) -> list[Line]:
    """Return the ground of the blocks before and after the repair, the system they are in, and the rows of each table."""
    lines = [Line(part="places", text=Text("Planned in {crs}", crs=after.crs))]
    if recipe.fix:
        old, new = (shapely.make_valid(one.blocks.geometry.to_numpy()) for one in (before, after))
        lines.append(
            Line(
                part="result",
                text=Text(
                    "Ground of the blocks: {before} m2 before the repair, {after} m2 after; in two blocks at once {twice} m2 before, {still} m2 after (tolerance {tolerance} m)",
                    before=f"{_ground(old):,.2f}",
                    after=f"{_ground(new):,.2f}",
                    twice=f"{_twice(old):,.2f}",
                    still=f"{_twice(new):,.2f}",
                    tolerance=f"{recipe.tolerance:g}",
                ),
            )
        )
    lines += [
        Line(part="result", text=Text("{table}: {rows} rows", table=TableName(name), rows=len(after[name])))
        for name in read_dictionary()
        if len(after[name])
    ]
    return lines


def _ground(shapes: NDArray[np.object_]) -> float:
    return float(shapely.area(shapely.union_all(shapes)))


def _twice(shapes: NDArray[np.object_]) -> float:
    return max(float(np.nansum(shapely.area(shapes))) - _ground(shapes), 0.0)
