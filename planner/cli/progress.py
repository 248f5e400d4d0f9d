"""Progress on a terminal, silence in a pipe."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.words import Text


@contextmanager
def progress() -> Iterator[Callable[[Text, int, int], None] | None]:
    """
    Give a callback ``(step, done, total)`` that shows the step on standard error; None where nobody watches.

    The last line vanishes when the work is done.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=1)

        def show(step: Text, done: int, total: int) -> None:
            bar.update(task, description=str(step), completed=done, total=max(total, 1))

        yield show
