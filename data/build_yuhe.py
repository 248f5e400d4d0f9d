"""
Make the fictional district 玉河区 (Yuhe): ``python data/build_yuhe.py [FOLDER]`` writes data/yuhe anew.

Everything follows from one seed (`yuhe_builder/places.py`) and the figures of `yuhe_builder/settings.py` (schools
and what each is tuned by) and `yuhe_builder/works.py` (projects, housing), so that the files come out the same
byte for byte.
"""

from __future__ import annotations

import sys
from pathlib import Path

from yuhe_builder.files import write
from yuhe_builder.make import make

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("yuhe")
    write(make(), folder)
    print(f"{folder}: {sum(file.stat().st_size for file in folder.iterdir()):,} bytes")
