"""What can be read on a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from shapely import box

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from shapely import Polygon


def written(figure: Figure, kind: str = "") -> list[str]:
    """Return the texts of a figure: all of them, or those of a kind."""
    return [text.get_text() for text in texts(figure, kind)]


def texts(figure: Figure, kind: str = "") -> list[Text]:
    """Return the text objects of a figure that say something."""
    found = figure.findobj(
        lambda artist: isinstance(artist, Text) and artist.get_gid() in ({kind} if kind else _KINDS)
    )
    return [text for text in found if text.get_text()]


_KINDS = {
    "title", "subtitle", "source", "legend", "count", "note", "label", "scale", "north",
    "panel", "year", "name", "gap", "text", "inset",
}  # fmt: skip


def label_boxes(figure: Figure) -> list[tuple[str, Polygon]]:
    """Return the labels of a map with the boxes that their letters really take, as the renderer measures them."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [
        (text.get_text(), box(*text.get_window_extent(renderer).extents)) for text in texts(figure, "label")
    ]
