"""Steps of a run: what is shown while they last, and how long they took."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from planner.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

Progress = Callable[[Text, int, int], None]
"""Called with the step, how much of it is done, and how much there is."""

STEPS = 6
"""Steps of a run."""


class Clock:
    """Tells a watcher of each step as it begins, and notes how long it took."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.timings: list[tuple[str, float]] = []

    @contextmanager
    def step(self, name: str, text: Text) -> Iterator[None]:
        """Time the block as a step of that name."""
        if self.progress is not None:
            self.progress(text, len(self.timings), STEPS)
        started = time.perf_counter()
        yield
        self.timings.append((name, time.perf_counter() - started))
