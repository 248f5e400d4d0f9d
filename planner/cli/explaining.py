"""The option ``--explain`` of ``planner check``: what a finding means, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner.cli.layout import cells
from planner.cli.show import tell
from planner.cli.usage import option
from planner.words import say

if TYPE_CHECKING:
    from planner.district.explanations import Page

EVERY = "all"
INDENT = "    "


def explain_option() -> click.Option:
    """Return the option that explains a code, or lists all codes, and does nothing else."""
    return option(
        "--explain",
        say(
            "Explain a code, as D031: what it means, why it matters, how it is measured, what to do; all lists the codes. No DISTRICT is needed."
        ),
        metavar=say("CODE"),
        is_flag=False,
        flag_value=EVERY,
        is_eager=True,
        expose_value=False,
        callback=_explain,
    )


def _explain(ctx: click.Context, param: click.Parameter, code: str | None) -> None:
    """Print the page of a code, or every code with its title, and end."""
    if code is None or ctx.resilient_parsing:
        return
    from planner.district.explanations import all_pages, explain, nearest_codes

    if code.lower() == EVERY:
        _list(all_pages())
        ctx.exit()
    page = explain(code)
    if page is None:
        near = nearest_codes(code)
        text = (
            say("There is no finding {code}; did you mean {near}?", code=code, near=", ".join(near))
            if near
            else say("There is no finding {code}; --explain all lists them.", code=code)
        )
        raise click.BadParameter(text, ctx, param)
    _show(page)
    ctx.exit()


def _list(pages: dict[str, Page]) -> None:
    width = max(cells(code) for code in pages) + 2
    for code, page in pages.items():
        tell(f"{code:<{width}}{page.title}", indent=" " * width)


def _show(page: Page) -> None:
    tell(f"{page.code} {page.title}", mark=(page.code, "cyan"))
    for text in (
        say("What it means: {text}", text=page.means),
        say("Why it matters: {text}", text=page.matters),
        say("How it is measured: {text}", text=page.measured),
        say("What to do: {text}", text=page.remedy),
        say("Example: {text}", text=page.example),
    ):
        tell(text, indent=INDENT)
