"""HTML and SVG written piece by piece; every text and attribute is escaped here."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape

EMPTY = frozenset({"input", "meta"})
"""Elements that have no end."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *inside: str | Markup, **attributes: object) -> Markup:
    """
    Return an element.

    Parameters
    ----------
    inside
        What it holds; a text that is no `Markup` is escaped.
    attributes
        True: the name alone; False, None: left out. In names _ stands for -, and one at the end is dropped.
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in EMPTY:
        return Markup(f"<{name}{written}>")
    held = "".join(piece if isinstance(piece, Markup) else escape(piece) for piece in inside)
    return Markup(f"<{name}{written}>{held}</{name}>")


def data(value: object) -> Markup:
    """Return a value as JSON in which no sign can end the element that holds it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def digest(text: str) -> str:
    """Return the source of a content policy that allows this text alone."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
