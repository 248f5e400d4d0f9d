"""
Make the fictional district 玉河区 (Yuhe) anew.

``python data/build_yuhe.py [FOLDER]`` writes data/yuhe, or the folder named; ``--gpkg FILE`` writes the same facts as a
GeoPackage too, for which the planner must be installed. Without a folder both data/yuhe and data/yuhe.gpkg are written.

Everything follows from one seed (`yuhe_builder/places.py`) and the figures of `yuhe_builder/settings.py` (schools
and what each is tuned by) and `yuhe_builder/works.py` (projects, housing), so that the files come out the same
byte for byte.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from yuhe_builder.files import write, write_geopackage
from yuhe_builder.make import make

HERE = Path(__file__).parent

if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("folder", nargs="?", type=Path)
    options.add_argument("--gpkg", type=Path, metavar="FILE")
    asked = options.parse_args()
    folder = asked.folder or HERE / "yuhe"
    write(make(), folder)
    print(f"{folder}: {sum(file.stat().st_size for file in folder.iterdir()):,} bytes")
    package = asked.gpkg or (None if asked.folder else HERE / "yuhe.gpkg")
    if package is not None:
        write_geopackage(folder, package)
        print(f"{package}: {package.stat().st_size:,} bytes")
