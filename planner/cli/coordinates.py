"""The options that say in which coordinates layers are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from planner.cli.usage import option
from planner.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

_EVERY = "*"
_OF_TABLE = re.compile(r"(?P<table>[^\W\d]\w*)\s*=\s*(?P<value>.+)", re.DOTALL)


def by_layer(ctx: click.Context, param: click.Parameter, stated: Sequence[str]) -> dict[str, str] | None:
    """Return values given as VALUE, for every layer, or TABLE=VALUE, by table; None when none is given."""
    values: dict[str, str] = {}
    for text in stated:
        named = _OF_TABLE.fullmatch(text.strip())
        table, value = (named["table"], named["value"]) if named else (_EVERY, text.strip())
        if values.setdefault(table, value) != value:
            raise click.BadParameter(
                say("{first} and {second} are about the same layers.", first=values[table], second=value),
                ctx,
                param,
            )
    return values or None


def _layered(name: str, text: str, metavar: str) -> click.Option:
    settings: dict[str, Any] = {"multiple": True, "callback": by_layer}
    return option(name, text, metavar=metavar, **settings)


def crs_option() -> click.Option:
    """Return the option of layers' coordinate reference systems."""
    return _layered(
        "--crs",
        say(
            "Coordinate system of layers that state none, as EPSG:4490; or of one layer whatever it states, as blocks=EPSG:4548. May be given several times."
        ),
        say("[TABLE=]CODE"),
    )


def datum_option() -> click.Option:
    """Return the option of layers drawn on the shifted coordinates of Chinese web maps."""
    return _layered(
        "--datum",
        say(
            "Shift of Chinese web maps to be undone, gcj02 or bd09, in all layers or in one, as schools=gcj02. May be given several times."
        ),
        say("[TABLE=]DATUM"),
    )
