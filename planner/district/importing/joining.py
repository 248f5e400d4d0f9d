"""One table from several files: their rows together, where no two have the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.district.columns import type_table
from planner.district.files import Raw
from planner.district.findings import Finding, few
from planner.district.importing.log import Line
from planner.district.integrity import row_ids
from planner.district.projection import in_crs
from planner.district.tables import named
from planner.words import Text, read_dictionary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pyproj import CRS


def join(raws: Sequence[Raw]) -> tuple[Raw | None, list[Finding], list[Line]]:
    """
    Return the rows of several files of one table as one.

    Shapes are brought into the coordinate reference system of the first file.

    Returns
    -------
    The table, None when a file is at fault or a key stands in two of them; all faults; the log.
    """
    entry = read_dictionary()[raws[0].table]
    typed = [type_table(raw, entry) for raw in raws]
    findings = [fault for _, faults in typed for fault in faults]
    frames = [frame for frame, _ in typed if frame is not None]
    if len(frames) < len(raws) or any(found.level == "error" for found in findings):
        return None, findings, []
    drawn = any(raw.geometry is not None for raw in raws)
    crs, shapes, faults = _one_system(raws, frames) if drawn else (None, None, [])
    if faults:
        return None, [*findings, *faults], []
    together = pd.DataFrame(pd.concat(frames, keys=range(len(frames)), names=["file", "row"]))
    repeated = _in_two_files(together, entry.key)
    files = ", ".join(raw.file for raw in raws)
    if repeated:
        findings.append(
            Finding(
                level="error",
                code="I025",
                table=entry.table,
                column=", ".join(entry.key),
                ids=repeated,
                text=Text(
                    "Rows that stand in several files ({files}): {ids}.", files=files, ids=few(repeated)
                ),
                advice=Text("Keep each of them in one file, or leave a file out."),
            )
        )
        return None, findings, []
    joined = Raw(
        table=entry.table,
        frame=together.set_axis(np.arange(1, len(together) + 1)),
        geometry=shapes,
        crs=crs,
        file=" + ".join(raw.file for raw in raws),
    )
    line = Line(
        part="joined",
        text=Text(
            "{table}: {rows} rows of {files}; no key stands in two of them",
            table=entry.table,
            rows=" + ".join(str(len(frame)) for frame in frames),
            files=files,
        ),
    )
    return joined, findings, [line]


def _in_two_files(together: pd.DataFrame, key: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys that rows of different files have."""
    if not key:
        return ()
    ids = pd.DataFrame({"id": row_ids(together, key), "file": together.index.get_level_values("file")})
    files = ids.drop_duplicates().groupby("id", sort=False).size()
    return named(files.index[files.to_numpy() > 1])


def _one_system(
    raws: Sequence[Raw], frames: Sequence[pd.DataFrame]
) -> tuple[CRS | None, NDArray[np.object_], list[Finding]]:
    """Return the system of the first file, all shapes in it, and the files that state none beside others that do."""
    first = next((raw.crs for raw in raws if raw.crs is not None), None)
    shapes: list[NDArray[np.object_]] = []
    for raw, frame in zip(raws, frames, strict=True):
        of_file = np.full(len(raw.frame), None, dtype=object) if raw.geometry is None else raw.geometry
        kept = of_file[raw.frame.index.get_indexer(frame.index)]
        shapes.append(kept if first is None or raw.crs is None else in_crs(kept, raw.crs, first))
    silent = [raw for raw in raws if raw.geometry is not None and raw.crs is None and first is not None]
    return (
        first,
        np.concatenate(shapes),
        [
            Finding(
                level="error",
                code="I026",
                table=raw.table,
                file=raw.file,
                text=Text(
                    "The layer does not say in which coordinate reference system it is, though others of the table do."
                ),
                advice=Text("Set it in the layer (in QGIS: Layer, Set CRS of layer)."),
            )
            for raw in silent
        ],
    )
